//! The tables are only added to, whoever asks.

use domain::AuditFilter;
use domain::Page;
use testkit::fixed::{seconds_later, stamped};

use super::database::{Database, Kind, Raw, append, seal};

const TABLES: [(&str, &str); 4] = [
    ("audit_events", "outcome = 'failed'"),
    ("audit_leaves", "seal = seal + 10"),
    ("audit_seals", "events = 1"),
    ("audit_prunings", "through_id = 1000"),
];

/// A trail with rows in every table; what was pruned is gone.
async fn pruned(kind: Kind) -> Database {
    let database = Database::new(kind).await;
    let trail = database.trail(None);
    append(&*trail, 0, 3).await;
    seal(&*trail, 3).await;
    assert_eq!(trail.prune(seconds_later(2), &stamped(seconds_later(3))).await.unwrap(), 3);
    append(&*trail, 3, 2).await;
    seal(&*trail, 6).await;
    database
}

fn refused(raw: &mut Raw, statement: &str) {
    let Err(error) = raw.try_run(statement) else { panic!("{statement} was not refused") };
    assert!(error.contains("the audit trail is only added to"), "{statement}: {error}");
}

fn refuses_changes(raw: &mut Raw) {
    for (table, change) in TABLES {
        refused(raw, &format!("UPDATE {table} SET {change}"));
        refused(raw, &format!("DELETE FROM {table}"));
    }
}

async fn is_whole(database: &Database) {
    let trail = database.trail(None);
    let found = trail.verify(&[]).await.unwrap();
    assert_eq!((found.events, found.pruned, found.broken), (6, 3, None));
    assert_eq!(trail.list(&AuditFilter::default(), Page::default()).await.unwrap().items.len(), 3);
}

#[tokio::test]
async fn sqlite_refuses_to_change_or_delete_or_replace() {
    let database = pruned(Kind::Sqlite).await;
    let mut raw = database.raw();
    refuses_changes(&mut raw);
    for (table, _) in TABLES {
        refused(&mut raw, &format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table}"));
    }
    is_whole(&database).await;
}

#[tokio::test]
async fn postgres_refuses_to_change_or_delete_or_truncate_whoever_asks() {
    let database = pruned(Kind::Postgres).await;
    let role = format!("clerk_{}", database.url.rsplit('/').next().unwrap().split('?').next().unwrap());
    let mut raw = database.raw();
    raw.run(&format!("CREATE ROLE {role}; GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"));
    for circumstances in [
        "SET row_security = on".to_owned(),
        "SET session_replication_role = replica".to_owned(),
        format!("SET session_replication_role = origin; SET ROLE {role}"),
        // A table that only seems to allow it.
        "CREATE TEMPORARY TABLE audit_prunings AS SELECT 1000 AS seal, 1000 AS through_id".to_owned(),
    ] {
        raw.run(&circumstances);
        for (table, change) in TABLES {
            refused(&mut raw, &format!("UPDATE public.{table} SET {change}"));
            refused(&mut raw, &format!("DELETE FROM public.{table}"));
            refused(&mut raw, &format!("TRUNCATE public.{table} CASCADE"));
        }
    }
    let error = raw.try_run("ALTER TABLE audit_events DISABLE TRIGGER USER").unwrap_err();
    assert!(error.contains("must be owner"), "{error}");
    raw.run(&format!(
        "RESET ROLE; DROP TABLE pg_temp.audit_prunings; DROP OWNED BY {role}; DROP ROLE {role}"
    ));
    is_whole(&database).await;
}
