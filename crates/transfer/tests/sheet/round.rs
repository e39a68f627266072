//! What is written, taken in where nothing was, and written again, is the same to the byte.

use domain::{
    AllDoctors, AllMappings, AllPatients, Direction, DoctorId, LoginName, Order, Page, PageLimit, PatientId,
    SortKey, UserId,
};
use transfer::sheet::{Format, Kind, Writer};

use crate::world::{Database, World, stamp};
use crate::{import, options};

const ORDER: Order = Order { key: SortKey::CreatedAt, direction: Direction::Ascending };

async fn patients(world: &World, format: Format) -> String {
    let writer = Writer::patients(format);
    let page = Page { limit: PageLimit::new(1000).unwrap(), order: ORDER, ..Page::default() };
    let listing = world.stores.admin_records.patients(&AllPatients::default(), page).await.unwrap();
    let lines = listing.items.iter().map(|patient| writer.patient(patient).unwrap());
    writer.header().unwrap() + &lines.collect::<String>()
}

async fn doctors(world: &World, format: Format) -> String {
    let writer = Writer::doctors(format);
    let page = Page { limit: PageLimit::new(1000).unwrap(), order: ORDER, ..Page::default() };
    let mut text = writer.header().unwrap();
    for is_retired in [false, true] {
        let filter = AllDoctors { is_retired, ..AllDoctors::default() };
        let listing = world.stores.admin_records.doctors(&filter, page).await.unwrap();
        text.extend(listing.items.iter().map(|doctor| writer.doctor(doctor, is_retired).unwrap()));
    }
    text
}

async fn mappings(world: &World, format: Format) -> String {
    let writer = Writer::mappings(format);
    let page = Page { limit: PageLimit::new(1000).unwrap(), order: ORDER, ..Page::default() };
    let mut text = writer.header().unwrap();
    for is_ended in [false, true] {
        let filter = AllMappings { is_ended, ..AllMappings::default() };
        let listing = world.stores.admin_records.mappings(&filter, page).await.unwrap();
        text.extend(listing.items.iter().map(|view| writer.mapping(&view.mapping).unwrap()));
    }
    text
}

/// Another server into which the users were taken, and nothing else.
async fn moved(from: &World, database: Database) -> World {
    let world = World::new(database).await;
    let sheet = users(from).await;
    let (tally, refused) = import(&world, &sheet, &options(Kind::Users, Format::Ndjson, None)).await;
    assert_eq!((tally.added, refused), (tally.read, Vec::new()));
    assert_eq!(users(&world).await, sheet);
    world
}

/// All users with the hashes of their passwords.
async fn users(world: &World) -> String {
    let writer = Writer::users(Format::Ndjson, true);
    let mut text = writer.header().unwrap();
    for user in world.stores.users.list(None, PageLimit::new(1000).unwrap()).await.unwrap() {
        let login = LoginName::parse(user.username.as_str()).unwrap();
        let found = world.stores.users.find_credentials(&login).await.unwrap().unwrap();
        text.push_str(&writer.user(&user, found.password_hash.as_ref()).unwrap());
    }
    text
}

/// Somebody is deleted, and a doctor of patients retires.
async fn take_out_of_sight(world: &World) {
    let doctor =
        "SELECT doctor_id FROM mappings WHERE ended_at IS NULL GROUP BY doctor_id HAVING COUNT(*) > 1";
    let mapped = world.texts(&format!(
        "SELECT CAST(doctor_id AS TEXT) || ' ' || CAST(patient_id AS TEXT) || ' ' || CAST(owner_id AS TEXT) AS line \
         FROM mappings WHERE ended_at IS NULL AND doctor_id = ({doctor} ORDER BY doctor_id LIMIT 1) ORDER BY id",
    ));
    let line = mapped[0].clone().unwrap();
    let ids: Vec<i64> = line.split(' ').map(|id| id.parse().unwrap()).collect();
    let (doctor, patient) = (DoctorId::new(ids[0]).unwrap(), PatientId::new(ids[1]).unwrap());
    world.stores.patients.delete(UserId::new(ids[2]).unwrap(), patient, None, &stamp()).await.unwrap();
    world.stores.doctors.retire(doctor, None, &stamp()).await.unwrap();
    assert!(world.count(&format!("mappings WHERE doctor_id = {doctor} AND ended_at IS NOT NULL")) > 1);
}

async fn check(family: &str, database: Database, format: Format) {
    let (from, _) = World::with(Database::Sqlite, family, "sql").await;
    take_out_of_sight(&from).await;
    let to = moved(&from, database).await;
    let sheets = [patients(&from, format).await, doctors(&from, format).await, mappings(&from, format).await];
    for (sheet, kind) in sheets.iter().zip([Kind::Patients, Kind::Doctors, Kind::Mappings]) {
        let (tally, refused) = import(&to, sheet, &options(kind, format, None)).await;
        assert_eq!((tally.added, refused), (tally.read, Vec::new()), "{family} {kind:?}");
    }
    let again = [patients(&to, format).await, doctors(&to, format).await, mappings(&to, format).await];
    assert_eq!(sheets, again, "{family} {format:?}");
    let retired = "doctors WHERE retired_at IS NOT NULL AND retired_at = updated_at";
    assert_eq!((from.count(retired), to.count(retired)), (1, 1));
    assert!(again[0].len() > 10_000);
}

#[tokio::test]
async fn csv_comes_back_as_it_was() {
    check("s0", Database::Sqlite, Format::Csv).await;
    check("s1", Database::Sqlite, Format::Csv).await;
    check("s2", Database::Postgres, Format::Csv).await;
}

#[tokio::test]
async fn ndjson_comes_back_as_it_was() {
    check("s0", Database::Postgres, Format::Ndjson).await;
    check("s1", Database::Sqlite, Format::Ndjson).await;
    check("s2", Database::Sqlite, Format::Ndjson).await;
}

#[tokio::test]
async fn no_cell_of_a_csv_begins_like_a_formula() {
    let (from, _) = World::with(Database::Sqlite, "s1", "sql").await;
    let sheet = patients(&from, Format::Csv).await;
    assert!(sheet.contains(",'+1 202 555 0143,"));
    assert!(!sheet.contains(",+"));
}
