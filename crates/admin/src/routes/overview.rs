//! The first page.

use std::time::Instant;

use actix_web::HttpResponse;
use application::Administration;
use askama::Template;
use domain::{AuditFilter, Page, PageLimit, StoredEvent};

use crate::deeds::{name, outcome};
use crate::gate::{Endpoint, Visit};
use crate::list::grouped;
use crate::page::{self, Layout};
use crate::refusal::Refusal;
use crate::zone::Zone;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::page("", "admin_overview", |visit| Box::pin(overview(visit)))]
}

struct Figure {
    href: &'static str,
    count: String,
    label: &'static str,
}

/// An event as a line of a table.
pub(super) struct EventLine {
    pub(super) at: String,
    pub(super) who: String,
    /// What was done, in words.
    pub(super) deed: String,
    /// What the trail calls it.
    pub(super) operation: String,
    pub(super) record: String,
    /// What came of it, in words.
    pub(super) outcome: &'static str,
    /// What the trail calls that.
    pub(super) result: &'static str,
}

impl EventLine {
    /// The event with its time in a zone.
    pub(super) fn of(event: &StoredEvent, zone: Zone) -> Self {
        let id = event.user.map(|user| user.to_string()).unwrap_or_default();
        Self {
            at: zone.minute(event.at),
            who: event.username.as_ref().map_or(id, |name| name.as_str().to_owned()),
            deed: name(&event.operation).to_owned(),
            operation: event.operation.clone(),
            record: event
                .record
                .map(|record| format!("{} {}", record.kind_name(), record.id()))
                .unwrap_or_default(),
            outcome: outcome(event.outcome),
            result: event.outcome.as_str(),
        }
    }
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    layout: Layout,
    figures: Vec<Figure>,
    system: Vec<(&'static str, String)>,
    warnings: Vec<String>,
    events: Vec<EventLine>,
}

async fn overview(visit: Visit) -> Result<HttpResponse, Refusal> {
    let who = visit.who()?;
    let census = visit.panel.administration.census(who).await?;
    let figure = |href, count: Option<u64>, label| Figure { href, count: bounded(count), label };
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
        events = last.items.iter().map(|event| EventLine::of(event, visit.zone)).collect();
    }
    let (system, warnings) = system(&visit).await;
    let layout = Layout::inside(&visit, "/admin", "Overview")?;
    page::show(&OverviewPage { layout, figures, system, warnings, events })
}

/// A count, which goes no further than is quick.
fn bounded(count: Option<u64>) -> String {
    count.map_or_else(|| format!("{}+", grouped(Administration::COUNTED.into())), grouped)
}

/// What there is to know about the server, and what somebody should do something about.
async fn system(visit: &Visit) -> (Vec<(&'static str, String)>, Vec<String>) {
    let panel = &visit.panel;
    let mut warnings = panel.system.warnings.clone();
    let asked = Instant::now();
    let pending = panel.health.pending().await;
    let took = asked.elapsed().as_millis();
    let (database, migrations) = match &pending {
        Ok(pending) if pending.is_empty() => (format!("answers, in {took} ms"), "all applied".to_owned()),
        Ok(pending) => {
            warnings
                .push("Migrations are not applied: stop the server and run `healthcore migrate`.".to_owned());
            (format!("answers, in {took} ms"), format!("not applied: {}", pending.join(", ")))
        }
        Err(_) => {
            warnings.push("The database does not answer as it should.".to_owned());
            ("does not answer as it should".to_owned(), "not known".to_owned())
        }
    };
    let idle = panel.administration.rules().idle.as_secs() / 60;
    let system = vec![
        ("Version", env!("CARGO_PKG_VERSION").to_owned()),
        ("Environment", panel.system.environment.to_owned()),
        ("Database", format!("{} ({database})", panel.system.database)),
        ("Migrations", migrations),
        ("Time", format!("{} ({})", visit.zone.minute(panel.clock.now()), visit.zone.name())),
        ("Signed out after", format!("{idle} minutes without use")),
    ];
    (system, warnings)
}
