//! The audit trail, for administrators.

use actix_web::HttpResponse;
use domain::{AuditEventId, AuditFilter, Outcome, PatientId, StoredEvent, UserId};

use super::overview::EventLine;
use crate::gate::{Endpoint, Visit};
use crate::list::{Asked, Column, Input, cursor, filter};
use crate::page::{self, Layout};
use crate::refusal::Refusal;

const BASE: &str = "/admin/audit";

const COLUMNS: &[Column] = &[
    Column { key: "at", label: "When (UTC)", sort: Some("created"), is_shown: true },
    Column { key: "who", label: "Who", sort: None, is_shown: true },
    Column { key: "operation", label: "Operation", sort: None, is_shown: true },
    Column { key: "outcome", label: "Outcome", sort: None, is_shown: true },
    Column { key: "record", label: "Record", sort: None, is_shown: true },
    Column { key: "patient", label: "Patient", sort: None, is_shown: true },
    Column { key: "fields", label: "Fields", sort: None, is_shown: false },
    Column { key: "address", label: "Address", sort: None, is_shown: true },
    Column { key: "request", label: "Request", sort: None, is_shown: false },
    Column { key: "id", label: "Id", sort: None, is_shown: false },
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::page("/audit", "admin_audit_list", |visit| Box::pin(list(visit)))]
}

async fn list(visit: Visit) -> Result<HttpResponse, Refusal> {
    let query = &visit.query;
    let asked = Asked { base: BASE, query, columns: COLUMNS };
    let operation = query.get("operation").trim();
    let wanted = AuditFilter {
        patient: query.get("patient").trim().parse().ok().and_then(PatientId::new),
        user: query.get("user").trim().parse().ok().and_then(UserId::new),
        operation: (!operation.is_empty()).then(|| operation.to_owned()),
        outcome: Outcome::parse(query.get("outcome")).ok(),
        ..AuditFilter::default()
    };
    // The trail is long: nobody counts it for a page.
    let page = domain::Page { count: false, ..asked.page(AuditEventId::new)? };
    let found = visit.panel.audit_log.list(visit.who()?.actor(), &wanted, page).await?;
    let layout = Layout::inside(&visit, BASE, "Audit")?;
    let mut list = asked.list(layout, found.total, found.next.map(cursor)).without_search();
    let row = |event: &StoredEvent| {
        let line = EventLine::from(event);
        let href = event.patient.map_or_else(
            || query.with("operation", &line.operation).href(BASE),
            |patient| query.with("patient", &patient.to_string()).href(BASE),
        );
        asked.row(event.id.to_string(), &line.at, href, |name| column(event, &line, name))
    };
    list.rows = found.items.iter().map(row).collect();
    let outcomes = Outcome::ALL.map(|outcome| (outcome.as_str(), outcome.as_str()));
    list.filters = vec![filter(query, "outcome", "Outcome", "All", outcomes)];
    let input = |name, label| Input { name, label, value: query.get(name).to_owned() };
    list.inputs =
        vec![input("user", "User's id"), input("patient", "Patient's id"), input("operation", "Operation")];
    list.empty = "No event matches.";
    page::show(&list)
}

fn column(event: &StoredEvent, line: &EventLine, name: &str) -> String {
    match name {
        "at" => line.at.clone(),
        "who" => line.who.clone(),
        "operation" => line.operation.clone(),
        "outcome" => line.outcome.to_owned(),
        "record" => line.record.clone(),
        "patient" => event.patient.map(|patient| patient.to_string()).unwrap_or_default(),
        "fields" => event.fields.joined(),
        "address" => event.address.map(|address| address.to_string()).unwrap_or_default(),
        "request" => event.request_id.as_str().to_owned(),
        "id" => event.id.to_string(),
        _ => String::new(),
    }
}
