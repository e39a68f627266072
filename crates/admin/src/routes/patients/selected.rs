//! What is done with the patients that were selected in a list.

use actix_web::HttpResponse;
use application::Error;
use domain::{PatientId, UserId};

use super::BASE;
use crate::gate::{Endpoint, Visit};
use crate::page::{self, Layout};
use crate::refusal::Refusal;
use crate::view::ConfirmPage;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::change("/patients/selected", "admin_patients_selected", |visit| Box::pin(confirm(visit)))
            .reading(),
        Endpoint::change("/patients/delete", "admin_patients_delete", |visit| Box::pin(delete(visit))),
    ]
}

/// The records that the form names.
fn selected(visit: &Visit) -> Vec<(UserId, PatientId)> {
    let both = |key: &str| {
        let (owner, id) = key.split_once('/')?;
        Some((UserId::new(owner.parse().ok()?)?, PatientId::new(id.parse().ok()?)?))
    };
    visit.form.all("selected").filter_map(both).collect()
}

async fn confirm(visit: Visit) -> Result<HttpResponse, Refusal> {
    let selected = selected(&visit);
    if selected.is_empty() {
        return page::go(BASE);
    }
    let mut names = Vec::new();
    let mut values = Vec::new();
    for (owner, id) in selected {
        match visit.panel.administration.patient(visit.who()?, owner, id).await {
            Ok(patient) => {
                names.push(patient.details.name.full().to_owned());
                values.push(("selected", format!("{owner}/{id}")));
            }
            Err(Error::Missing(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let page = ConfirmPage {
        layout: Layout::inside(&visit, BASE, format!("Delete {} patients?", names.len()))?,
        token: visit.token(),
        lines: vec!["All assignments of doctors end with them. Each record can be restored.".to_owned()],
        names,
        action: format!("{BASE}/delete"),
        values,
        button: "Delete",
        cancel: BASE.to_owned(),
    };
    page::show(&page)
}

/// One change after another, each with its own event. Records that are gone already are passed over.
async fn delete(visit: Visit) -> Result<HttpResponse, Refusal> {
    let mut is_any = false;
    for (owner, id) in selected(&visit) {
        match visit.panel.administration.delete_patient(visit.who()?, owner, id, None).await {
            Ok(()) => is_any = true,
            Err(Error::Missing(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if is_any { page::go("/admin/patients?done=deleted") } else { Err(Refusal::NOT_FOUND) }
}
