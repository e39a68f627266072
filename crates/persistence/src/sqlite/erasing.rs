//! Cleaning the file of what was deleted.

use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use domain::ports::BoxError;

use super::Conn;
use crate::error::Failure;

/// How long the cleaning waits for those who read.
const PATIENCE: Duration = Duration::from_mins(1);

/// Somebody has read all the time.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the log of the database could not be emptied, because somebody was reading all the time")]
struct LogInUse;

#[derive(QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = Integer)]
    busy: i32,
}

/// Runs `work` in a transaction, which takes the lock for writing at once.
pub(super) fn transaction<T>(
    c: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, Failure>,
) -> Result<T, Failure> {
    c.immediate_transaction(work)
}

/// Writes the whole file anew, and takes what is written into it out of the log.
///
/// `PRAGMA secure_delete` would not do: set for the deletion alone it leaves what updates have left behind before, and
/// a file may have been written by releases that never set it.
pub(super) fn clean(c: &mut Conn) -> Result<(), BoxError> {
    c.batch_execute("VACUUM")?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let checkpoint: Checkpoint = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(c)?;
        if checkpoint.busy == 0 {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(LogInUse.into());
        }
        thread::sleep(Duration::from_millis(20));
    }
}
