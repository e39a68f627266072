//! Rules of the service of patients.

use domain::ports::{MockHistory, MockPatientRepository, RepositoryError};
use domain::{Act, Change, ChangedFields, Gender, IdempotencyKey, Stamp, UserId};
use mockall::predicate::{always, eq, function};
use testkit::builders::{self, patient_id, user_id, version};
use testkit::fixed::{self, FixedClock};

use super::*;

const ME: UserId = user_id(7);
const ID: PatientId = patient_id(11);

fn actor() -> Actor {
    Actor { user: ME, session: builders::session().done().id, call: testkit::fixed::call() }
}

/// The stamp of the actor, by the clock.
fn is_mine_and_now(stamp: &Stamp) -> bool {
    (stamp.user, stamp.at) == (Some(ME), fixed::instant())
}

fn details() -> PatientDetails {
    builders::patient().done()
}

fn change() -> PatientChange {
    PatientChange { gender: Change::Set(Gender::Female), ..PatientChange::default() }
}

fn patient() -> Patient {
    builders::patient().stored(ID, ME)
}

fn page_of_one() -> Listing<Patient, PatientId> {
    Listing { items: vec![patient()], next: None, total: Some(1) }
}

/// The service over a store that expects just what is said.
fn service(expect: impl FnOnce(&mut MockPatientRepository)) -> Patients {
    let mut store = MockPatientRepository::new();
    expect(&mut store);
    Patients::new(Arc::new(store), Arc::new(MockHistory::new()), Arc::new(FixedClock::default()))
}

#[tokio::test]
async fn the_owner_is_always_the_actor() {
    let patients = service(|store| {
        let any = always;
        store.expect_insert().with(eq(ME), any(), any()).once().returning(|_, _, _| Ok(patient()));
        store.expect_find().with(eq(ME), any()).once().returning(|_, _| Ok(Some(patient())));
        store.expect_list().with(eq(ME), any(), any()).once().returning(|_, _, _| Ok(page_of_one()));
        let update = store.expect_update().with(eq(ME), any(), any(), any(), any());
        update.once().returning(|_, _, _, _, _| Ok(patient()));
        store.expect_delete().with(eq(ME), any(), any(), any()).once().returning(|_, _, _, _| Ok(()));
    });
    patients.create(&actor(), &details(), None).await.unwrap();
    patients.get(&actor(), ID).await.unwrap();
    patients.list(&actor(), &PatientFilter::default(), Page::default()).await.unwrap();
    patients.update(&actor(), ID, None, &change()).await.unwrap();
    patients.delete(&actor(), ID, None).await.unwrap();
}

#[tokio::test]
async fn a_record_that_is_not_found_is_missing() {
    let patients = service(|store| {
        store.expect_find().returning(|_, _| Ok(None));
    });
    assert!(matches!(patients.get(&actor(), ID).await, Err(Error::Missing(Record::Patient))));
}

#[tokio::test]
async fn a_record_is_found_by_its_id() {
    let patients = service(|store| {
        store.expect_find().with(always(), eq(ID)).returning(|_, _| Ok(Some(patient())));
    });
    assert_eq!(patients.get(&actor(), ID).await.unwrap(), patient());
}

#[tokio::test]
async fn what_is_known_of_a_new_patient_is_stored() {
    let patients = service(|store| {
        store.expect_insert().with(always(), eq(details()), always()).returning(|_, _, _| Ok(patient()));
    });
    assert_eq!(patients.create(&actor(), &details(), None).await.unwrap(), patient());
}

#[tokio::test]
async fn a_list_is_the_page_and_the_filter_that_were_asked_for() {
    let filter = PatientFilter { gender: Some(Gender::Female), ..PatientFilter::default() };
    let page = Page { count: true, ..Page::default() };
    let patients = service(|store| {
        let list = store.expect_list().with(always(), eq(filter.clone()), eq(page));
        list.returning(|_, _, _| Ok(page_of_one()));
    });
    assert_eq!(patients.list(&actor(), &filter, page).await.unwrap(), page_of_one());
}

#[tokio::test]
async fn the_expected_version_is_passed_on() {
    let expected = Some(version(3));
    let patients = service(|store| {
        let update = store.expect_update().with(always(), always(), eq(expected), always(), always());
        update.once().returning(|_, _, _, _, _| Ok(patient()));
        let delete = store.expect_delete().with(always(), always(), eq(expected), always());
        delete.once().returning(|_, _, _, _| Ok(()));
    });
    patients.update(&actor(), ID, expected, &change()).await.unwrap();
    patients.delete(&actor(), ID, expected).await.unwrap();
}

#[tokio::test]
async fn a_change_is_applied_by_the_store_and_not_read_before() {
    let patients = service(|store| {
        store.expect_find().never();
        let update = store.expect_update().with(always(), eq(ID), always(), eq(change()), always());
        update.once().returning(|_, _, _, _, _| Ok(patient()));
    });
    assert_eq!(patients.update(&actor(), ID, None, &change()).await.unwrap(), patient());
}

#[tokio::test]
async fn a_write_is_stamped_with_the_actor_and_the_time_of_the_clock() {
    let patients = service(|store| {
        store
            .expect_insert()
            .with(always(), always(), function(is_mine_and_now))
            .once()
            .returning(|_, _, _| Ok(patient()));
        let update =
            store.expect_update().with(always(), always(), always(), always(), function(is_mine_and_now));
        update.once().returning(|_, _, _, _, _| Ok(patient()));
        let delete = store.expect_delete().with(always(), eq(ID), always(), function(is_mine_and_now));
        delete.once().returning(|_, _, _, _| Ok(()));
    });
    patients.create(&actor(), &details(), None).await.unwrap();
    patients.update(&actor(), ID, None, &change()).await.unwrap();
    patients.delete(&actor(), ID, None).await.unwrap();
}

#[test]
fn today_is_the_day_of_the_clock() {
    assert_eq!(service(|_| ()).today(), fixed::instant().date());
}

#[tokio::test]
async fn a_lost_update_is_stale() {
    let patients = service(|store| {
        store.expect_update().returning(|_, _, _, _, _| Err(RepositoryError::Stale));
        store.expect_delete().returning(|_, _, _, _| Err(RepositoryError::Stale));
    });
    assert!(matches!(patients.update(&actor(), ID, None, &change()).await, Err(Error::Stale)));
    assert!(matches!(patients.delete(&actor(), ID, None).await, Err(Error::Stale)));
}

#[tokio::test]
async fn a_position_that_is_gone_is_no_empty_page() {
    let patients = service(|store| {
        store.expect_list().returning(|_, _, _| Err(RepositoryError::BadPosition));
    });
    let listed = patients.list(&actor(), &PatientFilter::default(), Page::default()).await;
    assert!(matches!(listed, Err(Error::BadPosition)));
}

/// The service over a past that expects just what is said.
fn with_history(expect: impl FnOnce(&mut MockHistory)) -> Patients {
    let mut history = MockHistory::new();
    expect(&mut history);
    Patients::new(Arc::new(MockPatientRepository::new()), Arc::new(history), Arc::new(FixedClock::default()))
}

fn entry() -> VersionEntry {
    VersionEntry {
        version: version(3),
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
    let patients = service(|store| {
        let insert = store.expect_insert().withf(move |_, _, stamp| stamp.once == wanted);
        insert.once().returning(|_, _, _| Ok(patient()));
    });
    patients.create(&actor(), &details(), Some(once)).await.unwrap();
}

#[tokio::test]
async fn a_key_that_was_used_for_another_request_is_told() {
    let patients = service(|store| {
        store.expect_insert().returning(|_, _, _| Err(RepositoryError::KeyReused));
    });
    assert!(matches!(patients.create(&actor(), &details(), None).await, Err(Error::KeyReused)));
}

#[tokio::test]
async fn the_past_is_that_of_the_actors_record() {
    let snapshot = Snapshot { entry: entry(), record: patient() };
    let found = snapshot.clone();
    let patients = with_history(|history| {
        history.expect_of_patient().with(eq(ME), eq(ID)).once().returning(|_, _| Ok(Some(vec![entry()])));
        let at = history.expect_patient_at().with(eq(ME), eq(ID), eq(version(2)));
        at.once().returning(move |_, _, _| Ok(Some(found.clone())));
    });
    assert_eq!(patients.history(&actor(), ID).await.unwrap(), [entry()]);
    assert_eq!(patients.version(&actor(), ID, version(2)).await.unwrap(), snapshot);
}

#[tokio::test]
async fn a_past_that_is_not_found_is_missing() {
    let patients = with_history(|history| {
        history.expect_of_patient().returning(|_, _| Ok(None));
        history.expect_patient_at().returning(|_, _, _| Ok(None));
        let gone = || RepositoryError::Missing(Record::Patient);
        history.expect_restore_patient().returning(move |_, _, _| Err(gone()));
    });
    assert!(matches!(patients.history(&actor(), ID).await, Err(Error::Missing(Record::Patient))));
    assert!(matches!(patients.version(&actor(), ID, version(1)).await, Err(Error::Missing(Record::Patient))));
    assert!(matches!(patients.restore(&actor(), ID).await, Err(Error::Missing(Record::Patient))));
}

#[tokio::test]
async fn only_the_owner_brings_a_patient_back() {
    let patients = with_history(|history| {
        let restore = history.expect_restore_patient().with(eq(ME), eq(ID), function(is_mine_and_now));
        restore.once().returning(|_, _, _| Ok(patient()));
    });
    assert_eq!(patients.restore(&actor(), ID).await.unwrap(), patient());
}
