//! The variables that the client families' deployments already set.

use std::collections::BTreeMap;

use crate::settings::SettingsError;
use crate::settings::layer::Layer;

/// Variables and the keys that they mean. Of two for one key the first counts.
const NAMES: [(&str, &str); 10] = [
    ("HEALTHCORE_BIND", "server.bind"),
    ("HEALTHCORE_DATA_DIR", "server.data_dir"),
    ("DATABASE_URL", "database.url"),
    ("DATABASE_URL_FILE", "database.url_file"),
    ("JWT_ACCESS_MINUTES", "auth.access_minutes"),
    ("JWT_REFRESH_DAYS", "auth.refresh_days"),
    ("SECRET_KEY", "auth.secret_key"),
    ("DJANGO_SECRET_KEY", "auth.secret_key"),
    ("SECRET_KEY_FILE", "auth.secret_key_file"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "traces.otlp_endpoint"),
];

/// The two spellings of a PostgreSQL server in parts, each with its name for the database.
const DATABASE_NAMES: [(&str, &str); 2] = [("POSTGRES", "DB"), ("DB", "NAME")];

/// Adds what `variables` say to what the layer has.
pub(super) fn add(
    layer: &mut Layer,
    kind: &str,
    variables: &BTreeMap<String, String>,
) -> Result<(), SettingsError> {
    let get = |name: &str| variables.get(name).map(String::as_str).unwrap_or_default();
    for (name, key) in NAMES {
        layer.add(key, &format!("{kind} {name}"), get(name));
    }
    if ["database.url", "database.url_file", "database.host", "database.name"]
        .iter()
        .any(|key| layer.has(key))
    {
        return Ok(());
    }
    for (prefix, database) in DATABASE_NAMES {
        let name = |suffix: &str| format!("{prefix}_{suffix}");
        if get(&name(database)).is_empty() && get(&name("HOST")).is_empty() {
            continue;
        }
        if is_sqlite(kind, get(&name("ENGINE")))? {
            let file = name(database);
            layer.add("database.url", &format!("{kind} {file}"), &format!("sqlite://{}", get(&file)));
            return Ok(());
        }
        let parts = [(database, "name"), ("HOST", "host"), ("PORT", "port"), ("USER", "user")];
        let secrets = [("PASSWORD", "password"), ("PASSWORD_FILE", "password_file")];
        let tls = [("SSLMODE", "sslmode"), ("SSLROOTCERT", "sslrootcert")];
        for (suffix, key) in parts.into_iter().chain(secrets).chain(tls) {
            let variable = name(suffix);
            layer.add(&format!("database.{key}"), &format!("{kind} {variable}"), get(&variable));
        }
        return Ok(());
    }
    Ok(())
}

/// What Django calls the engine: `django.db.backends.postgresql`, `…sqlite3`.
fn is_sqlite(kind: &str, engine: &str) -> Result<bool, SettingsError> {
    let engine = engine.rsplit('.').next().unwrap_or_default();
    match engine {
        "sqlite3" | "sqlite" => Ok(true),
        "" | "postgresql" | "postgres" | "postgresql_psycopg2" | "postgis" => Ok(false),
        _ => Err(SettingsError::bad(
            "database.url",
            &format!("{kind} DB_ENGINE"),
            "must be a PostgreSQL or SQLite engine",
        )),
    }
}
