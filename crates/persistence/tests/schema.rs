//! Both folders of migrations make the same tables, columns and indexes.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::SqliteConnection;
use testkit::postgres::{Template, database_blocking};

/// What replicas share and a single process keeps in memory.
const POSTGRES_ONLY: [&str; 1] = ["rate_limits"];

/// The id alone is the key of a table on SQLite.
const POSTGRES_ONLY_INDEX: (&str, &str) = ("patients", "patients_id_idx");

/// Columns of each table with whether they may be NULL, and the names of its indexes.
type Schema = BTreeMap<String, (BTreeMap<String, bool>, Vec<String>)>;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text)]
    name: String,
}

/// Primary keys are not compared: an `INTEGER PRIMARY KEY` of SQLite has no index at all.
const SQLITE_INDEXES: &str = "
    SELECT tbl_name AS \"table\", name AS name FROM sqlite_schema
    WHERE type = 'index' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%_pkey' ORDER BY name";

/// An `INTEGER PRIMARY KEY` is never NULL, whatever the column says.
const SQLITE_COLUMNS: &str = "
    SELECT m.name AS \"table\", c.name AS name, c.\"notnull\" = 0 AND c.pk = 0 AS nullable
    FROM sqlite_schema m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '%diesel%'";

const POSTGRES_INDEXES: &str = "
    SELECT tablename::text AS table, indexname::text AS name FROM pg_indexes
    WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey' ORDER BY indexname COLLATE \"C\"";

const POSTGRES_COLUMNS: &str = "
    SELECT table_name::text AS table, column_name::text AS name, is_nullable = 'YES' AS nullable
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name NOT LIKE '%diesel%'";

fn schema(columns: Vec<Column>, indexes: Vec<Index>) -> Schema {
    let mut schema = Schema::new();
    for column in columns {
        schema.entry(column.table).or_default().0.insert(column.name, column.nullable);
    }
    for index in indexes {
        schema.entry(index.table).or_default().1.push(index.name);
    }
    schema
}

#[test]
fn both_databases_have_the_same_tables_columns_and_indexes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    persistence::migrate(&format!("sqlite://{}", path.display())).unwrap();
    let mut sqlite = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let columns = diesel::sql_query(SQLITE_COLUMNS).load(&mut sqlite).unwrap();
    let sqlite = schema(columns, diesel::sql_query(SQLITE_INDEXES).load(&mut sqlite).unwrap());

    let database = database_blocking(&Template::empty()).unwrap();
    persistence::migrate(database.url()).unwrap();
    let mut postgres = PgConnection::establish(database.url()).unwrap();
    let columns = diesel::sql_query(POSTGRES_COLUMNS).load(&mut postgres).unwrap();
    let mut postgres = schema(columns, diesel::sql_query(POSTGRES_INDEXES).load(&mut postgres).unwrap());

    for table in POSTGRES_ONLY {
        assert!(postgres.remove(table).is_some(), "{table}");
    }
    let (table, index) = POSTGRES_ONLY_INDEX;
    postgres.get_mut(table).unwrap().1.retain(|name| name != index);
    assert!(sqlite.len() >= 8);
    assert_eq!(sqlite, postgres);
}

#[test]
fn both_folders_have_the_same_migrations() {
    let names = |database: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
        let entries = std::fs::read_dir(format!("{folder}/{database}")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
}
