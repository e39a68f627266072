//! Sheets, into real databases and out again.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod refused;
mod round;
mod updated;
#[path = "../django/world.rs"]
#[expect(dead_code, reason = "some of it is for other tests")]
mod world;

use domain::{EmailRule, NewUser, SourceName, UserId, UserName};
use security::BcryptHasher;
use transfer::sheet::{self, Fate, Format, Kind, OnConflict, Options, Owner, RowLine, SheetTally, Target};

use crate::world::{World, now, stamp};

/// The usual way to take a sheet of a user in.
pub(crate) fn options(kind: Kind, format: Format, owner: Option<UserId>) -> Options {
    Options {
        kind,
        format,
        source: SourceName::parse("sheet").unwrap(),
        owner: owner.map_or(Owner::Named, Owner::Given),
        on_conflict: OnConflict::Skip,
        renames: Vec::new(),
        doctor_emails: EmailRule::Unique,
        verifies: |stored| BcryptHasher::verifies(stored, false),
        now: now(),
        is_dry: false,
    }
}

/// Takes a sheet in; tells what was counted and the rows that were refused, with the columns that are wrong.
pub(crate) async fn import(
    world: &World,
    sheet: &str,
    options: &Options,
) -> (SheetTally, Vec<(u64, String)>) {
    let (tally, lines) = take_in(world, sheet, options).await;
    let columns = |line: &RowLine| {
        let columns: Vec<&str> = line.errors.iter().map(|(column, _)| column.as_str()).collect();
        (line.row, columns.join(","))
    };
    (tally, lines.iter().map(columns).collect())
}

/// Takes a sheet in; tells of the rows that were refused.
pub(crate) async fn import_lines(world: &World, sheet: &str, options: &Options) -> Vec<RowLine> {
    take_in(world, sheet, options).await.1
}

async fn take_in(world: &World, sheet: &str, options: &Options) -> (SheetTally, Vec<RowLine>) {
    let target = Target {
        intake: world.stores.intake.as_ref(),
        users: world.stores.users.as_ref(),
        patients: world.stores.patients.as_ref(),
        doctors: world.stores.doctors.as_ref(),
        mappings: world.stores.mappings.as_ref(),
    };
    let mut refused = Vec::new();
    let mut tell = |line: &RowLine| {
        if line.fate == Fate::Refused {
            refused.push(line.clone());
        }
    };
    let tally = sheet::import(sheet.as_bytes(), target, options, &stamp(), &mut tell, &|_| {}).await.unwrap();
    let SheetTally { read, added, updated, skipped, refused: count } = tally;
    assert_eq!(added + updated + skipped + count, read);
    assert_eq!(u64::try_from(refused.len()).unwrap(), count);
    (tally, refused)
}

/// A user of this name.
pub(crate) async fn user(world: &World, name: &str) -> UserId {
    let user = NewUser::new(UserName::parse(name).ok(), None).unwrap();
    world.stores.users.insert(&user, None, &stamp()).await.unwrap().id
}
