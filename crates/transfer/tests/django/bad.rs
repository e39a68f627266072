//! Sources that are refused as a whole, and rows that are refused alone.

use std::fs;

use serde_json::{Value, json};
use transfer::django::{self, Origin, ReadError};

use crate::world::{Database, World, data, lines, options, tallies};

fn dump(folder: &tempfile::TempDir, content: impl AsRef<[u8]>) -> Origin {
    let path = folder.path().join("dump");
    fs::write(&path, content).unwrap();
    Origin::Dump(path)
}

#[test]
fn a_source_that_is_cut_short_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for family in ["s0", "s1", "s2"] {
        for kind in ["json", "sql"] {
            let whole = fs::read(data(&format!("{family}.{kind}"))).unwrap();
            for part in [1, 3, 5, 7, 9, 10] {
                let end = if part == 10 { whole.len() - 60 } else { whole.len() * part / 10 };
                assert!(django::read(&dump(&folder, &whole[..end])).is_err(), "{family} {kind} {part}");
            }
        }
        let whole = fs::read(data(&format!("{family}.sqlite3"))).unwrap();
        for end in [whole.len() / 3, whole.len() / 2, whole.len() - 4096, whole.len() - 1] {
            let path = folder.path().join("cut.sqlite3");
            fs::write(&path, &whole[..end]).unwrap();
            assert!(django::read(&Origin::Sqlite(path)).is_err(), "{family} {end}");
        }
    }
}

#[test]
fn a_source_that_is_not_utf8_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for kind in ["json", "sql", "sqlite3"] {
        let mut bytes = fs::read(data(&format!("s1.{kind}"))).unwrap();
        // A name in Devanagari, one byte of it not UTF-8.
        let name = "लक्ष्मी".as_bytes();
        let at = bytes.windows(name.len()).position(|window| window == name).unwrap();
        bytes[at] = 0xff;
        let path = folder.path().join(kind);
        fs::write(&path, &bytes).unwrap();
        let origin = if kind == "sqlite3" { Origin::Sqlite(path) } else { Origin::Dump(path) };
        assert!(matches!(django::read(&origin), Err(ReadError::NotUtf8(_))), "{kind}");
    }
}

#[test]
fn a_source_of_no_known_family_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let user = json!({"model": "auth.user", "pk": 1, "fields": {"username": "ann"}});
    for content in [
        "[]".to_owned(),
        json!([user]).to_string(),
        json!([{"model": "shop.order", "pk": 1, "fields": {}}]).to_string(),
    ] {
        assert!(matches!(django::read(&dump(&folder, content)), Err(ReadError::UnknownFamily(_))));
    }
    let sql = fs::read_to_string(data("s0.sql")).unwrap().replace("clinical_patient", "vet_animal");
    assert!(matches!(django::read(&dump(&folder, sql)), Err(ReadError::UnknownFamily(_))));
    let no_column = fs::read_to_string(data("s0.json")).unwrap().replace("\"is_superuser\"", "\"is_super\"");
    assert!(matches!(django::read(&dump(&folder, no_column)), Err(ReadError::UnknownFamily(_))));
    assert!(django::read(&dump(&folder, "")).is_err());
    assert!(django::read(&dump(&folder, "{}")).is_err());
    assert!(django::read(&Origin::Sqlite(folder.path().join("dump"))).is_err());
    assert!(django::read(&Origin::Sqlite(folder.path().join("none"))).is_err());
    assert!(!folder.path().join("none").exists());
    assert!(django::read(&Origin::Postgres("postgres://nobody:secret@127.0.0.1:1/x".to_owned())).is_err());
}

#[test]
fn no_message_tells_a_value_or_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let broken = r#"[{"model": "auth.user", "pk": 1, "fields": {"username": "hunter2", "email": }}]"#;
    let error = django::read(&dump(&folder, broken)).unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
    let error = django::read(&Origin::Postgres("postgres://nobody:hunter2@127.0.0.1:1/x".to_owned()));
    assert!(!error.unwrap_err().to_string().contains("hunter2"));
}

/// The records of a dump.
fn records(family: &str) -> Vec<Value> {
    serde_json::from_slice(&fs::read(data(&format!("{family}.json"))).unwrap()).unwrap()
}

#[tokio::test]
async fn rows_that_belong_to_nobody_are_refused_with_what_goes_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut records = records("s0");
    records.retain(|record| !(record["model"] == "auth.user" && record["pk"] == 6));
    records.retain(|record| !(record["model"] == "clinical.doctor" && record["pk"] == 5));
    let origin = dump(&folder, Value::from(records).to_string());
    let world = World::new(Database::Sqlite).await;
    let (report, _) = world.import(&origin, &options("s0")).await;
    let told = lines(&report).join("\n");
    assert_eq!(tallies(&report)[2], "47+6+7+0=60");
    assert!(told.contains("refused clinical_patient 39 created_by_id: is no user that was imported"));
    assert!(told.contains("refused clinical_patientdoctor 76 patient_id: is no patient that was imported"));
    assert!(told.contains("refused clinical_patientdoctor 82 doctor_id: is no doctor who was imported"));
    assert_eq!(i64::try_from(report.refused()).unwrap() - 7, 80 - world.count("mappings"));
    assert_eq!(world.count("patients"), 53);
}

#[tokio::test]
async fn odd_ids_get_new_ones_and_equal_ones_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut records = records("s1");
    for record in &mut records {
        let id = record["pk"].as_i64().unwrap();
        if record["model"] == "patients.patient" && (1..=3).contains(&id) {
            record["pk"] = json!([0, -5, i64::MAX][usize::try_from(id - 1).unwrap()]);
        }
        if record["fields"]["patient"] == 3 {
            record["fields"]["patient"] = json!(i64::MAX);
        }
    }
    records.push(records.iter().find(|record| record["model"] == "doctors.doctor").unwrap().clone());
    let origin = dump(&folder, Value::from(records).to_string());
    for database in [Database::Sqlite, Database::Postgres] {
        let world = World::new(database).await;
        let (report, map) = world.import(&origin, &options("s1")).await;
        let told = lines(&report).join("\n");
        assert!(told.contains("refused doctors_doctor 1 id: is that of another row of the source"));
        for id in [0, -5, i64::MAX] {
            assert!(told.contains(&format!("note patients_patient {id} id:")), "{told}");
        }
        let high = map.lines().find(|line| line.source == i64::MAX).unwrap().record.id();
        assert_eq!(world.count(&format!("mappings WHERE patient_id = {high}")), 10);
        assert_eq!(world.count("patients WHERE id BETWEEN 4294967298 AND 4294967300"), 3);
        let (again, _) = world.import(&origin, &options("s1")).await;
        assert_eq!(tallies(&again)[2], "0+0+0+60=60");
    }
}

#[tokio::test]
async fn columns_and_hashes_that_nobody_knows_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut records = records("s2");
    for record in &mut records {
        if record["model"] == "patients.patient" && record["pk"] == 7 {
            record["fields"]["insurance"] = json!("ACME 42");
        }
        if record["model"] == "users.user" && record["pk"] == 3 {
            record["fields"]["password"] = json!("md5$salt$0123456789abcdef0123456789abcdef");
        }
    }
    let origin = dump(&folder, Value::from(records).to_string());
    let world = World::new(Database::Sqlite).await;
    let (report, _) = world.import(&origin, &options("s2")).await;
    assert_eq!(report.columns[&("patients_patient".to_owned(), "insurance".to_owned())], 1);
    assert!(lines(&report).iter().any(|line| line.contains("users_user 3 password: is hashed")));
    world.has("users", &[(3, "password_hash", None)]);
}
