//! Enough rows that a plan without an index would show, and the plans.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;

/// 100 users with 100 patients each, one mapping and one event per patient, 500 doctors. The patients of the first user have
/// 600 words that begin with `zoe`, which is in no name, and 300 that begin with `ann`, as their names do.
const ROWS: &str = "
    INSERT INTO users (id, username, username_key, name, first_name, last_name, role, is_active, date_joined, version)
    SELECT n, 'u' || n, 'u' || n, '', '', '', 'patient', {yes}, {now}, 1 FROM {numbers} WHERE n <= 100;
    INSERT INTO patients (id, owner_id, name, first_name, last_name, name_key, created_at, updated_at, version)
    SELECT n, 1 + n % 100, 'Ann ' || n, 'Ann', '' || n, 'ann ' || n, {now}, {now}, 1 FROM {numbers};
    INSERT INTO patient_words (owner_id, word, created_micros, patient_id) SELECT 1 + n % 100, 'ann', CAST(1000000 AS BIGINT) * n, n FROM {numbers};
    INSERT INTO patient_words (owner_id, word, created_micros, patient_id) SELECT 1 + n % 100, '' || n, CAST(1000000 AS BIGINT) * n, n FROM {numbers};
    INSERT INTO patient_words (owner_id, word, created_micros, patient_id)
    SELECT owner_id, 'zoe' || word, created_micros, patient_id FROM patient_words WHERE owner_id = 1;
    INSERT INTO patient_words (owner_id, word, created_micros, patient_id)
    SELECT owner_id, 'zoey' || word, created_micros, patient_id FROM patient_words WHERE owner_id = 1;
    INSERT INTO patient_words (owner_id, word, created_micros, patient_id)
    SELECT owner_id, 'anne' || word, created_micros, patient_id FROM patient_words WHERE owner_id = 1 AND word < 'b';
    INSERT INTO doctors (id, name, name_key, created_by_id, created_at, updated_at, version)
    SELECT n, 'Eve ' || n, 'eve ' || n, 1, {now}, {now}, 1 FROM {numbers} WHERE n <= 500;
    INSERT INTO doctor_words (word, doctor_id) SELECT '' || n, n FROM {numbers} WHERE n <= 500;
    INSERT INTO mappings (id, owner_id, patient_id, doctor_id, assigned_at, updated_at, version)
    SELECT n, 1 + n % 100, n, 1 + n % 500, {now}, {now}, 1 FROM {numbers};
    INSERT INTO audit_events (at, operation, outcome, user_id, request_id, record_kind, record_id, patient_id, fields)
    SELECT {now}, 'patients_get', 'done', 1 + n % 100, '-', 'patient', '' || n, n, '' FROM {numbers};";

/// Without `ANALYZE`, which nobody runs: SQLite has to find its plans without statistics.
pub(crate) fn sqlite(path: &Path) {
    let numbers =
        "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 10000) SELECT n FROM c)";
    let rows = ROWS
        .replace("{numbers}", numbers)
        .replace("{yes}", "1")
        .replace("{now}", "printf('2026-01-01T00:%02d:%02d.000000Z', n / 60 % 60, n % 60)");
    connection(path).batch_execute(&rows).unwrap();
}

/// Without statistics: PostgreSQL makes them by itself some time later.
pub(crate) fn postgres(url: &str) {
    let now = "TIMESTAMPTZ '2026-01-01T00:00:00Z' + n * INTERVAL '1 second'";
    let rows = ROWS.replace("{numbers}", "generate_series(1, 10000) AS n").replace("{yes}", "true");
    let mut c = PgConnection::establish(url).unwrap();
    c.batch_execute(&rows.replace("{now}", now)).unwrap();
}

/// The statistics that PostgreSQL makes by itself some time later.
pub(crate) fn postgres_statistics(url: &str) {
    PgConnection::establish(url).unwrap().batch_execute("VACUUM ANALYZE").unwrap();
}

#[derive(QueryableByName)]
struct SqliteStep {
    #[diesel(sql_type = Text)]
    detail: String,
}

pub(crate) fn explain_sqlite(path: &Path, sql: &str) -> String {
    let steps: Vec<SqliteStep> =
        diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(&mut connection(path)).unwrap();
    steps.into_iter().map(|step| step.detail + "\n").collect()
}

#[derive(QueryableByName)]
struct PostgresStep {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// The plan that fits any values, as a prepared statement gets it sooner or later.
pub(crate) fn explain_postgres(url: &str, sql: &str) -> String {
    let mut c = PgConnection::establish(url).unwrap();
    let types = array_types(sql);
    c.batch_execute(&format!("SET plan_cache_mode = force_generic_plan; PREPARE q{types} AS {sql}")).unwrap();
    let parameters = (1..100).take_while(|number| sql.contains(&format!("${number}"))).count();
    let values = vec!["NULL"; parameters].join(", ");
    let steps: Vec<PostgresStep> =
        diesel::sql_query(format!("EXPLAIN EXECUTE q({values})")).load(&mut c).unwrap();
    steps.into_iter().map(|step| step.line + "\n").collect()
}

/// What the arrays of a statement hold that many calls share; the types of all that follows are told by the text.
fn array_types(sql: &str) -> String {
    let arrays = sql.split_once("unnest(").and_then(|(_, rest)| rest.split_once(')'));
    let Some((arrays, _)) = arrays else { return String::new() };
    let mut types = match sql {
        _ if sql.contains("patients_id_seq") => {
            vec!["bigint", "timestamptz", "text", "text", "text", "text", "text", "date", "smallint", "date"]
        }
        _ if sql.contains("doctors_id_seq") => vec!["bigint", "timestamptz"],
        _ if sql.contains("mappings_id_seq") => vec!["bigint", "bigint", "bigint", "text", "timestamptz"],
        _ => vec!["bigint", "bigint"],
    };
    types.resize(arrays.split(", ").count(), "text");
    if sql.contains("doctors_id_seq") {
        types.splice(types.len() - 2.., ["smallint", "bigint"]);
    }
    format!("({}[])", types.join("[], "))
}

fn connection(path: &Path) -> SqliteConnection {
    SqliteConnection::establish(path.to_str().unwrap()).unwrap()
}
