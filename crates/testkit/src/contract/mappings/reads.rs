//! Finding and listing mappings.

use domain::ports::{Record, RepositoryError};
use domain::{
    AssignedDoctor, Direction, EmailRule, MappingFilter, MappingId, MappingView, Order, Page, Position,
    SortKey,
};

use super::{WITH_ENDED, ids};
use crate::builders::{self, mapping_id, patient_id};
use crate::contract::Repositories;
use crate::contract::check::{ORDERS, in_order, page, refused, same, walk};
use crate::fixed::{instant, micros_later, seconds_later, stamped};

/// Oldest first.
const OLDEST_FIRST: Order = ORDERS[1];

/// Fourteen doctors assigned to one patient, some of them in one microsecond.
async fn fourteen(store: &Repositories) -> Vec<MappingView> {
    let owner = store.user().await.id;
    let patient = store.patient(owner).await.id;
    let mut views = Vec::new();
    for number in 0..14_i64 {
        let new = builders::mapping(patient, store.doctor().await.id).done();
        let at = micros_later((number * 5) % 3);
        views.push(store.mappings.assign(owner, &new, &stamped(at)).await.unwrap());
    }
    views
}

/// The order by time, in the direction that is asked for.
fn expected(views: &[MappingView], direction: Direction) -> Vec<MappingId> {
    let order = Order { key: SortKey::CreatedAt, direction };
    in_order(views.iter().map(|v| (v.mapping.assigned_at, String::new(), v.mapping.id)).collect(), order)
}

pub async fn an_unknown_mapping_is_not_found(store: &Repositories) {
    let owner = store.user().await.id;
    for id in [1, i64::MAX] {
        assert!(store.any(owner, mapping_id(id)).await.is_none());
    }
}

pub async fn a_mapping_of_somebody_else_is_not_found(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let stranger = store.user().await.id;
    assert!(store.active(stranger, mapping.id).await.is_none());
    store.end(mapping.owner, mapping.id).await;
    assert!(store.any(stranger, mapping.id).await.is_none());
}

pub async fn an_ended_mapping_is_found_only_if_asked(store: &Repositories) {
    let view = store.mapping().await;
    let (owner, id) = (view.mapping.owner, view.mapping.id);
    same(&store.any(owner, id).await.unwrap(), &view);
    store.end(owner, id).await;
    assert!(store.active(owner, id).await.is_none());
    assert_eq!(store.any(owner, id).await.unwrap().mapping.ended_at, Some(seconds_later(1)));
}

pub async fn a_list_shows_only_own_mappings(store: &Repositories) {
    let mine = store.mapping().await;
    let hers = store.mapping().await;
    for view in [mine, hers] {
        let page = Page { count: true, ..Page::default() };
        let listing = store.list_mappings(view.mapping.owner, WITH_ENDED, page).await;
        same(&listing.items, &vec![view]);
        assert_eq!(listing.total, Some(1));
    }
}

pub async fn an_empty_list_is_one_page(store: &Repositories) {
    let owner = store.user().await.id;
    let page = Page { count: true, ..Page::default() };
    let listing = store.list_mappings(owner, WITH_ENDED, page).await;
    assert!(listing.items.is_empty());
    assert_eq!((listing.next, listing.total), (None, Some(0)));
}

pub async fn pages_by_time_repeat_and_omit_nothing(store: &Repositories) {
    let views = fourteen(store).await;
    let owner = views[0].mapping.owner;
    for order in ORDERS.into_iter().filter(|order| order.key == SortKey::CreatedAt) {
        for limit in [1, 3, 7, 13, 14, 15] {
            let filter = MappingFilter::default();
            let seen =
                walk(page(order, limit), async |page| store.list_mappings(owner, filter, page).await).await;
            assert_eq!(ids(&seen), expected(&views, order.direction), "{order:?} by {limit}");
        }
    }
}

pub async fn the_sort_key_of_a_page_does_not_count(store: &Repositories) {
    let views = fourteen(store).await;
    let (owner, patient) = (views[0].mapping.owner, views[0].mapping.patient);
    for order in ORDERS.into_iter().filter(|order| order.key == SortKey::Name) {
        let filter = MappingFilter::default();
        let seen = walk(page(order, 4), async |page| store.list_mappings(owner, filter, page).await).await;
        assert_eq!(ids(&seen), expected(&views, order.direction), "{order:?}");
        let doctors =
            walk(page(order, 4), async |page| store.mappings.doctors_of(owner, patient, page).await.unwrap())
                .await;
        let seen: Vec<_> = doctors.iter().map(|assigned| assigned.mapping).collect();
        assert_eq!(seen, expected(&views, order.direction), "{order:?}");
        // So no position is bad, either.
        let after = Some(Position { created_at: instant(), id: mapping_id(i64::MAX) });
        store.list_mappings(owner, filter, Page { after, ..page(order, 4) }).await;
    }
}

pub async fn filters_by_patient_and_doctor(store: &Repositories) {
    let owner = store.user().await.id;
    let (ann, eve) = (store.patient(owner).await.id, store.patient(owner).await.id);
    let (eyes, ears) = (store.doctor().await.id, store.doctor().await.id);
    let mut views = Vec::new();
    for (patient, doctor) in [(ann, eyes), (ann, ears), (eve, eyes)] {
        views.push(store.assign(owner, &builders::mapping(patient, doctor).done()).await.unwrap().mapping.id);
    }
    let find = async |patient, doctor| {
        let mut found =
            store.mapping_ids(owner, MappingFilter { patient, doctor, ..Default::default() }).await;
        found.sort_unstable();
        found
    };
    assert_eq!(find(Some(ann), None).await, views[..2]);
    assert_eq!(find(None, Some(eyes)).await, [views[0], views[2]]);
    assert_eq!(find(Some(ann), Some(eyes)).await, views[..1]);
    assert_eq!(find(Some(eve), Some(ears)).await, []);
    assert_eq!(find(Some(patient_id(i64::MAX)), None).await, []);
}

pub async fn a_filter_by_a_patient_of_somebody_else_finds_nothing(store: &Repositories) {
    let hers = store.mapping().await.mapping;
    let owner = store.mapping().await.mapping.owner;
    for filter in [
        MappingFilter { patient: Some(hers.patient), ..WITH_ENDED },
        MappingFilter { doctor: Some(hers.doctor), ..WITH_ENDED },
    ] {
        assert!(store.mapping_ids(owner, filter).await.is_empty());
    }
}

pub async fn ended_mappings_are_listed_only_if_asked(store: &Repositories) {
    let views = fourteen(store).await;
    let owner = views[0].mapping.owner;
    let (ended, active): (Vec<_>, Vec<_>) = views.iter().cloned().partition(|v| v.mapping.id.get() % 2 == 0);
    for view in &ended {
        store.end(owner, view.mapping.id).await;
    }
    let direction = Direction::Descending;
    for (filter, want) in [(MappingFilter::default(), &active), (WITH_ENDED, &views)] {
        assert_eq!(store.mapping_ids(owner, filter).await, expected(want, direction));
        let first = page(Order::default(), 3);
        let seen = walk(first, async |page| store.list_mappings(owner, filter, page).await).await;
        assert_eq!(ids(&seen), expected(want, direction));
    }
}

pub async fn all_matches_are_counted_if_asked(store: &Repositories) {
    let views = fourteen(store).await;
    let mapping = &views[0].mapping;
    let filter = MappingFilter { patient: Some(mapping.patient), ..MappingFilter::default() };
    let first = store.list_mappings(mapping.owner, filter, page(OLDEST_FIRST, 1)).await;
    assert_eq!(first.total, None);
    let second = Page { after: first.next, count: true, ..page(OLDEST_FIRST, 1) };
    assert_eq!(store.list_mappings(mapping.owner, filter, second).await.total, Some(14));
    let doctors = store.mappings.doctors_of(mapping.owner, mapping.patient, second).await.unwrap();
    assert_eq!((doctors.items.len(), doctors.total), (1, Some(14)));
}

pub async fn doctors_of_a_patient_are_complete(store: &Repositories) {
    let owner = store.user().await.id;
    let patient = store.patient(owner).await.id;
    let creator = store.user().await.id;
    let details = builders::doctor().complete().done();
    let doctor =
        store.doctors.insert(creator, &details, EmailRule::Unique, &stamped(instant())).await.unwrap();
    let new = builders::mapping(patient, doctor.id).notes("asthma\r\n").done();
    let view = store.mappings.assign(owner, &new, &stamped(seconds_later(5))).await.unwrap();
    let listing = store.mappings.doctors_of(owner, patient, Page::default()).await.unwrap();
    let want =
        AssignedDoctor { doctor, mapping: view.mapping.id, notes: new.notes, assigned_at: seconds_later(5) };
    same(&listing.items, &vec![want]);
    assert_eq!((listing.next, listing.total), (None, None));
}

pub async fn a_patient_without_doctors_has_an_empty_list(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let other = store.patient(mapping.owner).await.id;
    assert!(store.doctors_of(mapping.owner, other).await.is_empty());
    store.end(mapping.owner, mapping.id).await;
    assert!(store.doctors_of(mapping.owner, mapping.patient).await.is_empty());
}

pub async fn doctors_of_a_patient_who_is_not_there_are_missing(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let stranger = store.user().await.id;
    let unknown = patient_id(i64::MAX);
    for (owner, patient) in [(mapping.owner, unknown), (stranger, mapping.patient), (stranger, unknown)] {
        let result = store.mappings.doctors_of(owner, patient, Page::default()).await;
        refused!(result, RepositoryError::Missing(Record::Patient));
    }
    store.patients.delete(mapping.owner, mapping.patient, None, &stamped(seconds_later(1))).await.unwrap();
    let result = store.mappings.doctors_of(mapping.owner, mapping.patient, Page::default()).await;
    refused!(result, RepositoryError::Missing(Record::Patient));
}

pub async fn doctors_of_a_patient_are_paged_by_time(store: &Repositories) {
    let views = fourteen(store).await;
    let (owner, patient) = (views[0].mapping.owner, views[0].mapping.patient);
    for order in ORDERS.into_iter().filter(|order| order.key == SortKey::CreatedAt) {
        for limit in [1, 3, 7, 14] {
            let doctors = walk(page(order, limit), async |page| {
                store.mappings.doctors_of(owner, patient, page).await.unwrap()
            })
            .await;
            let seen: Vec<_> = doctors.iter().map(|assigned| assigned.mapping).collect();
            assert_eq!(seen, expected(&views, order.direction), "{order:?} by {limit}");
        }
    }
}
