//! How a write is put on record: as a step from one version of its record to the next, and as an event of the audit
//! trail. One place for all kinds of records.

use std::ops::RangeInclusive;

use diesel::prelude::*;
use domain::{
    Act, AuditEvent, ChangedFields, Doctor, DoctorDetails, Mapping, MappingView, Notes, Outcome, Patient,
    PatientDetails, PatientId, RecordId, Stamp, Timestamp, UserId, UserName, Version,
};

use super::{Conn, audit, trail};
use crate::error::Failure;
use crate::executor::Share;
use crate::rows::{DoctorColumns, PatientColumns, StepRow, from_json, stored, to_json};
use crate::schema::{doctor_versions, mapping_versions, mappings, patient_versions, patients, users};
use crate::types::At;

/// A record that calls are about.
pub(super) trait Subject {
    /// The name of its kind, in snake case.
    const KIND: &'static str;

    fn id(&self) -> RecordId;

    /// The id as a plain number.
    fn number(&self) -> i64;

    /// The patient concerned.
    fn patient(&self) -> Option<PatientId>;

    fn version(&self) -> Version;

    /// The names of the fields that are filled in.
    fn given(&self) -> ChangedFields;
}

/// A record whose versions are kept.
pub(super) trait Versioned: Subject + Sized {
    /// Who made it, and what they are called.
    fn maker(&self, c: &mut Conn) -> Result<Maker, Failure>;

    /// Since when it is as it is.
    fn since(&self) -> Timestamp;

    /// Writes down the step that leads away from this, and what this was.
    fn keep(&self, c: &mut Conn, step: &Step) -> Result<(), Failure>;

    /// The steps to these versions, newest first.
    fn steps(&self, c: &mut Conn, to: RangeInclusive<i32>) -> Result<Vec<StepRow>, Failure>;

    /// What the record was before the step to `version`.
    fn before(&self, c: &mut Conn, version: Version) -> Result<Option<Self>, Failure>;
}

/// Who made a record, as far as it is known.
pub(super) type Maker = (Option<UserId>, Option<UserName>);

/// From one version to the next.
pub(super) struct Step {
    version: Version,
    at: Timestamp,
    by: Option<UserId>,
    act: Act,
    fields: ChangedFields,
    since: Timestamp,
}

/// Puts on record that `made` was made: the last statement of the write.
pub(super) fn created(c: &mut Conn, made: &impl Subject, stamp: &Stamp) -> Result<(), Failure> {
    audit::record(c, &creation(made, stamp))
}

/// The same for each call that has made something; `stamps` are those of all calls, in the same order.
pub(super) fn all_created<'a>(
    c: &mut Conn,
    made: &[Share<impl Subject, Failure>],
    stamps: impl Iterator<Item = &'a Stamp>,
) -> Result<(), Failure> {
    let made = made.iter().zip(stamps).filter_map(|(made, stamp)| Some(creation(made.given()?, stamp)));
    trail::insert(c, &made.collect::<Vec<_>>())?;
    Ok(())
}

/// The event that `made` was made.
fn creation(made: &impl Subject, stamp: &Stamp) -> AuditEvent {
    event(made, Outcome::Done, stamp).changed(made.version(), made.given())
}

/// Puts on record that `before`, which is what the record was, was changed: the last statement of the write.
pub(super) fn changed(
    c: &mut Conn,
    before: &impl Versioned,
    act: Act,
    fields: ChangedFields,
    stamp: &Stamp,
) -> Result<(), Failure> {
    let (version, since) = (before.version().next(), before.since());
    let step = Step { version, at: stamp.at, by: stamp.user, act, fields, since };
    before.keep(c, &step)?;
    audit::record(c, &event(before, Outcome::Done, stamp).changed(version, step.fields))
}

/// Puts on record that a call has found its work done, by another call or by itself before.
pub(super) fn found(
    c: &mut Conn,
    subject: &impl Subject,
    outcome: Outcome,
    stamp: &Stamp,
) -> Result<(), Failure> {
    audit::record(c, &event(subject, outcome, stamp))
}

fn event(subject: &impl Subject, outcome: Outcome, stamp: &Stamp) -> AuditEvent {
    let event = AuditEvent::of(stamp, outcome).about(subject.id());
    match subject.patient() {
        Some(patient) => event.concerning(patient),
        None => event,
    }
}

/// The columns of a step, which all tables of versions have.
macro_rules! step_columns {
    ($table:ident, $step:expr) => {
        (
            $table::version.eq($step.version.get()),
            $table::at.eq(At($step.at)),
            $table::by_id.eq($step.by.map(UserId::get)),
            $table::act.eq($step.act.as_str()),
            $table::fields.eq($step.fields.joined()),
            $table::since.eq(At($step.since)),
        )
    };
}

/// The steps of one record.
macro_rules! steps {
    ($c:expr, $table:ident, $record:expr, $to:expr) => {
        $table::table
            .left_join(users::table.on(users::id.nullable().eq($table::by_id)))
            .filter($record)
            .filter($table::version.between(*$to.start(), *$to.end()))
            .order($table::version.desc())
            .select((
                $table::version,
                $table::at,
                $table::by_id,
                users::username.nullable(),
                $table::act,
                $table::fields,
                $table::since,
            ))
            .load::<StepRow>($c)
    };
}

/// A user by the id, with the name where the account is still there.
fn named(c: &mut Conn, id: i64) -> Result<Maker, Failure> {
    let name: Option<String> =
        users::table.filter(users::id.eq(id)).select(users::username).get_result(c).optional()?;
    let name = name.map(|name| stored("users.username", UserName::parse(&name))).transpose()?;
    Ok((UserId::new(id), name))
}

/// The version before a step to `version`.
fn previous(version: Version) -> Result<Version, Failure> {
    Ok(stored("versions.version", version.get().checked_sub(1).and_then(Version::new))?)
}

impl Subject for Patient {
    const KIND: &'static str = "patient";

    fn id(&self) -> RecordId {
        RecordId::Patient(self.id)
    }

    fn number(&self) -> i64 {
        self.id.get()
    }

    fn patient(&self) -> Option<PatientId> {
        Some(self.id)
    }

    fn version(&self) -> Version {
        self.version
    }

    fn given(&self) -> ChangedFields {
        self.details.given_fields()
    }
}

impl Versioned for Patient {
    /// The owner, unless another one is named: who had the record before, or made it for the owner.
    fn maker(&self, c: &mut Conn) -> Result<Maker, Failure> {
        let another: Option<i64> = patients::table
            .find((self.owner.get(), self.id.get()))
            .select(patients::created_by_id)
            .get_result::<Option<i64>>(c)
            .optional()?
            .flatten();
        match another {
            Some(id) => named(c, id),
            None => Ok((Some(self.owner), Some(self.created_by.clone()))),
        }
    }

    fn since(&self) -> Timestamp {
        self.updated_at
    }

    fn keep(&self, c: &mut Conn, step: &Step) -> Result<(), Failure> {
        diesel::insert_into(patient_versions::table)
            .values((
                patient_versions::owner_id.eq(self.owner.get()),
                patient_versions::patient_id.eq(self.id.get()),
                step_columns!(patient_versions, step),
                patient_versions::record.eq(to_json(&PatientColumns::from(&self.details))?),
            ))
            .execute(c)?;
        Ok(())
    }

    fn steps(&self, c: &mut Conn, to: RangeInclusive<i32>) -> Result<Vec<StepRow>, Failure> {
        let record = patient_versions::owner_id
            .eq(self.owner.get())
            .and(patient_versions::patient_id.eq(self.id.get()));
        Ok(steps!(c, patient_versions, record, to)?)
    }

    fn before(&self, c: &mut Conn, version: Version) -> Result<Option<Self>, Failure> {
        let step = (self.owner.get(), self.id.get(), version.get());
        let kept: Option<(At, String)> = patient_versions::table
            .find(step)
            .select((patient_versions::since, patient_versions::record))
            .get_result(c)
            .optional()?;
        let Some((At(updated_at), record)) = kept else { return Ok(None) };
        let details = PatientDetails::try_from(from_json::<PatientColumns>(&record)?)?;
        Ok(Some(Self { details, updated_at, version: previous(version)?, ..self.clone() }))
    }
}

impl Subject for Doctor {
    const KIND: &'static str = "doctor";

    fn id(&self) -> RecordId {
        RecordId::Doctor(self.id)
    }

    fn number(&self) -> i64 {
        self.id.get()
    }

    fn patient(&self) -> Option<PatientId> {
        None
    }

    fn version(&self) -> Version {
        self.version
    }

    fn given(&self) -> ChangedFields {
        self.details.given_fields()
    }
}

impl Versioned for Doctor {
    fn maker(&self, _: &mut Conn) -> Result<Maker, Failure> {
        Ok((Some(self.creator), Some(self.created_by.clone())))
    }

    fn since(&self) -> Timestamp {
        self.updated_at
    }

    fn keep(&self, c: &mut Conn, step: &Step) -> Result<(), Failure> {
        diesel::insert_into(doctor_versions::table)
            .values((
                doctor_versions::doctor_id.eq(self.id.get()),
                step_columns!(doctor_versions, step),
                doctor_versions::record.eq(to_json(&DoctorColumns::kept(&self.details))?),
            ))
            .execute(c)?;
        Ok(())
    }

    fn steps(&self, c: &mut Conn, to: RangeInclusive<i32>) -> Result<Vec<StepRow>, Failure> {
        Ok(steps!(c, doctor_versions, doctor_versions::doctor_id.eq(self.id.get()), to)?)
    }

    fn before(&self, c: &mut Conn, version: Version) -> Result<Option<Self>, Failure> {
        let kept: Option<(At, String)> = doctor_versions::table
            .find((self.id.get(), version.get()))
            .select((doctor_versions::since, doctor_versions::record))
            .get_result(c)
            .optional()?;
        let Some((At(updated_at), record)) = kept else { return Ok(None) };
        let details = DoctorDetails::try_from(from_json::<DoctorColumns>(&record)?)?;
        Ok(Some(Self { details, updated_at, version: previous(version)?, ..self.clone() }))
    }
}

impl Subject for Mapping {
    const KIND: &'static str = "mapping";

    fn id(&self) -> RecordId {
        RecordId::Mapping(self.id)
    }

    fn number(&self) -> i64 {
        self.id.get()
    }

    fn patient(&self) -> Option<PatientId> {
        Some(self.patient)
    }

    fn version(&self) -> Version {
        self.version
    }

    fn given(&self) -> ChangedFields {
        self.given_fields()
    }
}

impl Subject for MappingView {
    const KIND: &'static str = Mapping::KIND;

    fn id(&self) -> RecordId {
        Subject::id(&self.mapping)
    }

    fn number(&self) -> i64 {
        self.mapping.number()
    }

    fn patient(&self) -> Option<PatientId> {
        self.mapping.patient()
    }

    fn version(&self) -> Version {
        self.mapping.version()
    }

    fn given(&self) -> ChangedFields {
        self.mapping.given()
    }
}

impl Versioned for Mapping {
    fn maker(&self, c: &mut Conn) -> Result<Maker, Failure> {
        let id: Option<i64> = mappings::table
            .find((self.owner.get(), self.id.get()))
            .select(mappings::assigned_by_id)
            .get_result::<Option<i64>>(c)
            .optional()?
            .flatten();
        id.map_or(Ok((None, None)), |id| named(c, id))
    }

    fn since(&self) -> Timestamp {
        self.updated_at
    }

    fn keep(&self, c: &mut Conn, step: &Step) -> Result<(), Failure> {
        diesel::insert_into(mapping_versions::table)
            .values((
                mapping_versions::owner_id.eq(self.owner.get()),
                mapping_versions::mapping_id.eq(self.id.get()),
                step_columns!(mapping_versions, step),
                mapping_versions::notes.eq(self.notes.as_ref().map(Notes::as_str)),
                mapping_versions::ended_at.eq(self.ended_at.map(At)),
            ))
            .execute(c)?;
        Ok(())
    }

    fn steps(&self, c: &mut Conn, to: RangeInclusive<i32>) -> Result<Vec<StepRow>, Failure> {
        let record = mapping_versions::owner_id
            .eq(self.owner.get())
            .and(mapping_versions::mapping_id.eq(self.id.get()));
        Ok(steps!(c, mapping_versions, record, to)?)
    }

    fn before(&self, c: &mut Conn, version: Version) -> Result<Option<Self>, Failure> {
        let kept: Option<(At, Option<String>, Option<At>)> = mapping_versions::table
            .find((self.owner.get(), self.id.get(), version.get()))
            .select((mapping_versions::since, mapping_versions::notes, mapping_versions::ended_at))
            .get_result(c)
            .optional()?;
        let Some((At(updated_at), notes, ended_at)) = kept else { return Ok(None) };
        let notes = notes.map(|text| stored("mapping_versions.notes", Notes::parse(&text))).transpose()?;
        let ended_at = ended_at.map(Timestamp::from);
        Ok(Some(Self { notes, ended_at, updated_at, version: previous(version)?, ..self.clone() }))
    }
}
