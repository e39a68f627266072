//! `healthcore audit export`.

use domain::ports::Clock as _;
use domain::{
    AuditEvent, AuditFilter, Direction, LoginName, Order, Outcome, Page, PageLimit, Reason, RecordId,
    SortKey, Stamp, StoredEvent, UserId, UserName,
};
use persistence::Stores;
use security::SystemClock;
use serde::Serialize;

use super::super::args::ExportArguments;
use super::super::failure::Failure;
use crate::output;

/// As much as is in memory at a time.
const PAGE: PageLimit = PageLimit::new(PageLimit::MAX).unwrap();

/// An event as a line. The keys are those of the interface.
#[derive(Serialize)]
struct Line<'a> {
    id: i64,
    at: String,
    operation: &'a str,
    outcome: &'static str,
    user: Option<i64>,
    username: Option<&'a str>,
    session: Option<String>,
    address: Option<String>,
    request_id: &'a str,
    record_kind: Option<&'static str>,
    record_id: Option<String>,
    version: Option<i32>,
    patient: Option<i64>,
    fields: Vec<&'a str>,
    reason: Option<&'a str>,
}

impl<'a> From<&'a StoredEvent> for Line<'a> {
    fn from(event: &'a StoredEvent) -> Self {
        Self {
            id: event.id.get(),
            at: event.at.to_string(),
            operation: &event.operation,
            outcome: event.outcome.as_str(),
            user: event.user.map(UserId::get),
            username: event.username.as_ref().map(UserName::as_str),
            session: event.session.map(|session| session.to_string()),
            address: event.address.map(|address| address.to_string()),
            request_id: event.request_id.as_str(),
            record_kind: event.record.map(RecordId::kind_name),
            record_id: event.record.map(RecordId::id),
            version: event.version.map(domain::Version::get),
            patient: event.patient.map(domain::PatientId::get),
            fields: event.fields.names().collect(),
            reason: event.reason.as_ref().map(Reason::as_str),
        }
    }
}

pub(super) async fn run(stores: &Stores, arguments: &ExportArguments) -> Result<(), Failure> {
    let now = SystemClock.now();
    let filter = AuditFilter {
        patient: arguments.patient,
        user: user(stores, arguments.user.as_deref()).await?,
        operation: arguments.operation.clone(),
        after: arguments.after,
        // Or the end would never come where events come faster than they are read.
        before: Some(arguments.before.unwrap_or(now).min(now)),
        ..AuditFilter::default()
    };
    let event = AuditEvent::of(&Stamp::anonymous(now, super::super::call("audit_export")), Outcome::Done);
    let event = AuditEvent { patient: filter.patient, ..event };
    super::super::put_on_record(stores, event).await?;
    let order = Order { key: SortKey::CreatedAt, direction: Direction::Ascending };
    let mut page = Page { limit: PAGE, order, ..Page::default() };
    loop {
        let listing = stores.audit.list(&filter, page).await.map_err(|error| Failure::failed(&error))?;
        let is_wanted = output::part(&lines(&listing.items)?)?;
        page.after = listing.next;
        if !is_wanted || page.after.is_none() {
            return Ok(());
        }
    }
}

fn lines(events: &[StoredEvent]) -> Result<String, Failure> {
    let mut text = String::new();
    for event in events {
        let line = serde_json::to_string(&Line::from(event)).map_err(|error| Failure::failed(&error))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

/// Whom an argument names. Events of a user who was erased are found by the id alone.
async fn user(stores: &Stores, named: Option<&str>) -> Result<Option<UserId>, Failure> {
    let Some(named) = named else { return Ok(None) };
    let nobody = || Failure::Failed(format!("there is no user {}", named.escape_debug()));
    if let Ok(number) = named.parse() {
        return UserId::new(number).map(Some).ok_or_else(nobody);
    }
    let login = LoginName::parse(named).ok_or_else(nobody)?;
    let found = stores.users.find_credentials(&login).await.map_err(|error| Failure::failed(&error))?;
    found.map(|found| Some(found.user.id)).ok_or_else(nobody)
}
