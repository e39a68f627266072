//! Backups of an embedded database: a file that is put in the place of another.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use persistence::{BackupError, Contents};

use super::super::args::RestoreArguments;
use super::super::failure::Failure;
use super::{aside, confirm, missing_of, record, settle, with_suffix};
use crate::audit::anchor_file;
use crate::settings::Settings;
use crate::{data_dir, output};

/// What belongs to a database that is at work, beside its file.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

pub(super) fn backup(settings: &Settings, database: &Path, file: &Path) -> Result<(), Failure> {
    if !database.exists() {
        return Err(Failure::Failed(format!("there is no database {}", database.display())));
    }
    record(settings, "backup")?;
    let draft = with_suffix(file, ".partial");
    remove(&draft)?;
    let made = persistence::copy(settings.database_url.expose(), &draft)
        .and_then(|()| persistence::inspect(&draft))
        .map_err(|error| failed(&error));
    let contents = made.inspect_err(|_| drop(remove(&draft)))?;
    settle(&draft)?;
    fs::rename(&draft, file)?;
    settle(file)?;
    Ok(output::data(&format!("{}: {}\n", file.display(), told(file, &contents)?))?)
}

pub(super) fn restore(
    settings: &Settings,
    database: &Path,
    arguments: &RestoreArguments,
) -> Result<(), Failure> {
    let file = &arguments.file;
    let contents = persistence::inspect(file).map_err(|error| failed(&error))?;
    let missing = missing_of(settings, &contents.versions)?;
    let told = told(file, &contents)?;
    if arguments.check {
        if missing > 0 {
            output::say(&format!("it is of an older release: {missing} migrations are missing"));
        }
        return Ok(output::data(&format!("{}: {told}\n", file.display()))?);
    }
    data_dir::prepare(settings)?;
    // Held until the new file is in its place: no server can start meanwhile.
    let lock = data_dir::lock(settings)?;
    confirm(arguments, &format!("{} will be replaced by a backup with {told}", database.display()))?;
    let draft = with_suffix(database, ".restoring");
    remove(&draft)?;
    fs::copy(file, &draft)?;
    data_dir::make_private(&draft)?;
    persistence::inspect(&draft).map_err(|error| failed(&error))?;
    settle(&draft)?;
    let kept = exchange(database, &draft)?;
    settle(database)?;
    let heads = kept.is_some().then(|| keep_heads(settings)).transpose()?.flatten();
    if missing > 0 {
        output::say(&format!(
            "{missing} migrations are missing: the next start or `healthcore migrate` applies them"
        ));
    }
    record(settings, "restore")?;
    drop(lock);
    if let Some(heads) = heads {
        output::say(&format!(
            "heads of the audit trail that were noted since are kept in {}",
            heads.display()
        ));
    }
    output::data(&format!("{}: {told}\n", database.display()))?;
    if let Some(kept) = kept {
        output::data(&format!("{} was there before\n", kept.display()))?;
    }
    Ok(())
}

/// Puts `draft` in the place of the database and keeps what was there, with what belongs to it; its new name.
///
/// The file is there at any moment: a server that starts after a power cut finds either the one or the other.
fn exchange(database: &Path, draft: &Path) -> io::Result<Option<PathBuf>> {
    if !database.exists() {
        fs::rename(draft, database)?;
        return Ok(None);
    }
    let kept = aside(database);
    fs::hard_link(database, &kept)?;
    for companion in COMPANIONS {
        let from = with_suffix(database, companion);
        if from.exists() {
            fs::rename(from, with_suffix(&kept, companion))?;
        }
    }
    fs::rename(draft, database)?;
    Ok(Some(kept))
}

/// The restored trail does not lead to the heads that were noted since the backup, and rightly so.
fn keep_heads(settings: &Settings) -> io::Result<Option<PathBuf>> {
    let own = settings.audit.anchor_file.as_os_str().is_empty();
    let Some(heads) = anchor_file(settings).filter(|heads| own && heads.exists()) else { return Ok(None) };
    let kept = aside(&heads);
    fs::rename(heads, &kept)?;
    Ok(Some(kept))
}

fn told(file: &Path, contents: &Contents) -> io::Result<String> {
    let rows: Vec<String> = contents.rows.iter().map(|(table, count)| format!("{count} {table}")).collect();
    Ok(format!("{} bytes, {}", fs::metadata(file)?.len(), rows.join(", ")))
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn failed(error: &BackupError) -> Failure {
    Failure::failed(error)
}
