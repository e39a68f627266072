//! What the audit trail needs of the server while it runs: somebody who writes what was put on record, and somebody who
//! seals it and notes the newest seal elsewhere.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use application::AuditWriter;
use domain::ports::{AuditTrail, Clock};
use domain::{AuditEventId, AuditHead, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::settings::Settings;

/// Between two rounds of sealing.
const SEAL_INTERVAL: Duration = Duration::from_secs(1);

/// Between two notes of the newest seal.
const NOTE_INTERVAL: Duration = Duration::from_mins(1);

/// How long a stop waits for what is not written yet.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is noted is nobody else's to change.
const FILE_MODE: u32 = 0o600;

/// The file in the data folder.
const ANCHOR_FILE: &str = "audit-heads.ndjson";

/// What the trail needs to go on.
pub(crate) struct Trail {
    pub(crate) writer: AuditWriter,
    pub(crate) store: Arc<dyn AuditTrail>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) anchors: Option<PathBuf>,
}

/// The tasks of the trail, while the server runs.
pub(crate) struct TrailTasks {
    writer: JoinHandle<()>,
    sealer: JoinHandle<()>,
    close: oneshot::Sender<()>,
    stop: watch::Sender<()>,
}

impl Trail {
    /// Starts the tasks. Needs a tokio runtime.
    pub(crate) fn start(self) -> TrailTasks {
        let (close, closed) = oneshot::channel::<()>();
        let (stop, stopped) = watch::channel(());
        let sealer = Sealer { trail: self.store, clock: self.clock, anchors: self.anchors, noted: None };
        TrailTasks {
            writer: tokio::spawn(self.writer.run_until(async { drop(closed.await) })),
            sealer: tokio::spawn(sealer.run(stopped)),
            close,
            stop,
        }
    }
}

impl TrailTasks {
    /// Waits until everything that was put on record is written, sealed and noted. Whatever is still put is refused.
    pub(crate) async fn stop(self) {
        drop(self.close);
        if timeout(PATIENCE, self.writer).await.is_err() {
            tracing::error!("the end of the audit trail could not be written");
        }
        drop(self.stop);
        if timeout(PATIENCE, self.sealer).await.is_err() {
            tracing::warn!("the end of the audit trail was not sealed; the next start will do it");
        }
    }
}

/// Seals the trail and notes the newest seal.
struct Sealer {
    trail: Arc<dyn AuditTrail>,
    clock: Arc<dyn Clock>,
    anchors: Option<PathBuf>,
    noted: Option<i64>,
}

impl Sealer {
    async fn run(mut self, mut stopped: watch::Receiver<()>) {
        let mut ticks = interval(SEAL_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut next_note = Instant::now();
        loop {
            let is_over = tokio::select! {
                _ = ticks.tick() => false,
                _ = stopped.changed() => true,
            };
            if let Some(head) = self.seal().await
                && (is_over || Instant::now() >= next_note)
            {
                next_note = Instant::now() + NOTE_INTERVAL;
                self.note(&head);
            }
            if is_over {
                return;
            }
        }
    }

    async fn seal(&self) -> Option<AuditHead> {
        self.trail.seal(self.clock.now()).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the audit trail could not be sealed; trying again");
            None
        })
    }

    /// Notes a head that was not noted yet.
    fn note(&mut self, head: &AuditHead) {
        if self.noted == Some(head.seal) {
            return;
        }
        let hash = hex(&head.hash);
        tracing::info!(
            audit.seal = head.seal,
            audit.event = head.event.get(),
            audit.hash = hash,
            "the audit trail is sealed"
        );
        let noted = self.anchors.as_deref().map_or(Ok(()), |file| append(file, head));
        match noted {
            Ok(()) => self.noted = Some(head.seal),
            Err(error) => {
                tracing::error!(%error, "the head of the audit trail could not be noted in its file");
            }
        }
    }
}

/// The file that heads are noted in: the one that is named, else one beside the embedded database. A server on
/// PostgreSQL may have no folder of its own.
pub(crate) fn anchor_file(settings: &Settings) -> Option<PathBuf> {
    let named = &settings.audit.anchor_file;
    if !named.as_os_str().is_empty() {
        return Some(named.clone());
    }
    settings.database_url.sqlite_file().map(|_| settings.server.data_dir.join(ANCHOR_FILE))
}

/// A head as a line of the file.
#[derive(Serialize, Deserialize)]
struct NotedHead {
    seal: i64,
    event: i64,
    events: i64,
    hash: String,
    at: String,
}

impl From<&AuditHead> for NotedHead {
    fn from(head: &AuditHead) -> Self {
        Self {
            seal: head.seal,
            event: head.event.get(),
            events: head.events,
            hash: hex(&head.hash),
            at: head.at.to_string(),
        }
    }
}

impl NotedHead {
    fn head(&self) -> Option<AuditHead> {
        Some(AuditHead {
            seal: self.seal,
            event: AuditEventId::new(self.event)?,
            events: self.events,
            hash: unhex(&self.hash)?,
            at: Timestamp::parse(&self.at)?,
        })
    }
}

/// The head as a line, as it is noted.
pub(crate) fn line(head: &AuditHead) -> io::Result<String> {
    let mut line = serde_json::to_string(&NotedHead::from(head))?;
    line.push('\n');
    Ok(line)
}

fn append(file: &Path, head: &AuditHead) -> io::Result<()> {
    let mut line = line(head)?;
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(FILE_MODE).open(file)?;
    if is_cut_off(&mut file)? {
        line.insert(0, '\n');
    }
    file.write_all(line.as_bytes())?;
    file.sync_data()
}

/// Whether a crash has left a line without its end.
fn is_cut_off(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// What a file of noted heads says.
#[derive(Default)]
pub(crate) struct Noted {
    /// The heads, in the order of their seals.
    pub(crate) heads: Vec<AuditHead>,
    /// How many lines are none, such as those that a crash has cut off.
    pub(crate) unreadable: usize,
}

/// The heads that were noted in a file.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn noted(file: &Path) -> io::Result<Noted> {
    let mut noted = Noted::default();
    for line in BufReader::new(File::open(file)?).split(b'\n') {
        let line = line?;
        match serde_json::from_slice::<NotedHead>(&line).ok().and_then(|head| head.head()) {
            Some(head) => noted.heads.push(head),
            None if line.trim_ascii().is_empty() => {}
            None => noted.unreadable += 1,
        }
    }
    noted.heads.sort_by_key(|head| head.seal);
    noted.heads.dedup();
    Ok(noted)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let bytes: Vec<u8> = digits?
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |byte: u8, digit| byte.wrapping_shl(4) | digit))
        .collect();
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn head(seal: i64) -> AuditHead {
        let at = Timestamp::parse("2026-03-04T05:06:07.890123Z").unwrap();
        let event = AuditEventId::new(seal * 10).unwrap();
        AuditHead { seal, event, events: seal * 10, hash: [0xa5; 32], at }
    }

    #[test]
    fn heads_are_read_as_they_were_noted_and_a_line_that_was_cut_off_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("heads.ndjson");
        assert_eq!(noted(&file).err().unwrap().kind(), io::ErrorKind::NotFound);
        for seal in [1, 2] {
            append(&file, &head(seal)).unwrap();
        }
        OpenOptions::new().append(true).open(&file).unwrap().write_all(b"{\"seal\":3,").unwrap();
        let cut = noted(&file).unwrap();
        assert_eq!((cut.heads, cut.unreadable), (vec![head(1), head(2)], 1));
        append(&file, &head(4)).unwrap();
        append(&file, &head(2)).unwrap();
        let whole = noted(&file).unwrap();
        assert_eq!((whole.heads, whole.unreadable), (vec![head(1), head(2), head(4)], 1));
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_is_no_head_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("heads.ndjson");
        let good = line(&head(1)).unwrap();
        std::fs::write(
            &file,
            [b"\xff\n\n{}\n", good.replace("a5", "a").as_bytes(), good.as_bytes()].concat(),
        )
        .unwrap();
        let noted = noted(&file).unwrap();
        assert_eq!((noted.heads, noted.unreadable), (vec![head(1)], 3));
    }
}
