//! S2: counts, and each row that is not plain.

use crate::rows_s0::LOOKALIKE;
use crate::world::{Database, World, tallies};

const HTML: &str = "<p>12 <b>High</b> Street</p><script>alert('x')</script> &amp; &lt;br&gt;";

async fn check(database: Database, kind: &str) {
    let (world, report) = World::with(database, "s2", kind).await;
    assert_eq!(tallies(&report), ["5+7+0+0=12", "18+7+0+0=25", "50+10+0+0=60", "80+0+0+0=80"]);
    world.counts([2, 8, 3, 5, 6, 8, 4, 10, 2, 6, 6], 80, 67, 13);
    assert_eq!(world.count("mappings WHERE patient_id = 3"), 8);
    let sum = world.texts("SELECT CAST(sum(consultation_fee_minor) AS TEXT) AS line FROM doctors");
    assert_eq!(sum[0].as_deref(), Some("10003328054"));
    patients(&world);
    doctors(&world);
    mappings(&world);
}

fn patients(world: &World) {
    world.has(
        "patients",
        &[
            (26, "name", Some("Farrokh O'Brien-D'Mello")),
            (27, "first_name", Some("लक्ष्मी")),
            (28, "name", Some("Zarina 👩\u{200d}⚕️🌸")),
            (29, "name", Some("Patient 29")),
            (30, "name", Some("Kamini Bose")),
            (31, "name", Some("Tab Bell")),
            (32, "date_of_birth", None),
            (33, "date_of_birth", None),
            (34, "date_of_birth", None),
            (35, "date_of_birth", Some("2024-02-29")),
            (36, "date_of_birth", Some("1900-01-01")),
            (37, "email", None),
            (40, "email", None),
            (41, "email", None),
            (42, "phone", Some("999")),
            (43, "phone", None),
            (44, "emergency_contact", None),
            (45, "emergency_contact", None),
            (46, "address", None),
            (47, "length(address)", Some("2000")),
            (48, "address", Some(HTML)),
            (48, "medical_history", Some(HTML)),
            (50, "medical_history", None),
            (51, "medical_history", None),
            (51, "blood_group", None),
            (52, "blood_group", None),
            (53, "blood_group", Some("O+")),
            (54, "blood_group", None),
            (55, "gender", Some("male")),
            (56, "gender", Some("unknown")),
            (57, "gender", None),
            (60, "name", Some("NULL")),
            (60, "address", Some("\\N")),
            (60, "medical_history", Some("None")),
            (4_294_967_297, "CASE WHEN name IS NULL THEN 0 ELSE 1 END", Some("1")),
        ],
    );
    let [one, other] = [38, 39].map(|id| world.value("patients", id, "email").unwrap());
    assert!(one != other && one.eq_ignore_ascii_case(&other));
    assert_eq!(world.value("patients", 58, "name"), world.value("patients", 59, "name"));
    assert!(world.value("patients", 49, "medical_history").unwrap().starts_with(LOOKALIKE));
}

fn doctors(world: &World) {
    world.has(
        "doctors",
        &[
            (8, "consultation_fee_minor", Some("0")),
            (9, "consultation_fee_minor", Some("9999999999")),
            (10, "consultation_fee_minor", None),
            (11, "consultation_fee_minor", Some("10")),
            (12, "license_number", Some("KAR-7001")),
            (15, "license_number", Some("kar-7001")),
            (15, "consultation_fee_minor", Some("189300")),
            (16, "license_number", None),
            (17, "license_number", None),
            (18, "experience_years", Some("0")),
            (19, "experience_years", None),
            (20, "experience_years", None),
            (21, "email", Some("Twin.Doc@Example.com")),
            (22, "email", None),
            (23, "email", None),
            (23, "phone", None),
            (23, "specialization", None),
            (23, "address", None),
            (23, "availability", None),
            (24, "name", Some("डॉ. वसुधा 🩺")),
            (25, "name", Some("Doctor 25")),
            (26, "length(availability)", Some("200")),
            (27, "phone", Some("999")),
            (27, "length(address)", Some("2000")),
        ],
    );
    assert!(world.value("doctors", 24, "address").unwrap().starts_with(LOOKALIKE));
}

fn mappings(world: &World) {
    world.has(
        "mappings",
        &[
            (59, "patient_id", Some("29")),
            (60, "doctor_id", Some("25")),
            (61, "patient_id", Some("4294967297")),
            (62, "owner_id", Some("6")),
            (76, "notes", None),
            (77, "notes", None),
            (80, "assigned_by_id", Some("1")),
            (81, "assigned_by_id", Some("1")),
        ],
    );
    for id in 63..=75 {
        let [end, changed] = ["ended_at", "updated_at"].map(|column| world.value("mappings", id, column));
        assert!(end.is_some() && end == changed, "{id}");
    }
    for id in [80, 81] {
        assert_ne!(world.value("mappings", id, "owner_id").as_deref(), Some("1"));
    }
    assert!(world.value("mappings", 78, "notes").unwrap().starts_with(HTML));
    assert!(world.value("mappings", 79, "notes").unwrap().starts_with(LOOKALIKE));
}

#[tokio::test]
async fn into_sqlite() {
    for kind in ["json", "sql", "sqlite3"] {
        check(Database::Sqlite, kind).await;
    }
}

#[tokio::test]
async fn into_postgresql() {
    check(Database::Postgres, "json").await;
}

#[tokio::test]
async fn times_are_the_instants_that_were_meant() {
    let (world, _) = World::with(Database::Sqlite, "s2", "sql").await;
    world.has(
        "mappings",
        &[
            // It is the assignment that counts, not when the row was made.
            (82, "assigned_at", Some("2023-06-01T04:30:00.000000Z")),
            (75, "ended_at", world.value("mappings", 75, "updated_at").as_deref()),
        ],
    );
    assert!(world.value("patients", 61, "created_at").unwrap().starts_with("2099-12-31T23:59:59.999"));
}
