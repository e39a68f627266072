//! Patients as CSV.

use actix_web::HttpResponse;
use domain::{Page, Patient, PatientId};

use super::{BASE, COLUMNS, wanted};
use crate::csv;
use crate::details::patient_column;
use crate::gate::{Endpoint, Visit};
use crate::list::Asked;
use crate::refusal::Refusal;
use crate::zone::Zone;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::page("/patients.csv", "admin_patients_export", |visit| {
        Box::pin(async move { export(&visit) })
    })]
}

fn export(visit: &Visit) -> Result<HttpResponse, Refusal> {
    let who = visit.who()?.clone();
    let order = Asked { base: BASE, query: &visit.query, columns: COLUMNS }.order();
    let wanted = wanted(&visit.query);
    let administration = visit.panel.administration.clone();
    let today = administration.today();
    let fetch = move |page: Page<PatientId>| -> csv::Fetched<Patient, PatientId> {
        let (who, wanted, administration) = (who.clone(), wanted.clone(), administration.clone());
        Box::pin(async move { administration.patients(&who, &wanted, page).await })
    };
    let cell = move |patient: &Patient, name| patient_column(patient, name, today, Zone::UTC);
    Ok(csv::whole("patients.csv", COLUMNS, order, fetch, cell))
}
