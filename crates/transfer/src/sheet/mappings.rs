//! Rows of mappings. Patients and doctors are named by their external ids of the same source, or by their ids here.

use domain::ports::{Constraint, Record, RepositoryError};
use domain::{
    Batch, Change, DoctorId, IncomingMapping, MappingId, Notes, PatientId, RecordId, Stamp, UserId,
};

use super::fields::Fields;
use super::run::{Desk, Row};

pub(super) struct MappingRow {
    record: IncomingMapping,
    notes: Change<Notes>,
}

impl Row for MappingRow {
    const RECORD: Record = Record::Mapping;
    const TABLE: &'static str = "mappings";
    const NEEDS: &'static [&'static str] = &["patient", "doctor"];
    const COLUMNS: &'static [&'static str] =
        &["patient", "doctor", "notes", "assigned_by", "assigned_at", "updated_at", "ended_at"];
    const MADE: &'static str = "assigned_at";
    type Record = IncomingMapping;

    async fn read(
        desk: &mut Desk<'_>,
        fields: &mut Fields,
        id: Option<RecordId>,
    ) -> Result<Option<Self>, RepositoryError> {
        let patient = patient(desk, fields).await?;
        let ended_at = fields.time("ended_at");
        let doctor = doctor(desk, fields, ended_at.is_some()).await?;
        let notes = fields.change("notes", Notes::parse);
        let assigned_by = desk.user(fields, "assigned_by").await?;
        let assigned_at = fields.time("assigned_at").unwrap_or(desk.options.now);
        let updated_at = fields.time("updated_at").unwrap_or_else(|| ended_at.unwrap_or(assigned_at));
        if ended_at.is_some_and(|end| end < assigned_at) {
            fields.wrong("ended_at", "must not be before assigned_at");
        }
        let (Some((patient, owner)), Some(doctor)) = (patient, doctor) else { return Ok(None) };
        let id = match id {
            Some(RecordId::Mapping(id)) => Some(id),
            _ => None,
        };
        let record = IncomingMapping {
            id,
            owner,
            patient,
            doctor,
            notes: notes.clone().value(),
            assigned_by,
            assigned_at,
            updated_at,
            ended_at,
        };
        Ok(Some(Self { record, notes }))
    }

    fn unique(&self, _: &Desk<'_>) -> Vec<(Constraint, &'static str, String)> {
        let IncomingMapping { owner, patient, doctor, ended_at, .. } = &self.record;
        if ended_at.is_some() {
            return Vec::new();
        }
        vec![(Constraint::ActiveMapping, "doctor", format!("{owner} {patient} {doctor}"))]
    }

    fn id(raw: i64) -> Option<RecordId> {
        MappingId::new(raw).map(RecordId::Mapping)
    }

    fn kept(&self) -> Option<RecordId> {
        self.record.id.map(RecordId::Mapping)
    }

    fn record(&self, keeps_id: bool) -> IncomingMapping {
        IncomingMapping { id: self.record.id.filter(|_| keeps_id), ..self.record.clone() }
    }

    async fn add(
        desk: &Desk<'_>,
        batch: Batch<IncomingMapping>,
        stamp: &Stamp,
    ) -> Result<(), RepositoryError> {
        desk.target.intake.add_mappings(batch, stamp).await.map(drop)
    }

    async fn update(self, desk: &Desk<'_>, known: RecordId, stamp: &Stamp) -> Result<bool, RepositoryError> {
        let missing = || RepositoryError::Missing(Record::Mapping);
        let RecordId::Mapping(id) = known else { return Err(missing()) };
        let IncomingMapping { owner, ended_at, .. } = self.record;
        let stored = desk.target.mappings.find(owner, id, true).await?.ok_or_else(missing)?.mapping;
        let ends = match (stored.ended_at, ended_at) {
            // What has ended does not change any more.
            (Some(_), Some(_)) => return Ok(false),
            (Some(_), None) => return Err(missing()),
            (None, ended_at) => ended_at.is_some(),
        };
        let is_same = self.notes.applied(stored.notes.as_ref()) == stored.notes;
        if desk.options.is_dry {
            return Ok(ends || !is_same);
        }
        let mappings = desk.target.mappings;
        if !is_same {
            mappings.update_notes(owner, id, None, &self.notes, stamp).await?;
        }
        if ends {
            mappings.end(owner, id, None, stamp).await?;
        }
        Ok(ends || !is_same)
    }
}

/// The patient and whose it is.
async fn patient(
    desk: &Desk<'_>,
    fields: &mut Fields,
) -> Result<Option<(PatientId, UserId)>, RepositoryError> {
    let Some(raw) = fields.raw("patient").map(str::to_owned) else {
        fields.wrong("patient", "is required");
        return Ok(None);
    };
    let known = match desk.known(Record::Patient, &raw).await? {
        Some(RecordId::Patient(id)) => Some(id),
        _ => raw.trim().parse().ok().and_then(PatientId::new),
    };
    let owners = match known {
        Some(id) => desk.target.intake.owners(vec![id]).await?,
        None => Vec::new(),
    };
    // Somebody else's patient is no patient.
    let found = owners
        .first()
        .copied()
        .filter(|(_, owner)| desk.options.only_owner().is_none_or(|only| only == *owner));
    if found.is_none() {
        fields.wrong("patient", "is no patient here");
    }
    Ok(found)
}

/// The doctor, who may have retired only if the assignment has ended.
async fn doctor(
    desk: &Desk<'_>,
    fields: &mut Fields,
    is_ended: bool,
) -> Result<Option<DoctorId>, RepositoryError> {
    let Some(raw) = fields.raw("doctor").map(str::to_owned) else {
        fields.wrong("doctor", "is required");
        return Ok(None);
    };
    let known = match desk.known(Record::Doctor, &raw).await? {
        Some(RecordId::Doctor(id)) => Some(id),
        _ => raw.trim().parse().ok().and_then(DoctorId::new),
    };
    let found = match known {
        Some(id) if is_ended => {
            let present = desk.target.intake.present(vec![RecordId::Doctor(id)]).await?;
            (!present.is_empty()).then_some(id)
        }
        Some(id) => desk.target.doctors.find(id).await?.map(|doctor| doctor.id),
        None => None,
    };
    if found.is_none() {
        fields.wrong("doctor", "is no doctor here");
    }
    Ok(found)
}
