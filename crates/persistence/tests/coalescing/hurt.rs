//! One call that is held up, or fails half-way, does no harm to those who share its transaction.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use domain::ports::{Constraint, Record, RepositoryError};
use domain::{EmailRule, UserId};
use persistence::{DatabaseSettings, Stores};
use tempfile::TempDir;
use testkit::postgres::{self, Template};
use testkit::{builders, fixed};
use tokio::task::JoinSet;

use super::Count;

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_lock_holds_up_nobody_else() {
    let database = postgres::database(&Template::empty()).await.unwrap();
    persistence::migrate(database.url()).unwrap();
    let connections = NonZeroU32::new(2).unwrap();
    let settings = DatabaseSettings { connections, ..DatabaseSettings::new(database.url()) };
    let stores = Arc::new(Stores::connect(&settings).unwrap());
    let mut owners = Vec::new();
    for name in ["held", "free"] {
        let user = builders::user().username(name).done();
        let stamp = fixed::stamped(fixed::instant());
        owners.push(stores.users.insert(&user, None, &stamp).await.unwrap().id);
    }
    let (held, free) = (owners[0], owners[1]);
    let mut lock = PgConnection::establish(database.url()).unwrap();
    lock.batch_execute(&format!("BEGIN; SELECT id FROM users WHERE id = {held} FOR UPDATE")).unwrap();
    let insert = |owner| {
        let stores = Arc::clone(&stores);
        async move {
            let stamp = fixed::stamped(fixed::instant());
            stores.patients.insert(owner, &builders::patient().done(), &stamp).await
        }
    };
    let start = Instant::now();
    let mut all = JoinSet::new();
    for number in 0..60 {
        if number != 20 {
            all.spawn(insert(free));
        }
    }
    let waits = tokio::spawn(insert(held));
    for made in all.join_all().await {
        assert_eq!(made.unwrap().owner, free);
    }
    // Less than a statement may wait for a lock.
    assert!(start.elapsed() < Duration::from_millis(1800), "{:?}", start.elapsed());
    assert!(!waits.is_finished());
    lock.batch_execute("ROLLBACK").unwrap();
    assert_eq!(waits.await.unwrap().unwrap().owner, held);
}

/// Stores on SQLite whose thread for writes waits, so that all calls are done together.
struct Held {
    stores: Arc<Stores>,
    owner: UserId,
    lock: SqliteConnection,
    _folder: TempDir,
}

impl Held {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let url = format!("sqlite://{}", path.display());
        persistence::migrate(&url).unwrap();
        let stores = Arc::new(Stores::connect(&DatabaseSettings::new(&url)).unwrap());
        let stamp = fixed::stamped(fixed::instant());
        let owner = stores.users.insert(&builders::user().done(), None, &stamp).await.unwrap().id;
        let mut lock = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        let broken = "CREATE TRIGGER broken AFTER INSERT ON patient_words WHEN NEW.word = 'broken' \
             BEGIN SELECT RAISE(ABORT, 'no such word'); END";
        lock.batch_execute(&format!("{broken}; BEGIN IMMEDIATE")).unwrap();
        Self { stores, owner, lock, _folder: folder }
    }

    /// The answers to calls that begin together.
    async fn released<T: 'static>(&mut self, calls: JoinSet<T>) -> Vec<T> {
        // Each of them is asked once, and waits.
        tokio::task::yield_now().await;
        self.lock.batch_execute("ROLLBACK").unwrap();
        calls.join_all().await
    }

    fn count(&mut self, rows: &str) -> i64 {
        let sql = format!("SELECT count(*) AS count FROM {rows}");
        diesel::sql_query(sql).get_result::<Count>(&mut self.lock).unwrap().count
    }
}

#[tokio::test]
async fn what_fails_half_way_leaves_nothing_behind_and_all_others_are_made() {
    let mut held = Held::new().await;
    let owner = held.owner;
    let mut calls = JoinSet::new();
    for number in 0..30 {
        let stores = Arc::clone(&held.stores);
        let patient = builders::patient().named(if number == 20 { "Broken" } else { "Whole" }).done();
        calls.spawn(async move {
            stores.patients.insert(owner, &patient, &fixed::stamped(fixed::instant())).await
        });
    }
    let made = held.released(calls).await;
    assert_eq!(made.iter().filter(|made| made.is_err()).count(), 1);
    assert_eq!(held.count("patients"), 29);
    assert_eq!(held.count("patients WHERE name = 'Whole'"), 29);
    assert_eq!(held.count("patient_words"), 29);
    assert_eq!(held.count("audit_events WHERE patient_id IS NOT NULL"), 29);
}

/// All calls of a turn, each at another second; the fourth is for somebody who is not there.
#[tokio::test]
async fn words_and_events_go_with_their_patients_however_many_share_a_turn() {
    for size in [1, 4, 5, 16, 21, 32] {
        let mut held = Held::new().await;
        let mut calls = JoinSet::new();
        for number in 0..size {
            let stores = Arc::clone(&held.stores);
            let owner = if number == 3 { UserId::new(999).unwrap() } else { held.owner };
            // The last one has no word.
            let name =
                if number == size - 1 { "—".to_owned() } else { format!("First{number} Last{number}") };
            let patient = builders::patient().named(&name).done();
            let stamp = fixed::stamped(fixed::seconds_later(number));
            calls.spawn(async move { stores.patients.insert(owner, &patient, &stamp).await });
        }
        let refused = held.released(calls).await.into_iter().filter_map(Result::err).collect::<Vec<_>>();
        let made = i64::try_from(size).unwrap() - i64::try_from(refused.len()).unwrap();
        assert!(
            refused.iter().all(|error| matches!(error, RepositoryError::Missing(Record::User))),
            "{refused:?}"
        );
        assert_eq!(refused.len(), usize::from(size > 3));
        assert_eq!(held.count("patients"), made);
        let words = 2 * held.count("patients WHERE name <> '—'");
        assert_eq!(held.count("patient_words"), words, "of {size}");
        let own = "patient_words JOIN patients ON id = patient_id AND instr(name_key, word)";
        let in_time = "created_micros / 1000000 = unixepoch(created_at)";
        assert_eq!(held.count(&format!("{own} AND {in_time}")), words, "of {size}");
        assert_eq!(held.count("audit_events WHERE patient_id IS NOT NULL"), made, "of {size}");
        let own = "audit_events JOIN patients ON patient_id = patients.id AND record_id = patients.id";
        assert_eq!(held.count(&format!("{own} AND at = created_at")), made, "of {size}");
    }
}

#[tokio::test]
async fn who_is_refused_is_left_out_and_all_others_are_made() {
    let mut held = Held::new().await;
    let mut calls = JoinSet::new();
    for number in 0..10 {
        let stores = Arc::clone(&held.stores);
        let creator = if number == 5 { UserId::new(999).unwrap() } else { held.owner };
        let license = format!("L-{}", if number == 7 { 3 } else { number });
        let doctor = builders::doctor().license(&license).done();
        calls.spawn(async move {
            let stamp = fixed::stamped(fixed::seconds_later(number));
            stores.doctors.insert(creator, &doctor, EmailRule::Shared, &stamp).await.map(drop)
        });
    }
    let made = held.released(calls).await;
    let is_refused =
        |by: fn(&RepositoryError) -> bool| made.iter().filter(|made| made.as_ref().is_err_and(by)).count();
    assert_eq!(is_refused(|error| matches!(error, RepositoryError::Missing(Record::User))), 1);
    assert_eq!(is_refused(|error| matches!(error, RepositoryError::Duplicate(Constraint::DoctorLicense))), 1);
    assert_eq!(held.count("doctors"), 8);
    assert_eq!(held.count("audit_events WHERE record_kind = 'doctor'"), 8);
    let events = "audit_events JOIN doctors ON record_kind = 'doctor' AND record_id = doctors.id";
    assert_eq!(held.count(&format!("{events} AND at = created_at")), 8);
}
