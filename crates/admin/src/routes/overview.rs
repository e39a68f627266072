//! The first page.

use actix_web::HttpResponse;
use askama::Template;
use domain::{AuditFilter, Page, PageLimit, StoredEvent};

use crate::gate::{Endpoint, Visit};
use crate::page::{self, Layout};
use crate::refusal::Refusal;
use crate::view::minute;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::page("", "admin_overview", |visit| Box::pin(overview(visit)))]
}

struct Figure {
    href: &'static str,
    count: u64,
    label: &'static str,
}

/// An event as a line of a table.
pub(super) struct EventLine {
    pub(super) at: String,
    pub(super) who: String,
    pub(super) operation: String,
    pub(super) record: String,
    pub(super) outcome: &'static str,
}

impl From<&StoredEvent> for EventLine {
    fn from(event: &StoredEvent) -> Self {
        let id = event.user.map(|user| user.to_string()).unwrap_or_default();
        Self {
            at: minute(event.at),
            who: event.username.as_ref().map_or(id, |name| name.as_str().to_owned()),
            operation: event.operation.clone(),
            record: event
                .record
                .map(|record| format!("{} {}", record.kind_name(), record.id()))
                .unwrap_or_default(),
            outcome: event.outcome.as_str(),
        }
    }
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    layout: Layout,
    figures: Vec<Figure>,
    system: Vec<(&'static str, String)>,
    events: Vec<EventLine>,
}

async fn overview(visit: Visit) -> Result<HttpResponse, Refusal> {
    let who = visit.who()?;
    let census = visit.panel.administration.census(who).await?;
    let figure = |href, count, label| Figure { href, count, label };
    let mut figures = vec![
        figure("/admin/patients", census.patients, "Patients"),
        figure("/admin/doctors", census.doctors, "Doctors"),
        figure("/admin/mappings", census.mappings, "Active mappings"),
    ];
    let mut events = Vec::new();
    if who.is_admin() {
        figures.push(figure("/admin/users?active=yes", census.users, "Active users"));
        let page = Page { limit: PageLimit::new(10).unwrap_or_default(), ..Page::default() };
        let last = visit.panel.audit_log.list(who.actor(), &AuditFilter::default(), page).await?;
        events = last.items.iter().map(EventLine::from).collect();
    }
    let health = visit.panel.health.check().await;
    let database =
        if health.is_ok() { "answers, all migrations applied" } else { "does not answer as it should" };
    let idle = visit.panel.administration.rules().idle.as_secs() / 60;
    let system = vec![
        ("Version", env!("CARGO_PKG_VERSION").to_owned()),
        ("Database", database.to_owned()),
        ("Time (UTC)", minute(visit.panel.clock.now())),
        ("Signed out after", format!("{idle} minutes without use")),
    ];
    let layout = Layout::inside(&visit, "/admin", "Overview")?;
    page::show(&OverviewPage { layout, figures, system, events })
}
