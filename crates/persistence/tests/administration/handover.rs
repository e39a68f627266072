//! Patients who get another owner.

use domain::ports::{Record, RepositoryError};
use domain::{
    AuditFilter, Change, Direction, EmailRule, IdempotencyKey, Mapping, MappingFilter, Moving, NewMapping,
    Once, Order, Page, Patient, PatientChange, PatientFilter, Phone, Reason, Role, SearchTerms, SortKey,
    Stamp, User,
};
use persistence::Stores;
use testkit::builders;
use testkit::fixed::{instant, stamped};

use crate::{patient, user};

fn reason() -> Reason {
    Reason::parse("the practice was taken over").unwrap()
}

async fn assigned(stores: &Stores, owner: &User, patient: &Patient) -> Mapping {
    let doctor = builders::doctor().named(&format!("Eve {}", patient.id)).done();
    let stamp = stamped(instant());
    let doctor = stores.doctors.insert(owner.id, &doctor, EmailRule::Shared, &stamp).await.unwrap();
    let new = NewMapping { patient: patient.id, doctor: doctor.id, notes: None };
    stores.mappings.assign(owner.id, &new, &stamp).await.unwrap().mapping
}

async fn names(stores: &Stores, owner: &User, search: &str) -> Vec<String> {
    let filter = PatientFilter { search: SearchTerms::parse(search), ..PatientFilter::default() };
    let order = Order { key: SortKey::Name, direction: Direction::Ascending };
    let page = Page { order, ..Page::default() };
    let found = stores.patients.list(owner.id, &filter, page).await.unwrap().items;
    found.iter().map(|patient| patient.details.name.full().to_owned()).collect()
}

pub(crate) async fn chosen_patients_go_with_all_that_belongs_to_them(stores: Stores) {
    let (ann, bob) = (user(&stores, "ann", Role::Patient).await, user(&stores, "bob", Role::Patient).await);
    let moved = patient(&stores, &ann, "Cid Moved").await;
    let stays = patient(&stores, &ann, "Dan Stays").await;
    let mapping = assigned(&stores, &ann, &moved).await;
    let other = assigned(&stores, &ann, &stays).await;
    let stamp = stamped(instant());
    let change =
        PatientChange { phone: Change::Set(Phone::parse("030 1234").unwrap()), ..Default::default() };
    stores.patients.update(ann.id, moved.id, None, &change, &stamp).await.unwrap();
    stores.mappings.end(ann.id, mapping.id, None, &stamp).await.unwrap();
    let again = NewMapping { patient: moved.id, doctor: mapping.doctor, notes: None };
    let again = stores.mappings.assign(ann.id, &again, &stamp).await.unwrap().mapping;

    let which = Moving::These(vec![(ann.id, moved.id), (ann.id, moved.id)]);
    assert_eq!(stores.mover.move_patients(&which, bob.id, &reason(), &stamp).await.unwrap(), 1);

    // Who has its old address still learns who owns it now, active or not.
    let records = &stores.admin_records;
    assert_eq!(records.owner_of_patient(moved.id).await.unwrap(), Some(bob.id));
    for (mapping, owner) in [(&mapping, bob.id), (&again, bob.id), (&other, ann.id)] {
        assert_eq!(records.owner_of_mapping(mapping.id).await.unwrap(), Some(owner));
    }

    // The owner before finds nothing of it, by any way.
    assert!(stores.patients.find(ann.id, moved.id).await.unwrap().is_none());
    assert!(stores.mappings.find(ann.id, mapping.id, true).await.unwrap().is_none());
    assert!(stores.history.of_patient(ann.id, moved.id).await.unwrap().is_none());
    assert_eq!(names(&stores, &ann, "").await, ["Dan Stays"]);
    assert!(names(&stores, &ann, "cid").await.is_empty());
    let all = MappingFilter { include_ended: true, ..MappingFilter::default() };
    let left = stores.mappings.list(ann.id, all, Page::default()).await.unwrap().items;
    assert_eq!(left.iter().map(|view| view.mapping.id).collect::<Vec<_>>(), [other.id]);

    // The new one has all of it.
    let found = stores.patients.find(bob.id, moved.id).await.unwrap().unwrap();
    assert_eq!((found.owner, found.details.phone.unwrap().as_str()), (bob.id, "030 1234"));
    assert_eq!(names(&stores, &bob, "cid").await, ["Cid Moved"]);
    // Who has made it stays who has made it.
    let past = stores.history.of_patient(bob.id, moved.id).await.unwrap().unwrap();
    assert_eq!((past.len(), past[1].by, past[1].by_name.as_ref()), (2, Some(ann.id), Some(&ann.username)));
    let past = stores.history.of_mapping(bob.id, mapping.id).await.unwrap().unwrap();
    let first = past.last().unwrap();
    assert_eq!((first.by, first.by_name.as_ref()), (Some(ann.id), Some(&ann.username)));
    let doctors = stores.mappings.doctors_of(bob.id, moved.id, Page::default()).await.unwrap().items;
    assert_eq!(doctors.iter().map(|doctor| doctor.mapping).collect::<Vec<_>>(), [again.id]);
    let ended = stores.mappings.find(bob.id, mapping.id, true).await.unwrap().unwrap();
    assert!(ended.mapping.ended_at.is_some());
    stores.patients.delete(bob.id, moved.id, None, &stamp).await.unwrap();

    let filter = AuditFilter { patient: Some(moved.id), ..AuditFilter::default() };
    let events = stores.audit.list(&filter, Page::default()).await.unwrap().items;
    let told: Vec<_> = events.iter().filter(|event| event.fields.joined() == "owner").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].reason.as_ref().unwrap(), &reason());
}

pub(crate) async fn all_patients_go_also_those_who_were_deleted(stores: Stores) {
    let (ann, bob) = (user(&stores, "ann", Role::Patient).await, user(&stores, "bob", Role::Patient).await);
    let stamp = stamped(instant());
    let gone = patient(&stores, &ann, "Gone").await;
    stores.patients.delete(ann.id, gone.id, None, &stamp).await.unwrap();
    // More than go in one statement.
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..600 {
        let (stores, ann) = (stores.clone(), ann.clone());
        tasks.spawn(async move { patient(&stores, &ann, &format!("Here {number}")).await });
    }
    assert_eq!(tasks.join_all().await.len(), 600);
    let all = Moving::AllOf(ann.id);
    assert_eq!(stores.mover.move_patients(&all, bob.id, &reason(), &stamp).await.unwrap(), 601);
    let everybody = PatientFilter::default();
    let page = Page { count: true, ..Page::default() };
    let found = stores.patients.list(bob.id, &everybody, page).await.unwrap();
    assert_eq!(found.total, Some(600));
    assert_eq!(stores.admin_records.owner_of_patient(gone.id).await.unwrap(), Some(bob.id));
    let nobody = builders::patient_id(9_999_999);
    assert_eq!(stores.admin_records.owner_of_patient(nobody).await.unwrap(), None);
    assert!(names(&stores, &ann, "").await.is_empty());
    assert!(stores.history.restore_patient(ann.id, gone.id, &stamp).await.is_err());
    stores.history.restore_patient(bob.id, gone.id, &stamp).await.unwrap();
    // There is nobody left to move, and moving to oneself moves nobody.
    for owner in [&ann, &bob] {
        let all = Moving::AllOf(owner.id);
        assert_eq!(stores.mover.move_patients(&all, bob.id, &reason(), &stamp).await.unwrap(), 0);
    }
}

pub(crate) async fn nobody_moves_where_something_is_missing(stores: Stores) {
    let (ann, bob) = (user(&stores, "ann", Role::Patient).await, user(&stores, "bob", Role::Patient).await);
    let (first, second) = (patient(&stores, &ann, "First").await, patient(&stores, &bob, "Second").await);
    let stamp = stamped(instant());
    let not_hers = Moving::These(vec![(ann.id, first.id), (ann.id, second.id)]);
    let result = stores.mover.move_patients(&not_hers, bob.id, &reason(), &stamp).await;
    assert!(matches!(result, Err(RepositoryError::Missing(Record::Patient))));
    let change = domain::StandingChange { is_active: Some(false), role: None };
    stores.users.set_standing(bob.id, change, &stamp).await.unwrap();
    for to in [bob.id, builders::user_id(99)] {
        let result = stores.mover.move_patients(&Moving::AllOf(ann.id), to, &reason(), &stamp).await;
        assert!(matches!(result, Err(RepositoryError::Missing(Record::User))));
    }
    assert_eq!(names(&stores, &ann, "").await, ["First"]);
}

pub(crate) async fn a_request_that_is_repeated_does_not_show_a_record_that_has_moved(stores: Stores) {
    let (ann, bob) = (user(&stores, "ann", Role::Patient).await, user(&stores, "bob", Role::Patient).await);
    let once = Once { key: IdempotencyKey::parse("key").unwrap(), fingerprint: [1; 32] };
    let stamp = stamped(instant()).once(Some(once));
    let details = builders::patient().named("Cid").done();
    let made = stores.patients.insert(ann.id, &details, &stamp).await.unwrap();
    let moving = stamped(instant());
    stores.mover.move_patients(&Moving::AllOf(ann.id), bob.id, &reason(), &moving).await.unwrap();
    let again = stores.patients.insert(ann.id, &details, &stamp).await.unwrap();
    assert_ne!(again.id, made.id);
}

pub(crate) async fn whoever_writes_meanwhile_comes_first_or_fails(stores: Stores) {
    let (ann, bob) = (user(&stores, "ann", Role::Patient).await, user(&stores, "bob", Role::Patient).await);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let moved = patient(&stores, &ann, &format!("Patient {number}")).await;
        let mapping = assigned(&stores, &ann, &moved).await;
        let (stores, ann) = (stores.clone(), ann.clone());
        tasks.spawn(async move {
            let stamp = stamped(instant());
            let change = PatientChange::default();
            let results = [
                stores.patients.update(ann.id, moved.id, None, &change, &stamp).await.map(drop),
                stores.mappings.end(ann.id, mapping.id, None, &stamp).await,
                stores
                    .mappings
                    .assign(
                        ann.id,
                        &NewMapping { patient: moved.id, doctor: mapping.doctor, notes: None },
                        &stamp,
                    )
                    .await
                    .map(drop),
            ];
            for result in results {
                let is_told = matches!(
                    result,
                    Ok(()) | Err(RepositoryError::Missing(_) | RepositoryError::Duplicate(_))
                );
                assert!(is_told, "{result:?}");
            }
        });
    }
    let stamp = stamped(instant());
    let moved = stores.mover.move_patients(&Moving::AllOf(ann.id), bob.id, &reason(), &stamp).await;
    assert_eq!(moved.unwrap(), 8);
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(names(&stores, &bob, "").await.len(), 8);
    let all = MappingFilter { include_ended: true, ..MappingFilter::default() };
    assert!(stores.mappings.list(ann.id, all, Page::default()).await.unwrap().items.is_empty());
}

pub(crate) async fn the_past_tells_who_has_made_a_record_for_another(stores: Stores) {
    let (ann, bob) = (user(&stores, "ann", Role::Patient).await, user(&stores, "bob", Role::Patient).await);
    let root = user(&stores, "root", Role::Admin).await;
    let stamp = Stamp { user: Some(root.id), ..stamped(instant()) };
    let details = builders::patient().named("Cid").done();
    let made = stores.patients.insert(ann.id, &details, &stamp).await.unwrap();
    assert_eq!(made.created_by, ann.username);
    let doctor = builders::doctor().done();
    let doctor = stores.doctors.insert(ann.id, &doctor, EmailRule::Shared, &stamp).await.unwrap();
    let new = NewMapping { patient: made.id, doctor: doctor.id, notes: None };
    let mapping = stores.mappings.assign(ann.id, &new, &stamp).await.unwrap().mapping;
    assert_eq!(mapping.assigned_by, Some(root.username.clone()));
    let by_root = (Some(root.id), Some(root.username.clone()));
    for owner in [&ann, &bob] {
        if owner.id != ann.id {
            let all = Moving::AllOf(ann.id);
            assert_eq!(stores.mover.move_patients(&all, owner.id, &reason(), &stamp).await.unwrap(), 1);
        }
        let past = stores.history.of_patient(owner.id, made.id).await.unwrap().unwrap();
        assert_eq!((past[0].by, past[0].by_name.clone()), by_root);
        let past = stores.history.of_mapping(owner.id, mapping.id).await.unwrap().unwrap();
        assert_eq!((past[0].by, past[0].by_name.clone()), by_root);
    }
}
