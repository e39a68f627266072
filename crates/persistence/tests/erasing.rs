//! What is left of a patient who was erased: nothing in any table, and no byte in the files of the database.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::{Change, NameChange, PatientChange, PatientId, Reason, UserId, Version};
use persistence::{DatabaseSettings, Stores};
use testkit::builders::{self, address, medical_history, notes, person_name, phone};
use testkit::fixed::{instant, seconds_later, stamped};
use testkit::postgres::{self, PostgresServer, Template};

/// What every value of the person who is to be erased holds, as it is written and as it is folded for search.
const CANARY: &str = "Zyzzyvacanary";
const FOLDED: &str = "zyzzyvacanary";

/// A patient whose every text has been this one and that one, among others who change all the time.
async fn erased(stores: &Stores) -> PatientId {
    let owner = stores.users.insert(&builders::user().done(), None, &stamped(instant())).await.unwrap().id;
    let creator = owner;
    let mut others = Vec::new();
    for number in 0..40 {
        others.push(crowd(stores, owner, number).await);
    }
    let details = builders::patient()
        .first_last(&format!("{CANARY}first"), &format!("{CANARY}last"))
        .email(&format!("{FOLDED}@example.org"))
        .address(&format!("{CANARY} Street"))
        .medical_history(&format!("{CANARY} ").repeat(600))
        .done();
    let id = stores.patients.insert(owner, &details, &stamped(instant())).await.unwrap().id;
    let doctor = builders::doctor().done();
    let rule = domain::EmailRule::Unique;
    let doctor = stores.doctors.insert(creator, &doctor, rule, &stamped(instant())).await.unwrap().id;
    let pair = builders::mapping(id, doctor).notes(&format!("{CANARY} first notes")).done();
    let mapping = stores.mappings.assign(owner, &pair, &stamped(instant())).await.unwrap().mapping.id;
    for round in 0..20 {
        let at = stamped(seconds_later(round));
        stores.patients.update(owner, id, None, &other_texts(round), &at).await.unwrap();
        let new = Change::Set(notes(&format!("{CANARY} notes {round}").repeat(20)));
        stores.mappings.update_notes(owner, mapping, None, &new, &at).await.unwrap();
        for (number, other) in others.iter().enumerate() {
            let texts = plain_texts(round, number);
            stores.patients.update(owner, *other, None, &texts, &at).await.unwrap();
        }
    }
    // Values that were there once and are not any more.
    let gone = PatientChange {
        name: NameChange { full: Change::Set(person_name("Plain Name")), ..NameChange::default() },
        medical_history: Change::Clear,
        ..PatientChange::default()
    };
    stores.patients.update(owner, id, None, &gone, &stamped(seconds_later(30))).await.unwrap();
    id
}

async fn crowd(stores: &Stores, owner: UserId, number: usize) -> PatientId {
    let details = builders::patient().named(&format!("Asha {number}")).address("Somewhere").done();
    stores.patients.insert(owner, &details, &stamped(instant())).await.unwrap().id
}

fn other_texts(round: u64) -> PatientChange {
    let name = person_name(&format!("{CANARY}{round} {CANARY}"));
    PatientChange {
        name: NameChange { full: Change::Set(name), ..NameChange::default() },
        address: Change::Set(address(
            &format!("{CANARY} {round}").repeat(usize::try_from(round).unwrap() + 1),
        )),
        medical_history: Change::Set(medical_history(&format!("{CANARY} {round}").repeat(300))),
        ..PatientChange::default()
    }
}

fn plain_texts(round: u64, number: usize) -> PatientChange {
    let long = usize::try_from(round).unwrap() * 7 % 5 + number % 7;
    PatientChange {
        phone: Change::Set(phone(&format!("555 {round} {number}"))),
        address: Change::Set(address(&"Main Street ".repeat(long * 9 + 1))),
        ..PatientChange::default()
    }
}

async fn erase(stores: &Stores, id: PatientId) {
    let reason = Reason::parse("Request of 2026-03-01").unwrap();
    stores.eraser.erase_patient(id, &reason, &stamped(seconds_later(60))).await.unwrap();
}

/// How often the bytes are in the file.
fn count(file: &Path) -> usize {
    let bytes = std::fs::read(file).unwrap_or_default();
    [CANARY, FOLDED]
        .iter()
        .map(|text| bytes.windows(text.len()).filter(|part| *part == text.as_bytes()).count())
        .sum()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files
}

/// Files in which something is left, and how often.
fn left(folder: &Path) -> Vec<(PathBuf, usize)> {
    files(folder)
        .into_iter()
        .map(|file| (file.clone(), count(&file)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_no_byte_of_an_erased_patient() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    persistence::migrate(&url).unwrap();
    let stores = Stores::connect(&DatabaseSettings::new(&url)).unwrap();
    let id = erased(&stores).await;
    assert!(!left(folder.path()).is_empty(), "the search finds what is there");
    erase(&stores, id).await;
    assert_eq!(left(folder.path()), []);
    // The others are all there, and the store goes on.
    let owner = UserId::new(1).unwrap();
    let page = domain::Page { count: true, ..domain::Page::default() };
    let others = stores.patients.list(owner, &domain::PatientFilter::default(), page).await.unwrap();
    assert_eq!(others.total, Some(40));
    let past = stores.history.of_patient(owner, others.items[0].id).await.unwrap().unwrap();
    assert_eq!((past.len(), past[0].version), (21, Version::new(21).unwrap()));
    crowd(&stores, owner, 41).await;
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_no_value_of_an_erased_patient_in_any_table_nor_its_file() {
    let server = tokio::task::spawn_blocking(|| PostgresServer::start(&postgres::Options::fast()))
        .await
        .unwrap()
        .unwrap();
    let database = server.database(&Template::empty()).unwrap();
    persistence::migrate(database.url()).unwrap();
    let stores = Stores::connect(&DatabaseSettings::new(database.url())).unwrap();
    let id = erased(&stores).await;
    let mut c = PgConnection::establish(database.url()).unwrap();
    // Statistics hold samples of what stands in the columns.
    c.batch_execute("ANALYZE; CHECKPOINT").unwrap();
    let folder = base(&mut c);
    assert!(!left(&folder).is_empty(), "the search finds what is there");
    assert!(!tables_with_canary(&mut c).is_empty(), "the search finds what is there");
    erase(&stores, id).await;
    assert_eq!(tables_with_canary(&mut c), Vec::<String>::new());
    // What a file was before stays in it until it is written anew; until the next checkpoint also in one that is gone.
    c.batch_execute("CHECKPOINT").unwrap();
    assert_eq!(left(&folder), []);
}

/// The folder with the files of all tables of the database.
fn base(c: &mut PgConnection) -> PathBuf {
    let folder = "SELECT current_setting('data_directory') || '/base/' ||
        (SELECT oid FROM pg_database WHERE datname = current_database()) AS name";
    PathBuf::from(diesel::sql_query(folder).get_result::<Name>(c).unwrap().name)
}

/// The tables, those of the system with them, in which any column of any row holds it.
fn tables_with_canary(c: &mut PgConnection) -> Vec<String> {
    let tables =
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'public'
        UNION ALL SELECT 'pg_catalog.pg_stats'";
    let tables: Vec<Name> = diesel::sql_query(tables).load(c).unwrap();
    let holds = |c: &mut PgConnection, table: &str| {
        let rows =
            format!("SELECT '{table}' AS name FROM {table} t WHERE t::text ILIKE '%{CANARY}%' LIMIT 1");
        !diesel::sql_query(rows).load::<Name>(c).unwrap().is_empty()
    };
    tables.into_iter().map(|table| table.name).filter(|table| holds(c, table)).collect()
}
