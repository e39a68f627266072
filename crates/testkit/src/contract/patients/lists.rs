//! Lists: orders, pages, counts and positions.

use std::sync::Arc;

use domain::ports::RepositoryError;
use domain::{
    Direction, Listing, NameChange, Order, Page, Patient, PatientChange, PatientFilter, PatientId, Position,
    SortKey,
};

use super::ids;
use crate::builders::{self, patient_id, person_name, user_id};
use crate::contract::PatientStore;
use crate::contract::check::{BY_NAME, ORDERS, at_once, in_order, page, refused, same, walk};
use crate::contract::sample::NAMES;
use crate::fixed::{instant, micros_later, seconds_later, stamped};

/// Records of Ann's, two dozen, among which names and microseconds are often the same.
async fn two_dozen(store: &PatientStore) -> Vec<Patient> {
    let names = ["Bea", "ann", "Ann", "Álva", "Zoe", "ann"];
    let mut patients = Vec::new();
    for number in 0..24_i64 {
        let details = builders::patient().named(names[usize::try_from(number % 6).unwrap()]).done();
        let at = micros_later((number * 7) % 4);
        patients.push(store.patients.insert(store.ann.0, &details, &stamped(at)).await.unwrap());
        // A stranger's records between them are no part of the list.
        store.patients.insert(store.eve.0, &details, &stamped(at)).await.unwrap();
    }
    patients
}

fn expected(patients: &[Patient], order: Order) -> Vec<PatientId> {
    in_order(patients.iter().map(|p| (p.created_at, p.details.name.key(), p.id)).collect(), order)
}

async fn pages_repeat_and_omit_nothing(store: &PatientStore, key: SortKey) {
    let patients = two_dozen(store).await;
    for order in ORDERS.into_iter().filter(|order| order.key == key) {
        for limit in [1, 2, 5, 23, 24, 25] {
            let filter = PatientFilter::default();
            let seen =
                walk(page(order, limit), async |page| store.list(store.ann.0, &filter, page).await).await;
            assert_eq!(ids(&seen), expected(&patients, order), "{order:?} by {limit}");
        }
    }
}

async fn first_page(store: &PatientStore, page: Page<PatientId>) -> Listing<Patient, PatientId> {
    store.list(store.ann.0, &PatientFilter::default(), page).await
}

pub async fn an_empty_list_is_one_page(store: &PatientStore) {
    for order in ORDERS {
        let listing = first_page(store, Page { count: true, ..page(order, 1) }).await;
        assert!(listing.items.is_empty());
        assert_eq!((listing.next, listing.total), (None, Some(0)));
    }
    let nobody = store.list(user_id(i64::MAX), &PatientFilter::default(), Page::default()).await;
    assert!(nobody.items.is_empty());
}

pub async fn the_newest_record_comes_first_by_default(store: &PatientStore) {
    let patients = two_dozen(store).await;
    let newest = Order { key: SortKey::CreatedAt, direction: Direction::Descending };
    assert_eq!(ids(&first_page(store, Page::default()).await.items), expected(&patients, newest));
}

pub async fn pages_by_time_repeat_and_omit_nothing(store: &PatientStore) {
    pages_repeat_and_omit_nothing(store, SortKey::CreatedAt).await;
}

pub async fn pages_by_name_repeat_and_omit_nothing(store: &PatientStore) {
    pages_repeat_and_omit_nothing(store, SortKey::Name).await;
}

pub async fn names_are_ordered_bytewise_by_their_key(store: &PatientStore) {
    let mut patients = Vec::new();
    for name in NAMES {
        patients.push(store.add(builders::patient().named(name)).await);
    }
    for order in ORDERS {
        let seen = walk(page(order, 4), async |page| first_page(store, page).await).await;
        assert_eq!(ids(&seen), expected(&patients, order), "{order:?}");
    }
}

pub async fn a_renamed_record_moves_in_the_order(store: &PatientStore) {
    let ann = store.add(builders::patient().named("Ann")).await;
    let bea = store.add(builders::patient().named("Bea")).await;
    let name = NameChange { full: domain::Change::Set(person_name("Zoe")), ..NameChange::default() };
    let change = PatientChange { name, ..PatientChange::default() };
    store.patients.update(store.ann.0, ann.id, None, &change, &stamped(seconds_later(1))).await.unwrap();
    assert_eq!(ids(&first_page(store, page(BY_NAME, 10)).await.items), [bea.id, ann.id]);
}

pub async fn a_full_last_page_has_no_next_one(store: &PatientStore) {
    for _ in 0..6 {
        store.add(builders::patient()).await;
    }
    for order in ORDERS {
        let first = first_page(store, page(order, 3)).await;
        assert!(first.next.is_some());
        let last = first_page(store, Page { after: first.next, ..page(order, 3) }).await;
        assert_eq!((last.items.len(), last.next), (3, None));
        assert_eq!(first_page(store, page(order, 6)).await.next, None);
    }
}

pub async fn a_page_holds_a_thousand_records(store: &PatientStore) {
    // In batches: a store may refuse what comes in too large a crowd.
    for size in [50; 20].into_iter().chain([1]) {
        at_once(
            (0..size).map(|_| {
                let (patients, owner) = (Arc::clone(&store.patients), store.ann.0);
                async move {
                    patients.insert(owner, &builders::patient().done(), &stamped(instant())).await.unwrap()
                }
            }),
        )
        .await;
    }
    let first = first_page(store, page(Order::default(), 1000)).await;
    assert_eq!(first.items.len(), 1000);
    let rest = first_page(store, Page { after: first.next, ..page(Order::default(), 1000) }).await;
    assert_eq!((rest.items.len(), rest.next), (1, None));
}

pub async fn a_list_shows_only_own_records(store: &PatientStore) {
    let mine = store.add(builders::patient()).await;
    let hers =
        store.patients.insert(store.eve.0, &builders::patient().done(), &stamped(instant())).await.unwrap();
    for order in ORDERS {
        let counted = Page { count: true, ..page(order, 10) };
        let listing = first_page(store, counted).await;
        same(&listing.items, &vec![mine.clone()]);
        assert_eq!(listing.total, Some(1));
        // Even from a position in somebody else's list.
        if order.key == SortKey::CreatedAt && order.direction == Direction::Descending {
            let after = Some(Position { created_at: hers.created_at, id: hers.id });
            let listing = first_page(store, Page { after, ..counted }).await;
            same(&listing.items, &vec![mine.clone()]);
        }
    }
}

pub async fn all_matches_are_counted_if_asked(store: &PatientStore) {
    for gender in ["male", "male", "female", "male"] {
        store.add(builders::patient().gender(gender)).await;
    }
    let filter = PatientFilter { gender: Some(domain::Gender::Male), ..PatientFilter::default() };
    for order in ORDERS {
        assert_eq!(first_page(store, page(order, 1)).await.total, None);
        let first = first_page(store, Page { count: true, ..page(order, 1) }).await;
        assert_eq!(first.total, Some(4));
        let second = first_page(store, Page { after: first.next, count: true, ..page(order, 1) }).await;
        assert_eq!(second.total, Some(4));
        let males = store.list(store.ann.0, &filter, Page { count: true, ..page(order, 1) }).await;
        assert_eq!(males.total, Some(3));
    }
}

pub async fn a_record_added_between_two_pages_repeats_nothing(store: &PatientStore) {
    let patients = two_dozen(store).await;
    for order in ORDERS {
        let first = first_page(store, page(order, 12)).await;
        // Each sorts before the position in one of the orders.
        store.add(builders::patient().named("Aaa")).await;
        store.add(builders::patient().named("Zzz")).await;
        let after = Page { after: first.next, ..page(order, 1000) };
        let old: Vec<_> = patients.iter().map(|patient| patient.id).collect();
        let rest = first_page(store, after).await.items;
        let seen = first.items.iter().chain(&rest).map(|p| p.id).filter(|id| old.contains(id));
        assert_eq!(seen.collect::<Vec<_>>(), expected(&patients, order), "{order:?}");
        for patient in store.all(store.ann.0).await.iter().filter(|patient| !old.contains(&patient.id)) {
            store.patients.delete(store.ann.0, patient.id, None, &stamped(seconds_later(1))).await.unwrap();
        }
    }
}

pub async fn pages_by_time_go_on_after_a_deleted_record(store: &PatientStore) {
    let patients = two_dozen(store).await;
    let order = Order::default();
    let first = first_page(store, page(order, 10)).await;
    let last = first.items.last().unwrap();
    store.patients.delete(store.ann.0, last.id, None, &stamped(seconds_later(1))).await.unwrap();
    let rest = first_page(store, Page { after: first.next, ..page(order, 100) }).await;
    assert_eq!(ids(&rest.items), expected(&patients, order)[10..]);
}

pub async fn a_position_by_name_that_is_unknown_is_bad(store: &PatientStore) {
    store.add(builders::patient()).await;
    for direction in [Direction::Ascending, Direction::Descending] {
        let order = Order { key: SortKey::Name, direction };
        let after = Some(Position { created_at: instant(), id: patient_id(i64::MAX) });
        let page = Page { after, ..page(order, 10) };
        let result = store.patients.list(store.ann.0, &PatientFilter::default(), page).await;
        refused!(result, RepositoryError::BadPosition);
    }
}

pub async fn a_position_by_name_of_somebody_else_is_bad(store: &PatientStore) {
    let mine = store.add(builders::patient().named("Ann")).await;
    let after = Some(Position { created_at: mine.created_at, id: mine.id });
    let page = Page { after, ..page(BY_NAME, 10) };
    let result = store.patients.list(store.eve.0, &PatientFilter::default(), page).await;
    refused!(result, RepositoryError::BadPosition);
}
