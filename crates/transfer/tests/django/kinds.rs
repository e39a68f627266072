//! The three kinds of a family, and the database itself, give the same result.

use std::collections::BTreeMap;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use testkit::postgres::{self, Template};
use transfer::django::Origin;

use crate::world::{Database, World, data, lines, options, tallies};

/// Every table of the clinic, times to the millisecond: `dumpdata` keeps no more.
fn content(world: &World) -> BTreeMap<&'static str, Vec<Option<String>>> {
    let at = |column: &str| format!("substr({column}, 1, 23)");
    let tables = [
        (
            "users",
            "username, email, password_hash, name, first_name, last_name, phone, role, is_active",
            ["date_joined", "last_login"].map(at),
        ),
        (
            "patients",
            "owner_id, name, first_name, last_name, name_key, date_of_birth, age_told, age_told_on, gender, email, \
             phone, emergency_contact, address, medical_history, blood_group, version",
            ["created_at", "updated_at"].map(at),
        ),
        (
            "doctors",
            "name, specialization, email, email_key, phone, address, availability, license_number, experience_years, \
             consultation_fee_minor, created_by_id",
            ["created_at", "updated_at"].map(at),
        ),
        (
            "mappings",
            "owner_id, patient_id, doctor_id, notes, assigned_by_id, assigned_at IS NULL, ended_at IS NULL",
            ["assigned_at", "ended_at"].map(at),
        ),
    ];
    tables
        .into_iter()
        .map(|(table, columns, times)| {
            let query = format!(
                "SELECT json_array(id, {columns}, {}) AS line FROM {table} ORDER BY id",
                times.join(", ")
            );
            (table, world.texts(&query))
        })
        .collect()
}

#[tokio::test]
async fn three_kinds_have_one_result() {
    for family in ["s0", "s1", "s2"] {
        let (first, report) = World::with(Database::Sqlite, family, "json").await;
        for kind in ["sql", "sqlite3"] {
            let (other, reported) = World::with(Database::Sqlite, family, kind).await;
            assert_eq!(lines(&reported), lines(&report), "{family} {kind}");
            assert_eq!(tallies(&reported), tallies(&report));
            for (table, rows) in content(&first) {
                assert_eq!(content(&other)[table], rows, "{family} {kind} {table}");
            }
            let originals = |report: &transfer::Report| {
                report.lines.iter().map(|line| line.original.clone()).collect::<Vec<_>>()
            };
            if kind == "sql" {
                assert_eq!(originals(&reported), originals(&report));
            }
            for (table, rows) in &report.others {
                assert_eq!(reported.others.get(table), Some(rows), "{table}");
            }
        }
    }
}

#[tokio::test]
async fn a_database_of_postgresql_is_read_as_its_dump() {
    for family in ["s0", "s2"] {
        let clinic = postgres::database(&Template::empty()).await.unwrap();
        let whole = std::fs::read_to_string(data(&format!("{family}.sql"))).unwrap();
        let restored: String = whole
            .split_inclusive('\n')
            .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"))
            .collect();
        let mut c = diesel::PgConnection::establish(clinic.url()).unwrap();
        c.batch_execute(&restored).unwrap();
        let (by_dump, expected) = World::with(Database::Sqlite, family, "sql").await;
        let world = World::new(Database::Sqlite).await;
        let (report, _) = world.import(&Origin::Postgres(clinic.url().to_owned()), &options(family)).await;
        assert_eq!(lines(&report), lines(&expected));
        assert_eq!(report.others, expected.others);
        assert!(content(&world) == content(&by_dump));
    }
}

#[tokio::test]
async fn both_databases_hold_the_same_afterwards() {
    let of = |world: &World| {
        world.texts(
            "SELECT CAST(p.id AS TEXT) || '|' || p.name || '|' || coalesce(p.phone, '') || '|' || p.name_key || '|' || \
             (SELECT CAST(count(*) AS TEXT) FROM patient_words w WHERE w.patient_id = p.id) AS line FROM patients p \
             ORDER BY id",
        )
    };
    let (sqlite, _) = World::with(Database::Sqlite, "s1", "json").await;
    let (postgres, _) = World::with(Database::Postgres, "s1", "json").await;
    assert_eq!(of(&sqlite), of(&postgres));
    let imported = |world: &World| world.count("imported_records WHERE source = 'django-s1'");
    assert_eq!((imported(&sqlite), imported(&postgres)), (177, 177));
}
