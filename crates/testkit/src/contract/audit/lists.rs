//! Reading the trail.

use domain::{
    AuditEvent, AuditFilter, Direction, DoctorId, Operation, Order, Outcome, Page, PatientId, RecordId,
    SortKey, UserId,
};

use super::{OLDEST, event, limit, names};
use crate::contract::Trails;
use crate::fixed::{instant, micros_later, seconds_later};

const NEWEST: Order = Order { key: SortKey::CreatedAt, direction: Direction::Descending };

pub async fn lists_are_in_order_of_time(store: &Trails) {
    // Number 1 took place before number 0, but came in later; 2 and 3 took place at the same time.
    let times = [3, 1, 5, 5, 4].map(seconds_later);
    for (number, at) in times.into_iter().enumerate() {
        store.append([event(at, number)]).await;
    }
    let everything = AuditFilter::default();
    let expected = ["request-1", "request-0", "request-4", "request-2", "request-3"];
    for size in [1, 2, 100] {
        let page = |order| Page { limit: limit(size), order, ..Page::default() };
        assert_eq!(names(&store.pages(&everything, page(OLDEST)).await), expected);
        let newest = store.pages(&everything, page(NEWEST)).await;
        assert!(names(&newest).into_iter().rev().eq(expected), "{newest:?}");
    }
    // Of one user they come in the order in which they came in.
    let of_one = AuditFilter { user: UserId::new(1), ..everything.clone() };
    for (number, at) in times.into_iter().enumerate() {
        store.append([AuditEvent { user: UserId::new(1), ..event(at, 5 + number) }]).await;
    }
    for size in [1, 2, 100] {
        let page = Page { limit: limit(size), order: NEWEST, ..Page::default() };
        let expected = ["request-9", "request-8", "request-7", "request-6", "request-5"];
        assert_eq!(names(&store.pages(&of_one, page).await), expected);
    }
    let everything = AuditFilter { before: Some(seconds_later(5)), ..everything };
    let expected = ["request-1", "request-6", "request-0", "request-5", "request-4", "request-9"];
    // No other key counts.
    let page = Page { order: Order { key: SortKey::Name, ..OLDEST }, ..Page::default() };
    assert_eq!(names(&store.pages(&everything, page).await), expected);
}

/// Five events, each of which differs in something.
fn five() -> [AuditEvent; 5] {
    let [ann, eve] = [1, 2].map(|id| PatientId::new(id).unwrap());
    let doctor = RecordId::Doctor(DoctorId::new(1).unwrap());
    [
        AuditEvent { user: UserId::new(1), ..event(instant(), 0).about(RecordId::Patient(ann)) },
        AuditEvent { user: UserId::new(2), ..event(micros_later(1), 1).about(RecordId::Patient(eve)) },
        AuditEvent { user: UserId::new(1), ..event(micros_later(2), 2).concerning(ann).about(doctor) },
        AuditEvent { outcome: Outcome::NotFound, ..event(micros_later(3), 3) },
        AuditEvent { operation: Operation::named("sign_in"), ..event(micros_later(4), 4) },
    ]
}

pub async fn a_list_shows_what_matches_its_filter(store: &Trails) {
    store.append(five()).await;
    let none = AuditFilter::default;
    let ann = PatientId::new(1).unwrap();
    let doctor = RecordId::Doctor(DoctorId::new(1).unwrap());
    let filters: [(AuditFilter, &[usize]); 12] = [
        (none(), &[0, 1, 2, 3, 4]),
        (AuditFilter { patient: Some(ann), ..none() }, &[0, 2]),
        (AuditFilter { patient: PatientId::new(9), ..none() }, &[]),
        (AuditFilter { user: UserId::new(1), ..none() }, &[0, 2]),
        (AuditFilter { record: Some(RecordId::Patient(ann)), ..none() }, &[0]),
        (AuditFilter { record: Some(doctor), ..none() }, &[2]),
        (AuditFilter { operation: Some("sign_in".to_owned()), ..none() }, &[4]),
        (AuditFilter { operation: Some("sign_out".to_owned()), ..none() }, &[]),
        (AuditFilter { outcome: Some(Outcome::NotFound), ..none() }, &[3]),
        (AuditFilter { after: Some(micros_later(1)), ..none() }, &[2, 3, 4]),
        (AuditFilter { before: Some(micros_later(1)), ..none() }, &[0]),
        (AuditFilter { after: Some(instant()), before: Some(micros_later(3)), ..none() }, &[1, 2]),
    ];
    for (filter, expected) in filters {
        let expected: Vec<_> = expected.iter().map(|number| format!("request-{number}")).collect();
        assert_eq!(names(&store.all(&filter).await), expected, "{filter:?}");
    }
}

pub async fn filters_narrow_each_other(store: &Trails) {
    store.append(five()).await;
    let filter = AuditFilter {
        patient: PatientId::new(1),
        user: UserId::new(1),
        record: DoctorId::new(1).map(RecordId::Doctor),
        operation: Some("tests_run".to_owned()),
        outcome: Some(Outcome::Done),
        after: Some(instant()),
        before: Some(seconds_later(1)),
    };
    assert_eq!(names(&store.all(&filter).await), ["request-2"]);
    let other = AuditFilter { user: UserId::new(2), ..filter };
    assert!(store.all(&other).await.is_empty());
}

pub async fn the_total_counts_all_that_match(store: &Trails) {
    store.append(five()).await;
    let filter = AuditFilter { user: UserId::new(1), ..AuditFilter::default() };
    let page = Page { limit: limit(1), count: true, ..Page::default() };
    let listing = store.one.list(&filter, page).await.unwrap();
    assert_eq!((listing.items.len(), listing.total), (1, Some(2)));
    let page = Page { count: false, ..page };
    assert_eq!(store.one.list(&filter, page).await.unwrap().total, None);
}

pub async fn pages_repeat_and_omit_nothing_while_events_come_in(store: &Trails) {
    let before: Vec<_> = (0..30).map(|number| event(micros_later(number), 0)).collect();
    store.append(before).await;
    for order in [NEWEST, OLDEST] {
        let old = store.all(&AuditFilter::default()).await;
        let mut page = Page { limit: limit(7), order, ..Page::default() };
        let mut seen = Vec::new();
        loop {
            let listing = store.one.list(&AuditFilter::default(), page).await.unwrap();
            seen.extend(listing.items.iter().map(|event| event.id));
            let Some(next) = listing.next else { break };
            page.after = Some(next);
            // One before, one among and one after all others.
            store.append([micros_later(-1), micros_later(15), seconds_later(9)].map(|at| event(at, 1))).await;
        }
        let mut unique = seen.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), seen.len(), "an event was repeated");
        assert!(old.iter().all(|event| unique.binary_search(&event.id).is_ok()), "an event was omitted");
    }
}
