//! Taking in records from elsewhere: many rows to a statement, a batch to a transaction.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use domain::ports::{Constraint, Intake, Record, RepositoryError};
use domain::{
    AuditEvent, Batch, DoctorId, EmailRule, ExternalId, Incoming, IncomingDoctor, IncomingMapping,
    IncomingPatient, IncomingUser, Known, MappingId, Outcome, PatientId, RecordId, SourceName, Stamp,
    Timestamp, UserId, fold,
};

use super::{Conn, audit, ids};
use crate::error::Failure;
use crate::executor::Executor;
use crate::rows::{
    DoctorWordRow, ImportedRow, IncomingDoctorColumns, IncomingMappingColumns, IncomingPatientColumns,
    IncomingUserColumns, PatientWordRow, stored,
};
use crate::schema::{doctor_words, doctors, imported_records, mappings, patient_words, patients, users};
use crate::types::At;

/// How many rows of few columns go into one statement: SQLite takes 32,766 values at a time.
const CHUNK: usize = 5_000;

pub(super) struct Arrivals {
    pub(super) executor: Arc<Executor<Conn>>,
}

#[async_trait]
impl Intake for Arrivals {
    async fn known(&self, source: &SourceName, kind: Record) -> Result<Vec<Known>, RepositoryError> {
        let source = source.clone();
        Ok(self.executor.read(move |c| known(c, &source, kind)).await?)
    }

    async fn known_among(
        &self,
        source: &SourceName,
        kind: Record,
        externals: Vec<ExternalId>,
    ) -> Result<Vec<Known>, RepositoryError> {
        let source = source.clone();
        Ok(self.executor.read(move |c| known_among(c, &source, kind, &externals)).await?)
    }

    async fn owners(&self, patients: Vec<PatientId>) -> Result<Vec<(PatientId, UserId)>, RepositoryError> {
        Ok(self.executor.read(move |c| owners(c, &patients)).await?)
    }

    async fn count(&self, kind: Record) -> Result<u64, RepositoryError> {
        Ok(self.executor.read(move |c| count(c, kind)).await?)
    }

    async fn taken(&self, rule: Constraint, keys: Vec<String>) -> Result<Vec<String>, RepositoryError> {
        Ok(self.executor.read(move |c| taken(c, rule, &keys)).await?)
    }

    async fn present(&self, records: Vec<RecordId>) -> Result<Vec<RecordId>, RepositoryError> {
        Ok(self.executor.read(move |c| present(c, &records)).await?)
    }

    async fn reserve(&self, up_to: RecordId) -> Result<(), RepositoryError> {
        let Some((table, id)) = place(up_to) else { return Ok(()) };
        Ok(self.executor.write(move |c| Ok::<_, Failure>(ids::reserve(c, table, id)?)).await?)
    }

    async fn add_users(
        &self,
        batch: Batch<IncomingUser>,
        stamp: &Stamp,
    ) -> Result<Vec<UserId>, RepositoryError> {
        let stamp = stamp.clone();
        Ok(self.executor.write(move |c| add_users(c, &batch, &stamp)).await?)
    }

    async fn add_doctors(
        &self,
        batch: Batch<IncomingDoctor>,
        rule: EmailRule,
        stamp: &Stamp,
    ) -> Result<Vec<DoctorId>, RepositoryError> {
        let stamp = stamp.clone();
        Ok(self.executor.write(move |c| add_doctors(c, &batch, rule, &stamp)).await?)
    }

    async fn add_patients(
        &self,
        batch: Batch<IncomingPatient>,
        stamp: &Stamp,
    ) -> Result<Vec<PatientId>, RepositoryError> {
        let stamp = stamp.clone();
        Ok(self.executor.write(move |c| add_patients(c, &batch, &stamp)).await?)
    }

    async fn add_mappings(
        &self,
        batch: Batch<IncomingMapping>,
        stamp: &Stamp,
    ) -> Result<Vec<MappingId>, RepositoryError> {
        let stamp = stamp.clone();
        Ok(self.executor.write(move |c| add_mappings(c, &batch, &stamp)).await?)
    }
}

/// The table of a record, and its id there.
const fn place(record: RecordId) -> Option<(&'static str, i64)> {
    match record {
        RecordId::User(id) => Some(("users", id.get())),
        RecordId::Patient(id) => Some(("patients", id.get())),
        RecordId::Doctor(id) => Some(("doctors", id.get())),
        RecordId::Mapping(id) => Some(("mappings", id.get())),
        RecordId::Session(_) => None,
    }
}

/// The name of a kind in the table.
const fn kind_name(kind: Record) -> Option<&'static str> {
    match kind {
        Record::User => Some("user"),
        Record::Patient => Some("patient"),
        Record::Doctor => Some("doctor"),
        Record::Mapping => Some("mapping"),
        Record::Session | Record::Invitation => None,
    }
}

fn record(kind: Record, id: i64) -> Option<RecordId> {
    match kind {
        Record::User => UserId::new(id).map(RecordId::User),
        Record::Patient => PatientId::new(id).map(RecordId::Patient),
        Record::Doctor => DoctorId::new(id).map(RecordId::Doctor),
        Record::Mapping => MappingId::new(id).map(RecordId::Mapping),
        Record::Session | Record::Invitation => None,
    }
}

fn known(c: &mut Conn, source: &SourceName, kind: Record) -> Result<Vec<Known>, Failure> {
    let rows: Vec<(String, Option<At>, i64)> = imported_records::table
        .filter(imported_records::source.eq(source.as_str()))
        .filter(imported_records::kind.eq(kind_name(kind).unwrap_or_default()))
        .select((imported_records::external_id, imported_records::origin, imported_records::record_id))
        .load(c)?;
    read_known(kind, rows)
}

fn known_among(
    c: &mut Conn,
    source: &SourceName,
    kind: Record,
    externals: &[ExternalId],
) -> Result<Vec<Known>, Failure> {
    let mut rows: Vec<(String, Option<At>, i64)> = Vec::new();
    for externals in externals.chunks(CHUNK) {
        let externals = externals.iter().map(ExternalId::as_str);
        let found = imported_records::table
            .filter(imported_records::source.eq(source.as_str()))
            .filter(imported_records::kind.eq(kind_name(kind).unwrap_or_default()))
            .filter(imported_records::external_id.eq_any(externals))
            .select((imported_records::external_id, imported_records::origin, imported_records::record_id));
        rows.extend(found.load::<(String, Option<At>, i64)>(c)?);
    }
    read_known(kind, rows)
}

fn owners(c: &mut Conn, asked: &[PatientId]) -> Result<Vec<(PatientId, UserId)>, Failure> {
    let mut rows: Vec<(i64, i64)> = Vec::new();
    for asked in asked.chunks(CHUNK) {
        let found = patients::table
            .filter(patients::id.eq_any(asked.iter().map(|id| id.get())))
            .filter(patients::deleted_at.is_null())
            .select((patients::id, patients::owner_id));
        rows.extend(found.load::<(i64, i64)>(c)?);
    }
    let typed = |(id, owner)| {
        let id = stored("patients.id", PatientId::new(id))?;
        Ok((id, stored("patients.owner_id", UserId::new(owner))?))
    };
    rows.into_iter().map(typed).collect()
}

fn read_known(kind: Record, rows: Vec<(String, Option<At>, i64)>) -> Result<Vec<Known>, Failure> {
    let known = rows.into_iter().map(|(external, origin, id)| {
        Ok(Known {
            external: stored("imported_records.external_id", ExternalId::parse(&external))?,
            origin: origin.map(Timestamp::from),
            record: stored("imported_records.record_id", record(kind, id))?,
        })
    });
    known.collect()
}

fn count(c: &mut Conn, kind: Record) -> Result<u64, Failure> {
    let count: i64 = match kind {
        Record::User => users::table.count().get_result(c)?,
        Record::Patient => patients::table.count().get_result(c)?,
        Record::Doctor => doctors::table.count().get_result(c)?,
        Record::Mapping => mappings::table.count().get_result(c)?,
        Record::Session | Record::Invitation => 0,
    };
    Ok(u64::try_from(count).unwrap_or_default())
}

fn taken(c: &mut Conn, rule: Constraint, keys: &[String]) -> Result<Vec<String>, Failure> {
    let mut taken: Vec<Option<String>> = Vec::new();
    for keys in keys.chunks(CHUNK) {
        taken.extend(match rule {
            Constraint::UserName => users::table
                .filter(users::username_key.eq_any(keys))
                .select(users::username_key.nullable())
                .load::<Option<String>>(c)?,
            Constraint::UserEmail => {
                users::table.filter(users::email_key.eq_any(keys)).select(users::email_key).load(c)?
            }
            Constraint::DoctorEmail => doctors::table
                .filter(doctors::email_key.eq_any(keys).and(doctors::retired_at.is_null()))
                .select(doctors::email_key)
                .load(c)?,
            Constraint::DoctorLicense => doctors::table
                .filter(doctors::license_number.eq_any(keys).and(doctors::retired_at.is_null()))
                .select(doctors::license_number)
                .load(c)?,
            Constraint::ActiveMapping => active_pairs(c, keys)?,
        });
    }
    Ok(taken.into_iter().flatten().collect())
}

fn present(c: &mut Conn, records: &[RecordId]) -> Result<Vec<RecordId>, Failure> {
    let mut present = Vec::new();
    for kind in [Record::User, Record::Doctor, Record::Patient, Record::Mapping] {
        let asked = records.iter().filter(|record| record.kind() == kind);
        let asked: Vec<i64> = asked.filter_map(|record| place(*record)).map(|(_, id)| id).collect();
        for ids in asked.chunks(CHUNK) {
            let found: Vec<i64> = match kind {
                Record::User => users::table.filter(users::id.eq_any(ids)).select(users::id).load(c)?,
                Record::Doctor => {
                    doctors::table.filter(doctors::id.eq_any(ids)).select(doctors::id).load(c)?
                }
                Record::Patient => {
                    patients::table.filter(patients::id.eq_any(ids)).select(patients::id).load(c)?
                }
                _ => mappings::table.filter(mappings::id.eq_any(ids)).select(mappings::id).load(c)?,
            };
            present.extend(found.into_iter().filter_map(|id| record(kind, id)));
        }
    }
    Ok(present)
}

/// Active mappings, each as owner, patient and doctor with blanks between.
fn active_pairs(c: &mut Conn, keys: &[String]) -> Result<Vec<Option<String>>, Failure> {
    let patients: Vec<i64> = keys.iter().filter_map(|key| key.split(' ').nth(1)?.parse().ok()).collect();
    let active: Vec<(i64, i64, i64)> = mappings::table
        .filter(mappings::patient_id.eq_any(patients))
        .filter(mappings::ended_at.is_null())
        .select((mappings::owner_id, mappings::patient_id, mappings::doctor_id))
        .load(c)?;
    let asked: HashSet<&String> = keys.iter().collect();
    let pairs = active.into_iter().map(|(owner, patient, doctor)| format!("{owner} {patient} {doctor}"));
    Ok(pairs.filter(|pair| asked.contains(pair)).map(Some).collect())
}

/// The ids that are asked for, with new ones for those that ask for none.
fn given_or_drawn(
    c: &mut Conn,
    table: &'static str,
    asked: impl ExactSizeIterator<Item = Option<i64>> + Clone,
) -> Result<Vec<i64>, Failure> {
    if let Some(highest) = asked.clone().flatten().max() {
        ids::reserve(c, table, highest)?;
    }
    let missing = asked.clone().filter(Option::is_none).count();
    let mut drawn = if missing == 0 { Vec::new() } else { ids::draw(c, table, missing)? }.into_iter();
    Ok(asked.filter_map(|asked| asked.or_else(|| drawn.next())).collect())
}

fn add_users(c: &mut Conn, batch: &Batch<IncomingUser>, stamp: &Stamp) -> Result<Vec<UserId>, Failure> {
    let asked = batch.records.iter().map(|incoming| incoming.record.id.map(UserId::get));
    let made = typed("users.id", given_or_drawn(c, "users", asked)?, UserId::new)?;
    let rows: Vec<_> = made
        .iter()
        .zip(&batch.records)
        .map(|(id, incoming)| IncomingUserColumns::new(*id, &incoming.record))
        .collect();
    diesel::insert_into(users::table).values(&rows).execute(c)?;
    finish(c, batch, Record::User, made.iter().map(|id| id.get()), stamp)?;
    Ok(made)
}

fn add_doctors(
    c: &mut Conn,
    batch: &Batch<IncomingDoctor>,
    rule: EmailRule,
    stamp: &Stamp,
) -> Result<Vec<DoctorId>, Failure> {
    let asked = batch.records.iter().map(|incoming| incoming.record.id.map(DoctorId::get));
    let made = typed("doctors.id", given_or_drawn(c, "doctors", asked)?, DoctorId::new)?;
    let with_ids = || made.iter().zip(batch.records.iter().map(|incoming| &incoming.record));
    let rows: Vec<_> = with_ids().map(|(id, doctor)| IncomingDoctorColumns::new(*id, doctor, rule)).collect();
    diesel::insert_into(doctors::table).values(&rows).execute(c)?;
    let found = with_ids().filter(|(_, doctor)| !doctor.is_retired);
    let words = found.flat_map(|(id, doctor)| {
        let words = fold::words(doctor.details.name.as_str()).into_iter();
        words.map(|word| DoctorWordRow { word, doctor_id: id.get() })
    });
    for words in words.collect::<Vec<_>>().chunks(CHUNK) {
        diesel::insert_into(doctor_words::table).values(words).execute(c)?;
    }
    finish(c, batch, Record::Doctor, made.iter().map(|id| id.get()), stamp)?;
    Ok(made)
}

fn add_patients(
    c: &mut Conn,
    batch: &Batch<IncomingPatient>,
    stamp: &Stamp,
) -> Result<Vec<PatientId>, Failure> {
    let asked = batch.records.iter().map(|incoming| incoming.record.id.map(PatientId::get));
    let made = typed("patients.id", given_or_drawn(c, "patients", asked)?, PatientId::new)?;
    let with_ids = || made.iter().zip(batch.records.iter().map(|incoming| &incoming.record));
    let rows: Vec<_> = with_ids().map(|(id, patient)| IncomingPatientColumns::new(*id, patient)).collect();
    diesel::insert_into(patients::table).values(&rows).execute(c)?;
    let words = with_ids().flat_map(|(id, patient)| {
        let words = fold::words(patient.details.name.full()).into_iter();
        let (owner_id, created_micros) = (patient.owner.get(), patient.created_at.micros());
        words.map(move |word| PatientWordRow { owner_id, word, created_micros, patient_id: id.get() })
    });
    for words in words.collect::<Vec<_>>().chunks(CHUNK) {
        diesel::insert_into(patient_words::table).values(words).execute(c)?;
    }
    finish(c, batch, Record::Patient, made.iter().map(|id| id.get()), stamp)?;
    Ok(made)
}

fn add_mappings(
    c: &mut Conn,
    batch: &Batch<IncomingMapping>,
    stamp: &Stamp,
) -> Result<Vec<MappingId>, Failure> {
    let asked = batch.records.iter().map(|incoming| incoming.record.id.map(MappingId::get));
    let made = typed("mappings.id", given_or_drawn(c, "mappings", asked)?, MappingId::new)?;
    let rows: Vec<_> = made
        .iter()
        .zip(&batch.records)
        .map(|(id, incoming)| IncomingMappingColumns::new(*id, &incoming.record))
        .collect();
    diesel::insert_into(mappings::table).values(&rows).execute(c)?;
    finish(c, batch, Record::Mapping, made.iter().map(|id| id.get()), stamp)?;
    Ok(made)
}

fn typed<T>(column: &'static str, ids: Vec<i64>, new: impl Fn(i64) -> Option<T>) -> Result<Vec<T>, Failure> {
    ids.into_iter().map(|id| Ok(stored(column, new(id))?)).collect()
}

/// Notes which record of its source each one was, and puts the batch on record.
fn finish<T>(
    c: &mut Conn,
    batch: &Batch<T>,
    kind: Record,
    made: impl Iterator<Item = i64>,
    stamp: &Stamp,
) -> Result<(), Failure> {
    let row = |(record_id, incoming)| {
        let Incoming { external, origin, .. }: &Incoming<T> = incoming;
        ImportedRow {
            source: batch.source.as_str(),
            kind: kind_name(kind).unwrap_or_default(),
            external_id: external.as_str(),
            record_id,
            origin: origin.map(At),
            imported_at: At(stamp.at),
        }
    };
    let rows: Vec<_> = made.zip(&batch.records).map(row).collect();
    for rows in rows.chunks(CHUNK) {
        diesel::insert_into(imported_records::table).values(rows).execute(c).map_err(taken_in_before)?;
    }
    audit::record(c, &AuditEvent::of(stamp, Outcome::Done).because(batch.reason.clone()))
}

/// Somebody else has taken in one of the records meanwhile.
fn taken_in_before(error: Error) -> Failure {
    match error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => RepositoryError::Stale.into(),
        error => error.into(),
    }
}
