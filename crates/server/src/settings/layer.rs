//! One source of settings, as keys and values with the place where each was given.

use std::collections::BTreeMap;

use config::{ConfigError, File, FileFormat, Map, Source, Value, ValueKind};

use crate::settings::families;
use crate::settings::{Flags, SettingsError};

/// Settings of one source, `section.key` each.
#[derive(Clone, Debug, Default)]
pub(super) struct Layer {
    entries: BTreeMap<String, Value>,
}

/// Variables of this form name a key: `HEALTHCORE__SECTION__KEY`.
const PREFIX: &str = "HEALTHCORE__";
const SEPARATOR: &str = "__";

/// Two ways to give one secret: the one that is given later wins, whichever it is.
const ALTERNATIVES: [(&str, &str); 5] = [
    ("auth.secret_key", "auth.secret_key_file"),
    ("auth.previous_secret_keys", "auth.previous_secret_keys_file"),
    ("auth.password_pepper", "auth.password_pepper_file"),
    ("database.password", "database.password_file"),
    ("database.url", "database.url_file"),
];

impl Layer {
    /// The keys of a TOML text.
    pub(super) fn from_toml(name: &str, text: &str) -> Result<Self, SettingsError> {
        let table =
            File::from_str(text, FileFormat::Toml).collect().map_err(|error| toml_error(name, &error))?;
        let mut layer = Self::default();
        layer.flatten("", table, name);
        layer.settle(name)
    }

    /// The keys that variables name; `kind` is what to call them.
    pub(super) fn from_variables(
        kind: &str,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, SettingsError> {
        let mut layer = Self::default();
        for (name, value) in variables {
            if let Some(key) = name.strip_prefix(PREFIX) {
                layer.add(&key.to_lowercase().replace(SEPARATOR, "."), &format!("{kind} {name}"), value);
            }
        }
        families::add(&mut layer, kind, variables)?;
        layer.settle(kind)
    }

    /// The keys that flags name.
    pub(super) fn from_flags(flags: &Flags) -> Result<Self, SettingsError> {
        let mut layer = Self::default();
        let data_dir = flags.data_dir.as_ref().map(|path| path.display().to_string());
        layer.add("server.bind", "--bind", flags.bind.as_deref().unwrap_or_default());
        layer.add("database.url", "--database-url", flags.database_url.as_deref().unwrap_or_default());
        layer.add("server.data_dir", "--data-dir", data_dir.as_deref().unwrap_or_default());
        layer.settle("command line")
    }

    /// Notes a value unless it is empty or the key has one already.
    pub(super) fn add(&mut self, key: &str, origin: &str, value: &str) {
        if !value.is_empty() && !self.has(key) {
            self.set(key, origin, value);
        }
    }

    /// Whether the key has a value that is not empty.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.get(key).is_some_and(|value| match &value.kind {
            ValueKind::Nil => false,
            ValueKind::String(text) => !text.is_empty(),
            _ => true,
        })
    }

    /// All keys, with the place of each.
    pub(super) fn origins(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value.origin().unwrap_or_default()))
    }

    /// All keys, with the value of each as one writes it.
    pub(super) fn values(&self) -> impl Iterator<Item = (&str, String)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), written(value)))
    }

    fn set(&mut self, key: &str, origin: &str, value: &str) {
        self.entries.insert(key.to_owned(), Value::new(Some(&origin.to_owned()), value));
    }

    fn flatten(&mut self, prefix: &str, table: Map<String, Value>, name: &str) {
        for (key, value) in table {
            let key = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
            match value.kind {
                ValueKind::Table(table) => self.flatten(&key, table, name),
                kind => drop(self.entries.insert(key, Value::new(Some(&name.to_owned()), kind))),
            }
        }
    }

    /// Makes what this layer says about an alternative outweigh what earlier layers said about the other.
    fn settle(mut self, name: &str) -> Result<Self, SettingsError> {
        for (value, file) in ALTERNATIVES {
            match (self.has(value), self.has(file)) {
                (true, true) => {
                    return Err(SettingsError::bad(
                        value,
                        name,
                        format!("and `{file}` are both given; give one"),
                    ));
                }
                (true, false) => self.set(file, name, ""),
                (false, true) => self.set(value, name, ""),
                (false, false) => {}
            }
        }
        let has_parts = self.has("database.host") || self.has("database.name");
        if has_parts && !self.has("database.url") && !self.has("database.url_file") {
            self.set("database.url", name, "");
            self.set("database.url_file", name, "");
        }
        Ok(self)
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.entries.clone().into_iter().collect())
    }
}

/// The parser quotes the line that it does not understand, and a secret may stand in it.
/// A value as in a file of settings.
fn written(value: &Value) -> String {
    match &value.kind {
        // Debug escapes what TOML escapes, in the same way, for the texts that settings are.
        ValueKind::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

fn toml_error(name: &str, error: &ConfigError) -> SettingsError {
    let text = match error {
        ConfigError::FileParse { cause, .. } => cause.to_string(),
        other => other.to_string(),
    };
    let place = text.lines().next().and_then(|line| line.split_once(" at ")).map(|(_, place)| place);
    let place = place
        .filter(|place| place.starts_with("line "))
        .map_or(String::new(), |place| format!(" at {place}"));
    SettingsError::file(name, format_args!("is not TOML{place}"))
}
