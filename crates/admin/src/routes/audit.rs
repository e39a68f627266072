//! The audit trail, for administrators: what was done, and how far that is proven.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use application::{AuditState, Error};
use domain::ports::Record;
use domain::{AuditCheck, AuditEventId, AuditFilter, Outcome, Page, PatientId, StoredEvent, UserId};

use super::overview::EventLine;
use crate::deeds::{choices, outcome};
use crate::gate::{Endpoint, Visit};
use crate::list::{Asked, Column, Facts, Input, Select, cursor, filter};
use crate::page::{self, Layout};
use crate::query::Query;
use crate::refusal::Refusal;
use crate::zone::Zone;

const BASE: &str = "/admin/audit";

/// So long somebody waits for a check of the whole trail.
const BOUND: Duration = Duration::from_secs(10);

const COLUMNS: &[Column] = &[
    Column { key: "at", label: "When", sort: Some("created"), is_shown: true },
    Column { key: "who", label: "Who", sort: None, is_shown: true },
    Column { key: "operation", label: "Operation", sort: None, is_shown: true },
    Column { key: "outcome", label: "Outcome", sort: None, is_shown: true },
    Column { key: "record", label: "Record", sort: None, is_shown: true },
    Column { key: "patient", label: "Patient", sort: None, is_shown: true },
    Column { key: "fields", label: "Fields", sort: None, is_shown: false },
    Column { key: "reason", label: "Reason", sort: None, is_shown: false },
    Column { key: "address", label: "Address", sort: None, is_shown: true },
    Column { key: "request", label: "Request", sort: None, is_shown: false },
    Column { key: "id", label: "Id", sort: None, is_shown: false },
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::page("/audit", "admin_audit_list", |visit| Box::pin(list(visit))),
        Endpoint::change("/audit/verify", "admin_audit_verify", |visit| Box::pin(verify(visit))).reading(),
    ]
}

/// What the address asks for; `None` where it names somebody or something that cannot be.
async fn wanted(visit: &Visit) -> Result<Option<AuditFilter>, Refusal> {
    let query = &visit.query;
    let [user, patient, operation, from, to] =
        ["user", "patient", "operation", "from", "to"].map(|name| query.get(name).trim());
    let mut filter = AuditFilter {
        operation: (!operation.is_empty()).then(|| operation.to_owned()),
        outcome: Outcome::parse(query.get("outcome")).ok(),
        // The bounds that are typed are whole minutes, and belong to the span.
        after: visit.zone.instant(from).map(|at| at.minus(Duration::from_micros(1))),
        before: visit.zone.instant(to).map(|at| at.plus(Duration::from_mins(1))),
        ..AuditFilter::default()
    };
    filter.patient = patient.parse().ok().and_then(PatientId::new);
    filter.user = match user.parse() {
        Ok(id) => UserId::new(id),
        Err(_) if user.is_empty() => None,
        Err(_) => match visit.panel.administration.user_named(visit.who()?, user).await {
            Ok(user) => Some(user.id),
            Err(Error::Missing(Record::User)) => None,
            Err(error) => return Err(error.into()),
        },
    };
    let is_lost = (!user.is_empty() && filter.user.is_none())
        || (!patient.is_empty() && filter.patient.is_none())
        || (!from.is_empty() && filter.after.is_none())
        || (!to.is_empty() && filter.before.is_none());
    Ok((!is_lost).then_some(filter))
}

async fn list(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (query, who) = (&visit.query, visit.who()?);
    who.must_be_admin()?;
    let asked = Asked { base: BASE, query, columns: COLUMNS };
    // The trail is long: nobody counts it for a page.
    let page: Page<AuditEventId> = asked.page(AuditEventId::new)?;
    let (items, next) = match wanted(&visit).await? {
        Some(wanted) => {
            let found = visit.panel.audit_log.list(who.actor(), &wanted, page).await?;
            (found.items, found.next)
        }
        None => (Vec::new(), None),
    };
    let layout = Layout::inside(&visit, BASE, "Audit")?;
    let mut list = asked.list(layout, String::new(), next.map(cursor)).without_search();
    let row = |event: &StoredEvent| {
        let line = EventLine::of(event, visit.zone);
        let row = asked.row(event.id.to_string(), &line.at, "", |name| column(event, &line, name));
        // All that is on record of them, whatever else this page asks for.
        let only = |name, value: &str| Query::default().with(name, value).href(BASE);
        let row = match event.user {
            Some(user) => row.linked("who", &only("user", &user.to_string())),
            None => row,
        };
        let row = match event.patient {
            Some(patient) => row.linked("patient", &only("patient", &patient.to_string())),
            None => row,
        };
        row.titled("operation", &line.operation).titled("outcome", line.result)
    };
    list.rows = items.iter().map(row).collect();
    let outcomes = Outcome::ALL.map(|known| (known.as_str(), outcome(known)));
    list.filters = vec![
        Select { name: "operation", label: "Operation", options: choices(query.get("operation").trim()) },
        filter(query, "outcome", "Outcome", "All", outcomes, |_| None),
    ];
    list.inputs = vec![
        Input::of(query, "user", "User's name or id"),
        Input::of(query, "patient", "Patient's id"),
        time(&visit, "from", "From"),
        time(&visit, "to", "To"),
    ];
    list.empty = "Nothing is on record yet.";
    let state = visit.panel.audit_log.state(who.actor()).await?;
    list.facts = Some(facts(&visit, &state));
    page::show(&list)
}

/// A field for a time, filled in where the address holds one.
fn time(visit: &Visit, name: &'static str, label: &'static str) -> Input {
    let input = Input::of(&visit.query, name, label).kind("datetime-local");
    let is_time = visit.zone.instant(input.value.trim()).is_some();
    Input { value: if is_time { input.value } else { String::new() }, ..input }
}

fn column(event: &StoredEvent, line: &EventLine, name: &str) -> String {
    match name {
        "at" => line.at.clone(),
        "who" => line.who.clone(),
        "operation" => line.deed.clone(),
        "outcome" => line.outcome.to_owned(),
        "record" => line.record.clone(),
        "patient" => event.patient.map(|patient| patient.to_string()).unwrap_or_default(),
        "fields" => event.fields.joined(),
        "reason" => event.reason.as_ref().map(|reason| reason.as_str().to_owned()).unwrap_or_default(),
        "address" => event.address.map(|address| address.to_string()).unwrap_or_default(),
        "request" => event.request_id.as_str().to_owned(),
        "id" => event.id.to_string(),
        _ => String::new(),
    }
}

fn facts(visit: &Visit, state: &AuditState) -> Facts {
    let zone = visit.zone;
    let seal = state.head.as_ref().map_or_else(
        || "none yet".to_owned(),
        |head| format!("number {}, made {}, up to event {}", head.seal, zone.minute(head.at), head.event),
    );
    let check = state.check.as_ref();
    Facts {
        title: "Is the trail unchanged?",
        values: vec![
            ("Last seal", seal),
            ("Not sealed yet", format!("{} events", state.unsealed)),
            ("Last check", check.map_or_else(|| "never".to_owned(), |check| told(check, zone))),
        ],
        is_bad: check.is_some_and(|check| check.broken.is_some()),
        action: "/admin/audit/verify",
        button: "Check now",
        token: visit.token(),
    }
}

fn told(check: &AuditCheck, zone: Zone) -> String {
    let at = zone.minute(check.at);
    let Some(broken) = check.broken else {
        return format!("{at}: whole, {} events under {} seals", check.events, check.seals);
    };
    let place = broken.event.map(|event| format!(" at event {event}")).unwrap_or_default();
    format!(
        "{at}: BROKEN{place} under seal {}: {}. Keep the database as it is, and run `healthcore audit verify`.",
        broken.seal,
        broken.fault.as_str()
    )
}

async fn verify(visit: Visit) -> Result<HttpResponse, Refusal> {
    let who = visit.who()?;
    who.must_be_admin()?;
    let noted = Arc::clone(&visit.panel.noted);
    let noted = web::block(move || noted()).await.map_err(|_| Refusal::Broken)?;
    let now = visit.panel.clock.now();
    match visit.panel.audit_log.verify(who.actor(), &noted, BOUND, now).await? {
        Some(_) => page::go("/admin/audit?done=checked"),
        None => Err(Refusal::Malformed(
            StatusCode::SERVICE_UNAVAILABLE,
            "The trail is too long to be checked while you wait. Run `healthcore audit verify` on the server: it \
             takes its time, and its result is shown here as well.",
        )),
    }
}
