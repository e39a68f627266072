//! What is written, taken in where nothing was, and written again, is the same to the byte.

use domain::{AllMappings, AllPatients, Direction, DoctorFilter, LoginName, Order, Page, PageLimit, SortKey};
use transfer::sheet::{Format, Kind, Writer};

use crate::world::{Database, World};
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
    let listing = world.stores.doctors.list(&DoctorFilter::default(), page).await.unwrap();
    let lines = listing.items.iter().map(|doctor| writer.doctor(doctor).unwrap());
    writer.header().unwrap() + &lines.collect::<String>()
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

async fn check(family: &str, database: Database, format: Format) {
    let (from, _) = World::with(Database::Sqlite, family, "sql").await;
    let to = moved(&from, database).await;
    let sheets = [patients(&from, format).await, doctors(&from, format).await, mappings(&from, format).await];
    for (sheet, kind) in sheets.iter().zip([Kind::Patients, Kind::Doctors, Kind::Mappings]) {
        let (tally, refused) = import(&to, sheet, &options(kind, format, None)).await;
        assert_eq!((tally.added, refused), (tally.read, Vec::new()), "{family} {kind:?}");
    }
    let again = [patients(&to, format).await, doctors(&to, format).await, mappings(&to, format).await];
    assert_eq!(sheets, again, "{family} {format:?}");
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
