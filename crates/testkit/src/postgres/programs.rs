//! Where the programs of PostgreSQL are, and which user may run them.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{Uid, User, geteuid};

use super::Error;

/// Folders in which packages put the programs; a `*` stands for a version.
const USUAL_FOLDERS: &[&str] = &[
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/usr/lib/postgresql*/bin",
    "/usr/local/pgsql/bin",
    "/usr/local/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// A variable of the environment. The only place of the test kit that reads it.
#[expect(clippy::disallowed_methods, reason = "how the runner tells the tests where the server is")]
pub(super) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// A folder with `initdb` and `postgres`.
#[derive(Clone)]
pub(super) struct Programs {
    folder: PathBuf,
    /// Major version: 15.
    pub(super) version: u32,
}

impl Programs {
    /// Looks at `HEALTHCORE_TEST_PG_BIN`, what `pg_config` says, `PATH` and the usual folders, in this order.
    pub(super) fn find() -> Result<Self, Error> {
        let candidates = candidates();
        candidates.iter().find_map(|folder| Self::in_folder(folder)).ok_or_else(|| {
            Error::NotFound(candidates.iter().map(|folder| folder.display().to_string()).collect())
        })
    }

    fn in_folder(folder: &Path) -> Option<Self> {
        let programs = |version| Self { folder: folder.to_owned(), version };
        if !folder.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
        major_version(&String::from_utf8_lossy(&output.stdout)).map(programs)
    }

    pub(super) fn command(&self, name: &str) -> Command {
        Command::new(self.folder.join(name))
    }
}

fn candidates() -> Vec<PathBuf> {
    if let Some(folder) = variable("HEALTHCORE_TEST_PG_BIN") {
        return vec![folder.into()];
    }
    let mut folders = Vec::new();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    if let Some(path) = variable("PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    folders.extend(USUAL_FOLDERS.iter().flat_map(|pattern| expand(pattern)));
    folders
}

/// The folders that match a pattern with at most one `*`, the newest version first.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![pattern.into()];
    };
    let Some((parent, prefix)) = before.rsplit_once('/') else {
        return Vec::new();
    };
    let mut names: Vec<String> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(prefix))
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(first_number(name)));
    names.into_iter().map(|name| PathBuf::from(format!("{parent}/{name}{after}"))).collect()
}

/// `15` of `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)`.
fn major_version(text: &str) -> Option<u32> {
    first_number(text.split_once("PostgreSQL")?.1)
}

fn first_number(text: &str) -> Option<u32> {
    let digits: String =
        text.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The user the server runs as: PostgreSQL refuses to run as root.
#[derive(Clone, Copy)]
pub(super) enum RunAs {
    /// The user of this process.
    Same,
    /// Another one, because this process is root's.
    Other {
        /// User id.
        uid: u32,
        /// Its primary group.
        gid: u32,
    },
}

impl RunAs {
    pub(super) fn choose() -> Result<Self, Error> {
        if geteuid() != Uid::from_raw(0) {
            return Ok(Self::Same);
        }
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Self::Other { uid: user.uid.as_raw(), gid: user.gid.as_raw() })
            .ok_or_else(|| {
                Error::at("choose a user for the server")(
                    "root may not run it, and there is no `postgres` or `nobody`",
                )
            })
    }

    /// Gives a file or folder to the user.
    pub(super) fn own(self, path: &Path) -> io::Result<()> {
        match self {
            Self::Same => Ok(()),
            Self::Other { uid, gid } => chown(path, Some(uid), Some(gid)),
        }
    }

    /// Sets the user of a command.
    pub(super) fn apply(self, command: &mut Command) {
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_version("something else 3"), None);
    }

    #[test]
    fn puts_the_newest_version_first() {
        let root = tempfile::tempdir().unwrap();
        for version in ["9", "16", "15"] {
            fs::create_dir_all(root.path().join(version).join("bin")).unwrap();
        }
        let found = expand(&format!("{}/*/bin", root.path().display()));
        let expected = ["16", "15", "9"].map(|version| root.path().join(version).join("bin"));
        assert_eq!(found, expected);
    }
}
