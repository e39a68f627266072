//! A database with a trail in it, and a way around the stores.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use domain::ports::AuditTrail;
use domain::{AuditEvent, AuditHead, Operation, Outcome, RequestId, Stamp, Timestamp};
use persistence::{DatabaseSettings, SealKey, Stores};
use tempfile::TempDir;
use testkit::contract::Trails;
use testkit::fixed::{call, instant, seconds_later};
use testkit::postgres::{self, Template};

/// Writes of other tests on the same server may keep events from being sealed for a while.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

pub(super) const BOTH: [Kind; 2] = [Kind::Sqlite, Kind::Postgres];

enum Guard {
    Sqlite(TempDir),
    Postgres(postgres::Database),
}

/// A database of its own for one test.
pub(super) struct Database {
    pub(super) url: String,
    guard: Guard,
}

impl Database {
    pub(super) async fn new(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite://{}", folder.path().join("test.db").display());
                persistence::migrate(&url).unwrap();
                Self { url, guard: Guard::Sqlite(folder) }
            }
            Kind::Postgres => {
                let migrate = |url: &str| persistence::migrate(url).map(drop).map_err(Into::into);
                let database = postgres::database(&Template::new("audit", migrate)).await.unwrap();
                Self { url: database.url().to_owned(), guard: Guard::Postgres(database) }
            }
        }
    }

    pub(super) fn stores(&self, key: Option<SealKey>) -> Stores {
        let connections = 4.try_into().unwrap();
        Stores::connect(&DatabaseSettings { connections, seal_key: key, ..DatabaseSettings::new(&self.url) })
            .unwrap()
    }

    pub(super) fn trail(&self, key: Option<SealKey>) -> Arc<dyn AuditTrail> {
        self.stores(key).audit
    }

    /// Two replicas on it.
    pub(super) fn trails(self) -> Trails {
        let [one, other] = [(), ()].map(|()| self.trail(Some(key())));
        let guard: Box<dyn std::any::Any + Send> = match self.guard {
            Guard::Sqlite(folder) => Box::new(folder),
            Guard::Postgres(database) => Box::new(database),
        };
        Trails { one, other, guard }
    }

    /// A connection of the owner, who may do anything.
    pub(super) fn raw(&self) -> Raw {
        match &self.guard {
            Guard::Sqlite(folder) => {
                let path: PathBuf = folder.path().join("test.db");
                let mut c = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
                c.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
                Raw::Sqlite(c)
            }
            Guard::Postgres(database) => Raw::Postgres(PgConnection::establish(database.url()).unwrap()),
        }
    }
}

pub(super) enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Raw {
    pub(super) fn try_run(&mut self, sql: &str) -> Result<(), String> {
        match self {
            Self::Sqlite(c) => c.batch_execute(sql),
            Self::Postgres(c) => c.batch_execute(sql),
        }
        .map_err(|error| error.to_string())
    }

    pub(super) fn run(&mut self, sql: &str) {
        self.try_run(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Switches off what protects the tables, as only their owner can.
    pub(super) fn disarm(&mut self) {
        const TABLES: [&str; 4] = ["audit_events", "audit_leaves", "audit_seals", "audit_prunings"];
        for table in TABLES {
            match self {
                Self::Postgres(_) => self.run(&format!("ALTER TABLE {table} DISABLE TRIGGER USER")),
                Self::Sqlite(_) => {
                    for event in ["update", "delete", "replace"] {
                        self.run(&format!("DROP TRIGGER {table}_{event}"));
                    }
                }
            }
        }
    }

    /// Draws ids for nothing, as transactions do that are given up. There must have been an event.
    pub(super) fn leave_gap(&mut self, ids: i64) {
        let sql = match self {
            Self::Sqlite(_) => {
                format!("UPDATE sqlite_sequence SET seq = seq + {ids} WHERE name = 'audit_events'")
            }
            Self::Postgres(_) => {
                format!("SELECT setval('audit_events_id_seq', nextval('audit_events_id_seq') + {ids} - 1)")
            }
        };
        self.run(&sql);
    }
}

pub(super) fn key() -> SealKey {
    SealKey::new([7; 32]).unwrap()
}

/// A call that was done, known by the number.
pub(super) fn event(at: Timestamp, number: i64) -> AuditEvent {
    let stamp = Stamp::anonymous(at, call());
    let request_id = RequestId::parse(&format!("request-{number}")).unwrap();
    AuditEvent {
        request_id,
        operation: Operation::named("tests_run"),
        ..AuditEvent::of(&stamp, Outcome::Done)
    }
}

/// Appends as many events at once, known by the numbers from `from`.
pub(super) async fn append(trail: &dyn AuditTrail, from: i64, count: i64) {
    let events = (from..from + count).map(|number| event(instant(), number));
    trail.append(events.collect(), instant()).await.unwrap();
}

/// Seals until so many events are sealed in all.
pub(super) async fn seal(trail: &dyn AuditTrail, events: i64) -> AuditHead {
    let start = Instant::now();
    loop {
        let head = trail.seal(seconds_later(1)).await.unwrap();
        if let Some(head) = head.filter(|head| head.events >= events) {
            assert_eq!(head.events, events);
            return head;
        }
        assert!(start.elapsed() < PATIENCE, "events stay without a seal");
    }
}
