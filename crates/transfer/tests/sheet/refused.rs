//! Exactly the rows that break a rule are refused; the others are there, once.

use std::fmt::Write as _;

use domain::SourceName;
use transfer::sheet::{Format, Kind, OnConflict, Options};

use crate::world::{Database, World};
use crate::{import, import_lines, options, user};

const ROWS: u64 = 2_000;

/// Every hundredth row has a fault; also told: which rows these are.
fn patients() -> (String, Vec<(u64, String)>) {
    let faults = [
        ("2990-01-01", "", "999", "date_of_birth"),
        ("", "151", "999", "age"),
        ("", "30", "n/a", "phone"),
        ("1850-01-01", "x", "1", "date_of_birth,age,phone"),
    ];
    let mut sheet = "external_id,name,date_of_birth,age,phone,address\r\n".to_owned();
    let mut expected = Vec::new();
    for row in 0..ROWS {
        let (born, age, phone) = if row % 100 == 50 {
            let (born, age, phone, columns) = faults[usize::try_from(row / 100 % 4).unwrap()];
            expected.push((row + 2, columns.to_owned()));
            (born, age, phone)
        } else {
            ("1980-02-29", "", "+91 22 4711")
        };
        writeln!(sheet, "MRN-{row},Patient Number {row},{born},{age},{phone},\"12, High Street\nPune\"\r")
            .unwrap();
    }
    (sheet, expected)
}

async fn check(database: Database) {
    let world = World::new(database).await;
    let ann = user(&world, "ann").await;
    let (sheet, expected) = patients();
    let csv = options(Kind::Patients, Format::Csv, Some(ann));
    let dry = Options { is_dry: true, ..csv.clone() };
    let said = import(&world, &sheet, &dry).await;
    assert_eq!(world.count("patients"), 0);
    let done = import(&world, &sheet, &csv).await;
    assert_eq!(said, done);
    assert_eq!(done.1, expected);
    assert_eq!((done.0.read, done.0.added, done.0.refused), (ROWS, ROWS - 20, 20));
    assert_eq!(world.count(&format!("patients WHERE owner_id = {ann}")), 1980);
    let again = import(&world, &sheet, &csv).await.0;
    assert_eq!((again.added, again.skipped, again.refused), (0, ROWS - 20, 20));
    assert_eq!(import(&world, &sheet, &dry).await.0, again);
    assert_eq!(world.count("patients"), 1980);
}

#[tokio::test]
async fn on_sqlite() {
    check(Database::Sqlite).await;
}

#[tokio::test]
async fn on_postgresql() {
    check(Database::Postgres).await;
}

#[tokio::test]
async fn rows_without_an_id_are_known_by_what_they_say() {
    let world = World::new(Database::Sqlite).await;
    let ann = user(&world, "ann").await;
    let sheet = "Full Name;Gender\nAnn One;F\nAnn Two;m\nAnn One;F\n";
    let renames = vec![("full name".to_owned(), "name".to_owned())];
    let options = Options { renames, ..options(Kind::Patients, Format::Csv, Some(ann)) };
    let first = import(&world, sheet, &options).await.0;
    assert_eq!((first.added, first.skipped), (2, 1));
    assert_eq!(import(&world, sheet, &options).await.0.added, 0);
    assert_eq!(world.count("patients WHERE gender = 'male'"), 1);
}

#[tokio::test]
async fn a_row_that_was_imported_before_is_skipped_updates_or_is_refused() {
    let world = World::new(Database::Sqlite).await;
    let ann = user(&world, "ann").await;
    let ndjson = options(Kind::Patients, Format::Ndjson, Some(ann));
    let sheet = |phone: &str| format!("{{\"id\": 7, \"name\": \"Ann\", \"phone\": {phone}}}\n\n");
    import(&world, &sheet("\"999\""), &ndjson).await;
    world.has("patients", &[(7, "phone", Some("999"))]);
    assert_eq!(import(&world, &sheet("null"), &ndjson).await.0.skipped, 1);
    world.has("patients", &[(7, "phone", Some("999"))]);
    let fail = Options { on_conflict: OnConflict::Fail, ..ndjson.clone() };
    assert_eq!(import(&world, &sheet("null"), &fail).await.1, [(1, "id".to_owned())]);
    let update = Options { on_conflict: OnConflict::Update, ..ndjson };
    assert_eq!(import(&world, &sheet("null"), &update).await.0.updated, 1);
    world.has("patients", &[(7, "phone", None), (7, "name", Some("Ann")), (7, "version", Some("2"))]);
}

#[tokio::test]
async fn rows_that_cannot_be_read_are_refused_alone() {
    let world = World::new(Database::Sqlite).await;
    let ann = user(&world, "ann").await;
    let csv = options(Kind::Patients, Format::Csv, Some(ann));
    let sheet = "name,phone\nAnn,999\nBob\nEve,1,2\n'=SUM(1),\"'+91 22 1\"\n ,\n";
    let (tally, refused) = import(&world, sheet, &csv).await;
    assert_eq!(tally.added, 2);
    assert_eq!(refused, [(3, "row".to_owned()), (4, "row".to_owned()), (6, "name".to_owned())]);
    assert_eq!(world.count("patients WHERE name = '=SUM(1)' AND phone = '+91 22 1'"), 1);
    let ndjson = options(Kind::Patients, Format::Ndjson, Some(ann));
    let long = "x".repeat(1 << 21);
    let sheet =
        format!("{{\"name\": \"A\"}}\n[1]\n{{\"name\": [1]}}\n{{\"name\": \"{long}\"}}\n{{\"name\": \"B\"}}");
    let (tally, refused) = import(&world, &sheet, &ndjson).await;
    assert_eq!((tally.added, refused.iter().map(|(row, _)| *row).collect::<Vec<_>>()), (2, vec![2, 3, 4]));
}

#[tokio::test]
async fn a_row_that_says_something_twice_is_refused() {
    let world = World::new(Database::Sqlite).await;
    let ann = user(&world, "ann").await;
    let ndjson = options(Kind::Patients, Format::Ndjson, Some(ann));
    let sheet = concat!(
        r#"{"name": "Ann", "phone": "999", "phone": "000"}"#,
        "\n",
        r#"{"name": "Bob", "Name": "Bob"}"#,
        "\n",
        r#"{"name": "Eve", "mood": 1, "m\u006fod": 1}"#,
        "\n",
        r#"{"name": "Ida", "phone": "999"}"#,
        "\n",
    );
    let lines = import_lines(&world, sheet, &ndjson).await;
    let told: Vec<_> = lines.iter().map(|line| (line.row, line.errors.clone())).collect();
    let twice = |row, column| (row, vec![("row".to_owned(), format!("has the column {column} twice"))]);
    assert_eq!(told, [twice(1, "phone"), twice(2, "name"), twice(3, "mood")]);
    assert_eq!(world.count("patients"), 1);
}

#[tokio::test]
async fn what_is_another_doctors_or_nobodys_is_refused() {
    let world = World::new(Database::Sqlite).await;
    let ann = user(&world, "ann").await;
    let csv = options(Kind::Doctors, Format::Csv, Some(ann));
    let sheet = "id,name,email,license_number,consultation_fee\n1,Dr A,a@x.org,L1,1500\n2,Dr B,A@X.org,L2,\n\
                 3,Dr C,c@x.org,L1,\n4,Dr D,d@x.org,L4,-1\n5,Dr E,,,0.1\n";
    let expected = [(3, "email"), (4, "license_number"), (5, "consultation_fee")];
    let expected: Vec<_> = expected.map(|(row, column)| (row, column.to_owned())).into();
    let dry = Options { is_dry: true, ..csv.clone() };
    for options in [dry, csv] {
        let (tally, mut refused) = import(&world, sheet, &options).await;
        refused.sort();
        assert_eq!((tally.added, refused), (2, expected.clone()));
    }
    let patient = options(Kind::Patients, Format::Csv, None);
    let (_, refused) = import(&world, "name,owner\nA,ann\nB,\nC,nobody\n", &patient).await;
    assert_eq!(refused, [(3, "owner".to_owned()), (4, "owner".to_owned())]);
    let mapping = options(Kind::Mappings, Format::Csv, None);
    let id = world.texts("SELECT CAST(id AS TEXT) AS line FROM patients")[0].clone().unwrap();
    let sheet = format!("patient,doctor,notes\n{id},1,x\n{id},1,y\n{id},99,\n99,1,\n,,\n");
    let (tally, mut refused) = import(&world, &sheet, &mapping).await;
    refused.sort();
    assert_eq!(tally.added, 1);
    let expected = [(3, "doctor"), (4, "doctor"), (5, "patient"), (6, "patient,doctor")];
    assert_eq!(refused, expected.map(|(row, columns)| (row, columns.to_owned())));
}

/// Two servers take in one sheet of one user.
async fn twice_at_once(database: Database) {
    let world = World::new(database).await;
    let ann = user(&world, "ann").await;
    let (sheet, expected) = patients();
    let csv = options(Kind::Patients, Format::Csv, Some(ann));
    let (first, second) = tokio::join!(import(&world, &sheet, &csv), import(&world, &sheet, &csv));
    assert_eq!(first.0.added + second.0.added, ROWS - 20);
    assert_eq!((first.1, second.1), (expected.clone(), expected));
    assert_eq!(world.count("patients"), 1980);
}

#[tokio::test]
async fn a_sheet_that_comes_twice_at_once_is_there_once_on_sqlite() {
    twice_at_once(Database::Sqlite).await;
}

#[tokio::test]
async fn a_sheet_that_comes_twice_at_once_is_there_once_on_postgresql() {
    twice_at_once(Database::Postgres).await;
}

#[tokio::test]
async fn users_come_with_hashes_that_verify_and_are_never_changed() {
    let world = World::new(Database::Sqlite).await;
    user(&world, "ann").await;
    let users = options(Kind::Users, Format::Ndjson, None);
    let sheet = concat!(
        r#"{"id": "7", "username": "bob", "role": "staff", "password_hash": "pbkdf2_sha256$1000$salt$ozn72z4rZoot6b5wjJ5rW9SvPvtDWB/zM3JEaMa9o6o="}"#,
        "\n",
        r#"{"username": "eve", "password_hash": "md5$salt$0cc175b9c0f1b6a831c399e269772661"}"#,
        "\n",
        r#"{"username": "ida", "password_hash": "hc2$2b$12$................................................................."}"#,
        "\n",
        r#"{"username": "ANN", "role": "admin"}"#,
        "\n",
        r#"{"username": "x@y.org", "email": "z@y.org", "role": "root", "is_active": "maybe"}"#,
        "\n",
        r#"{"email": "Noor@Example.org", "is_active": false}"#,
        "\n",
    );
    let (tally, mut refused) = import(&world, sheet, &users).await;
    refused.sort();
    assert_eq!(tally.added, 2);
    let expected = [(2, "password_hash"), (3, "password_hash"), (4, "username"), (5, "role,is_active")];
    assert_eq!(refused, expected.map(|(row, columns)| (row, columns.to_owned())));
    assert_eq!(
        world.count("users WHERE username = 'bob' AND role = 'staff' AND password_hash LIKE 'pbkdf2%'"),
        1
    );
    // Somebody was here before: ids are new ones.
    assert_eq!(world.count("users WHERE id = 7"), 0);
    assert_eq!(world.count("users WHERE username = 'Noor@Example.org' AND NOT is_active"), 1);
    assert_eq!(world.count("users WHERE username = 'ann' AND role = 'patient'"), 1);
    let update = Options { on_conflict: OnConflict::Update, ..users };
    let again = import(&world, sheet, &update).await;
    assert_eq!((again.0.added, again.0.updated), (0, 0));
}

#[tokio::test]
async fn users_of_another_server_are_not_those_who_have_the_same_ids() {
    let world = World::new(Database::Sqlite).await;
    let users = options(Kind::Users, Format::Ndjson, None);
    let row = |id: u32, name: &str, joined: &str| {
        format!("{{\"id\": \"{id}\", \"username\": \"{name}\", \"date_joined\": \"{joined}\"}}\n")
    };
    let here = row(1, "ann", "2026-01-01T00:00:00.000001Z") + &row(2, "bob", "2026-01-02T00:00:00Z");
    let there = row(1, "eve", "2026-01-01T00:00:00.000002Z") + &row(2, "ida", "2026-01-03T00:00:00Z");
    assert_eq!(import(&world, &here, &users).await.0.added, 2);
    assert_eq!(import(&world, &there, &users).await.0.added, 2);
    for sheet in [&here, &there] {
        assert_eq!(import(&world, sheet, &users).await.0.skipped, 2);
    }
    assert_eq!(world.count("users WHERE username IN ('ann', 'bob', 'eve', 'ida')"), 4);
}

#[tokio::test]
async fn a_record_of_another_system_is_not_taken_for_the_one_with_its_id() {
    let world = World::new(Database::Sqlite).await;
    let ann = user(&world, "ann").await;
    let doctors = options(Kind::Doctors, Format::Csv, Some(ann));
    let here =
        "id,name,created_at\n1,Dr. Iyer,2026-01-01T00:00:00Z\n2,Dr. Rao,2026-01-02T00:00:00Z\n3,Dr. Bose,\n";
    let there =
        "id,name,created_at\n1,Dr. Khan,2026-02-01T00:00:00Z\n2,Dr. Rao,2026-01-02T00:00:00Z\n3,Dr. Bose,\n";
    assert_eq!(import(&world, here, &doctors).await.0.added, 3);
    for on_conflict in [OnConflict::Skip, OnConflict::Update] {
        let (_, refused) = import(&world, there, &Options { on_conflict, ..doctors.clone() }).await;
        assert_eq!(refused, [(2, "id".to_owned())]);
    }
    world.has("doctors", &[(1, "name", Some("Dr. Iyer"))]);
    let source = SourceName::parse("there").unwrap();
    assert_eq!(import(&world, there, &Options { source, ..doctors }).await.0.added, 3);
}
