//! How mappings end: by hand, with the patient, with the doctor.

use std::sync::Arc;

use domain::ports::{Record, RepositoryError};
use domain::{Mapping, MappingFilter, MappingView};

use super::WITH_ENDED;
use crate::builders::{self, mapping_id, version};
use crate::contract::Repositories;
use crate::contract::check::{at_once, refused, same};
use crate::fixed::{instant, seconds_later, stamped};

pub async fn an_ended_mapping_stays_in_the_history(store: &Repositories) {
    let view = store.mapping().await;
    let before = &view.mapping;
    store.mappings.end(before.owner, before.id, Some(version(1)), &stamped(seconds_later(7))).await.unwrap();
    let at = seconds_later(7);
    let ended = Mapping { ended_at: Some(at), updated_at: at, version: version(2), ..before.clone() };
    let want = MappingView { mapping: ended, ..view.clone() };
    same(&store.any(before.owner, before.id).await.unwrap(), &want);
    assert!(store.mapping_ids(before.owner, MappingFilter::default()).await.is_empty());
    assert_eq!(store.mapping_ids(before.owner, WITH_ENDED).await, [before.id]);
}

pub async fn ending_twice_is_missing(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    store.end(mapping.owner, mapping.id).await;
    let ended = store.any(mapping.owner, mapping.id).await.unwrap();
    for expected in [None, Some(version(1)), Some(version(2))] {
        let result =
            store.mappings.end(mapping.owner, mapping.id, expected, &stamped(seconds_later(9))).await;
        refused!(result, RepositoryError::Missing(Record::Mapping));
    }
    same(&store.any(mapping.owner, mapping.id).await.unwrap(), &ended);
}

pub async fn an_end_by_a_stranger_is_missing_and_changes_nothing(store: &Repositories) {
    let view = store.mapping().await;
    let mapping = &view.mapping;
    let stranger = store.user().await.id;
    for expected in [None, Some(version(1)), Some(version(9))] {
        let result = store.mappings.end(stranger, mapping.id, expected, &stamped(seconds_later(1))).await;
        refused!(result, RepositoryError::Missing(Record::Mapping));
    }
    same(&store.active(mapping.owner, mapping.id).await.unwrap(), &view);
    let result = store.mappings.end(mapping.owner, mapping_id(i64::MAX), None, &stamped(instant())).await;
    refused!(result, RepositoryError::Missing(Record::Mapping));
}

pub async fn an_end_of_another_version_is_stale_and_changes_nothing(store: &Repositories) {
    let view = store.mapping().await;
    let mapping = &view.mapping;
    let result =
        store.mappings.end(mapping.owner, mapping.id, Some(version(2)), &stamped(seconds_later(1))).await;
    refused!(result, RepositoryError::Stale);
    same(&store.active(mapping.owner, mapping.id).await.unwrap(), &view);
}

pub async fn of_parallel_ends_one_is_made(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let results = at_once((0..20).map(|_| {
        let (mappings, owner, id) = (Arc::clone(&store.mappings), mapping.owner, mapping.id);
        async move { mappings.end(owner, id, None, &stamped(seconds_later(1))).await }
    }))
    .await;
    let (made, rest): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for result in rest {
        refused!(result, RepositoryError::Missing(Record::Mapping));
    }
}

pub async fn deleting_a_patient_hides_its_mappings_everywhere(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let owner = mapping.owner;
    // One that ended before disappears as well.
    let pair = builders::mapping(mapping.patient, mapping.doctor).done();
    store.end(owner, mapping.id).await;
    let second = store.assign(owner, &pair).await.unwrap().mapping;
    store.patients.delete(owner, mapping.patient, None, &stamped(seconds_later(3))).await.unwrap();
    for id in [mapping.id, second.id] {
        assert!(store.any(owner, id).await.is_none());
        let end = store.mappings.end(owner, id, None, &stamped(seconds_later(4))).await;
        refused!(end, RepositoryError::Missing(Record::Mapping));
        let notes = domain::Change::Clear;
        let update = store.mappings.update_notes(owner, id, None, &notes, &stamped(seconds_later(4))).await;
        refused!(update, RepositoryError::Missing(Record::Mapping));
    }
    let of_doctor = MappingFilter { doctor: Some(mapping.doctor), ..WITH_ENDED };
    for filter in [WITH_ENDED, of_doctor] {
        assert!(store.mapping_ids(owner, filter).await.is_empty());
    }
}

/// Another mapping of the same owner and doctor, for another patient.
async fn sibling(store: &Repositories, mapping: &Mapping) -> MappingView {
    let patient = store.patient(mapping.owner).await.id;
    store.assign(mapping.owner, &builders::mapping(patient, mapping.doctor).done()).await.unwrap()
}

pub async fn deleting_a_patient_leaves_other_mappings(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let other = sibling(store, &mapping).await;
    store.patients.delete(mapping.owner, mapping.patient, None, &stamped(seconds_later(3))).await.unwrap();
    same(&store.active(mapping.owner, other.mapping.id).await.unwrap(), &other);
    assert_eq!(store.mapping_ids(mapping.owner, WITH_ENDED).await, [other.mapping.id]);
}

pub async fn a_stale_delete_of_a_patient_ends_nothing(store: &Repositories) {
    let view = store.mapping().await;
    let mapping = &view.mapping;
    let stale = Some(version(9));
    let result =
        store.patients.delete(mapping.owner, mapping.patient, stale, &stamped(seconds_later(3))).await;
    refused!(result, RepositoryError::Stale);
    let stranger = store.user().await.id;
    let result = store.patients.delete(stranger, mapping.patient, None, &stamped(seconds_later(3))).await;
    refused!(result, RepositoryError::Missing(Record::Patient));
    same(&store.active(mapping.owner, mapping.id).await.unwrap(), &view);
}

pub async fn retiring_a_doctor_ends_the_mappings_of_every_owner(store: &Repositories) {
    let first = store.mapping().await.mapping;
    let mut views = vec![sibling(store, &first).await];
    let stranger = store.user().await.id;
    let hers = store.patient(stranger).await.id;
    views.push(store.assign(stranger, &builders::mapping(hers, first.doctor).done()).await.unwrap());
    store.doctors.retire(first.doctor, None, &stamped(seconds_later(3))).await.unwrap();
    for mapping in views.iter().map(|view| &view.mapping).chain([&first]) {
        assert!(store.active(mapping.owner, mapping.id).await.is_none());
        assert!(store.doctors_of(mapping.owner, mapping.patient).await.is_empty());
        // The history still tells who the doctor was.
        let ended = store.any(mapping.owner, mapping.id).await.unwrap();
        assert_eq!(ended.mapping.ended_at, Some(seconds_later(3)));
        same(&ended.doctor_name, &views[0].doctor_name);
        assert!(store.mapping_ids(mapping.owner, MappingFilter::default()).await.is_empty());
    }
    assert_eq!(store.mapping_ids(first.owner, WITH_ENDED).await.len(), 2);
}

pub async fn retiring_a_doctor_leaves_other_mappings(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let other = builders::mapping(mapping.patient, store.doctor().await.id).done();
    let other = store.assign(mapping.owner, &other).await.unwrap();
    store.doctors.retire(mapping.doctor, None, &stamped(seconds_later(3))).await.unwrap();
    same(&store.active(mapping.owner, other.mapping.id).await.unwrap(), &other);
    assert_eq!(store.doctors_of(mapping.owner, mapping.patient).await, [other.mapping.id]);
}

pub async fn a_stale_retirement_ends_nothing(store: &Repositories) {
    let view = store.mapping().await;
    let mapping = &view.mapping;
    let result = store.doctors.retire(mapping.doctor, Some(version(9)), &stamped(seconds_later(3))).await;
    refused!(result, RepositoryError::Stale);
    same(&store.active(mapping.owner, mapping.id).await.unwrap(), &view);
}

pub async fn a_mapping_that_was_ended_before_keeps_its_end(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    store.end(mapping.owner, mapping.id).await;
    let ended = store.any(mapping.owner, mapping.id).await.unwrap();
    store.doctors.retire(mapping.doctor, None, &stamped(seconds_later(3))).await.unwrap();
    same(&store.any(mapping.owner, mapping.id).await.unwrap(), &ended);
}
