//! Files of keys: made once, replaced whole, readable by the server only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::Timestamp;
use secrecy::ExposeSecret as _;
use security::{Algorithm, KeyFile, SystemRandom};

const MODE: u32 = 0o600;

/// Between the rotation and the first token of the new key: until then every server that reads the file knows
/// the key.
pub(crate) const NOTICE: Duration = Duration::from_secs(5);

/// When the new key begins to sign.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rotated {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
}

/// The name of the file in the data folder.
pub(crate) const fn file_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Hs256 => "secret.key",
        Algorithm::EdDsa => "private.pem",
    }
}

/// Makes a file with a new key, unless there is a file: true when it was made now. No server ever reads half a
/// file or replaces one, however many start at once.
pub(crate) fn make(path: &Path, algorithm: Algorithm) -> io::Result<bool> {
    if fs::exists(path)? {
        return Ok(false);
    }
    let keys = KeyFile::generate(algorithm, SystemRandom.secret_bytes()).map_err(io::Error::other)?;
    let draft = write_draft(path, &keys)?;
    let placed = match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        placed => placed.map(|()| true),
    };
    fs::remove_file(&draft)?;
    placed
}

/// Adds a new key to the file, in one step. Keys that signed until now count for `tail` longer.
pub(crate) fn rotate(
    path: &Path,
    algorithm: Algorithm,
    now: Timestamp,
    tail: Duration,
) -> io::Result<Rotated> {
    let path = fs::canonicalize(path)?;
    let folder = path.parent().ok_or(io::ErrorKind::NotADirectory)?;
    // Of two rotations at once the second adds to what the first has made.
    let folder = File::open(folder)?;
    folder.lock()?;
    let keys = KeyFile::parse(&fs::read_to_string(&path)?, algorithm).map_err(io::Error::other)?;
    let from = now.plus(NOTICE);
    let keys = keys.rotated(SystemRandom.secret_bytes(), now, from, tail).map_err(io::Error::other)?;
    let draft = write_draft(&path, &keys)?;
    fs::rename(&draft, &path).inspect_err(|_| drop(fs::remove_file(&draft)))?;
    folder.sync_all()?;
    Ok(Rotated { from, until: from.plus(tail) })
}

/// Writes the keys beside the file, for its owner.
fn write_draft(path: &Path, keys: &KeyFile) -> io::Result<PathBuf> {
    let draft =
        path.with_extension(format!("draft-{}-{:?}", std::process::id(), std::thread::current().id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&draft)?;
    let written = keep_owner(path, &file)
        .and_then(|()| file.write_all(keys.to_text().expose_secret().as_bytes()))
        .and_then(|()| file.sync_all());
    written.inspect_err(|_| drop(fs::remove_file(&draft)))?;
    Ok(draft)
}

/// An administrator may rotate the keys of a server that runs as somebody else.
fn keep_owner(path: &Path, file: &File) -> io::Result<()> {
    let Ok(old) = fs::metadata(path) else { return Ok(()) };
    let new = file.metadata()?;
    if (old.uid(), old.gid()) == (new.uid(), new.gid()) {
        return Ok(());
    }
    fchown(file, Some(old.uid()), Some(old.gid()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn now() -> Timestamp {
        Timestamp::parse("2026-01-02T03:04:05Z").unwrap()
    }

    #[test]
    fn a_file_is_made_once_even_by_many_servers_at_once() {
        for algorithm in [Algorithm::Hs256, Algorithm::EdDsa] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(file_name(algorithm));
            let read: Vec<(bool, String)> = std::thread::scope(|scope| {
                let make = || (make(&path, algorithm).unwrap(), fs::read_to_string(&path).unwrap());
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert!(read.iter().all(|(_, text)| *text == read[0].1 && !text.is_empty()));
            assert_eq!(read.iter().filter(|(made, _)| *made).count(), 1);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
            assert_eq!(mode(&path), 0o600);
        }
    }

    #[test]
    fn rotations_add_keys_and_leave_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        make(&path, Algorithm::Hs256).unwrap();
        let before = fs::read_to_string(&path).unwrap();
        let tail = Duration::from_hours(1);
        let rotated = rotate(&path, Algorithm::Hs256, now(), tail).unwrap();
        assert_eq!(rotated.from.to_string(), "2026-01-02T03:04:10Z");
        assert_eq!(rotated.until.to_string(), "2026-01-02T04:04:10Z");
        let after = fs::read_to_string(&path).unwrap();
        assert!(after.starts_with(before.trim_end()) && after.contains(" until=2026-01-02T04:04:10Z\n"));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| rotate(&path, Algorithm::Hs256, now(), tail).unwrap());
            }
        });
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 10);
        assert_eq!((fs::read_dir(folder.path()).unwrap().count(), mode(&path)), (1, 0o600));
    }

    #[test]
    fn a_bad_file_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        fs::write(&path, "short").unwrap();
        assert!(rotate(&path, Algorithm::Hs256, now(), Duration::ZERO).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "short");
        assert!(rotate(&folder.path().join("none"), Algorithm::Hs256, now(), Duration::ZERO).is_err());
    }
}
