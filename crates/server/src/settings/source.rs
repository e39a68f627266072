//! Where settings come from.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::settings::SettingsError;

/// What the command line says about settings.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--bind`.
    pub bind: Option<String>,
    /// `--database-url`.
    pub database_url: Option<String>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
}

/// Everything that settings are read from, apart from the defaults. Made of the process by
/// [`Sources::of_process`], or by hand: nothing else reads the environment.
#[derive(Clone, Default)]
pub struct Sources {
    pub(crate) file: Option<(String, String)>,
    pub(crate) dotenv: BTreeMap<String, String>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) flags: Flags,
}

/// The variable for `--config`.
const CONFIG_VARIABLE: &str = "HEALTHCORE_CONFIG";
const DOTENV: &str = ".env";

impl Sources {
    /// The sources of this process: the file that the flag or `HEALTHCORE_CONFIG` names, `.env` in the current
    /// folder, the environment and the flags.
    pub fn of_process(flags: Flags) -> Result<Self, SettingsError> {
        let environment = environment();
        let named = environment.get(CONFIG_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
        let file = match flags.config.clone().or(named) {
            Some(path) => Some(read_config(&path)?),
            None => None,
        };
        Ok(Self { file, dotenv: dotenv(Path::new(DOTENV))?, environment, flags })
    }

    /// The same with a file of settings.
    pub fn with_file(mut self, name: &str, text: &str) -> Self {
        self.file = Some((name.to_owned(), text.to_owned()));
        self
    }

    /// The same with one more line of `.env`.
    pub fn with_dotenv(mut self, name: &str, value: &str) -> Self {
        self.dotenv.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same with one more environment variable.
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same with other flags.
    pub fn with_flags(mut self, flags: Flags) -> Self {
        self.flags = flags;
        self
    }

    /// A variable that is no setting, from the environment or else from `.env`.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let set = |map: &BTreeMap<String, String>| map.get(name).is_some_and(|value| !value.is_empty());
        let map = if set(&self.environment) { &self.environment } else { &self.dotenv };
        map.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sources(…)")
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flags(…)")
    }
}

/// All variables that are text.
#[expect(clippy::disallowed_methods, reason = "the settings are the one place that reads the environment")]
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

fn read_config(path: &Path) -> Result<(String, String), SettingsError> {
    let name = path.display().to_string();
    match fs::read_to_string(path) {
        Ok(text) => Ok((name, text)),
        Err(error) => Err(SettingsError::file(name, format_args!("cannot be read: {error}"))),
    }
}

/// The lines of a file of `NAME=value` lines; none when there is no such file.
fn dotenv(path: &Path) -> Result<BTreeMap<String, String>, SettingsError> {
    let lines = match dotenvy::from_path_iter(path) {
        Ok(lines) => lines,
        Err(error) if error.not_found() => return Ok(BTreeMap::new()),
        Err(error) => return Err(dotenv_error(path, &error)),
    };
    lines.collect::<Result<_, _>>().map_err(|error| dotenv_error(path, &error))
}

/// dotenvy quotes the line that it does not understand, and a secret may stand in it.
fn dotenv_error(path: &Path, error: &dotenvy::Error) -> SettingsError {
    let name = path.display();
    match error {
        dotenvy::Error::Io(error) => {
            SettingsError::file(name.to_string(), format_args!("cannot be read: {error}"))
        }
        dotenvy::Error::LineParse(line, _) => SettingsError::file(
            line_of(path, line).map_or(name.to_string(), |n| format!("{name}, line {n},")),
            "is not NAME=value",
        ),
        _ => SettingsError::file(name.to_string(), "is not made of lines NAME=value"),
    }
}

fn line_of(path: &Path, line: &str) -> Option<usize> {
    let text: io::Result<String> = fs::read_to_string(path);
    let position = text.ok()?.lines().position(|other| other.trim() == line.trim())?;
    Some(position + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn no_dotenv_is_no_lines() {
        assert!(dotenv(Path::new("/no/such/.env")).unwrap().is_empty());
    }

    #[test]
    fn dotenv_has_comments_quotes_and_exports() {
        let (_folder, path) = file("# a comment\nA=1\nexport B='two words'\n");
        let lines = dotenv(&path).unwrap();
        assert_eq!(
            lines.into_iter().collect::<Vec<_>>(),
            [("A".into(), "1".into()), ("B".into(), "two words".into())]
        );
    }

    #[test]
    fn a_bad_line_is_named_by_its_number_and_not_shown() {
        let (_folder, path) = file("A=1\n\nSECRET_KEY hunter2 hunter2\n");
        let message = dotenv(&path).unwrap_err().to_string();
        assert!(message.ends_with(".env, line 3, is not NAME=value"), "{message}");
        assert!(!message.contains("hunter2"));
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        let sources = Sources::default().with_variable("A", "").with_dotenv("A", "from the file");
        assert_eq!(sources.variable("A"), Some("from the file"));
        assert_eq!(sources.with_variable("A", "x").variable("A"), Some("x"));
        assert_eq!(Sources::default().with_dotenv("A", "").variable("A"), None);
    }
}
