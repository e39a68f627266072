//! What is done with the patients that were selected in a list.

use actix_web::HttpResponse;
use domain::{Patient, PatientId, RecordId, UserId};

use super::{BASE, COLUMNS, moving};
use crate::csv;
use crate::details::patient_column;
use crate::gate::{Endpoint, Visit};
use crate::list::{both, quantity};
use crate::page::{self, Layout};
use crate::refusal::{Refusal, unless_gone};
use crate::view::ConfirmPage;
use crate::zone::Zone;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::change("/patients/selected", "admin_patients_selected", |visit| Box::pin(ask(visit)))
            .reading(),
        Endpoint::change("/patients/delete", "admin_patients_delete", |visit| Box::pin(delete(visit))),
        Endpoint::change("/patients/restore", "admin_patients_restore", |visit| Box::pin(restore(visit))),
    ]
}

/// The records that the form names.
pub(super) fn selected(visit: &Visit) -> Vec<(UserId, PatientId)> {
    visit.form.all("selected").filter_map(|key| both(key, UserId::new, PatientId::new)).collect()
}

/// Who takes a record with them, or reads its name in a question, has seen it: each one is on record.
async fn ask(visit: Visit) -> Result<HttpResponse, Refusal> {
    let mut found = Vec::new();
    for (owner, id) in selected(&visit) {
        found.extend(unless_gone(visit.panel.administration.patient(visit.who()?, owner, id).await)?);
    }
    if found.is_empty() {
        return page::back(&visit, BASE);
    }
    let answer = match visit.form.get("do") {
        "export" => export(&visit, &found),
        "move" => moving::question(&visit, &found)?,
        _ => question(&visit, &found)?,
    };
    visit.note(found.iter().map(|patient| (RecordId::Patient(patient.id), Some(patient.id)))).await?;
    Ok(answer)
}

fn question(visit: &Visit, found: &[Patient]) -> Result<HttpResponse, Refusal> {
    let keys = found.iter().map(|patient| ("selected", format!("{}/{}", patient.owner, patient.id)));
    let page = ConfirmPage {
        layout: Layout::inside(visit, BASE, format!("Delete {}?", quantity(found.len(), "patient")))?,
        token: visit.token(),
        lines: vec!["All assignments of doctors end with them. Each record can be restored.".to_owned()],
        names: found.iter().map(|patient| patient.details.name.full().to_owned()).collect(),
        action: format!("{BASE}/delete"),
        values: keys.collect(),
        button: "Delete",
        cancel: BASE.to_owned(),
    };
    page::show(&page)
}

fn export(visit: &Visit, found: &[Patient]) -> HttpResponse {
    let today = visit.panel.administration.today();
    let cell = |patient: &Patient, name| patient_column(patient, name, today, Zone::UTC);
    csv::of("patients.csv", COLUMNS, found, cell)
}

/// One change after another, each with its own event. Records that are gone already are passed over.
async fn delete(visit: Visit) -> Result<HttpResponse, Refusal> {
    let mut is_any = false;
    for (owner, id) in selected(&visit) {
        is_any |=
            unless_gone(visit.panel.administration.delete_patient(visit.who()?, owner, id, None).await)?
                .is_some();
    }
    if is_any { page::go("/admin/patients?done=deleted") } else { Err(Refusal::NOT_FOUND) }
}

/// The same with those who come back.
async fn restore(visit: Visit) -> Result<HttpResponse, Refusal> {
    if selected(&visit).is_empty() {
        return Err(Refusal::NOTHING_SELECTED);
    }
    let mut is_any = false;
    for (owner, id) in selected(&visit) {
        is_any |=
            unless_gone(visit.panel.administration.restore_patient(visit.who()?, owner, id).await)?.is_some();
    }
    if is_any { page::go("/admin/patients?done=restored") } else { Err(Refusal::NOT_FOUND) }
}
