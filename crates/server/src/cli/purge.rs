//! `healthcore purge`.

use std::io::{self, IsTerminal as _, Write as _};

use domain::ports::{Clock as _, RepositoryError};
use domain::{AuditEvent, Outcome, PatientId, RecordId, Stamp};
use security::SystemClock;

use super::args::PurgeArguments;
use super::failure::Failure;
use crate::output;
use crate::settings::Settings;

const DONE: &str = "\
gone: the record, the words that it is found by, its mappings, every version of these, and the answers that were kept
for requests that come twice
kept: the events of the audit trail, which hold no values; doctors and users";
const DONE_ON_SQLITE: &str = "\
the file of the database was written anew and its log emptied
left to you: backups and other copies of the file, snapshots of its disk, exports that somebody has made";
const DONE_ON_POSTGRESQL: &str = "\
the tables were written anew, with their indexes and statistics
left to you: the write-ahead log (`pg_wal`, until the server has used its files again, and every archive of it), base
backups and dumps, snapshots of disks, standbys that are behind, exports that somebody has made, and the log of the
server where it logs statements";

pub(super) fn run(settings: &Settings, arguments: &PurgeArguments) -> Result<(), Failure> {
    let id = arguments.patient;
    if !arguments.yes {
        confirm(id)?;
    }
    let (stores, runtime) = super::stores(settings)?;
    let stamp = Stamp::anonymous(SystemClock.now(), super::call("purge"));
    let erased = runtime.block_on(stores.eraser.erase_patient(id, &arguments.reason, &stamp));
    if let Err(RepositoryError::Missing(_)) = erased {
        let event = AuditEvent::of(&stamp, Outcome::NotFound).about(RecordId::Patient(id));
        let event = event.because(arguments.reason.clone());
        runtime.block_on(super::put_on_record(&stores, event))?;
        return Err(Failure::Failed(format!("there is no patient {id}")));
    }
    erased.map_err(|error| Failure::failed(&error))?;
    let is_sqlite = settings.database_url.sqlite_file().is_some();
    output::say(DONE);
    output::say(if is_sqlite { DONE_ON_SQLITE } else { DONE_ON_POSTGRESQL });
    Ok(output::data(&format!("patient {id} was erased\n"))?)
}

/// Asks; the answer is the id, so that nobody says yes to the wrong one by habit.
fn confirm(id: PatientId) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        let message =
            "what is erased cannot be brought back: give --yes, or run it on a terminal to be asked";
        return Err(Failure::Usage(message.to_owned()));
    }
    let question =
        format!("Patient {id} will be erased for good, with every version and mapping. Type {id} to do it: ");
    let mut err = io::stderr().lock();
    err.write_all(question.as_bytes())?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if answer.trim() == id.to_string() {
        Ok(())
    } else {
        Err(Failure::Failed("nothing was erased".to_owned()))
    }
}
