//! S0: counts, and each row that is not plain.

use crate::world::{Database, World, tallies};

pub(crate) const LOOKALIKE: &str =
    "Flat 3; -- not a comment\nO'Hara \"House\"\\n \\ back\\\\slash\tTab\r\n'); DELETE FROM ";
const HTML: &str = "<p>12 <b>High</b> Street</p><script>alert('x')</script> &amp; &lt;br&gt;";

async fn check(database: Database, kind: &str) {
    let (world, report) = World::with(database, "s0", kind).await;
    assert_eq!(tallies(&report), ["8+4+0+0=12", "20+5+0+0=25", "52+8+0+0=60", "80+0+0+0=80"]);
    world.counts([4, 8, 5, 6, 7, 7, 3, 4, 5, 8, 3], 80, 80, 0);
    assert_eq!(world.count("mappings WHERE patient_id = 3"), 11);
    kept(&world);
    repaired(&world);
    mappings(&world);
    let original =
        report.lines.iter().find(|line| line.table == "clinical_patient" && line.id == "49").unwrap();
    assert_eq!(original.original.as_ref().unwrap().chars().count(), 5_000);
}

fn kept(world: &World) {
    world.has(
        "patients",
        &[
            (39, "name", Some("D'Arcy O'Neil-D'Souza")),
            (40, "name", Some("लक्ष्मी देशपांडे")),
            (41, "first_name", Some("👩\u{200d}⚕️ Zarina")),
            (41, "last_name", Some("🌸")),
            (44, "age_told", Some("0")),
            (48, "name", Some("Kamini Bose")),
            (50, "address", Some(HTML)),
            (53, "gender", None),
            (54, "gender", Some("female")),
            (55, "length(name)", Some("201")),
            (59, "name", Some("Indira Limaye")),
            (60, "name", Some("Indira Limaye")),
            (61, "first_name", Some("NULL")),
            (61, "last_name", Some("\\N")),
            (61, "address", Some("None")),
            (4_294_967_297, "owner_id", Some("2")),
        ],
    );
    assert!(world.value("patients", 51, "address").unwrap().starts_with(LOOKALIKE));
    assert_ne!(world.value("patients", 59, "created_at"), world.value("patients", 60, "created_at"));
    world.has(
        "doctors",
        &[
            (15, "email", Some("Ravina.K@Example.com")),
            (18, "email", None),
            (18, "phone", None),
            (18, "specialization", None),
            (21, "name", Some("डॉ. वसुधा")),
            (22, "length(name)", Some("150")),
            (23, "phone", Some("999")),
            (25, "specialization", Some("<i>ENT</i> & \"Co\"")),
            (26, "name", Some("Same Name")),
            (27, "name", Some("Same Name")),
            (20, "created_by_id", Some("1")),
        ],
    );
}

fn repaired(world: &World) {
    world.has(
        "patients",
        &[
            (42, "age_told", None),
            (43, "age_told", None),
            (45, "name", Some("Onlysurname")),
            (46, "name", Some("Patient 46")),
            (47, "name", Some("Patient 47")),
            (49, "length(address)", Some("2000")),
            (52, "gender", Some("unknown")),
            (56, "first_name", Some("Tab Bell")),
            (56, "last_name", Some("Line Break")),
        ],
    );
    world.has(
        "doctors",
        &[
            (16, "email", None),
            (17, "email", None),
            (19, "email", None),
            (20, "name", Some("Doctor 20")),
            (24, "phone", None),
        ],
    );
}

fn mappings(world: &World) {
    world.has(
        "mappings",
        &[
            (72, "patient_id", Some("46")),
            (74, "doctor_id", Some("20")),
            (75, "patient_id", Some("4294967297")),
            (76, "owner_id", Some("6")),
            (77, "assigned_by_id", None),
            (78, "assigned_by_id", None),
            (79, "assigned_by_id", None),
            (80, "assigned_by_id", Some("2")),
            (81, "assigned_by_id", Some("1")),
        ],
    );
    for id in [80, 81] {
        assert_ne!(world.value("mappings", id, "owner_id"), world.value("mappings", id, "assigned_by_id"));
    }
}

#[tokio::test]
async fn into_sqlite() {
    for kind in ["json", "sql", "sqlite3"] {
        check(Database::Sqlite, kind).await;
    }
}

#[tokio::test]
async fn into_postgresql() {
    check(Database::Postgres, "sql").await;
}

#[tokio::test]
async fn times_are_the_instants_that_were_meant() {
    let (world, _) = World::with(Database::Sqlite, "s0", "sql").await;
    world.has(
        "patients",
        &[
            (39, "created_at", Some("2024-04-20T05:29:14.287440Z")),
            (57, "created_at", Some("1900-01-01T00:00:00.000000Z")),
            (58, "created_at", Some("2099-12-31T23:59:59.999999Z")),
            (58, "updated_at", Some("2024-02-29T18:30:00.000000Z")),
            // Told when the row was last written, not when it was made.
            (45, "age_told_on", Some("2024-02-27")),
        ],
    );
    world.has(
        "mappings",
        &[
            (82, "assigned_at", Some("2025-01-01T00:00:00.000000Z")),
            (82, "updated_at", Some("2024-01-01T00:00:00.000000Z")),
        ],
    );
}
