//! Records of all owners. Each change goes through the port of its kind, with the owner.

use domain::ports::Record;
use domain::{
    AllDoctors, AllMappings, AllPatients, AssignedDoctor, Caller, Census, Change, Date, Doctor, DoctorId,
    DoctorTally, Listing, MappingId, MappingView, NewMapping, Notes, Page, Patient, PatientChange,
    PatientDetails, PatientId, PatientTally, RecordId, Snapshot, Tally, UserId, Version, VersionEntry,
};

use super::{Administration, Administrator};
use crate::Error;

impl Administration {
    /// Nobody waits for more than so many records to be counted.
    pub const COUNTED: u32 = 10_000;

    /// The day that birth dates and ages are measured by.
    pub fn today(&self) -> Date {
        self.ports.clock.today()
    }

    /// How many records there are; `None` where they are more than [`Self::COUNTED`].
    pub async fn census(&self, _: &Administrator) -> Result<Census, Error> {
        Ok(self.ports.records.census(Self::COUNTED).await?)
    }

    /// A page of the patients of all owners.
    pub async fn patients(
        &self,
        _: &Administrator,
        filter: &AllPatients,
        page: Page<PatientId>,
    ) -> Result<Listing<Patient, PatientId>, Error> {
        Ok(self.ports.records.patients(filter, page).await?)
    }

    /// A page of the mappings of all owners.
    pub async fn mappings(
        &self,
        who: &Administrator,
        filter: &AllMappings,
        page: Page<MappingId>,
    ) -> Result<Listing<MappingView, MappingId>, Error> {
        if let Some(patient) = filter.patient {
            who.actor.call.concern(patient);
        }
        Ok(self.ports.records.mappings(filter, page).await?)
    }

    /// A page of the directory of doctors, or of those who have retired.
    pub async fn doctors(
        &self,
        _: &Administrator,
        filter: &AllDoctors,
        page: Page<DoctorId>,
    ) -> Result<Listing<Doctor, DoctorId>, Error> {
        Ok(self.ports.records.doctors(filter, page).await?)
    }

    /// How many patients match, and, whatever gender and blood group is asked for, how many by these two; `None` where
    /// they are more than [`Self::COUNTED`].
    pub async fn tally_patients(
        &self,
        _: &Administrator,
        filter: &AllPatients,
    ) -> Result<Tally<PatientTally>, Error> {
        Ok(self.ports.records.tally_patients(filter, Self::COUNTED).await?)
    }

    /// The same for doctors, by specialization.
    pub async fn tally_doctors(
        &self,
        _: &Administrator,
        filter: &AllDoctors,
    ) -> Result<Tally<DoctorTally>, Error> {
        Ok(self.ports.records.tally_doctors(filter, Self::COUNTED).await?)
    }

    /// How many patients match.
    pub async fn count_patients(
        &self,
        _: &Administrator,
        filter: &AllPatients,
    ) -> Result<Option<u64>, Error> {
        Ok(self.ports.records.count_patients(filter, Self::COUNTED).await?)
    }

    /// How many doctors match.
    pub async fn count_doctors(&self, _: &Administrator, filter: &AllDoctors) -> Result<Option<u64>, Error> {
        Ok(self.ports.records.count_doctors(filter, Self::COUNTED).await?)
    }

    /// How many mappings match.
    pub async fn count_mappings(
        &self,
        _: &Administrator,
        filter: &AllMappings,
    ) -> Result<Option<u64>, Error> {
        Ok(self.ports.records.count_mappings(filter, Self::COUNTED).await?)
    }

    /// A patient of any owner, unless deleted.
    pub async fn patient(&self, who: &Administrator, owner: UserId, id: PatientId) -> Result<Patient, Error> {
        about_patient(who, id);
        self.ports.patients.find(owner, id).await?.ok_or(Error::Missing(Record::Patient))
    }

    /// The doctors of a patient of any owner.
    pub async fn doctors_of(
        &self,
        who: &Administrator,
        owner: UserId,
        id: PatientId,
    ) -> Result<Vec<AssignedDoctor>, Error> {
        about_patient(who, id);
        Ok(self.ports.mappings.doctors_of(owner, id, Page::default()).await?.items)
    }

    /// Adds a patient for any owner.
    ///
    /// # Errors
    /// `Missing(User)` when there is no such owner.
    pub async fn create_patient(
        &self,
        who: &Administrator,
        owner: UserId,
        details: &PatientDetails,
    ) -> Result<Patient, Error> {
        Ok(self.ports.patients.insert(owner, details, &self.stamp(who)).await?)
    }

    /// Changes a patient of any owner, if the record still has the version that is expected.
    pub async fn update_patient(
        &self,
        who: &Administrator,
        owner: UserId,
        id: PatientId,
        expected: Version,
        change: &PatientChange,
    ) -> Result<Patient, Error> {
        about_patient(who, id);
        Ok(self.ports.patients.update(owner, id, Some(expected), change, &self.stamp(who)).await?)
    }

    /// Deletes a patient of any owner and ends the mappings.
    pub async fn delete_patient(
        &self,
        who: &Administrator,
        owner: UserId,
        id: PatientId,
        expected: Option<Version>,
    ) -> Result<(), Error> {
        about_patient(who, id);
        Ok(self.ports.patients.delete(owner, id, expected, &self.stamp(who)).await?)
    }

    /// Brings a patient of any owner back.
    pub async fn restore_patient(
        &self,
        who: &Administrator,
        owner: UserId,
        id: PatientId,
    ) -> Result<Patient, Error> {
        about_patient(who, id);
        Ok(self.ports.history.restore_patient(owner, id, &self.stamp(who)).await?)
    }

    /// The versions of a patient of any owner, newest first, also of one who was deleted.
    pub async fn patient_history(
        &self,
        who: &Administrator,
        owner: UserId,
        id: PatientId,
    ) -> Result<Vec<VersionEntry>, Error> {
        about_patient(who, id);
        self.ports.history.of_patient(owner, id).await?.ok_or(Error::Missing(Record::Patient))
    }

    /// A patient of any owner as they were.
    pub async fn patient_version(
        &self,
        who: &Administrator,
        owner: UserId,
        id: PatientId,
        version: Version,
    ) -> Result<Snapshot<Patient>, Error> {
        about_patient(who, id);
        let found = self.ports.history.patient_at(owner, id, version).await?;
        found.ok_or(Error::Missing(Record::Patient))
    }

    /// Who owns a patient now: records that are moved keep their ids.
    pub async fn owner_of_patient(&self, who: &Administrator, id: PatientId) -> Result<UserId, Error> {
        about_patient(who, id);
        self.ports.records.owner_of_patient(id).await?.ok_or(Error::Missing(Record::Patient))
    }

    /// Who owns a mapping now.
    pub async fn owner_of_mapping(&self, who: &Administrator, id: MappingId) -> Result<UserId, Error> {
        who.actor.call.target(RecordId::Mapping(id));
        self.ports.records.owner_of_mapping(id).await?.ok_or(Error::Missing(Record::Mapping))
    }

    /// A mapping of any owner, active or not.
    pub async fn mapping(
        &self,
        who: &Administrator,
        owner: UserId,
        id: MappingId,
    ) -> Result<MappingView, Error> {
        who.actor.call.target(RecordId::Mapping(id));
        let found =
            self.ports.mappings.find(owner, id, true).await?.ok_or(Error::Missing(Record::Mapping))?;
        // A call that reads several is about the first that it asks for, and its patient is that one's or nobody.
        if who.actor.call.targeted() == Some(RecordId::Mapping(id)) {
            who.actor.call.concern(found.mapping.patient);
        }
        Ok(found)
    }

    /// Assigns a doctor to a patient of any owner.
    pub async fn assign(
        &self,
        who: &Administrator,
        owner: UserId,
        mapping: &NewMapping,
    ) -> Result<MappingView, Error> {
        who.actor.call.concern(mapping.patient);
        Ok(self.ports.mappings.assign(owner, mapping, &self.stamp(who)).await?)
    }

    /// Changes the notes of an active mapping of any owner, if it still has the version that is expected.
    pub async fn update_notes(
        &self,
        who: &Administrator,
        owner: UserId,
        id: MappingId,
        expected: Version,
        notes: &Change<Notes>,
    ) -> Result<MappingView, Error> {
        who.actor.call.target(RecordId::Mapping(id));
        let stamp = self.stamp(who);
        Ok(self.ports.mappings.update_notes(owner, id, Some(expected), notes, &stamp).await?)
    }

    /// The versions of a mapping of any owner, newest first.
    pub async fn mapping_history(
        &self,
        who: &Administrator,
        owner: UserId,
        id: MappingId,
    ) -> Result<Vec<VersionEntry>, Error> {
        who.actor.call.target(RecordId::Mapping(id));
        self.ports.history.of_mapping(owner, id).await?.ok_or(Error::Missing(Record::Mapping))
    }

    /// A mapping of any owner as it was.
    pub async fn mapping_version(
        &self,
        who: &Administrator,
        owner: UserId,
        id: MappingId,
        version: Version,
    ) -> Result<Snapshot<MappingView>, Error> {
        who.actor.call.target(RecordId::Mapping(id));
        let found = self.ports.history.mapping_at(owner, id, version).await?;
        let found = found.ok_or(Error::Missing(Record::Mapping))?;
        who.actor.call.concern(found.record.mapping.patient);
        Ok(found)
    }

    /// Ends a mapping of any owner.
    pub async fn end_mapping(&self, who: &Administrator, owner: UserId, id: MappingId) -> Result<(), Error> {
        who.actor.call.target(RecordId::Mapping(id));
        let stamp = who.actor.stamp(self.ports.clock.now());
        Ok(self.ports.mappings.end(owner, id, None, &stamp).await?)
    }
}

/// Which record the call is about, and whose it is.
fn about_patient(who: &Administrator, id: PatientId) {
    who.actor.call.target(RecordId::Patient(id));
    who.actor.call.concern(id);
}
