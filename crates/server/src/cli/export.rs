//! `healthcore export`.

use std::fs::File;
use std::io::{BufWriter, Write as _};

use domain::ports::{Clock as _, RepositoryError};
use domain::{
    AllDoctors, AllMappings, AllPatients, AuditEvent, Direction, LoginName, Order, Outcome, Page, PageLimit,
    PasswordHash, Reason, SortKey, Stamp, User, UserId,
};
use persistence::Stores;
use security::SystemClock;
use transfer::sheet::Writer;

use super::args::{ExportSheetArguments, SheetFormat, SheetKind};
use super::failure::Failure;
use super::import::{private_file, sheet_owner};
use crate::output;
use crate::settings::Settings;

/// As much as is in memory at a time.
const PAGE: PageLimit = PageLimit::new(PageLimit::MAX).unwrap();
/// Oldest first.
const ORDER: Order = Order { key: SortKey::CreatedAt, direction: Direction::Ascending };

pub(super) fn run(settings: &Settings, arguments: &ExportSheetArguments) -> Result<(), Failure> {
    if arguments.kind == SheetKind::Users && arguments.format == SheetFormat::Csv {
        return Err(Failure::Usage("users are written as NDJSON only".to_owned()));
    }
    if arguments.kind != SheetKind::Users && arguments.with_password_hashes {
        return Err(Failure::Usage("--with-password-hashes is for users".to_owned()));
    }
    let (stores, runtime) = super::stores(settings)?;
    let out = arguments.out.as_deref().map(private_file).transpose()?;
    let mut out = Out { file: out.map(BufWriter::new) };
    runtime.block_on(export(&stores, arguments, &mut out))?;
    Ok(out.file.as_mut().map_or(Ok(()), BufWriter::flush)?)
}

/// Where the lines go.
struct Out {
    file: Option<BufWriter<File>>,
}

impl Out {
    /// False when the reader has had enough.
    fn write(&mut self, text: &str) -> Result<bool, Failure> {
        match &mut self.file {
            Some(file) => Ok(file.write_all(text.as_bytes()).map(|()| true)?),
            None => Ok(output::part(text)?),
        }
    }
}

async fn export(stores: &Stores, arguments: &ExportSheetArguments, out: &mut Out) -> Result<(), Failure> {
    let owner = sheet_owner(stores, arguments.owner.as_deref()).await?;
    let name = match arguments.kind {
        SheetKind::Users => "export_users",
        SheetKind::Patients => "export_patients",
        SheetKind::Doctors => "export_doctors",
        SheetKind::Mappings => "export_mappings",
    };
    let mut event = AuditEvent::of(&Stamp::anonymous(SystemClock.now(), super::call(name)), Outcome::Done);
    if arguments.with_password_hashes {
        event =
            event.because(Reason::parse("with password hashes").map_err(|error| Failure::failed(&error))?);
    }
    super::put_on_record(stores, event).await?;
    let format = arguments.format.into();
    match arguments.kind {
        SheetKind::Users => users(stores, owner, arguments, out).await,
        SheetKind::Patients => patients(stores, owner, &Writer::patients(format), out).await,
        SheetKind::Doctors => doctors(stores, owner, &Writer::doctors(format), out).await,
        SheetKind::Mappings => mappings(stores, owner, &Writer::mappings(format), out).await,
    }
}

async fn users(
    stores: &Stores,
    only: Option<UserId>,
    arguments: &ExportSheetArguments,
    out: &mut Out,
) -> Result<(), Failure> {
    let with_hashes = arguments.with_password_hashes;
    let writer = Writer::users(arguments.format.into(), with_hashes);
    let mut after = None;
    let mut is_wanted = out.write(&writer.header()?)?;
    while is_wanted {
        let users = stores.users.list(after, PAGE).await.map_err(|error| failed(&error))?;
        let Some(last) = users.last() else { break };
        after = Some(last.id);
        let mut text = String::new();
        for user in users.iter().filter(|user| only.is_none_or(|only| only == user.id)) {
            let hash = if with_hashes { hash(stores, user).await? } else { None };
            text.push_str(&writer.user(user, hash.as_ref())?);
        }
        is_wanted = out.write(&text)?;
    }
    Ok(())
}

/// The hash of a user's password. Whoever has an e-mail address for a name may not be the only one who signs in by it.
async fn hash(stores: &Stores, user: &User) -> Result<Option<PasswordHash>, Failure> {
    let Some(login) = LoginName::parse(user.username.as_str()) else { return Ok(None) };
    let found = stores.users.find_credentials(&login).await.map_err(|error| failed(&error))?;
    Ok(found.filter(|found| found.user.id == user.id).and_then(|found| found.password_hash))
}

async fn patients(
    stores: &Stores,
    owner: Option<UserId>,
    writer: &Writer,
    out: &mut Out,
) -> Result<(), Failure> {
    let owner = match owner {
        Some(owner) => {
            stores.users.find(owner).await.map_err(|error| failed(&error))?.map(|user| user.username)
        }
        None => None,
    };
    let filter = AllPatients { owner, ..AllPatients::default() };
    let mut page = Page { limit: PAGE, order: ORDER, ..Page::default() };
    let mut is_wanted = out.write(&writer.header()?)?;
    while is_wanted {
        let listing = stores.admin_records.patients(&filter, page).await.map_err(|error| failed(&error))?;
        let mut text = String::new();
        for patient in &listing.items {
            text.push_str(&writer.patient(patient)?);
        }
        page.after = listing.next;
        is_wanted = out.write(&text)? && page.after.is_some();
    }
    Ok(())
}

async fn doctors(
    stores: &Stores,
    owner: Option<UserId>,
    writer: &Writer,
    out: &mut Out,
) -> Result<(), Failure> {
    let mut is_wanted = out.write(&writer.header()?)?;
    for is_retired in [false, true] {
        let filter = AllDoctors { is_retired, ..AllDoctors::default() };
        let mut page = Page { limit: PAGE, order: ORDER, ..Page::default() };
        while is_wanted {
            let listing =
                stores.admin_records.doctors(&filter, page).await.map_err(|error| failed(&error))?;
            let mut text = String::new();
            for doctor in
                listing.items.iter().filter(|doctor| owner.is_none_or(|only| only == doctor.creator))
            {
                text.push_str(&writer.doctor(doctor, is_retired)?);
            }
            page.after = listing.next;
            is_wanted = out.write(&text)?;
            if page.after.is_none() {
                break;
            }
        }
    }
    Ok(())
}

async fn mappings(
    stores: &Stores,
    owner: Option<UserId>,
    writer: &Writer,
    out: &mut Out,
) -> Result<(), Failure> {
    let mut is_wanted = out.write(&writer.header()?)?;
    for is_ended in [false, true] {
        let filter = AllMappings { is_ended, ..AllMappings::default() };
        let mut page = Page { limit: PAGE, order: ORDER, ..Page::default() };
        while is_wanted {
            let listing =
                stores.admin_records.mappings(&filter, page).await.map_err(|error| failed(&error))?;
            let mut text = String::new();
            let mappings = listing.items.iter().map(|view| &view.mapping);
            for mapping in mappings.filter(|mapping| owner.is_none_or(|owner| owner == mapping.owner)) {
                text.push_str(&writer.mapping(mapping)?);
            }
            page.after = listing.next;
            is_wanted = out.write(&text)?;
            if page.after.is_none() {
                break;
            }
        }
    }
    Ok(())
}

fn failed(error: &RepositoryError) -> Failure {
    Failure::failed(error)
}
