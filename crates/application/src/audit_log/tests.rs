//! Who may read the trail.

use domain::ports::{MockAuditTrail, MockHistory, MockUserRepository};
use domain::{DoctorId, Outcome, User, UserId};
use mockall::predicate::{always, eq};
use testkit::builders::{self, doctor_id, patient_id, user_id};
use testkit::fixed;

use super::*;

const ME: UserId = user_id(7);
const PATIENT: PatientId = patient_id(11);
const DOCTOR: DoctorId = doctor_id(21);

fn actor() -> Actor {
    Actor { user: ME, session: builders::session().done().id, call: fixed::call() }
}

fn nothing() -> Listing<StoredEvent, AuditEventId> {
    Listing { items: Vec::new(), next: None, total: Some(0) }
}

fn filter() -> AuditFilter {
    AuditFilter { outcome: Some(Outcome::NotFound), user: Some(user_id(8)), ..AuditFilter::default() }
}

fn page() -> Page<AuditEventId> {
    Page { count: true, ..Page::default() }
}

/// The service over stores that expect just what is said.
fn service(expect: impl FnOnce(&mut MockAuditTrail, &mut MockHistory, &mut MockUserRepository)) -> AuditLog {
    let (mut trail, mut history, mut users) =
        (MockAuditTrail::new(), MockHistory::new(), MockUserRepository::new());
    expect(&mut trail, &mut history, &mut users);
    AuditLog::new(Arc::new(trail), Arc::new(history), Arc::new(users))
}

/// The service to a user with this account, over a trail that expects `filter`.
fn for_account(account: Option<User>, filter: AuditFilter) -> AuditLog {
    service(|trail, _, users| {
        users.expect_find().with(eq(ME)).returning(move |_| Ok(account.clone()));
        trail.expect_list().with(eq(filter), eq(page())).returning(|_, _| Ok(nothing()));
    })
}

fn of_role(role: Role) -> User {
    builders::user().role(role).stored(ME)
}

#[tokio::test]
async fn the_owner_reads_what_concerns_the_patient_and_nothing_else() {
    let log = service(|trail, history, _| {
        history.expect_of_patient().with(eq(ME), eq(PATIENT)).once().returning(|_, _| Ok(Some(Vec::new())));
        let wanted = AuditFilter { patient: Some(PATIENT), ..filter() };
        trail.expect_list().with(eq(wanted), eq(page())).once().returning(|_, _| Ok(nothing()));
    });
    // Whoever the filter names.
    let told = AuditFilter { patient: Some(patient_id(99)), ..filter() };
    assert_eq!(log.of_patient(&actor(), PATIENT, told, page()).await.unwrap(), nothing());
}

#[tokio::test]
async fn a_stranger_is_told_that_there_is_no_such_patient_and_the_trail_is_not_asked() {
    let log = service(|trail, history, _| {
        history.expect_of_patient().returning(|_, _| Ok(None));
        trail.expect_list().never();
    });
    let refused = log.of_patient(&actor(), PATIENT, filter(), page()).await;
    assert!(matches!(refused, Err(Error::Missing(Record::Patient))));
}

#[tokio::test]
async fn an_administrator_reads_the_whole_trail() {
    let log = for_account(Some(of_role(Role::Admin)), filter());
    assert_eq!(log.list(&actor(), &filter(), page()).await.unwrap(), nothing());
}

#[tokio::test]
async fn nobody_else_reads_the_whole_trail() {
    for role in [Role::Patient, Role::Doctor, Role::Staff] {
        let log = service(|trail, _, users| {
            users.expect_find().with(eq(ME)).returning(move |_| Ok(Some(of_role(role))));
            trail.expect_list().with(always(), always()).never();
        });
        assert!(matches!(log.list(&actor(), &filter(), page()).await, Err(Error::Forbidden)), "{role}");
    }
}

#[tokio::test]
async fn the_token_of_an_inactive_or_vanished_administrator_does_not_count() {
    let inactive = User { is_active: false, ..builders::user().role(Role::Admin).stored(ME) };
    for account in [Some(inactive), None] {
        let log = for_account(account, filter());
        assert!(matches!(log.list(&actor(), &filter(), page()).await, Err(Error::BadToken)));
    }
}

#[tokio::test]
async fn asking_for_a_patient_concerns_that_patient() {
    for (filter, concerned) in [
        (AuditFilter { patient: Some(PATIENT), ..AuditFilter::default() }, Some(PATIENT)),
        (AuditFilter { record: Some(RecordId::Patient(PATIENT)), ..AuditFilter::default() }, Some(PATIENT)),
        (AuditFilter { record: Some(RecordId::Doctor(DOCTOR)), ..AuditFilter::default() }, None),
    ] {
        let actor = actor();
        for_account(Some(of_role(Role::Admin)), filter.clone()).list(&actor, &filter, page()).await.unwrap();
        assert_eq!(actor.call.concerned(), concerned);
    }
}
