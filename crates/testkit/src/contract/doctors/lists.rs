//! Lists of the directory.

use std::collections::BTreeSet;

use domain::ports::RepositoryError;
use domain::{
    Change, Direction, Doctor, DoctorChange, DoctorFilter, DoctorId, EmailRule, Order, Page, Position,
    SearchTerms, SortKey,
};

use super::ids;
use crate::builders::{self, doctor_id, person_name, specialization};
use crate::contract::Repositories;
use crate::contract::check::{ORDERS, in_order, page, refused, walk};
use crate::contract::sample::{FOUND, NAMES, SEARCHES};
use crate::fixed::{instant, micros_later, seconds_later, stamped};

/// Two dozen entries among which names and microseconds are often the same.
async fn two_dozen(store: &Repositories) -> Vec<Doctor> {
    let creator = store.user().await.id;
    let names = ["Bea", "ann", "Ann", "Álva", "Zoe", "ann"];
    let mut doctors = Vec::new();
    for number in 0..24_i64 {
        let details = builders::doctor().named(names[usize::try_from(number % 6).unwrap()]).done();
        let at = micros_later((number * 7) % 4);
        doctors.push(store.doctors.insert(creator, &details, EmailRule::Unique, &stamped(at)).await.unwrap());
    }
    doctors
}

fn expected(doctors: &[Doctor], order: Order) -> Vec<DoctorId> {
    let key = |doctor: &Doctor| domain::fold::search_key(doctor.details.name.as_str());
    in_order(doctors.iter().map(|doctor| (doctor.created_at, key(doctor), doctor.id)).collect(), order)
}

async fn pages_repeat_and_omit_nothing(store: &Repositories, key: SortKey) {
    let doctors = two_dozen(store).await;
    for order in ORDERS.into_iter().filter(|order| order.key == key) {
        for limit in [1, 2, 5, 23, 24, 25] {
            let filter = DoctorFilter::default();
            let seen = walk(page(order, limit), async |page| store.list_doctors(&filter, page).await).await;
            assert_eq!(ids(&seen), expected(&doctors, order), "{order:?} by {limit}");
        }
    }
}

fn search(typed: &str) -> DoctorFilter {
    DoctorFilter { search: SearchTerms::parse(typed), ..DoctorFilter::default() }
}

/// The names that a filter finds.
async fn found(store: &Repositories, filter: &DoctorFilter) -> BTreeSet<String> {
    let listing = store.list_doctors(filter, Page { count: true, ..Page::default() }).await;
    assert_eq!(listing.total, u64::try_from(listing.items.len()).ok());
    let names: BTreeSet<_> = listing.items.iter().map(|d| d.details.name.as_str().to_owned()).collect();
    assert_eq!(names.len(), listing.items.len(), "an entry is found once");
    names
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

pub async fn an_empty_list_is_one_page(store: &Repositories) {
    for order in ORDERS {
        let page = Page { count: true, ..page(order, 1) };
        let listing = store.list_doctors(&DoctorFilter::default(), page).await;
        assert!(listing.items.is_empty());
        assert_eq!((listing.next, listing.total), (None, Some(0)));
    }
}

pub async fn the_newest_entry_comes_first_by_default(store: &Repositories) {
    let doctors = two_dozen(store).await;
    let newest = Order { key: SortKey::CreatedAt, direction: Direction::Descending };
    assert_eq!(ids(&store.all_doctors().await), expected(&doctors, newest));
}

pub async fn pages_by_time_repeat_and_omit_nothing(store: &Repositories) {
    pages_repeat_and_omit_nothing(store, SortKey::CreatedAt).await;
}

pub async fn pages_by_name_repeat_and_omit_nothing(store: &Repositories) {
    pages_repeat_and_omit_nothing(store, SortKey::Name).await;
}

pub async fn names_are_ordered_bytewise_by_their_key(store: &Repositories) {
    let mut doctors = Vec::new();
    for name in NAMES {
        doctors.push(store.add_doctor(builders::doctor().named(name)).await);
    }
    for order in ORDERS {
        let filter = DoctorFilter::default();
        let seen = walk(page(order, 4), async |page| store.list_doctors(&filter, page).await).await;
        assert_eq!(ids(&seen), expected(&doctors, order), "{order:?}");
    }
}

pub async fn a_full_last_page_has_no_next_one(store: &Repositories) {
    for _ in 0..6 {
        store.add_doctor(builders::doctor()).await;
    }
    let filter = DoctorFilter::default();
    for order in ORDERS {
        let first = store.list_doctors(&filter, page(order, 3)).await;
        assert!(first.next.is_some());
        let last = store.list_doctors(&filter, Page { after: first.next, ..page(order, 3) }).await;
        assert_eq!((last.items.len(), last.next), (3, None));
        assert_eq!(store.list_doctors(&filter, page(order, 6)).await.next, None);
    }
}

pub async fn all_matches_are_counted_if_asked(store: &Repositories) {
    for name in ["Ann", "Anna", "Eve", "Ann"] {
        store.add_doctor(builders::doctor().named(name)).await;
    }
    let filter = search("ann");
    for order in ORDERS {
        assert_eq!(store.list_doctors(&filter, page(order, 1)).await.total, None);
        let first = store.list_doctors(&filter, Page { count: true, ..page(order, 1) }).await;
        let second = Page { after: first.next, count: true, ..page(order, 1) };
        assert_eq!(first.total, Some(3));
        assert_eq!(store.list_doctors(&filter, second).await.total, Some(3));
    }
}

pub async fn pages_by_time_go_on_after_a_retired_doctor(store: &Repositories) {
    let doctors = two_dozen(store).await;
    let (filter, order) = (DoctorFilter::default(), Order::default());
    let first = store.list_doctors(&filter, page(order, 10)).await;
    store.retire(first.items.last().unwrap().id).await;
    let rest = store.list_doctors(&filter, Page { after: first.next, ..page(order, 100) }).await;
    assert_eq!(ids(&rest.items), expected(&doctors, order)[10..]);
}

pub async fn a_position_by_name_that_is_unknown_is_bad(store: &Repositories) {
    store.add_doctor(builders::doctor()).await;
    for direction in [Direction::Ascending, Direction::Descending] {
        let order = Order { key: SortKey::Name, direction };
        let after = Some(Position { created_at: instant(), id: doctor_id(i64::MAX) });
        let result = store.doctors.list(&DoctorFilter::default(), Page { after, ..page(order, 10) }).await;
        refused!(result, RepositoryError::BadPosition);
    }
}

pub async fn a_search_finds_what_its_terms_match(store: &Repositories) {
    for name in FOUND {
        store.add_doctor(builders::doctor().named(name)).await;
    }
    for typed in SEARCHES {
        let Some(terms) = SearchTerms::parse(typed) else { continue };
        let want = FOUND.iter().filter(|name| terms.matches(name)).map(ToString::to_string).collect();
        assert_eq!(found(store, &search(typed)).await, want, "searched: {typed}");
    }
}

pub async fn a_search_is_paged_and_counted_like_any_list(store: &Repositories) {
    let mut matches = Vec::new();
    for number in 0..9 {
        // Several words of one name match one term; the entry is still one.
        matches.push(store.add_doctor(builders::doctor().named(&format!("Ann Anna {}", number % 3))).await);
        store.add_doctor(builders::doctor().named("Hannah")).await;
    }
    for order in ORDERS {
        let filter = search("ann");
        let seen = walk(Page { count: true, ..page(order, 2) }, async |page| {
            let listing = store.list_doctors(&filter, page).await;
            assert_eq!(listing.total, Some(9));
            listing
        })
        .await;
        assert_eq!(ids(&seen), expected(&matches, order), "{order:?}");
    }
}

pub async fn a_search_follows_a_new_name(store: &Repositories) {
    let doctor = store.add_doctor(builders::doctor().named("Ann Smith")).await;
    let change = DoctorChange { name: Change::Set(person_name("Ann Jones")), ..DoctorChange::default() };
    store.update_doctor(doctor.id, None, &change).await.unwrap();
    assert_eq!(found(store, &search("smith")).await, names(&[]));
    assert_eq!(found(store, &search("jones ann")).await, names(&["Ann Jones"]));
}

pub async fn filters_by_specialization_whatever_case_and_accents(store: &Repositories) {
    store.add_doctor(builders::doctor().named("none")).await;
    store.add_doctor(builders::doctor().named("1").specialization("Pédiatrie  générale")).await;
    store.add_doctor(builders::doctor().named("2").specialization("PEDIATRIE GENERALE")).await;
    store.add_doctor(builders::doctor().named("3").specialization("Pediatrie")).await;
    store.add_doctor(builders::doctor().named("4").specialization("100%")).await;
    let by = |text| DoctorFilter { specialization: Some(specialization(text)), ..DoctorFilter::default() };
    assert_eq!(found(store, &by("pediatrie générale")).await, names(&["1", "2"]));
    assert_eq!(found(store, &by("PÉDIATRIE")).await, names(&["3"]));
    for nothing in ["ped", "%", "100_", "generale"] {
        assert_eq!(found(store, &by(nothing)).await, names(&[]), "{nothing}");
    }
}

pub async fn a_filter_by_specialization_follows_a_change(store: &Repositories) {
    let doctor = store.add_doctor(builders::doctor().named("Ann").specialization("Eyes")).await;
    let by = |text| DoctorFilter { specialization: Some(specialization(text)), ..DoctorFilter::default() };
    let ears = Change::Set(specialization("Ears"));
    let change = DoctorChange { specialization: ears, ..DoctorChange::default() };
    store.update_doctor(doctor.id, None, &change).await.unwrap();
    assert_eq!(found(store, &by("eyes")).await, names(&[]));
    assert_eq!(found(store, &by("ears")).await, names(&["Ann"]));
}

pub async fn filters_by_time_without_the_instants_themselves(store: &Repositories) {
    let creator = store.user().await.id;
    for micros in 0..5 {
        let details = builders::doctor().named(&micros.to_string()).done();
        let at = micros_later(micros);
        store.doctors.insert(creator, &details, EmailRule::Unique, &stamped(at)).await.unwrap();
    }
    let between = |after: Option<i64>, before: Option<i64>| DoctorFilter {
        created_after: after.map(micros_later),
        created_before: before.map(micros_later),
        ..DoctorFilter::default()
    };
    assert_eq!(found(store, &between(Some(2), None)).await, names(&["3", "4"]));
    assert_eq!(found(store, &between(None, Some(2))).await, names(&["0", "1"]));
    assert_eq!(found(store, &between(Some(0), Some(4))).await, names(&["1", "2", "3"]));
}

pub async fn all_filters_must_match(store: &Repositories) {
    let creator = store.user().await.id;
    let wanted = || builders::doctor().named("Ann").specialization("Eyes");
    store.add_doctor(wanted().named("Ann wanted")).await;
    store.add_doctor(wanted().named("Eve")).await;
    store.add_doctor(wanted().specialization("Ears")).await;
    for at in [micros_later(-1), seconds_later(9)] {
        store.doctors.insert(creator, &wanted().done(), EmailRule::Unique, &stamped(at)).await.unwrap();
    }
    let filter = DoctorFilter {
        search: SearchTerms::parse("ann"),
        specialization: Some(specialization("EYES")),
        created_after: Some(micros_later(-1)),
        created_before: Some(seconds_later(9)),
    };
    assert_eq!(found(store, &filter).await, names(&["Ann wanted"]));
}
