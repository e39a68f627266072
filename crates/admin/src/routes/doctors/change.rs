//! Adding, changing, retiring and restoring doctors.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use application::Error;
use domain::Version;

use super::{BASE, address, id};
use crate::details::{DOCTOR, doctor_change, doctor_value};
use crate::form::{FormPage, Reading, then};
use crate::gate::{Endpoint, Visit};
use crate::page::{self, Layout};
use crate::refusal::Refusal;

/// Why an entry cannot be changed any more.
const RETIRED: &str = "The doctor has retired meanwhile. Restore the entry from its history, then save here.";

pub(super) fn endpoints() -> Vec<Endpoint> {
    let edit = "/doctors/{id}/edit";
    vec![
        Endpoint::page("/doctors/add", "admin_doctors_add_page", |visit| {
            Box::pin(async move { add_form(&visit, |_| String::new())?.show(StatusCode::OK) })
        }),
        Endpoint::change("/doctors/add", "admin_doctors_create", |visit| Box::pin(create(visit))),
        Endpoint::page(edit, "admin_doctors_edit_page", |visit| Box::pin(edit_page(visit))),
        Endpoint::change(edit, "admin_doctors_update", |visit| Box::pin(update(visit))),
        Endpoint::change("/doctors/{id}/retire", "admin_doctors_retire", |visit| Box::pin(retire(visit))),
        Endpoint::change("/doctors/{id}/restore", "admin_doctors_restore", |visit| Box::pin(restore(visit))),
    ]
}

fn add_form(visit: &Visit, value: impl Fn(&'static str) -> String) -> Result<FormPage, Refusal> {
    let layout = Layout::inside(visit, BASE, "Add a doctor")?;
    Ok(FormPage::new(layout, visit.token(), DOCTOR, value).adding(BASE))
}

fn edit_form(
    visit: &Visit,
    name: &str,
    version: Version,
    value: impl Fn(&'static str) -> String,
) -> Result<FormPage, Refusal> {
    let here = address(id(visit)?);
    let layout = Layout::inside(visit, BASE, format!("Edit {name}"))?;
    Ok(FormPage::new(layout, visit.token(), DOCTOR, value).editing(here, version))
}

async fn create(visit: Visit) -> Result<HttpResponse, Refusal> {
    let mut reading = Reading::of(&visit.form);
    let details = match doctor_change(&mut reading).into_new() {
        Ok(details) => Some(details),
        Err(invalid) => {
            reading.add_all(&invalid);
            None
        }
    };
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if let (Some(details), false) = (details, reading.is_wrong()) {
        match visit.panel.doctors.create(visit.who()?.actor(), &details, None).await {
            Ok(doctor) => return page::go(&then(&visit.form, BASE, &address(doctor.id), "added")),
            Err(error) => status = reading.take(error)?,
        }
    }
    add_form(&visit, |name| visit.form.get(name).to_owned())?.wrong(reading.wrong()).show(status)
}

async fn edit_page(visit: Visit) -> Result<HttpResponse, Refusal> {
    let doctor = visit.panel.doctors.get(id(&visit)?).await?;
    let value = |name| doctor_value(&doctor.details, name);
    edit_form(&visit, doctor.details.name.as_str(), doctor.version, value)?.show(StatusCode::OK)
}

async fn update(visit: Visit) -> Result<HttpResponse, Refusal> {
    let id = id(&visit)?;
    let version = visit.version()?;
    let mut reading = Reading::of(&visit.form);
    let change = doctor_change(&mut reading);
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    let typed = |name| visit.form.get(name).to_owned();
    if !reading.is_wrong() {
        match visit.panel.doctors.update(visit.who()?.actor(), id, Some(version), &change).await {
            Ok(_) => return page::go(&then(&visit.form, BASE, &address(id), "saved")),
            Err(Error::Stale) => {
                let now = visit.panel.doctors.get(id).await?;
                let form = edit_form(&visit, now.details.name.as_str(), now.version, typed)?;
                let before = visit.panel.doctors.version(id, version).await.ok();
                let form = form.beside(
                    |name| doctor_value(&now.details, name),
                    |name| before.as_ref().map(|old| doctor_value(&old.record.details, name)),
                );
                return form.show(StatusCode::PRECONDITION_FAILED);
            }
            Err(Error::Missing(_)) => {
                // Of an entry that never was there is nothing to say.
                visit.panel.doctors.version(id, version).await?;
                let form = edit_form(&visit, visit.form.get("name"), version, typed)?.gone(RETIRED);
                return form.show(StatusCode::CONFLICT);
            }
            Err(error) => status = reading.take(error)?,
        }
    }
    edit_form(&visit, visit.form.get("name"), version, typed)?.wrong(reading.wrong()).show(status)
}

async fn retire(visit: Visit) -> Result<HttpResponse, Refusal> {
    let id = id(&visit)?;
    visit.panel.doctors.retire(visit.who()?.actor(), id, Some(visit.version()?)).await?;
    page::go("/admin/doctors?done=retired")
}

async fn restore(visit: Visit) -> Result<HttpResponse, Refusal> {
    let id = id(&visit)?;
    visit.panel.doctors.restore(visit.who()?.actor(), id).await?;
    page::go(&format!("{}?done=restored", address(id)))
}
