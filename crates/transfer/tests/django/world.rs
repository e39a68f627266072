//! A database to import into, and what stands in it afterwards.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use domain::{Call, EmailRule, Operation, SourceName, Stamp, Timestamp};
use persistence::{DatabaseSettings, Stores};
use security::BcryptHasher;
use testkit::postgres::{self, Template};
use transfer::django::{self, IdMap, Options, Origin, Plan};
use transfer::{Report, Tally};

/// Which database records go into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

/// An empty database with all migrations.
pub(crate) struct World {
    pub(crate) stores: Stores,
    url: String,
    _database: Option<postgres::Database>,
    _folder: tempfile::TempDir,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Nullable<Text>)]
    line: Option<String>,
}

/// A file of a family.
pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// A file of a family, by its kind.
pub(crate) fn origin(family: &str, kind: &str) -> Origin {
    let path = data(&format!("{family}.{kind}"));
    if kind == "sqlite3" { Origin::Sqlite(path) } else { Origin::Dump(path) }
}

/// After everything in the files, but for what is meant to be in the future.
pub(crate) fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T12:00:00Z").unwrap()
}

pub(crate) fn options(family: &str) -> Options {
    Options {
        source: SourceName::parse(&format!("django-{family}")).unwrap(),
        keeps_rights: false,
        doctors_by: None,
        doctor_emails: EmailRule::Unique,
        now: now(),
        verifies: BcryptHasher::verifies_foreign,
    }
}

pub(crate) fn stamp() -> Stamp {
    Stamp::anonymous(now(), Arc::new(Call::local(Operation::named("import_test"))))
}

/// The tallies, one text each.
pub(crate) fn tallies(report: &Report) -> Vec<String> {
    let text = |tally: &Tally| {
        let Tally { read, kept, repaired, refused, known } = tally;
        assert_eq!(kept + repaired + refused + known, *read);
        format!("{kept}+{repaired}+{refused}+{known}={read}")
    };
    report.tables.iter().map(|(_, tally)| text(tally)).collect()
}

/// The lines without values.
pub(crate) fn lines(report: &Report) -> Vec<String> {
    report.lines.iter().map(|line| format!("{line:?}")).collect()
}

impl World {
    pub(crate) async fn new(database: Database) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let postgres = match database {
            Database::Sqlite => None,
            Database::Postgres => Some(postgres::database(&Template::empty()).await.unwrap()),
        };
        let url = postgres.as_ref().map_or_else(
            || format!("sqlite://{}", folder.path().join("test.db").display()),
            |database| database.url().to_owned(),
        );
        persistence::migrate(&url).unwrap();
        let patience = std::time::Duration::from_mins(1);
        let settings = DatabaseSettings {
            queue_timeout: patience,
            answer_timeout: patience,
            statement_timeout: patience,
            ..DatabaseSettings::new(&url)
        };
        let stores = Stores::connect(&settings).unwrap();
        Self { stores, url, _database: postgres, _folder: folder }
    }

    /// A database into which a family was imported.
    pub(crate) async fn with(database: Database, family: &str, kind: &str) -> (Self, Report) {
        let world = Self::new(database).await;
        let (report, _) = world.import(&origin(family, kind), &options(family)).await;
        (world, report)
    }

    pub(crate) async fn plan(&self, origin: &Origin, options: &Options) -> Plan {
        let source = django::read(origin).unwrap();
        django::plan(&source, self.stores.intake.as_ref(), options).await.unwrap()
    }

    pub(crate) async fn import(&self, origin: &Origin, options: &Options) -> (Report, IdMap) {
        let plan = self.plan(origin, options).await;
        let report = plan.report.clone();
        let map = django::store(plan, self.stores.intake.as_ref(), &stamp(), &|_, _, _| {}).await.unwrap();
        (report, map)
    }

    /// The first column of the rows of a query, as text.
    pub(crate) fn texts(&self, query: &str) -> Vec<Option<String>> {
        let lines: Vec<Line> = if let Some(path) = self.url.strip_prefix("sqlite://") {
            let mut c = diesel::SqliteConnection::establish(path).unwrap();
            diesel::sql_query(query).load(&mut c).unwrap()
        } else {
            let mut c = diesel::PgConnection::establish(&self.url).unwrap();
            diesel::sql_query(query).load(&mut c).unwrap()
        };
        lines.into_iter().map(|line| line.line).collect()
    }

    /// A count.
    pub(crate) fn count(&self, from: &str) -> i64 {
        let texts = self.texts(&format!("SELECT CAST(count(*) AS TEXT) AS line FROM {from}"));
        texts[0].as_ref().unwrap().parse().unwrap()
    }

    /// One column of one record.
    pub(crate) fn value(&self, table: &str, id: i64, column: &str) -> Option<String> {
        let query = format!("SELECT CAST({column} AS TEXT) AS line FROM {table} WHERE id = {id}");
        let texts = self.texts(&query);
        assert_eq!(texts.len(), 1, "{table} {id}");
        texts[0].clone()
    }

    /// What stands in columns of records.
    #[track_caller]
    pub(crate) fn has(&self, table: &str, expected: &[(i64, &str, Option<&str>)]) {
        for (id, column, expected) in expected {
            assert_eq!(self.value(table, *id, column).as_deref(), *expected, "{table} {id} {column}");
        }
    }

    /// Counts that every family is known by: per owner, and of mappings.
    #[track_caller]
    pub(crate) fn counts(&self, per_owner: [i64; 11], pairs: i64, active: i64, ended: i64) {
        for (owner, expected) in (1..).zip(per_owner) {
            assert_eq!(self.count(&format!("patients WHERE owner_id = {owner}")), expected, "owner {owner}");
        }
        assert_eq!(self.count("users"), 12);
        assert_eq!(self.count("doctors"), 25);
        assert_eq!(self.count("patients"), 60);
        assert_eq!(self.count("mappings"), active + ended);
        assert_eq!(self.count("mappings WHERE ended_at IS NULL"), active);
        assert_eq!(self.count("(SELECT DISTINCT patient_id, doctor_id FROM mappings) AS pairs"), pairs);
    }
}
