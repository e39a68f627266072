//! S1: counts, and each row that is not plain.

use crate::rows_s0::LOOKALIKE;
use crate::world::{Database, World, tallies};

const HTML: &str = "<p>12 <b>High</b> Street</p><script>alert('x')</script> &amp; &lt;br&gt;";

async fn check(database: Database, kind: &str) {
    let (world, report) = World::with(database, "s1", kind).await;
    assert_eq!(tallies(&report), ["8+4+0+0=12", "20+5+0+0=25", "50+10+0+0=60", "77+3+0+0=80"]);
    world.counts([11, 10, 7, 3, 6, 5, 6, 3, 4, 1, 4], 77, 77, 3);
    assert_eq!(world.count("mappings WHERE patient_id = 3"), 10);
    patients(&world);
    doctors(&world);
    mappings(&world);
    let original = |id: &str| {
        let line =
            report.lines.iter().find(|line| line.table == "patients_patient" && line.id == id).unwrap();
        line.original.as_ref().unwrap().chars().count()
    };
    assert_eq!((original("44"), original("47")), (5_000, 20_500));
}

fn patients(world: &World) {
    world.has(
        "patients",
        &[
            (35, "name", Some("Farrokh O'Brien-D'Mello")),
            (36, "last_name", Some("देशपांडे")),
            (37, "name", Some("Zarina 👩\u{200d}⚕️🌸")),
            (38, "age_told", None),
            (39, "age_told", None),
            (40, "name", Some("Patient 40")),
            (41, "name", Some("Patient 41")),
            (42, "name", Some("Kamini Bose")),
            (43, "length(name)", Some("100")),
            (44, "length(address)", Some("2000")),
            (45, "address", Some(HTML)),
            (45, "medical_history", Some(HTML)),
            (47, "length(medical_history)", Some("20000")),
            (48, "gender", Some("female")),
            (49, "gender", Some("male")),
            (50, "gender", None),
            (51, "gender", Some("unknown")),
            (52, "phone", Some("999")),
            (53, "phone", None),
            (54, "phone", None),
            (55, "phone", None),
            (57, "phone", Some("+1 202 555 0143")),
            (58, "name", Some("Indira Limaye")),
            (59, "name", Some("Indira Limaye")),
            (60, "name", Some("NULL")),
            (60, "address", Some("\\N")),
            (60, "medical_history", Some("None")),
            (4_294_967_297, "CASE WHEN name IS NULL THEN 0 ELSE 1 END", Some("1")),
        ],
    );
    assert!(world.value("patients", 46, "medical_history").unwrap().starts_with(LOOKALIKE));
    assert!(world.value("patients", 56, "phone").unwrap().bytes().all(|byte| byte.is_ascii_digit()));
}

fn doctors(world: &World) {
    world.has(
        "doctors",
        &[
            (15, "email", Some("shared.clinic@example.com")),
            (16, "email", None),
            (17, "email", None),
            (18, "email", None),
            (19, "email", None),
            (20, "email", None),
            (21, "name", Some("Doctor 21")),
            (21, "email", Some("dr.hazarika.19@example.org")),
            (22, "name", Some("Dr. D'Costa-Ó Briain")),
            (23, "name", Some("डॉ वसुधा 🩺")),
            (24, "name", Some("Trailing Space")),
            (24, "specialization", Some("ENT")),
            (25, "phone", Some("999")),
            (26, "phone", Some("5550100123")),
            (27, "length(availability)", Some("100")),
        ],
    );
    assert!(world.value("doctors", 27, "availability").unwrap().starts_with("<u>Mon</u>; v"));
}

fn mappings(world: &World) {
    world.has(
        "mappings",
        &[
            (69, "patient_id", Some("40")),
            (70, "patient_id", Some("41")),
            (71, "doctor_id", Some("21")),
            (72, "patient_id", Some("4294967297")),
            (73, "owner_id", Some("6")),
            (73, "assigned_by_id", None),
            (74, "ended_at", None),
            (75, "notes", Some("Assigned again")),
            (76, "notes", None),
            (77, "ended_at", None),
            (78, "notes", Some("Same second")),
            (81, "length(notes)", Some("5000")),
            (82, "notes", None),
        ],
    );
    for id in [75, 76, 78] {
        let end = world.value("mappings", id, "ended_at");
        assert!(end.is_some() && end == world.value("mappings", id, "assigned_at"), "{id}");
    }
    assert!(world.value("mappings", 79, "notes").unwrap().starts_with(HTML));
    assert!(world.value("mappings", 80, "notes").unwrap().starts_with(LOOKALIKE));
}

#[tokio::test]
async fn into_sqlite() {
    for kind in ["json", "sql", "sqlite3"] {
        check(Database::Sqlite, kind).await;
    }
}

#[tokio::test]
async fn into_postgresql() {
    check(Database::Postgres, "sqlite3").await;
}

#[tokio::test]
async fn an_age_was_told_when_the_row_was_made() {
    let (world, _) = World::with(Database::Sqlite, "s1", "sqlite3").await;
    world.has("patients", &[(57, "age_told", Some("17")), (57, "age_told_on", Some("2023-11-28"))]);
    assert!(world.value("patients", 61, "created_at").unwrap().starts_with("1999-"));
}
