//! Rules of the service of mappings.

use domain::ports::{Constraint, MockHistory, MockMappingRepository, RepositoryError};
use domain::{Act, ChangedFields, DoctorId, IdempotencyKey, Stamp, UserId};
use mockall::predicate::{always, eq, function};
use testkit::builders::{self, doctor_id, mapping_id, notes, patient_id, user_id, version};
use testkit::fixed::{self, FixedClock};

use super::*;

const ME: UserId = user_id(7);
const ID: MappingId = mapping_id(31);
const PATIENT: PatientId = patient_id(11);
const DOCTOR: DoctorId = doctor_id(21);

fn actor() -> Actor {
    Actor { user: ME, session: builders::session().done().id, call: testkit::fixed::call() }
}

/// The stamp of the actor, by the clock.
fn is_mine_and_now(stamp: &Stamp) -> bool {
    (stamp.user, stamp.at) == (Some(ME), fixed::instant())
}

fn new_mapping() -> NewMapping {
    builders::mapping(PATIENT, DOCTOR).done()
}

fn new_notes() -> Change<Notes> {
    Change::Set(notes("second opinion"))
}

fn view() -> MappingView {
    builders::mapping(PATIENT, DOCTOR).stored(ID, ME)
}

fn page_of_one() -> Listing<MappingView, MappingId> {
    Listing { items: vec![view()], next: None, total: Some(1) }
}

fn no_doctors() -> Listing<AssignedDoctor, MappingId> {
    Listing { items: Vec::new(), next: None, total: None }
}

/// The service over a store that expects just what is said.
fn service(expect: impl FnOnce(&mut MockMappingRepository)) -> Mappings {
    let mut store = MockMappingRepository::new();
    expect(&mut store);
    Mappings::new(Arc::new(store), Arc::new(MockHistory::new()), Arc::new(FixedClock::default()))
}

#[tokio::test]
async fn the_owner_is_always_the_actor() {
    let mappings = service(|store| {
        let any = always;
        store.expect_assign().with(eq(ME), any(), any()).once().returning(|_, _, _| Ok(view()));
        store.expect_find().with(eq(ME), any(), any()).once().returning(|_, _, _| Ok(Some(view())));
        store.expect_list().with(eq(ME), any(), any()).once().returning(|_, _, _| Ok(page_of_one()));
        store.expect_doctors_of().with(eq(ME), any(), any()).once().returning(|_, _, _| Ok(no_doctors()));
        let update = store.expect_update_notes().with(eq(ME), any(), any(), any(), any());
        update.once().returning(|_, _, _, _, _| Ok(view()));
        store.expect_end().with(eq(ME), any(), any(), any()).once().returning(|_, _, _, _| Ok(()));
    });
    mappings.assign(&actor(), &new_mapping(), None).await.unwrap();
    mappings.get(&actor(), ID, false).await.unwrap();
    mappings.list(&actor(), MappingFilter::default(), Page::default()).await.unwrap();
    mappings.doctors_of(&actor(), PATIENT, Page::default()).await.unwrap();
    mappings.update_notes(&actor(), ID, None, &new_notes()).await.unwrap();
    mappings.end(&actor(), ID, None).await.unwrap();
}

#[tokio::test]
async fn an_active_pair_is_a_duplicate_without_a_question_before() {
    let mappings = service(|store| {
        store.expect_find().never();
        store.expect_list().never();
        store.expect_doctors_of().never();
        let taken = || RepositoryError::Duplicate(Constraint::ActiveMapping);
        store.expect_assign().once().returning(move |_, _, _| Err(taken()));
    });
    let assigned = mappings.assign(&actor(), &new_mapping(), None).await;
    assert!(matches!(assigned, Err(Error::Duplicate(Constraint::ActiveMapping))));
}

#[tokio::test]
async fn what_was_asked_for_is_assigned() {
    let mappings = service(|store| {
        store.expect_assign().with(always(), eq(new_mapping()), always()).returning(|_, _, _| Ok(view()));
    });
    assert_eq!(mappings.assign(&actor(), &new_mapping(), None).await.unwrap(), view());
}

#[tokio::test]
async fn assigning_says_which_side_is_missing() {
    for side in [Record::Patient, Record::Doctor] {
        let mappings = service(|store| {
            store.expect_assign().returning(move |_, _, _| Err(RepositoryError::Missing(side)));
        });
        let assigned = mappings.assign(&actor(), &new_mapping(), None).await;
        assert!(matches!(assigned, Err(Error::Missing(record)) if record == side));
    }
}

#[tokio::test]
async fn a_mapping_that_is_not_found_is_missing() {
    let mappings = service(|store| {
        store.expect_find().returning(|_, _, _| Ok(None));
    });
    assert!(matches!(mappings.get(&actor(), ID, true).await, Err(Error::Missing(Record::Mapping))));
}

#[tokio::test]
async fn an_ended_mapping_is_looked_for_only_where_that_is_asked() {
    for include_ended in [false, true] {
        let mappings = service(|store| {
            let find = store.expect_find().with(always(), eq(ID), eq(include_ended));
            find.returning(|_, _, _| Ok(Some(view())));
        });
        assert_eq!(mappings.get(&actor(), ID, include_ended).await.unwrap(), view());
    }
}

#[tokio::test]
async fn a_list_is_the_page_and_the_filter_that_were_asked_for() {
    let filter = MappingFilter { patient: Some(PATIENT), include_ended: true, ..MappingFilter::default() };
    let page = Page { count: true, ..Page::default() };
    let mappings = service(|store| {
        let list = store.expect_list().with(always(), eq(filter), eq(page));
        list.returning(|_, _, _| Ok(page_of_one()));
    });
    assert_eq!(mappings.list(&actor(), filter, page).await.unwrap(), page_of_one());
}

#[tokio::test]
async fn a_patient_without_doctors_has_an_empty_page() {
    let page = Page { count: true, ..Page::default() };
    let mappings = service(|store| {
        let doctors_of = store.expect_doctors_of().with(always(), eq(PATIENT), eq(page));
        doctors_of.returning(|_, _, _| Ok(no_doctors()));
    });
    assert_eq!(mappings.doctors_of(&actor(), PATIENT, page).await.unwrap(), no_doctors());
}

#[tokio::test]
async fn the_doctors_of_an_unknown_patient_are_not_an_empty_page() {
    let mappings = service(|store| {
        let missing = || RepositoryError::Missing(Record::Patient);
        store.expect_doctors_of().returning(move |_, _, _| Err(missing()));
    });
    let doctors = mappings.doctors_of(&actor(), PATIENT, Page::default()).await;
    assert!(matches!(doctors, Err(Error::Missing(Record::Patient))));
}

#[tokio::test]
async fn new_notes_are_of_the_mapping_that_was_named() {
    let mappings = service(|store| {
        let update = store.expect_update_notes().with(always(), eq(ID), always(), eq(new_notes()), always());
        update.once().returning(|_, _, _, _, _| Ok(view()));
    });
    assert_eq!(mappings.update_notes(&actor(), ID, None, &new_notes()).await.unwrap(), view());
}

#[tokio::test]
async fn a_mapping_is_ended_by_one_call_and_nothing_else_is_written() {
    let mappings = service(|store| {
        store.expect_update_notes().never();
        let end = store.expect_end().with(always(), eq(ID), always(), always());
        end.once().returning(|_, _, _, _| Ok(()));
    });
    mappings.end(&actor(), ID, None).await.unwrap();
}

#[tokio::test]
async fn the_expected_version_is_passed_on() {
    let expected = Some(version(3));
    let mappings = service(|store| {
        let update = store.expect_update_notes().with(always(), always(), eq(expected), always(), always());
        update.once().returning(|_, _, _, _, _| Ok(view()));
        let end = store.expect_end().with(always(), always(), eq(expected), always());
        end.once().returning(|_, _, _, _| Ok(()));
    });
    mappings.update_notes(&actor(), ID, expected, &new_notes()).await.unwrap();
    mappings.end(&actor(), ID, expected).await.unwrap();
}

#[tokio::test]
async fn a_write_is_stamped_with_the_actor_and_the_time_of_the_clock() {
    let mappings = service(|store| {
        store
            .expect_assign()
            .with(always(), always(), function(is_mine_and_now))
            .once()
            .returning(|_, _, _| Ok(view()));
        let update = store.expect_update_notes().with(
            always(),
            always(),
            always(),
            always(),
            function(is_mine_and_now),
        );
        update.once().returning(|_, _, _, _, _| Ok(view()));
        let end = store.expect_end().with(always(), always(), always(), function(is_mine_and_now));
        end.once().returning(|_, _, _, _| Ok(()));
    });
    mappings.assign(&actor(), &new_mapping(), None).await.unwrap();
    mappings.update_notes(&actor(), ID, None, &new_notes()).await.unwrap();
    mappings.end(&actor(), ID, None).await.unwrap();
}

/// The service over a past that expects just what is said.
fn with_history(expect: impl FnOnce(&mut MockHistory)) -> Mappings {
    let mut history = MockHistory::new();
    expect(&mut history);
    Mappings::new(Arc::new(MockMappingRepository::new()), Arc::new(history), Arc::new(FixedClock::default()))
}

fn entry(number: i32) -> VersionEntry {
    VersionEntry {
        version: version(number),
        at: fixed::instant(),
        by: Some(ME),
        by_name: None,
        act: Act::Removed,
        fields: ChangedFields::NONE,
    }
}

#[tokio::test]
async fn what_is_to_be_done_once_is_part_of_the_stamp() {
    let once = Once { key: IdempotencyKey::parse("k").unwrap(), fingerprint: [7; 32] };
    let wanted = Some(once.clone());
    let mappings = service(|store| {
        let assign = store.expect_assign().withf(move |_, _, stamp| stamp.once == wanted);
        assign.once().returning(|_, _, _| Ok(view()));
    });
    mappings.assign(&actor(), &new_mapping(), Some(once)).await.unwrap();
}

#[tokio::test]
async fn the_past_is_that_of_the_actors_mapping_and_concerns_its_patient() {
    let snapshot = Snapshot { entry: entry(2), record: view() };
    let expect = |history: &mut MockHistory| {
        let entries = || Ok(Some(vec![entry(2), entry(1)]));
        history.expect_of_mapping().with(eq(ME), eq(ID)).returning(move |_, _| entries());
        let found = snapshot.clone();
        let at = history.expect_mapping_at().with(eq(ME), eq(ID), eq(version(2)));
        at.returning(move |_, _, _| Ok(Some(found.clone())));
    };
    let one = actor();
    assert_eq!(with_history(expect).history(&one, ID).await.unwrap(), [entry(2), entry(1)]);
    assert_eq!(one.call.concerned(), Some(PATIENT));
    let other = actor();
    assert_eq!(with_history(expect).version(&other, ID, version(2)).await.unwrap(), snapshot);
    assert_eq!(other.call.concerned(), Some(PATIENT));
}

#[tokio::test]
async fn a_past_that_is_not_found_is_missing() {
    let mappings = with_history(|history| {
        history.expect_of_mapping().returning(|_, _| Ok(None));
        history.expect_mapping_at().returning(|_, _, _| Ok(None));
    });
    assert!(matches!(mappings.history(&actor(), ID).await, Err(Error::Missing(Record::Mapping))));
    assert!(matches!(mappings.version(&actor(), ID, version(1)).await, Err(Error::Missing(Record::Mapping))));
}
