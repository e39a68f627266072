//! What can be wrong with the settings.

use std::fmt;

/// A setting that stops the start. Tells which one, where it comes from and what to do; never its value.
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
}

impl SettingsError {
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
        }
    }
}

impl std::error::Error for SettingsError {}
