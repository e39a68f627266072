//! Rules of sheets.

use domain::ports::{MockPatientRepository, MockPatientSheets, MockUserRepository, RepositoryError};
use domain::{Listing, Patient, Position, UserId};
use testkit::builders::{self, patient_id, user_id};
use testkit::fixed::{self, FixedClock};

use super::*;

const ME: UserId = user_id(7);

fn actor() -> Actor {
    Actor { user: ME, session: builders::session().done().id, call: fixed::call() }
}

fn sheet() -> Sheet {
    Sheet {
        format: SheetFormat::Csv,
        text: b"name\nAnn\n".to_vec(),
        renames: Vec::new(),
        on_conflict: domain::OnConflict::Skip,
        is_dry: false,
    }
}

fn service(sheets: MockPatientSheets, patients: MockPatientRepository) -> Sheets {
    let mut users = MockUserRepository::new();
    users.expect_find().returning(|id| Ok(Some(builders::user().stored(id))));
    let limits = SheetLimits { rows: 2, ..SheetLimits::default() };
    let clock = Arc::new(FixedClock::default());
    Sheets::new(Arc::new(sheets), Arc::new(patients), Arc::new(users), clock, limits)
}

#[tokio::test]
async fn a_sheet_is_taken_in_for_the_actor_by_a_name_of_its_own() {
    let mut sheets = MockPatientSheets::new();
    sheets.expect_count().returning(|_| Ok(2));
    let is_mine = |_: &Sheet, owner: &domain::User, stamp: &Stamp| {
        owner.id == ME && stamp.user == Some(ME) && stamp.call.operation.as_str() == "patients_import_rows"
    };
    sheets.expect_take_in().withf(is_mine).once().returning(|_, _, _| Ok(SheetReport::default()));
    let service = service(sheets, MockPatientRepository::new());
    let place = service.enter(&actor()).unwrap();
    service.import(&actor(), &sheet(), &place).await.unwrap();
}

#[tokio::test]
async fn of_a_sheet_with_too_many_rows_nothing_is_taken_in() {
    let mut sheets = MockPatientSheets::new();
    sheets.expect_count().returning(|_| Ok(3));
    let service = service(sheets, MockPatientRepository::new());
    let place = service.enter(&actor()).unwrap();
    let refused = service.import(&actor(), &sheet(), &place).await;
    assert!(matches!(refused, Err(SheetError::TooManyRows(2))));
}

fn page(next: Option<Position<PatientId>>) -> Listing<Patient, PatientId> {
    Listing { items: vec![builders::patient().stored(patient_id(11), ME)], next, total: None }
}

fn lines() -> MockPatientSheets {
    let mut sheets = MockPatientSheets::new();
    sheets.expect_header().returning(|_| Ok("header\n".to_owned()));
    sheets.expect_line().returning(|_, patient| Ok(format!("{}\n", patient.id)));
    sheets
}

#[tokio::test]
async fn an_export_is_given_out_page_by_page() {
    let mut patients = MockPatientRepository::new();
    patients
        .expect_list()
        .withf(|owner, _, page| *owner == ME && page.after.is_none())
        .once()
        .returning(|_, _, _| Ok(page(Some(Position { id: patient_id(11), created_at: fixed::instant() }))));
    patients
        .expect_list()
        .withf(|_, _, page| page.after.is_some())
        .once()
        .returning(|_, _, _| Ok(page(None)));
    let service = service(lines(), patients);
    let mut export = service.export(&actor(), SheetFormat::Csv, service.enter(&actor()).unwrap());
    assert_eq!(export.next().await.unwrap().as_deref(), Some("header\n11\n"));
    assert!(service.enter(&actor()).is_err(), "one at a time");
    assert_eq!(export.next().await.unwrap().as_deref(), Some("11\n"));
    assert_eq!(export.next().await.unwrap(), None);
    drop(export);
    assert!(service.enter(&actor()).is_ok());
}

#[tokio::test]
async fn an_export_that_breaks_off_says_so() {
    let mut patients = MockPatientRepository::new();
    patients.expect_list().returning(|_, _, _| Err(RepositoryError::Unavailable("away".into())));
    let service = service(lines(), patients);
    let mut export = service.export(&actor(), SheetFormat::Csv, service.enter(&actor()).unwrap());
    assert!(matches!(export.next().await, Err(Error::Unavailable(_))));
}
