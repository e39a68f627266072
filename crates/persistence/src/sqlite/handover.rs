//! Giving patients to another owner.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::Conn;
use crate::schema::{mapping_versions, mappings, patient_versions, patient_words, patients};

/// How many mappings go in one statement.
const CHUNK: usize = 500;

/// Gives patients with all that belongs to them from one owner to another. `owned` are the ids of their mappings.
pub(super) fn hand_over(c: &mut Conn, from: i64, ids: &[i64], owned: &[i64], to: i64) -> QueryResult<()> {
    // The rows refer to one another by the owner, so the references hold again only when all of them are moved. Then
    // the rule is as strict as before: other writes of the same transaction count on it.
    c.batch_execute("PRAGMA defer_foreign_keys = ON")?;
    let moved = update(c, from, ids, owned, to);
    let strict = c.batch_execute("PRAGMA defer_foreign_keys = OFF");
    moved.and(strict)
}

fn update(c: &mut Conn, from: i64, ids: &[i64], owned: &[i64], to: i64) -> QueryResult<()> {
    diesel::update(patients::table.filter(patients::owner_id.eq(from)).filter(patients::id.eq_any(ids)))
        .set(patients::owner_id.eq(to))
        .execute(c)?;
    let words = patient_words::table
        .filter(patient_words::owner_id.eq(from))
        .filter(patient_words::patient_id.eq_any(ids));
    diesel::update(words).set(patient_words::owner_id.eq(to)).execute(c)?;
    let versions = patient_versions::table
        .filter(patient_versions::owner_id.eq(from))
        .filter(patient_versions::patient_id.eq_any(ids));
    diesel::update(versions).set(patient_versions::owner_id.eq(to)).execute(c)?;
    for owned in owned.chunks(CHUNK) {
        let its = mappings::table.filter(mappings::owner_id.eq(from)).filter(mappings::id.eq_any(owned));
        diesel::update(its).set(mappings::owner_id.eq(to)).execute(c)?;
        let versions = mapping_versions::table
            .filter(mapping_versions::owner_id.eq(from))
            .filter(mapping_versions::mapping_id.eq_any(owned));
        diesel::update(versions).set(mapping_versions::owner_id.eq(to)).execute(c)?;
    }
    Ok(())
}
