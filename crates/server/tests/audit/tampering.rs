//! Whoever changes the trail past the program is found out. The triggers are no hindrance to them here.

use std::fs;
use std::process::Output;

#[cfg(feature = "postgres")]
use diesel::PgConnection;
use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use serde_json::Value;
#[cfg(feature = "postgres")]
use testkit::postgres::{self, Template};

use crate::clinic::{Clinic, done, wait_until};
use crate::place::{Place, err, out};

/// Makes a test for each database of each function that takes how to make a trail.
macro_rules! on_each_database {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            use super::Kept;

            #[test]
            fn sqlite() {
                super::$test(|key| super::made(Kept::in_sqlite(), key));
            }

            #[cfg(feature = "postgres")]
            #[test]
            fn postgres() {
                super::$test(|key| super::made(Kept::in_postgres(), key));
            }
        }
    )+};
}

on_each_database!(
    the_tables_refuse_it_where_the_triggers_stand,
    a_changed_event_is_named,
    a_deleted_event_is_named,
    swapped_events_are_named,
    an_inserted_event_is_named,
    a_trail_that_was_cut_off_is_found_by_the_heads_that_were_noted,
    a_seal_that_was_changed_is_named,
    a_trail_that_was_sealed_anew_is_found_by_the_heads_that_were_noted,
    without_the_key_nobody_can_seal_anew,
);

const KEY: (&str, &str) = ("HEALTHCORE__AUDIT__SEAL_KEY", "N8v2xQ7mZr4Lk1TtWc9BfYh6Jp3Ds5Ga");

/// Where a trail is kept, and a way into it past the program.
struct Kept {
    place: Place,
    variables: Vec<(&'static str, String)>,
    way: Way,
    #[cfg(feature = "postgres")]
    _database: Option<postgres::Database>,
}

enum Way {
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres(String),
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Statement {
    #[diesel(sql_type = Text)]
    statement: String,
}

/// Does the same with a connection of either kind.
macro_rules! with_connection {
    ($kept:expr, $connection:ident => $what:expr) => {
        match &$kept.way {
            Way::Sqlite => {
                let file = $kept.place.path("data/healthcore.db");
                let mut $connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
                $connection.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
                $what
            }
            #[cfg(feature = "postgres")]
            Way::Postgres(url) => {
                let mut $connection = PgConnection::establish(url).unwrap();
                $what
            }
        }
    };
}

impl Kept {
    fn in_sqlite() -> Self {
        let place = Place::new();
        Self {
            place,
            variables: Vec::new(),
            way: Way::Sqlite,
            #[cfg(feature = "postgres")]
            _database: None,
        }
    }

    #[cfg(feature = "postgres")]
    fn in_postgres() -> Self {
        let place = Place::new();
        let database = postgres::database_blocking(&Template::empty()).unwrap();
        let url = database.url().to_owned();
        let heads = place.path("heads").display().to_string();
        let variables = vec![("DATABASE_URL", url.clone()), ("HEALTHCORE__AUDIT__ANCHOR_FILE", heads)];
        Self { place, variables, way: Way::Postgres(url), _database: Some(database) }
    }

    /// The file of the heads that the server has noted.
    fn heads(&self) -> Vec<Value> {
        let file = match self.way {
            Way::Sqlite => "data/audit-heads.ndjson",
            #[cfg(feature = "postgres")]
            Way::Postgres(_) => "heads",
        };
        let text = fs::read_to_string(self.place.path(file)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn audit(&self, arguments: &[&str], key: &[(&str, &str)]) -> Output {
        let mut command = self.place.command(&[&["audit"], arguments].concat());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.envs(key.iter().copied()).output().unwrap()
    }

    /// What the program says about a trail that is not what it was.
    #[track_caller]
    fn refused(&self, arguments: &[&str], key: &[(&str, &str)]) -> String {
        let output = self.audit(&[&["verify"], arguments].concat(), key);
        assert_eq!((output.status.code(), out(&output).as_str()), (Some(1), ""), "{}", err(&output));
        err(&output)
    }

    #[track_caller]
    fn assert_named(&self, event: i64, seal: i64, fault: &str) {
        let said = self.refused(&[], &[]);
        assert!(said.contains(&format!("at event {event} under seal {seal}: {fault} (")), "{said}");
    }

    fn run(&self, statements: &str) {
        with_connection!(self, c => c.batch_execute(statements).unwrap());
    }

    fn refusal(&self, statement: &str) -> String {
        with_connection!(self, c => c.batch_execute(statement).unwrap_err().to_string())
    }

    /// What `SELECT … AS number` says.
    fn number(&self, query: &str) -> i64 {
        with_connection!(self, c => sql_query(query).get_result::<Number>(&mut c).unwrap().number)
    }

    /// Leaves out some ids, as failed transactions do on PostgreSQL.
    fn leave_a_gap(&self) {
        self.run(match self.way {
            Way::Sqlite => "UPDATE sqlite_sequence SET seq = seq + 5 WHERE name = 'audit_events'",
            #[cfg(feature = "postgres")]
            Way::Postgres(_) => "SELECT nextval('audit_events_id_seq') FROM generate_series(1, 5)",
        });
    }

    /// Takes the triggers away that refuse changes.
    fn force(&self) {
        let (query, expected) = match self.way {
            Way::Sqlite => (
                "SELECT 'DROP TRIGGER ' || name AS statement FROM sqlite_master
                 WHERE type = 'trigger' AND name LIKE 'audit_%'",
                8,
            ),
            #[cfg(feature = "postgres")]
            Way::Postgres(_) => (
                "SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) AS statement FROM pg_trigger
                 WHERE tgname LIKE 'audit_%' AND NOT tgisinternal",
                6,
            ),
        };
        let drops: Vec<Statement> = with_connection!(self, c => sql_query(query).load(&mut c).unwrap());
        assert!(drops.len() >= expected, "{} triggers", drops.len());
        for drop in &drops {
            self.run(&drop.statement);
        }
    }

    /// An event in the middle, the seal over it, and an id in the gap after it.
    fn middle(&self) -> (i64, i64, i64) {
        let event = self.number("SELECT id AS number FROM audit_events ORDER BY id LIMIT 1 OFFSET 20");
        let seal =
            format!("SELECT seq AS number FROM audit_seals WHERE {event} BETWEEN first_id AND last_id");
        let gap = format!(
            "SELECT min(e.id) + 1 AS number FROM audit_events e
             JOIN audit_seals s ON e.id BETWEEN s.first_id AND s.last_id
             WHERE e.id > {event} AND NOT EXISTS (SELECT 1 FROM audit_events o WHERE o.id = e.id + 1)"
        );
        (event, self.number(&seal), self.number(&gap))
    }

    fn seal_of(&self, event: i64) -> i64 {
        self.number(&format!("SELECT min(seq) AS number FROM audit_seals WHERE last_id >= {event}"))
    }
}

/// How a test gets a trail, with a key or without.
type Make = fn(&[(&str, &str)]) -> Kept;

/// The trail of a server that has stopped: some seals, and between two runs of events a gap.
fn made(kept: Kept, key: &[(&str, &str)]) -> Kept {
    let own = kept.variables.iter().map(|(name, value)| (*name, value.as_str()));
    let variables: Vec<_> = own.chain(key.iter().copied()).collect();
    for user in ["ann", "bob", "eve"] {
        let clinic = Clinic::open(&kept.place, user, &variables);
        clinic.read(6);
        // What was read is on record a moment later.
        wait_until("the first reads are on record", || {
            kept.number("SELECT count(*) AS number FROM audit_events") % 13 == 7
        });
        kept.leave_a_gap();
        clinic.read(6);
        clinic.stop();
        // Transactions of other tests on the same PostgreSQL may keep the end from being sealed for a moment.
        wait_until("all is sealed", || {
            done(&kept.audit(&["head"], key));
            done(&kept.audit(&["verify"], key)).contains(" unsealed=0 ")
        });
    }
    let seals = kept.number("SELECT count(*) AS number FROM audit_seals");
    assert!(seals >= 3, "{seals} seals");
    kept
}

fn the_tables_refuse_it_where_the_triggers_stand(make: Make) {
    let kept = make(&[]);
    let of_one: &[&str] = match kept.way {
        Way::Sqlite => &["INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events"],
        #[cfg(feature = "postgres")]
        Way::Postgres(_) => &[
            "TRUNCATE audit_events",
            "TRUNCATE audit_leaves",
            "TRUNCATE audit_seals CASCADE",
            "INSERT INTO audit_events SELECT * FROM audit_events ON CONFLICT (id) DO UPDATE SET outcome = 'failed'",
            "SET session_replication_role = replica; UPDATE audit_events SET outcome = 'failed'",
        ],
    };
    let of_both = [
        "UPDATE audit_events SET outcome = 'failed'",
        "DELETE FROM audit_events",
        "UPDATE audit_seals SET count = 1",
        "DELETE FROM audit_seals",
        "UPDATE audit_leaves SET seal = 99",
        "DELETE FROM audit_leaves",
    ];
    for statement in of_one.iter().chain(&of_both) {
        let said = kept.refusal(statement);
        assert!(said.contains("only added to"), "{statement}: {said}");
    }
    assert!(done(&kept.audit(&["verify"], &[])).starts_with("events=39 "));
}

fn a_changed_event_is_named(make: Make) {
    let kept = make(&[]);
    kept.force();
    let (event, seal, _) = kept.middle();
    let columns =
        "at, operation, outcome, user_id, session_id, address, request_id, record_kind, record_id, version,
                   patient_id, fields, reason";
    kept.run(&format!("CREATE TABLE copy AS SELECT {columns} FROM audit_events WHERE id = {event}"));
    // Every column is under the seal.
    for change in [
        "outcome = 'not_found'",
        "at = '2026-01-01T00:00:00.000000Z'",
        "operation = 'patients_get'",
        "user_id = 99",
        "user_id = NULL",
        "session_id = NULL",
        "address = '192.0.2.1'",
        "request_id = 'other'",
        "record_kind = 'patient', record_id = '7'",
        "version = 7",
        "patient_id = 7",
        "fields = 'name'",
        "reason = 'none'",
    ] {
        kept.run(&format!("UPDATE audit_events SET {change} WHERE id = {event}"));
        kept.assert_named(event, seal, "changed");
        kept.run(&format!(
            "UPDATE audit_events SET ({columns}) = (SELECT {columns} FROM copy) WHERE id = {event}"
        ));
    }
    done(&kept.audit(&["verify"], &[]));
}

fn a_deleted_event_is_named(make: Make) {
    let kept = make(&[]);
    kept.force();
    let (event, seal, _) = kept.middle();
    kept.run(&format!("DELETE FROM audit_events WHERE id = {event}"));
    kept.assert_named(event, seal, "deleted");
}

fn swapped_events_are_named(make: Make) {
    let kept = make(&[]);
    kept.force();
    let (event, seal, _) = kept.middle();
    let other = kept.number("SELECT max(id) AS number FROM audit_events");
    kept.run(&format!(
        "UPDATE audit_events SET id = -1 WHERE id = {event}; UPDATE audit_events SET id = {event} WHERE id = {other};
         UPDATE audit_events SET id = {other} WHERE id = -1"
    ));
    kept.assert_named(event, seal, "swapped");
}

fn an_inserted_event_is_named(make: Make) {
    let kept = make(&[]);
    kept.force();
    let (event, _, gap) = kept.middle();
    kept.run(&format!(
        "INSERT INTO audit_events (id, at, operation, outcome, user_id, request_id, fields)
         SELECT {gap}, at, operation, outcome, user_id, request_id, fields FROM audit_events WHERE id = {event}"
    ));
    kept.assert_named(gap, kept.seal_of(gap), "inserted");
}

fn a_trail_that_was_cut_off_is_found_by_the_heads_that_were_noted(make: Make) {
    let kept = make(&[]);
    kept.force();
    let (_, seal, _) = kept.middle();
    kept.run(&format!(
        "DELETE FROM audit_events WHERE id > (SELECT last_id FROM audit_seals WHERE seq = {seal});
         DELETE FROM audit_leaves WHERE seal > {seal}; DELETE FROM audit_seals WHERE seq > {seal}"
    ));
    // What is named is the first head that was noted and is gone.
    let heads = kept.heads();
    let gone = heads.iter().filter(|head| head["seal"].as_i64() > Some(seal));
    let gone = gone.min_by_key(|head| head["seal"].as_i64()).unwrap();
    kept.assert_named(gone["event"].as_i64().unwrap(), gone["seal"].as_i64().unwrap(), "cut off");
    // By itself the rest is whole: it is the heads that tell.
    fs::write(kept.place.path("none"), "").unwrap();
    let alone = kept.audit(&["verify", "--anchors", "none"], &[]);
    assert!(done(&alone).contains(&format!(" seals={seal} ")));
    assert!(err(&alone).contains("no head was noted"), "{}", err(&alone));
    // Grown again it is another trail.
    let newest = heads.iter().filter_map(|head| head["seal"].as_i64()).max().unwrap();
    wait_until("the trail has grown again", || {
        done(&kept.audit(&["export", "--after", "2999-01-01"], &[]));
        done(&kept.audit(&["head"], &[]));
        kept.number("SELECT max(seq) AS number FROM audit_seals") > newest
    });
    assert!(kept.refused(&[], &[]).contains(": cut off ("));
}

fn a_seal_that_was_changed_is_named(make: Make) {
    for change in [
        "UPDATE audit_seals SET sealed_at = '2026-01-01T00:00:00.000000Z' WHERE seq = 2",
        "UPDATE audit_leaves SET leaves = (SELECT leaves FROM audit_leaves WHERE seal = 1) WHERE seal = 2",
    ] {
        let kept = make(&[]);
        kept.force();
        kept.run(change);
        let first = kept.number("SELECT first_id AS number FROM audit_seals WHERE seq = 2");
        kept.assert_named(first, 2, "broken seal");
    }
}

const SEAL_ANEW: &str = "UPDATE audit_events SET outcome = 'not_found' WHERE id = 3;
    DELETE FROM audit_leaves; DELETE FROM audit_seals";

/// Everything under new seals.
fn seal_anew(kept: &Kept) {
    kept.force();
    kept.run(SEAL_ANEW);
    wait_until("all is sealed anew", || {
        done(&kept.audit(&["head"], &[]));
        kept.number("SELECT coalesce(max(events), 0) AS number FROM audit_seals") == 39
    });
}

fn a_trail_that_was_sealed_anew_is_found_by_the_heads_that_were_noted(make: Make) {
    let kept = make(&[]);
    seal_anew(&kept);
    assert!(kept.refused(&[], &[]).contains("under seal 1: "));
}

fn without_the_key_nobody_can_seal_anew(make: Make) {
    let kept = make(&[KEY]);
    assert!(done(&kept.audit(&["verify"], &[KEY])).starts_with("events=39 "));
    assert!(kept.refused(&[], &[]).contains("sealed under a key, and none is set"));
    let other = (KEY.0, "T8v2xQ7mZr4Lk1TtWc9BfYh6Jp3Ds5Ga");
    assert!(kept.refused(&[], &[other]).contains("sealed under another key"));

    seal_anew(&kept);
    fs::write(kept.place.path("none"), "").unwrap();
    let said = kept.refused(&["--anchors", "none"], &[KEY]);
    assert!(said.contains("under seal 1: broken seal"), "{said}");
}
