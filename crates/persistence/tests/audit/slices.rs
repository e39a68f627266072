//! The indexes by patient and by user begin anew with every 4,096 events: lists of one go over all of them.

use domain::{
    AuditEvent, AuditEventId, AuditFilter, Direction, Order, Page, PageLimit, PatientId, Position, RecordId,
    SortKey, UserId,
};
use testkit::fixed::instant;

use super::database::{BOTH, Database, event};

/// So many slices lie between the first event and the last: more than are asked at once.
const GAP: i64 = 4_096 * 4_000;

/// A call of the user of the same number.
fn concerning(patient: i64, number: i64) -> AuditEvent {
    let event = AuditEvent { user: UserId::new(patient), ..event(instant(), number) };
    event.about(RecordId::Patient(PatientId::new(patient).unwrap()))
}

#[tokio::test]
async fn the_events_of_a_patient_or_a_user_are_found_wherever_they_are_in_the_trail() {
    let filters = [
        AuditFilter { patient: PatientId::new(1), ..AuditFilter::default() },
        AuditFilter { user: UserId::new(1), ..AuditFilter::default() },
    ];
    for kind in BOTH {
        let database = Database::new(kind).await;
        let (trail, mut raw) = (database.trail(None), database.raw());
        for number in 0..12 {
            trail
                .append([concerning(1, number), concerning(2, 100 + number)].into(), instant())
                .await
                .unwrap();
            raw.leave_gap(GAP / 11);
        }
        let directions = [Direction::Ascending, Direction::Descending];
        for (filter, direction) in
            filters.iter().flat_map(|filter| directions.map(|direction| (filter, direction)))
        {
            let order = Order { key: SortKey::CreatedAt, direction };
            let mut page: Page<AuditEventId> =
                Page { order, limit: PageLimit::new(5).unwrap(), count: true, ..Page::default() };
            let mut found = Vec::new();
            loop {
                let listing = trail.list(filter, page).await.unwrap();
                assert_eq!(listing.total, Some(12), "{kind:?} {filter:?}");
                found.extend(listing.items);
                if listing.next.is_none() {
                    break;
                }
                page.after = listing.next;
            }
            let names: Vec<_> = found.iter().map(|event| event.request_id.as_str().to_owned()).collect();
            let mut expected: Vec<_> = (0..12).map(|number| format!("request-{number}")).collect();
            if direction == Direction::Descending {
                expected.reverse();
            }
            assert_eq!(names, expected, "{kind:?} {filter:?} {direction:?}");
        }
    }
}

#[tokio::test]
async fn a_trail_without_events_has_none_of_a_patient() {
    for kind in BOTH {
        let database = Database::new(kind).await;
        let filter = AuditFilter { patient: PatientId::new(1), ..AuditFilter::default() };
        let page = Page { count: true, ..Page::default() };
        let listing = database.trail(None).list(&filter, page).await.unwrap();
        assert_eq!((listing.items.len(), listing.total), (0, Some(0)), "{kind:?}");
    }
}

#[tokio::test]
async fn a_page_may_begin_where_no_event_has_ever_been() {
    for kind in BOTH {
        let database = Database::new(kind).await;
        let trail = database.trail(None);
        trail.append([concerning(1, 0), concerning(1, 1)].into(), instant()).await.unwrap();
        let filter = AuditFilter { patient: PatientId::new(1), ..AuditFilter::default() };
        for (direction, id, found) in [
            (Direction::Ascending, i64::MAX, 0),
            (Direction::Descending, i64::MAX, 2),
            (Direction::Ascending, 1, 1),
            (Direction::Descending, 1, 0),
        ] {
            let after = Some(Position { created_at: instant(), id: AuditEventId::new(id).unwrap() });
            let order = Order { key: SortKey::CreatedAt, direction };
            let listing = trail.list(&filter, Page { order, after, ..Page::default() }).await.unwrap();
            assert_eq!(listing.items.len(), found, "{kind:?} {direction:?} {id}");
        }
    }
}

#[tokio::test]
async fn an_event_that_was_put_in_far_away_holds_no_list_up() {
    for kind in BOTH {
        let database = Database::new(kind).await;
        let (trail, mut raw) = (database.trail(None), database.raw());
        trail.append([concerning(1, 0)].into(), instant()).await.unwrap();
        raw.leave_gap(1 << 60);
        trail.append([concerning(1, 1)].into(), instant()).await.unwrap();
        let filter = AuditFilter { patient: PatientId::new(1), ..AuditFilter::default() };
        let listing = trail.list(&filter, Page { count: true, ..Page::default() }).await.unwrap();
        assert_eq!((listing.items.len(), listing.total), (2, Some(2)), "{kind:?}");
    }
}
