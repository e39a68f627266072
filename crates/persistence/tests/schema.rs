//! Both folders of migrations make the same tables, columns and indexes.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::sqlite::SqliteConnection;
use diesel_migrations::MigrationHarness;
use persistence::{DatabaseSettings, Stores};
use testkit::postgres::{Template, database_blocking};
use testkit::{builders, fixed};

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

/// The words of all patients, with the time when these were made.
#[derive(QueryableByName, PartialEq, Debug)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
    #[diesel(sql_type = BigInt)]
    created_micros: i64,
}

/// Stores patients, and gives back their words as they are, and as they are after the way back and forth.
macro_rules! words_back_and_forth {
    ($url:expr, $connection:expr, $folder:literal) => {{
        let stores = Stores::connect(&DatabaseSettings::new($url)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (user, stamp) = (builders::user().done(), fixed::stamped(fixed::instant()));
            let owner = stores.users.insert(&user, None, &stamp).await.unwrap().id;
            for (number, name) in ["Ann Smith", "Zoe Álvarez"].into_iter().enumerate() {
                let at = fixed::micros_later(i64::try_from(number).unwrap() * 86_399_123_457);
                let new = builders::patient().named(name).done();
                stores.patients.insert(owner, &new, &fixed::stamped(at)).await.unwrap();
            }
        });
        let words = "SELECT word, created_micros FROM patient_words ORDER BY word";
        let before: Vec<Word> = diesel::sql_query(words).load(&mut $connection).unwrap();
        let source = diesel_migrations::FileBasedMigrations::from_path(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../migrations/",
            $folder
        ));
        let source = source.unwrap();
        while diesel::sql_query(words).load::<Word>(&mut $connection).is_ok() {
            $connection.revert_last_migration(source.clone()).unwrap();
        }
        $connection.run_pending_migrations(source).unwrap();
        let after: Vec<Word> = diesel::sql_query(words).load(&mut $connection).unwrap();
        (before, after)
    }};
}

#[test]
fn words_that_were_there_get_the_time_of_their_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let url = format!("sqlite://{}", path.display());
    persistence::migrate(&url).unwrap();
    let mut sqlite = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let on_sqlite = words_back_and_forth!(&url, sqlite, "sqlite");

    let database = database_blocking(&Template::empty()).unwrap();
    persistence::migrate(database.url()).unwrap();
    let mut postgres = PgConnection::establish(database.url()).unwrap();
    let on_postgres = words_back_and_forth!(database.url(), postgres, "postgres");

    for (before, after) in [on_sqlite, on_postgres] {
        assert_eq!(before.len(), 4);
        assert_eq!(before, after);
    }
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
