//! Mappings, many made at a time: two statements in one transaction.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use domain::ports::{Constraint, RepositoryError};
use domain::{
    HumanName, Mapping, MappingId, MappingView, Notes, PersonName, Specialization, UserName, Version,
};

use super::mappings::Assignment;
use super::statement::Statement;
use super::{Conn, Share, Shares, in_order, versions};
use crate::error::Failure;
use crate::rows::stored;
use crate::types::{At, Instant};

/// Both sides are locked as for a single mapping, each found in the same way. Nobody waits for a lock for long:
/// whoever else is in the transaction would wait as well.
const FIND: &str = "
    WITH asked AS (
        SELECT nextval('mappings_id_seq') AS id, given.*, patient.name, patient.first_name, patient.last_name,
            doctor.name AS doctor_name, doctor.specialization,
            patient.name IS NOT NULL AND patient.deleted_at IS NULL
                AND doctor.name IS NOT NULL AND doctor.retired_at IS NULL AS may_be
        FROM (SELECT set_config('lock_timeout', '100', true)) AS hasty, unnest(";
const STORE: &str = ")
        WITH ORDINALITY AS given(owner_id, patient_id, doctor_id, notes, at, number)
        LEFT JOIN LATERAL (
            SELECT patients.name, patients.first_name, patients.last_name, patients.deleted_at FROM patients
            WHERE patients.owner_id = given.owner_id AND patients.id = given.patient_id FOR SHARE
        ) AS patient ON true
        LEFT JOIN LATERAL (
            SELECT doctors.name, doctors.specialization, doctors.retired_at FROM doctors
            WHERE doctors.id = given.doctor_id FOR SHARE
        ) AS doctor ON true
    ), stored AS (
        INSERT INTO mappings (id, owner_id, patient_id, doctor_id, notes, assigned_by_id, assigned_at, updated_at,
            version)
        SELECT id, owner_id, patient_id, doctor_id, notes, owner_id, at, at, 1 FROM asked WHERE may_be
        ON CONFLICT (owner_id, patient_id, doctor_id) WHERE ended_at IS NULL DO NOTHING
        RETURNING mappings.id
    )
    SELECT asked.number, stored.id, asked.name, asked.first_name, asked.last_name, asked.doctor_name,
        asked.specialization, (SELECT username FROM users WHERE users.id = asked.owner_id)
    FROM asked LEFT JOIN stored USING (id)
    WHERE asked.may_be";

/// Number of the call, id unless the pair is active already, what both sides are called, name of the owner.
type Asked = (BigInt, (Nullable<BigInt>, Text, Text, Text, Text, Nullable<Text>, Nullable<Text>));
type AskedRow = (i64, Sides);
type Sides = (Option<i64>, String, String, String, String, Option<String>, Option<String>);

pub(in crate::postgres) fn assign(c: &mut Conn, new: &[Assignment]) -> Shares<MappingView> {
    let rows: Vec<AskedRow> = Statement::<Asked>::new(FIND, STORE)
        .column::<BigInt, _>(new.iter().map(|call| call.owner.get()))
        .column::<BigInt, _>(new.iter().map(|call| call.new.patient.get()))
        .column::<BigInt, _>(new.iter().map(|call| call.new.doctor.get()))
        .column::<Nullable<Text>, _>(new.iter().map(|call| call.new.notes.as_ref().map(Notes::as_str)))
        .column::<Instant, _>(new.iter().map(|call| At(call.stamp.at)))
        .load(c)?;
    let mut shares = Vec::with_capacity(new.len());
    for (call, row) in new.iter().zip(in_order(new.len(), rows)?) {
        shares.push(share(call, row)?);
    }
    versions::all_created(c, &shares, new.iter().map(|call| &call.stamp))?;
    Ok(shares)
}

/// Alone a call is told which side is missing. The pair is the only rule of uniqueness that it can break.
fn share(call: &Assignment, row: Option<Sides>) -> Result<Share<MappingView, Failure>, Failure> {
    let Some((id, name, first_name, last_name, doctor_name, specialization, username)) = row else {
        return Ok(Share::Alone);
    };
    let Some(id) = id else {
        return Ok(Share::Given(Err(RepositoryError::Duplicate(Constraint::ActiveMapping).into())));
    };
    let username = stored("users.username", username)?;
    let specialization =
        specialization.map(|text| stored("doctors.specialization", Specialization::parse(&text)));
    Ok(Share::Given(Ok(MappingView {
        mapping: Mapping {
            id: stored("mappings.id", MappingId::new(id))?,
            owner: call.owner,
            patient: call.new.patient,
            doctor: call.new.doctor,
            notes: call.new.notes.clone(),
            assigned_by: Some(stored("users.username", UserName::parse(&username))?),
            assigned_at: call.stamp.at,
            ended_at: None,
            updated_at: call.stamp.at,
            version: Version::FIRST,
        },
        patient_name: stored("patients.name", HumanName::from_stored(name, first_name, last_name))?,
        doctor_name: stored("doctors.name", PersonName::parse(&doctor_name))?,
        specialization: specialization.transpose()?,
    })))
}
