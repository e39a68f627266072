//! Whoever owns the tables can change them. It shows.

use domain::ports::{AuditTrail, RepositoryError};
use domain::{AuditEventId, AuditFilter, AuditHead, Broken, Fault, Page};
use persistence::SealKey;
use testkit::fixed::{instant, seconds_later, stamped};

use super::database::{BOTH, Database, Kind, Raw, append, key, seal};

/// A trail of three seals with ten events each: 1 to 10, 11 to 21 but for 15, which was never used, and 22 to 31.
struct Sealed {
    database: Database,
    heads: Vec<AuditHead>,
    raw: Raw,
}

const GAP: i64 = 15;

impl Sealed {
    async fn new(kind: Kind, key: Option<SealKey>) -> Self {
        let database = Database::new(kind).await;
        let trail = database.trail(key);
        let mut raw = database.raw();
        let mut heads = Vec::new();
        append(&*trail, 0, 10).await;
        heads.push(seal(&*trail, 10).await);
        append(&*trail, 10, 4).await;
        raw.leave_gap(1);
        append(&*trail, 14, 6).await;
        heads.push(seal(&*trail, 20).await);
        append(&*trail, 20, 10).await;
        heads.push(seal(&*trail, 30).await);
        assert_eq!(heads.iter().map(|head| head.event.get()).collect::<Vec<_>>(), [10, 21, 31]);
        let found = trail.verify(&heads).await.unwrap();
        assert_eq!((found.seals, found.events, found.broken), (3, 30, None));
        raw.disarm();
        Self { database, heads, raw }
    }

    /// What a check with the key finds, with and without heads that were noted.
    async fn found(&self, noted: &[AuditHead]) -> Option<Broken> {
        self.database.trail(Some(key())).verify(noted).await.unwrap().broken
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as a check returns it")]
fn broken(seal: i64, event: i64, fault: Fault) -> Option<Broken> {
    Some(Broken { seal, event: AuditEventId::new(event), fault })
}

#[tokio::test]
async fn an_untouched_trail_is_good() {
    for kind in BOTH {
        let sealed = Sealed::new(kind, Some(key())).await;
        assert_eq!(sealed.found(&sealed.heads).await, None);
    }
}

#[tokio::test]
async fn a_changed_event_is_named() {
    for kind in BOTH {
        for change in [
            "outcome = 'failed'",
            "user_id = 1",
            "patient_id = 2",
            "fields = 'name'",
            "address = '192.0.2.1'",
        ] {
            let mut sealed = Sealed::new(kind, Some(key())).await;
            sealed.raw.run(&format!("UPDATE audit_events SET {change} WHERE id IN (17, 29)"));
            assert_eq!(sealed.found(&[]).await, broken(2, 17, Fault::Changed), "{change}");
        }
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_any_more_is_named() {
    for (kind, at) in [(Kind::Sqlite, "x"), (Kind::Postgres, "infinity")] {
        let mut sealed = Sealed::new(kind, Some(key())).await;
        sealed.raw.run(&format!("UPDATE audit_events SET at = '{at}' WHERE id = 17"));
        assert_eq!(sealed.found(&[]).await, broken(2, 17, Fault::Changed));
    }
}

#[tokio::test]
async fn a_deleted_event_is_named() {
    for kind in BOTH {
        for (event, seal) in [(1, 1), (10, 1), (17, 2), (31, 3)] {
            let mut sealed = Sealed::new(kind, Some(key())).await;
            sealed.raw.run(&format!("DELETE FROM audit_events WHERE id = {event}"));
            assert_eq!(sealed.found(&[]).await, broken(seal, event, Fault::Deleted));
        }
    }
}

#[tokio::test]
async fn swapped_events_are_named() {
    for kind in BOTH {
        for (event, other) in [(12, 13), (12, 27)] {
            let mut sealed = Sealed::new(kind, Some(key())).await;
            sealed.raw.run(&format!(
                "UPDATE audit_events SET id = 1000 WHERE id = {event};
                 UPDATE audit_events SET id = {event} WHERE id = {other};
                 UPDATE audit_events SET id = {other} WHERE id = 1000"
            ));
            assert_eq!(sealed.found(&[]).await, broken(2, event, Fault::Swapped));
        }
    }
}

#[tokio::test]
async fn an_inserted_event_is_named() {
    for kind in BOTH {
        let mut sealed = Sealed::new(kind, Some(key())).await;
        sealed.raw.run(&format!(
            "INSERT INTO audit_events (id, at, operation, outcome, request_id, fields)
             SELECT {GAP}, at, operation, outcome, request_id, fields FROM audit_events WHERE id = 14"
        ));
        assert_eq!(sealed.found(&[]).await, broken(2, GAP, Fault::Inserted));
    }
}

const CUT: &str = "DELETE FROM audit_leaves WHERE seal >= 3; DELETE FROM audit_seals WHERE seq >= 3;
    DELETE FROM audit_events WHERE id > 21";

#[tokio::test]
async fn a_trail_that_was_cut_off_is_found_by_a_head_that_was_noted() {
    for kind in BOTH {
        let mut sealed = Sealed::new(kind, Some(key())).await;
        sealed.raw.run(CUT);
        assert_eq!(sealed.found(&sealed.heads[..2]).await, None);
        assert_eq!(sealed.found(&sealed.heads).await, broken(3, 31, Fault::CutOff));
        // Also when it has grown again.
        let trail = sealed.database.trail(Some(key()));
        append(&*trail, 30, 1).await;
        seal(&*trail, 21).await;
        assert_eq!(sealed.found(&sealed.heads).await, broken(3, 31, Fault::CutOff));
    }
}

#[tokio::test]
async fn seals_that_were_made_anew_without_the_key_are_found() {
    for kind in BOTH {
        let mut sealed = Sealed::new(kind, Some(key())).await;
        let key_id = "(SELECT min(key_id) FROM kept)";
        sealed.raw.run(
            "CREATE TABLE kept AS SELECT key_id FROM audit_seals;
             DELETE FROM audit_leaves; DELETE FROM audit_seals;
             UPDATE audit_events SET outcome = 'failed' WHERE id = 17",
        );
        let trail = sealed.database.trail(None);
        seal(&*trail, 30).await;
        assert_eq!(trail.verify(&[]).await.unwrap().broken, None, "without the key all is well");
        assert_eq!(sealed.found(&[]).await, broken(1, 1, Fault::Unsealed), "the newest seal is under no key");
        sealed.raw.run(&format!("UPDATE audit_seals SET key_id = {key_id}"));
        assert_eq!(
            sealed.found(&[]).await,
            broken(1, 1, Fault::Unsealed),
            "it only says that it is under the key"
        );
    }
}

#[tokio::test]
async fn without_a_key_a_chain_that_was_made_anew_is_found_by_a_head_that_was_noted() {
    for kind in BOTH {
        let mut sealed = Sealed::new(kind, None).await;
        sealed.raw.run(
            "DELETE FROM audit_leaves WHERE seal >= 3; DELETE FROM audit_seals WHERE seq >= 3;
             UPDATE audit_events SET outcome = 'failed' WHERE id = 25",
        );
        let trail = sealed.database.trail(None);
        seal(&*trail, 30).await;
        assert_eq!(trail.verify(&[]).await.unwrap().broken, None);
        assert_eq!(trail.verify(&sealed.heads).await.unwrap().broken, broken(3, 31, Fault::Unsealed));
    }
}

#[tokio::test]
async fn a_changed_seal_is_named() {
    for kind in BOTH {
        for change in [
            "UPDATE audit_seals SET events = 21 WHERE seq = 2",
            "UPDATE audit_seals SET key_id = NULL WHERE seq = 2",
            "UPDATE audit_seals SET hash = digest WHERE seq = 2",
            "UPDATE audit_leaves SET leaves = (SELECT l.leaves FROM audit_leaves l WHERE l.seal = 1) WHERE seal = 2",
            "DELETE FROM audit_leaves WHERE seal = 2",
            "DELETE FROM audit_leaves WHERE seal = 2; DELETE FROM audit_seals WHERE seq = 2",
        ] {
            let mut sealed = Sealed::new(kind, Some(key())).await;
            sealed.raw.run(change);
            assert_eq!(sealed.found(&[]).await, broken(2, 11, Fault::Unsealed), "{change}");
        }
    }
}

#[tokio::test]
async fn a_pruning_that_was_not_made_under_the_key_counts_for_nothing() {
    for kind in BOTH {
        let mut sealed = Sealed::new(kind, Some(key())).await;
        sealed.raw.run(
            "INSERT INTO audit_prunings (seal, through_id, before, pruned_at, key_id, hash)
             SELECT seq, last_id, sealed_at, sealed_at, key_id, hash FROM audit_seals WHERE seq = 2;
             DELETE FROM audit_leaves WHERE seal <= 2; DELETE FROM audit_events WHERE id <= 21",
        );
        assert_eq!(sealed.found(&[]).await, broken(1, 1, Fault::Deleted));
    }
}

#[tokio::test]
async fn a_pruning_hides_nothing_else() {
    for kind in BOTH {
        let mut sealed = Sealed::new(kind, Some(key())).await;
        let trail = sealed.database.trail(Some(key()));
        append(&*trail, 30, 1).await;
        sealed.heads.push(seal(&*trail, 31).await);
        assert_eq!(trail.prune(seconds_later(2), &stamped(seconds_later(3))).await.unwrap(), 31);
        assert_eq!(sealed.found(&sealed.heads).await, None);
        sealed.raw.run(
            "INSERT INTO audit_events (id, at, operation, outcome, request_id, fields)
             SELECT 5, at, operation, outcome, request_id, fields FROM audit_events",
        );
        assert_eq!(sealed.found(&sealed.heads).await, broken(1, 5, Fault::Inserted));
    }
}

#[tokio::test]
async fn whoever_has_another_key_or_none_neither_seals_nor_checks() {
    for kind in BOTH {
        let sealed = Sealed::new(kind, Some(key())).await;
        for other in [None, Some(SealKey::new([8; 32]).unwrap())] {
            let trail = sealed.database.trail(other);
            assert!(matches!(trail.verify(&[]).await, Err(RepositoryError::Failed(_))));
            append(&*trail, 30, 1).await;
            assert!(refuses_to_seal(&*trail).await);
        }
    }
}

/// There may be nothing that can be sealed yet.
async fn refuses_to_seal(trail: &dyn AuditTrail) -> bool {
    trail.seal(instant()).await.is_err()
}

#[tokio::test]
async fn a_key_can_be_set_later() {
    for kind in BOTH {
        let sealed = Sealed::new(kind, None).await;
        let trail = sealed.database.trail(Some(key()));
        append(&*trail, 30, 1).await;
        seal(&*trail, 31).await;
        assert_eq!(sealed.found(&sealed.heads).await, None);
        let listed = trail.list(&AuditFilter::default(), Page::default()).await.unwrap();
        assert_eq!(listed.items.len(), 31);
    }
}
