//! Rows that were imported before update their records, and are counted only where they do.

use domain::UserId;
use transfer::sheet::{Format, Kind, OnConflict, Options, SheetTally};

use crate::world::{Database, World, now};
use crate::{import, options, user};

/// Somebody who brings the same sheets again.
struct Again {
    world: World,
    owner: UserId,
}

impl Again {
    async fn new(database: Database) -> Self {
        let world = World::new(database).await;
        let owner = user(&world, "ann").await;
        Self { world, owner }
    }

    /// Takes a sheet in that updates; tells how many rows were added, updated, skipped and refused. A dry run before has
    /// said the same, of the same rows.
    async fn take(&self, kind: Kind, sheet: &str) -> [u64; 4] {
        let options = options(kind, Format::Csv, Some(self.owner));
        let update = Options { on_conflict: OnConflict::Update, ..options };
        let said = import(&self.world, sheet, &Options { is_dry: true, ..update.clone() }).await;
        let done = import(&self.world, sheet, &update).await;
        assert_eq!(said, done, "what a dry run says is what becomes of it");
        let SheetTally { added, updated, skipped, refused, .. } = done.0;
        [added, updated, skipped, refused]
    }
}

async fn doctors_retire(database: Database) {
    let again = Again::new(database).await;
    let sheet = |name: &str, is_retired: bool| {
        let head = "id,name,license_number,created_at,updated_at,is_retired";
        format!("{head}\n1,{name},L1,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,{is_retired}\n")
    };
    assert_eq!(again.take(Kind::Doctors, &sheet("Dr. Iyer", false)).await, [1, 0, 0, 0]);
    assert_eq!(again.take(Kind::Doctors, &sheet("Dr. Iyer", false)).await, [0, 0, 1, 0]);
    again.world.has("doctors", &[(1, "version", Some("1"))]);
    assert_eq!(again.take(Kind::Doctors, &sheet("Dr. Rao", true)).await, [0, 1, 0, 0]);
    again.world.has("doctors", &[(1, "name", Some("Dr. Rao")), (1, "version", Some("3"))]);
    assert_eq!(again.world.count("doctors WHERE retired_at IS NOT NULL"), 1);
    // Who has retired stays as they are.
    assert_eq!(again.take(Kind::Doctors, &sheet("Dr. Rao", true)).await, [0, 0, 1, 0]);
    assert_eq!(again.take(Kind::Doctors, &sheet("Dr. Rao", false)).await, [0, 0, 0, 1]);
    again.world.has("doctors", &[(1, "version", Some("3"))]);
}

#[tokio::test]
async fn a_doctor_retires_by_a_sheet_once_on_sqlite() {
    doctors_retire(Database::Sqlite).await;
}

#[tokio::test]
async fn a_doctor_retires_by_a_sheet_once_on_postgresql() {
    doctors_retire(Database::Postgres).await;
}

async fn retire_alone(database: Database) {
    let again = Again::new(database).await;
    assert_eq!(again.take(Kind::Doctors, "id,name\n1,Dr. Iyer\n").await, [1, 0, 0, 0]);
    assert_eq!(again.take(Kind::Doctors, "id,name,is_retired\n1,Dr. Iyer,true\n").await, [0, 1, 0, 0]);
    assert_eq!(again.world.count("doctors WHERE retired_at IS NOT NULL AND version = 2"), 1);
}

#[tokio::test]
async fn nothing_but_that_a_doctor_has_retired_is_a_change_on_sqlite() {
    retire_alone(Database::Sqlite).await;
}

#[tokio::test]
async fn nothing_but_that_a_doctor_has_retired_is_a_change_on_postgresql() {
    retire_alone(Database::Postgres).await;
}

async fn mappings(database: Database) {
    let again = Again::new(database).await;
    again.take(Kind::Patients, "id,name\n1,Ann\n").await;
    again.take(Kind::Doctors, "id,name\n1,Dr. Iyer\n2,Dr. Rao\n").await;
    let sheet = |notes: &str, end: &str| {
        let head = "id,patient,doctor,notes,assigned_at,ended_at";
        let ended = "2,1,2,y,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z";
        format!("{head}\n1,1,1,{notes},2026-01-01T00:00:00Z,{end}\n{ended}\n")
    };
    assert_eq!(again.take(Kind::Mappings, &sheet("x", "")).await, [2, 0, 0, 0]);
    assert_eq!(again.take(Kind::Mappings, &sheet("x", "")).await, [0, 0, 2, 0]);
    assert_eq!(again.take(Kind::Mappings, &sheet("z", "")).await, [0, 1, 1, 0]);
    again.world.has("mappings", &[(1, "notes", Some("z")), (1, "version", Some("2"))]);
}

#[tokio::test]
async fn a_mapping_that_says_the_same_is_not_updated_on_sqlite() {
    mappings(Database::Sqlite).await;
}

#[tokio::test]
async fn a_mapping_that_says_the_same_is_not_updated_on_postgresql() {
    mappings(Database::Postgres).await;
}

async fn mappings_end(database: Database) {
    let again = Again::new(database).await;
    again.take(Kind::Patients, "id,name\n1,Ann\n").await;
    again.take(Kind::Doctors, "id,name\n1,Dr. Iyer\n2,Dr. Rao\n").await;
    let sheet = |notes: &str, end: &str| {
        let rows = [1, 2].map(|id| format!("{id},1,{id},{notes},2026-01-01T00:00:00Z,{end}\n"));
        format!("id,patient,doctor,notes,assigned_at,ended_at\n{}", rows.concat())
    };
    let end = "2026-01-02T00:00:00Z";
    assert_eq!(again.take(Kind::Mappings, &sheet("x", "")).await, [2, 0, 0, 0]);
    assert_eq!(again.take(Kind::Mappings, &sheet("x", end)).await, [0, 2, 0, 0]);
    assert_eq!(again.world.count("mappings WHERE ended_at IS NOT NULL AND version = 2"), 2);
    // What has ended stays as it is.
    assert_eq!(again.take(Kind::Mappings, &sheet("y", end)).await, [0, 0, 2, 0]);
    assert_eq!(again.take(Kind::Mappings, &sheet("x", "")).await, [0, 0, 0, 2]);
    again.world.has("mappings", &[(1, "notes", Some("x")), (1, "version", Some("2"))]);
    let other = "id,patient,doctor,notes,ended_at\n3,1,1,x,\n";
    assert_eq!(again.take(Kind::Mappings, other).await, [1, 0, 0, 0]);
    let both = format!("id,patient,doctor,notes,ended_at\n3,1,1,z,{}\n", now());
    assert_eq!(again.take(Kind::Mappings, &both).await, [0, 1, 0, 0]);
    again.world.has("mappings", &[(3, "notes", Some("z")), (3, "version", Some("3"))]);
    assert_eq!(again.world.count("mappings WHERE ended_at IS NULL"), 0);
}

#[tokio::test]
async fn a_mapping_whose_row_has_ended_ends_on_sqlite() {
    mappings_end(Database::Sqlite).await;
}

#[tokio::test]
async fn a_mapping_whose_row_has_ended_ends_on_postgresql() {
    mappings_end(Database::Postgres).await;
}

async fn unique_values(database: Database) {
    let again = Again::new(database).await;
    let sheet = |first: &str, second: &str| {
        format!("external_id,name,email,license_number\na,Dr. Iyer,{first}\nb,Dr. Rao,{second}\n")
    };
    let (iyer, rao) = ("iyer@example.org,L1", "rao@example.org,L2");
    assert_eq!(again.take(Kind::Doctors, &sheet(iyer, rao)).await, [2, 0, 0, 0]);
    assert_eq!(again.take(Kind::Doctors, &sheet(iyer, "Iyer@example.org,L2")).await, [0, 0, 1, 1]);
    assert_eq!(again.take(Kind::Doctors, &sheet("iyer@example.org,L2", rao)).await, [0, 0, 1, 1]);
    assert_eq!(
        again.take(Kind::Doctors, &sheet("IYER@example.org,L1", "rao@example.org,L3")).await,
        [0, 2, 0, 0]
    );
}

#[tokio::test]
async fn an_update_takes_nothing_that_is_another_doctors_on_sqlite() {
    unique_values(Database::Sqlite).await;
}

#[tokio::test]
async fn an_update_takes_nothing_that_is_another_doctors_on_postgresql() {
    unique_values(Database::Postgres).await;
}

#[tokio::test]
async fn a_row_that_changes_a_patient_is_told_before() {
    let again = Again::new(Database::Sqlite).await;
    let sheet = |phone: &str| format!("external_id,name,phone\na,Ann,{phone}\nb,Bob,999\n");
    assert_eq!(again.take(Kind::Patients, &sheet("999")).await, [2, 0, 0, 0]);
    assert_eq!(again.take(Kind::Patients, &sheet("999")).await, [0, 0, 2, 0]);
    assert_eq!(again.take(Kind::Patients, &sheet("000")).await, [0, 1, 1, 0]);
}

#[tokio::test]
async fn a_record_of_an_external_id_is_the_same_whenever_it_was_made() {
    let again = Again::new(Database::Sqlite).await;
    let sheet = |phone: &str, made: &str| {
        format!("external_id,id,name,phone,created_at\nMRN-1,1,Ann,{phone},{made}\n")
    };
    assert_eq!(again.take(Kind::Patients, &sheet("999", "2026-01-01T00:00:00Z")).await, [1, 0, 0, 0]);
    assert_eq!(again.take(Kind::Patients, &sheet("000", "2026-01-02T00:00:00Z")).await, [0, 1, 0, 0]);
    again.world.has("patients", &[(1, "phone", Some("000"))]);
}
