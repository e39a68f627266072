//! A database that the test knows by its address, so that it can do what no route does.

use diesel::{Connection as _, PgConnection, RunQueryDsl as _, SqliteConnection, sql_query};
use testkit::postgres::{self, Template};

use crate::api::Database;

/// An empty database; it goes with this.
pub(crate) struct OwnDatabase {
    /// For the setting `database.url`.
    pub(crate) url: String,
    _postgres: Option<postgres::Database>,
    _folder: tempfile::TempDir,
}

impl OwnDatabase {
    pub(crate) async fn new(database: Database) -> Self {
        tokio::task::spawn_blocking(move || Self::new_blocking(database)).await.unwrap()
    }

    pub(crate) fn new_blocking(database: Database) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let postgres = match database {
            Database::Sqlite => None,
            Database::Postgres => Some(postgres::database_blocking(&Template::empty()).unwrap()),
        };
        let file = folder.path().join("own.db");
        let url = postgres
            .as_ref()
            .map_or_else(|| format!("sqlite://{}", file.display()), |postgres| postgres.url().to_owned());
        Self { url, _postgres: postgres, _folder: folder }
    }

    /// Changes one row.
    pub(crate) async fn execute(&self, sql: &'static str) {
        let url = self.url.clone();
        let changed = tokio::task::spawn_blocking(move || execute(&url, sql)).await.unwrap();
        assert_eq!(changed, 1, "{sql}");
    }
}

/// Runs a statement on the database at this address; the number of rows that it changed.
pub(crate) fn execute(url: &str, sql: &str) -> usize {
    match url.strip_prefix("sqlite://") {
        Some(path) => {
            let mut connection = SqliteConnection::establish(path).unwrap();
            sql_query("PRAGMA busy_timeout = 10000").execute(&mut connection).unwrap();
            sql_query(sql).execute(&mut connection).unwrap()
        }
        None => sql_query(sql).execute(&mut PgConnection::establish(url).unwrap()).unwrap(),
    }
}
