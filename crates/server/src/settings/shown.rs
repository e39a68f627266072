//! The settings as they are in force, to be looked at: each with the place that it comes from, and no secret.

use std::collections::BTreeMap;

use super::{SettingsError, Sources, layers};

/// Keys whose values are nobody's to see.
const SECRETS: [&str; 5] = [
    "auth.secret_key",
    "auth.previous_secret_keys",
    "auth.password_pepper",
    "audit.seal_key",
    "database.password",
];

/// The key whose value may hold a password.
const URL: &str = "database.url";

/// One setting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownSetting {
    /// `section.key`.
    pub key: String,
    /// The value as in a file of settings; a secret is `"***"`.
    pub value: String,
    /// Which file, variable or flag has said so.
    pub origin: String,
}

impl ShownSetting {
    /// Every setting, in the order of the keys. The values need not make sense.
    ///
    /// # Errors
    /// A source cannot be read.
    pub fn all(sources: &Sources) -> Result<Vec<Self>, SettingsError> {
        let mut shown = BTreeMap::new();
        for layer in layers(sources)? {
            let values: BTreeMap<String, String> =
                layer.values().map(|(key, value)| (key.to_owned(), value)).collect();
            for (key, origin) in layer.origins() {
                let value = masked(key, values.get(key).cloned().unwrap_or_default());
                let setting = Self { key: key.to_owned(), value, origin: origin.to_owned() };
                shown.insert(key.to_owned(), setting);
            }
        }
        Ok(shown.into_values().collect())
    }
}

fn masked(key: &str, value: String) -> String {
    if value == "\"\"" {
        value
    } else if SECRETS.contains(&key) {
        "\"***\"".to_owned()
    } else if key == URL {
        without_password(&value)
    } else {
        value
    }
}

/// The URL with what may be a password left out: between the first colon of the account and the last `@`, and in every
/// parameter that is called so.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (account, rest) = rest.rsplit_once('@').map_or((None, rest), |(account, rest)| (Some(account), rest));
    let account = account.map_or(String::new(), |account| match account.split_once(':') {
        Some((user, _)) => format!("{user}:***@"),
        None => format!("{account}@"),
    });
    let (base, query) = rest.split_once('?').map_or((rest, None), |(base, query)| (base, Some(query)));
    let query = query.map_or(String::new(), |query| {
        let hidden = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, _)) if name.contains("password") => format!("{name}=***"),
            _ => pair.to_owned(),
        });
        format!("?{}", hidden.collect::<Vec<_>>().join("&"))
    });
    let end = if query.ends_with("***") { "\"" } else { "" };
    format!("{scheme}://{account}{base}{query}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{DEFAULTS, Flags};

    const SECRET: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

    fn value(sources: &Sources, key: &str) -> (String, String) {
        let all = ShownSetting::all(sources).unwrap();
        let found = all.into_iter().find(|setting| setting.key == key).unwrap();
        (found.value, found.origin)
    }

    #[test]
    fn each_setting_tells_where_it_comes_from() {
        let sources = Sources::default()
            .with_file("my.toml", "[server]\nbind = '127.0.0.1:1'\nworkers = 3\n")
            .with_dotenv("JWT_ACCESS_MINUTES", "7")
            .with_variable("POSTGRES_DB", "clinic")
            .with_flags(Flags { bind: Some("127.0.0.1:2".to_owned()), ..Flags::default() });
        assert_eq!(value(&sources, "server.bind"), ("\"127.0.0.1:2\"".into(), "--bind".into()));
        assert_eq!(value(&sources, "server.workers"), ("3".into(), "my.toml".into()));
        assert_eq!(value(&sources, "auth.access_minutes").1, ".env JWT_ACCESS_MINUTES");
        assert_eq!(
            value(&sources, "database.name"),
            ("\"clinic\"".into(), "environment variable POSTGRES_DB".into())
        );
        assert_eq!(value(&sources, "audit.reads"), ("\"batched\"".into(), "default".into()));
    }

    #[test]
    fn no_secret_is_shown() {
        for key in SECRETS {
            let name = format!("HEALTHCORE__{}", key.to_uppercase().replace('.', "__"));
            let sources = Sources::default().with_variable(&name, SECRET);
            assert_eq!(value(&sources, key), ("\"***\"".into(), format!("environment variable {name}")));
        }
        let urls = [
            ("postgres://ann:hunter2@h/db", "\"postgres://ann:***@h/db\""),
            ("postgres://ann:hun@ter2@h/db?a=b", "\"postgres://ann:***@h/db?a=b\""),
            ("postgres://h/db?password=hunter2&a=b", "\"postgres://h/db?password=***&a=b\""),
            ("postgres://h/db?a=b&sslpassword=hunter2", "\"postgres://h/db?a=b&sslpassword=***\""),
            ("postgres://ann@h/db", "\"postgres://ann@h/db\""),
            ("sqlite:///srv/clinic.db", "\"sqlite:///srv/clinic.db\""),
        ];
        for (url, want) in urls {
            let sources = Sources::default().with_variable("DATABASE_URL", url);
            assert_eq!(value(&sources, URL).0, want);
        }
    }

    #[test]
    fn every_key_that_sounds_like_a_secret_is_known_as_one() {
        let words = ["secret", "password", "pepper", "key", "token"];
        for setting in ShownSetting::all(&Sources::default()).unwrap() {
            let name = setting.key.split_once('.').unwrap().1.to_owned();
            let sounds = words.iter().any(|word| name.contains(word)) && !name.ends_with("_file");
            let is_text = setting.value.starts_with('"');
            assert!(!sounds || !is_text || SECRETS.contains(&setting.key.as_str()), "{}", setting.key);
        }
        assert!(DEFAULTS.contains("seal_key"));
    }
}
