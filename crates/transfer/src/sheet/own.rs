//! Sheets of one user's patients, for services.

use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{
    BoxError, DoctorRepository, Intake, MappingRepository, PatientRepository, PatientSheets, RepositoryError,
    SheetFault, UserRepository,
};
use domain::{EmailRule, Patient, RowLine, Sheet, SheetFormat, SheetReport, SourceName, Stamp, User};

use super::format::Rows;
use super::run::{Kind, Options, Owner, Target, import};
use super::{SheetError, Writer};

/// Reads and writes sheets of one user's patients, over these stores.
#[derive(Clone)]
pub struct OwnPatients {
    /// Takes in new ones.
    pub intake: Arc<dyn Intake>,
    /// Knows who owners are.
    pub users: Arc<dyn UserRepository>,
    /// Updates patients.
    pub patients: Arc<dyn PatientRepository>,
    /// Updates doctors.
    pub doctors: Arc<dyn DoctorRepository>,
    /// Updates mappings.
    pub mappings: Arc<dyn MappingRepository>,
}

#[async_trait]
impl PatientSheets for OwnPatients {
    fn count(&self, sheet: &Sheet) -> Result<u64, SheetFault> {
        let mut rows = Rows::new(sheet.text.as_slice(), sheet.format, &sheet.renames).map_err(fault)?;
        let mut count = 0;
        while rows.next().map_err(fault)?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    async fn take_in(&self, sheet: &Sheet, owner: &User, stamp: &Stamp) -> Result<SheetReport, SheetFault> {
        let target = Target {
            intake: self.intake.as_ref(),
            users: self.users.as_ref(),
            patients: self.patients.as_ref(),
            doctors: self.doctors.as_ref(),
            mappings: self.mappings.as_ref(),
        };
        // The name that `healthcore import --owner` gives the sheets of this user.
        let source = SourceName::parse(&format!("sheet-{}", owner.id));
        let options = Options {
            kind: Kind::Patients,
            format: sheet.format,
            source: source.map_err(|error| RepositoryError::Failed(error.into()))?,
            owner: Owner::Own(Box::new(owner.clone())),
            on_conflict: sheet.on_conflict,
            renames: sheet.renames.clone(),
            // Of what is no matter for patients, anything.
            doctor_emails: EmailRule::Unique,
            verifies: |_| false,
            now: stamp.at,
            is_dry: sheet.is_dry,
        };
        let mut report = SheetReport::default();
        let mut tell = |line: &RowLine| report.note(line);
        let tally = import(sheet.text.as_slice(), target, &options, stamp, &mut tell, &|_| {}).await;
        report.tally = tally.map_err(fault)?;
        Ok(report)
    }

    fn header(&self, format: SheetFormat) -> Result<String, BoxError> {
        Ok(Writer::own_patients(format).header()?)
    }

    fn line(&self, format: SheetFormat, patient: &Patient) -> Result<String, BoxError> {
        Ok(Writer::own_patients(format).patient(patient)?)
    }
}

/// What may be said of a sheet that somebody has sent: nothing that stands in it.
fn fault(error: SheetError) -> SheetFault {
    match error {
        SheetError::Repository(error) => error.into(),
        SheetError::Read(_) => SheetFault::Unreadable("cannot be read"),
        SheetError::NoHeader => SheetFault::Unreadable("has no header"),
        SheetError::NotUtf8 => SheetFault::Unreadable("has a header that is not UTF-8"),
        SheetError::ColumnTwice(_) => SheetFault::Unreadable("has a column twice"),
        SheetError::TooManyColumns(_) => SheetFault::Unreadable("has too many columns"),
        SheetError::NoColumn(_) => SheetFault::Unreadable("has no column for the name"),
    }
}
