//! How many events a second the trail takes. Run by hand, in a release build:
//! `cargo test --release -p healthcore-persistence --test audit rates -- --ignored --nocapture`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{AuditEvent, PatientId, RecordId, SessionId, UserId};
use testkit::fixed::instant;

use super::database::{BOTH, Database, event, key};

/// An event of a read as the server makes it.
fn read(number: i64) -> AuditEvent {
    AuditEvent {
        user: UserId::new(1 + number % 100),
        session: Some(SessionId::generate(instant(), [7; 10])),
        address: "192.0.2.1".parse().ok(),
        ..event(instant().plus(Duration::from_micros(number.unsigned_abs())), number)
    }
    .about(RecordId::Patient(PatientId::new(1 + number % 10_000).unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures"]
async fn events_per_second() {
    for kind in BOTH {
        let database = Database::new(kind).await;
        let trail = database.trail(Some(key()));
        for size in [1, 10, 100, 1000] {
            let batches = (20_000 / size).min(500);
            let batches: Vec<Arc<[AuditEvent]>> = (0..batches)
                .map(|batch| (0..size).map(|number| read(batch * size + number)).collect())
                .collect();
            let (count, start) = (batches.len(), Instant::now());
            for batch in batches {
                trail.append(batch, instant()).await.unwrap();
            }
            let seconds = start.elapsed().as_secs_f64();
            let rate =
                f64::from(u32::try_from(count).unwrap()) * f64::from(u32::try_from(size).unwrap()) / seconds;
            println!("{kind:?}: append {size} at once: {rate:.0} events/s");
        }
        let start = Instant::now();
        let mut head = trail.seal(instant()).await.unwrap();
        while trail.verify(&[]).await.unwrap().unsealed > 0 {
            head = trail.seal(instant()).await.unwrap();
        }
        let events = head.unwrap().events;
        let rate = |start: Instant| f64::from(u32::try_from(events).unwrap()) / start.elapsed().as_secs_f64();
        println!("{kind:?}: seal: {:.0} events/s", rate(start));
        let start = Instant::now();
        assert_eq!(trail.verify(&[]).await.unwrap().broken, None);
        println!("{kind:?}: verify: {:.0} events/s", rate(start));
    }
}
