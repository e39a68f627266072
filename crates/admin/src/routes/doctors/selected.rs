//! Doctors as CSV, and what is done with those that were selected in a list.

use actix_web::HttpResponse;
use domain::{Doctor, DoctorId, Page, RecordId};

use super::{BASE, COLUMNS, wanted};
use crate::csv;
use crate::details::doctor_column;
use crate::gate::{Endpoint, Visit};
use crate::list::{Asked, quantity};
use crate::page::{self, Layout};
use crate::refusal::{Refusal, unless_gone};
use crate::view::ConfirmPage;
use crate::zone::Zone;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::page("/doctors.csv", "admin_doctors_export", |visit| {
            Box::pin(async move { export(&visit) })
        }),
        Endpoint::change("/doctors/selected", "admin_doctors_selected", |visit| Box::pin(ask(visit)))
            .reading(),
        Endpoint::change("/doctors/retire", "admin_doctors_retire", |visit| Box::pin(retire(visit))),
        Endpoint::change("/doctors/restore", "admin_doctors_restore", |visit| Box::pin(restore(visit))),
    ]
}

fn export(visit: &Visit) -> Result<HttpResponse, Refusal> {
    let who = visit.who()?.clone();
    let order = Asked { base: BASE, query: &visit.query, columns: COLUMNS }.order();
    let wanted = wanted(&visit.query);
    let administration = visit.panel.administration.clone();
    let fetch = move |page: Page<DoctorId>| -> csv::Fetched<Doctor, DoctorId> {
        let (who, wanted, administration) = (who.clone(), wanted.clone(), administration.clone());
        Box::pin(async move { administration.doctors(&who, &wanted, page).await })
    };
    let cell = |doctor: &Doctor, name| doctor_column(doctor, name, Zone::UTC);
    Ok(csv::whole("doctors.csv", COLUMNS, order, fetch, cell))
}

fn selected(visit: &Visit) -> impl Iterator<Item = DoctorId> {
    visit.form.all("selected").filter_map(|key| key.parse().ok().and_then(DoctorId::new))
}

/// Each doctor who is given out or named in a question is on record.
async fn ask(visit: Visit) -> Result<HttpResponse, Refusal> {
    let mut found = Vec::new();
    for id in selected(&visit) {
        found.extend(unless_gone(visit.panel.doctors.get(id).await)?);
    }
    if found.is_empty() {
        return page::back(&visit, BASE);
    }
    let cell = |doctor: &Doctor, name| doctor_column(doctor, name, Zone::UTC);
    let answer = match visit.form.get("do") {
        "export" => csv::of("doctors.csv", COLUMNS, &found, cell),
        _ => question(&visit, &found).await?,
    };
    visit.note(found.iter().map(|doctor| (RecordId::Doctor(doctor.id), None))).await?;
    Ok(answer)
}

async fn question(visit: &Visit, found: &[Doctor]) -> Result<HttpResponse, Refusal> {
    let mut ending = 0;
    for doctor in found {
        ending += super::patients_of(visit, doctor.id).await?.1;
    }
    let page = ConfirmPage {
        layout: Layout::inside(visit, BASE, format!("Retire {}?", quantity(found.len(), "doctor")))?,
        token: visit.token(),
        lines: vec![
            "The entries go out of the directory. Each can be restored.".to_owned(),
            format!("Assignments to patients of all owners that end with them: {ending}."),
        ],
        names: found.iter().map(|doctor| doctor.details.name.as_str().to_owned()).collect(),
        action: format!("{BASE}/retire"),
        values: found.iter().map(|doctor| ("selected", doctor.id.to_string())).collect(),
        button: "Retire",
        cancel: BASE.to_owned(),
    };
    page::show(&page)
}

/// One change after another, each with its own event. Who has retired already is passed over.
async fn retire(visit: Visit) -> Result<HttpResponse, Refusal> {
    let mut is_any = false;
    for id in selected(&visit) {
        is_any |= unless_gone(visit.panel.doctors.retire(visit.who()?.actor(), id, None).await)?.is_some();
    }
    if is_any { page::go("/admin/doctors?done=retired") } else { Err(Refusal::NOT_FOUND) }
}

/// The same with those who come back.
async fn restore(visit: Visit) -> Result<HttpResponse, Refusal> {
    if selected(&visit).next().is_none() {
        return Err(Refusal::NOTHING_SELECTED);
    }
    let mut is_any = false;
    for id in selected(&visit) {
        is_any |= unless_gone(visit.panel.doctors.restore(visit.who()?.actor(), id).await)?.is_some();
    }
    if is_any { page::go("/admin/doctors?done=restored") } else { Err(Refusal::NOT_FOUND) }
}
