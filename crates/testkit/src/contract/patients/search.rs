//! Which records a list shows.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::{
    BloodGroup, Change, Gender, NameChange, Page, PatientChange, PatientFilter, PersonName, SearchTerms,
};

use super::ids;
use crate::builders::{self, person_name, phone};
use crate::contract::PatientStore;
use crate::contract::check::{ORDERS, at_once, in_order, page, walk};
use crate::contract::sample::{FOUND, SEARCHES};
use crate::fixed::{instant, micros_later, seconds_later, stamped};

fn search(typed: &str) -> PatientFilter {
    PatientFilter { search: SearchTerms::parse(typed), ..PatientFilter::default() }
}

/// The whole names that a filter finds among Ann's patients.
async fn found(store: &PatientStore, filter: &PatientFilter) -> BTreeSet<String> {
    let listing = store.list(store.ann.0, filter, Page { count: true, ..Page::default() }).await;
    assert_eq!(listing.total, u64::try_from(listing.items.len()).ok());
    let names: BTreeSet<_> = listing.items.iter().map(|p| p.details.name.full().to_owned()).collect();
    assert_eq!(names.len(), listing.items.len(), "a record is found once");
    names
}

pub async fn a_search_finds_what_its_terms_match(store: &PatientStore) {
    for name in FOUND {
        store.add(builders::patient().named(name)).await;
    }
    for typed in SEARCHES {
        let Some(terms) = SearchTerms::parse(typed) else { continue };
        let want = FOUND.iter().filter(|name| terms.matches(name)).map(ToString::to_string).collect();
        assert_eq!(found(store, &search(typed)).await, want, "searched: {typed}");
    }
}

pub async fn a_search_is_paged_and_counted_like_any_list(store: &PatientStore) {
    let mut made = Vec::new();
    for number in 0..12 {
        // Several words of one name match one term, in some of them many; the record is still one. Some of these words are
        // in no record together. Records with the same words have the same time, or the same name.
        let words = match number % 4 {
            0 => "Ann Anna",
            1 => "Annabel",
            2 => "Annalena",
            _ => "Ann Anna Anne Annie Annika Annina Annis",
        };
        let details = builders::patient().named(&format!("{words} {}", number / 8)).done();
        let at = micros_later(number * 3 % 8);
        let patient = store.patients.insert(store.ann.0, &details, &stamped(at)).await.unwrap();
        made.push((patient.created_at, patient.details.name.key(), patient.id));
        store.add(builders::patient().named("Hannah")).await;
    }
    for (typed, count) in [("ann", 12), ("an anna", 12), ("anni", 3), ("annab", 3), ("annabel", 3)] {
        let terms = SearchTerms::parse(typed).unwrap();
        let matches: Vec<_> = made.iter().filter(|(_, name, _)| terms.matches(name)).cloned().collect();
        assert_eq!(matches.len(), count, "{typed}");
        for order in ORDERS {
            let first = Page { count: true, ..page(order, 2) };
            let seen = walk(first, async |page| {
                let listing = store.list(store.ann.0, &search(typed), page).await;
                assert_eq!(listing.total, u64::try_from(count).ok(), "{typed}, {order:?}");
                listing
            })
            .await;
            assert_eq!(ids(&seen), in_order(matches.clone(), order), "{typed}, {order:?}");
        }
    }
}

pub async fn a_search_for_a_common_word_is_paged_like_any_list(store: &PatientStore) {
    // All that ends a word, and some that does not: a store may leave it to patterns which is which.
    let breaks: Vec<char> = (' '..='~')
        .chain('\u{2010}'..='\u{2027}')
        .chain('\u{2030}'..='\u{205e}')
        .filter(|c| !c.is_alphanumeric())
        .collect();
    let others: Vec<char> = "haz09éłжक漢·×\u{180b}\u{ad00}".chars().collect();
    let one_of = |list: &[char], number: i64| list[usize::try_from(number).unwrap() % list.len()];
    // Found at once from the oldest on; from the newest on after more records than a store may want to look through,
    // in whose names the word is met without beginning one.
    let details = |number: i64| match number {
        0..600 => ["Ann Smith", "O'Ann-Anna", "Annika"][usize::try_from(number % 3).unwrap()].to_owned(),
        600..1_100 => format!("X{}ann", one_of(&breaks, number)),
        1_100..3_600 => format!("X{}ann", one_of(&others, number)),
        _ => ["Smith-Ann", "Smith"][usize::from(number % 7 != 0)].to_owned(),
    };
    let terms = SearchTerms::parse("ann").unwrap();
    let mut matches = Vec::new();
    for numbers in (0..3_650).collect::<Vec<i64>>().chunks(200) {
        let calls = numbers.iter().map(|number| {
            let (patients, owner) = (Arc::clone(&store.patients), store.ann.0);
            let (details, stamp) =
                (builders::patient().named(&details(*number)).done(), stamped(micros_later(number / 2)));
            async move { patients.insert(owner, &details, &stamp).await.unwrap() }
        });
        let made = at_once(calls).await;
        // What is deleted is not found, and not looked through.
        let (gone, kept): (Vec<_>, Vec<_>) = made.into_iter().partition(|made| made.id.get() % 10 == 0);
        for gone in gone {
            store.patients.delete(store.ann.0, gone.id, None, &stamped(seconds_later(1))).await.unwrap();
        }
        let found = kept.into_iter().filter(|made| terms.matches(made.details.name.full()));
        matches.extend(found.map(|made| (made.created_at, made.details.name.key(), made.id)));
    }
    for order in ORDERS {
        for limit in [16, 700] {
            let seen =
                walk(page(order, limit), async |page| store.list(store.ann.0, &search("ann"), page).await)
                    .await;
            assert!(ids(&seen) == in_order(matches.clone(), order), "{order:?}, {limit} on a page");
        }
    }
}

pub async fn a_search_finds_the_longest_word(store: &PatientStore) {
    // One character that folding turns into four.
    for letter in ["𠮷", "ﷲ", "a"] {
        let word = letter.repeat(PersonName::MAX_CHARS);
        let id = store.add(builders::patient().first_last(&word, &word)).await.id;
        let listing = store.list(store.ann.0, &search(&word), Page::default()).await;
        assert_eq!(ids(&listing.items), [id]);
    }
}

pub async fn a_search_finds_only_own_records(store: &PatientStore) {
    store.add(builders::patient().named("Ann Smith")).await;
    let page = Page { count: true, ..Page::default() };
    let listing = store.list(store.eve.0, &search("ann"), page).await;
    assert_eq!((listing.items.len(), listing.total), (0, Some(0)));
}

pub async fn a_search_follows_a_new_name(store: &PatientStore) {
    let patient = store.add(builders::patient().named("Ann Smith")).await;
    let name = NameChange { last: Change::Set(person_name("Jones")), ..NameChange::default() };
    let change = PatientChange { name, ..PatientChange::default() };
    store.patients.update(store.ann.0, patient.id, None, &change, &stamped(seconds_later(1))).await.unwrap();
    assert!(found(store, &search("smith")).await.is_empty());
    assert_eq!(found(store, &search("jones ann")).await.len(), 1);
}

pub async fn a_search_still_finds_after_another_change(store: &PatientStore) {
    let patient = store.add(builders::patient().named("Ann Smith")).await;
    let change = PatientChange { phone: Change::Set(phone("999")), ..PatientChange::default() };
    store.patients.update(store.ann.0, patient.id, None, &change, &stamped(seconds_later(1))).await.unwrap();
    assert_eq!(found(store, &search("smith")).await.len(), 1);
}

pub async fn filters_by_gender_and_blood_group(store: &PatientStore) {
    store.add(builders::patient().named("nothing known")).await;
    for gender in Gender::ALL {
        store.add(builders::patient().named(gender.as_str()).gender(gender.as_str())).await;
    }
    for group in BloodGroup::ALL {
        store.add(builders::patient().named(group).blood_group(group)).await;
    }
    for gender in Gender::ALL {
        let filter = PatientFilter { gender: Some(gender), ..PatientFilter::default() };
        assert_eq!(found(store, &filter).await, BTreeSet::from([gender.as_str().to_owned()]));
    }
    for group in BloodGroup::ALL {
        let filter = PatientFilter { blood_group: BloodGroup::parse(group).ok(), ..PatientFilter::default() };
        assert_eq!(found(store, &filter).await, BTreeSet::from([group.to_owned()]));
    }
}

pub async fn filters_by_time_without_the_instants_themselves(store: &PatientStore) {
    for micros in 0..5 {
        let details = builders::patient().named(&micros.to_string()).done();
        store.patients.insert(store.ann.0, &details, &stamped(micros_later(micros))).await.unwrap();
    }
    let between = |after: Option<i64>, before: Option<i64>| PatientFilter {
        created_after: after.map(micros_later),
        created_before: before.map(micros_later),
        ..PatientFilter::default()
    };
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    assert_eq!(found(store, &between(Some(2), None)).await, names(&["3", "4"]));
    assert_eq!(found(store, &between(None, Some(2))).await, names(&["0", "1"]));
    assert_eq!(found(store, &between(Some(0), Some(4))).await, names(&["1", "2", "3"]));
    assert_eq!(found(store, &between(Some(4), Some(0))).await, names(&[]));
}

pub async fn all_filters_must_match(store: &PatientStore) {
    let wanted = builders::patient().named("Ann").gender("female").blood_group("O+");
    store.add(wanted.clone().named("Ann wanted")).await;
    store.add(wanted.clone().named("Eve")).await;
    store.add(wanted.clone().gender("male")).await;
    store.add(wanted.clone().blood_group("O-")).await;
    for at in [micros_later(-1), seconds_later(9)] {
        store.patients.insert(store.ann.0, &wanted.clone().done(), &stamped(at)).await.unwrap();
    }
    let filter = PatientFilter {
        search: SearchTerms::parse("ann"),
        gender: Some(Gender::Female),
        blood_group: BloodGroup::parse("O+").ok(),
        created_after: Some(micros_later(-1)),
        created_before: Some(seconds_later(9)),
    };
    assert_eq!(found(store, &filter).await, BTreeSet::from(["Ann wanted".to_owned()]));
}

pub async fn filtered_pages_repeat_and_omit_nothing(store: &PatientStore) {
    let mut matches = Vec::new();
    for number in 0..12 {
        let gender = if number % 2 == 0 { "female" } else { "male" };
        let name = ["Bea", "Ann", "Ann Bea"][number % 3];
        let patient = store.add(builders::patient().named(name).gender(gender)).await;
        if gender == "female" {
            matches.push((patient.created_at, patient.details.name.key(), patient.id));
        }
    }
    let filter = PatientFilter {
        gender: Some(Gender::Female),
        created_before: Some(instant().plus(std::time::Duration::from_micros(1))),
        ..PatientFilter::default()
    };
    for order in ORDERS {
        let seen = walk(page(order, 2), async |page| store.list(store.ann.0, &filter, page).await).await;
        assert_eq!(ids(&seen), in_order(matches.clone(), order), "{order:?}");
    }
}
