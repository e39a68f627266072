//! On SQLite many events are sealed as they are written.

use domain::{AuditEvent, ChangedFields, DoctorId, PatientId, Reason, RecordId, SessionId, UserId, Version};
use testkit::fixed::{instant, micros_later, seconds_later};

use super::database::{Database, Kind, append, event, key, seal};

#[tokio::test]
async fn many_events_are_sealed_in_the_change_that_puts_them_on_record() {
    let database = Database::new(Kind::Sqlite).await;
    let trail = database.trail(Some(key()));
    append(&*trail, 0, 2).await;
    assert_eq!(trail.verify(&[]).await.unwrap().unsealed, 2);
    append(&*trail, 2, 2500).await;
    let found = trail.verify(&[]).await.unwrap();
    assert_eq!((found.events, found.unsealed, found.broken), (2502, 0, None));
    assert_eq!(found.head.unwrap().at, instant());
    append(&*trail, 2502, 1).await;
    let head = seal(&*trail, 2503).await;
    assert_eq!((head.at, trail.verify(&[head]).await.unwrap().broken), (seconds_later(1), None));
}

#[tokio::test]
async fn what_is_sealed_as_it_is_written_is_what_the_database_gives_back() {
    let database = Database::new(Kind::Sqlite).await;
    let trail = database.trail(Some(key()));
    let events: Vec<AuditEvent> = (0..300)
        .map(|number| AuditEvent {
            user: UserId::new(number + 1),
            session: Some(SessionId::generate(instant(), [7; 10])),
            address: Some(if number % 2 == 0 { "192.0.2.1" } else { "2001:db8::1" }.parse().unwrap()),
            ..event(micros_later(number), number)
        })
        .enumerate()
        .map(|(number, event)| match number % 3 {
            0 => event.about(RecordId::Patient(PatientId::new(5).unwrap())),
            1 => event
                .about(RecordId::Doctor(DoctorId::new(5).unwrap()))
                .because(Reason::parse("naïve “reason”").unwrap()),
            _ => event.changed(Version::FIRST, ChangedFields::from_joined("name,phone")),
        })
        .collect();
    trail.append(events.into(), instant()).await.unwrap();
    let found = trail.verify(&[]).await.unwrap();
    assert_eq!((found.events, found.unsealed, found.broken), (300, 0, None));
}

#[tokio::test]
async fn what_was_written_before_and_not_sealed_is_left_to_the_sealer_when_it_is_much() {
    let database = Database::new(Kind::Sqlite).await;
    let trail = database.trail(Some(key()));
    for number in 0..1030 {
        append(&*trail, number, 1).await;
    }
    append(&*trail, 1030, 270).await;
    assert_eq!(trail.verify(&[]).await.unwrap().unsealed, 1300);
    let head = seal(&*trail, 1300).await;
    assert_eq!(trail.verify(&[head]).await.unwrap().broken, None);
}

#[tokio::test]
async fn a_chain_that_cannot_go_on_holds_no_event_up() {
    let database = Database::new(Kind::Sqlite).await;
    append(&*database.trail(Some(key())), 0, 300).await;
    let keyless = database.trail(None);
    append(&*keyless, 300, 300).await;
    keyless.seal(instant()).await.unwrap_err();
    let trail = database.trail(Some(key()));
    assert_eq!(trail.verify(&[]).await.unwrap().unsealed, 300);
    let head = seal(&*trail, 600).await;
    assert_eq!(trail.verify(&[head]).await.unwrap().broken, None);
}

#[tokio::test]
async fn an_event_that_is_changed_after_it_was_sealed_with_its_write_is_found() {
    let database = Database::new(Kind::Sqlite).await;
    let trail = database.trail(Some(key()));
    append(&*trail, 0, 300).await;
    database
        .raw()
        .run("DROP TRIGGER audit_events_update; UPDATE audit_events SET outcome = 'failed' WHERE id = 50");
    let broken = trail.verify(&[]).await.unwrap().broken.unwrap();
    assert_eq!(broken.event.unwrap().get(), 50);
}
