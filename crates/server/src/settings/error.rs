//! What can be wrong with the settings.

use std::fmt;

/// A setting that stops the start. Tells which one, where it comes from and what to do, in one line each; never
/// its value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettingsError {
    /// There is no such setting.
    Unknown {
        /// The name that was given, `section.key`.
        key: String,
        /// Where it was given.
        origin: String,
        /// A setting with a name like it.
        nearest: Option<String>,
    },
    /// The setting cannot have this value.
    Bad {
        /// Which setting, `section.key`.
        key: String,
        /// Where the value was given.
        origin: String,
        /// What the value must be.
        reason: String,
    },
    /// A file of settings cannot be used.
    File {
        /// Which file.
        name: String,
        /// Why.
        reason: String,
    },
    /// More than one thing is wrong.
    Several(Vec<SettingsError>),
}

impl SettingsError {
    /// All of these in one, or nothing where there are none.
    pub(crate) fn all(mut faults: Vec<Self>) -> Result<(), Self> {
        match faults.len() {
            0 => Ok(()),
            1 => Err(faults.remove(0)),
            _ => Err(Self::Several(faults)),
        }
    }

    /// Whether it is about this setting.
    pub(crate) fn is_about(&self, name: &str) -> bool {
        matches!(self, Self::Bad { key, .. } if key == name)
    }

    pub(crate) fn bad(key: &str, origin: &str, reason: impl Into<String>) -> Self {
        Self::Bad { key: key.to_owned(), origin: origin.to_owned(), reason: reason.into() }
    }

    pub(crate) fn file(name: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self::File { name: name.into(), reason: reason.to_string() }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { key, origin, nearest } => {
                write!(f, "there is no setting `{key}` ({origin})")?;
                nearest.as_ref().map_or(Ok(()), |nearest| write!(f, "; did you mean `{nearest}`?"))
            }
            Self::Bad { key, origin, reason } => write!(f, "setting `{key}` ({origin}) {reason}"),
            Self::File { name, reason } => write!(f, "{name} {reason}"),
            Self::Several(faults) => {
                let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
        }
    }
}

impl std::error::Error for SettingsError {}
