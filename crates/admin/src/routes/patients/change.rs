//! Adding, changing, deleting and restoring patients, and assigning doctors to them.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use application::Error;
use domain::ports::Record;
use domain::{DoctorId, NewMapping, UserId, Version};

use super::{BASE, address, ids};
use crate::details::{PATIENT, patient_change, patient_value};
use crate::form::{FormPage, Reading, Spec, then};
use crate::gate::{Endpoint, Visit};
use crate::page::{self, Layout};
use crate::refusal::Refusal;

const OWNER: &[Spec] = &[Spec::new("owner", "Owner's user name", "text")
    .required()
    .help("The user who sees this patient in their own app.")];

/// Why a record cannot be changed any more.
const DELETED: &str = "The record was deleted meanwhile. Restore it from its history, then save here.";

pub(super) fn endpoints() -> Vec<Endpoint> {
    let edit = "/patients/{owner}/{id}/edit";
    vec![
        Endpoint::page("/patients/add", "admin_patients_add_page", |visit| {
            Box::pin(async move { add_page(&visit) })
        }),
        Endpoint::change("/patients/add", "admin_patients_create", |visit| Box::pin(create(visit))),
        Endpoint::page(edit, "admin_patients_edit_page", |visit| Box::pin(edit_page(visit))),
        Endpoint::change(edit, "admin_patients_update", |visit| Box::pin(update(visit))),
        Endpoint::change("/patients/{owner}/{id}/delete", "admin_patients_delete", |visit| {
            Box::pin(delete(visit))
        }),
        Endpoint::change("/patients/{owner}/{id}/restore", "admin_patients_restore", |visit| {
            Box::pin(restore(visit))
        }),
        Endpoint::change("/patients/{owner}/{id}/assign", "admin_mappings_assign", |visit| {
            Box::pin(assign(visit))
        }),
    ]
}

fn add_form(visit: &Visit, value: impl Fn(&'static str) -> String) -> Result<FormPage, Refusal> {
    let layout = Layout::inside(visit, BASE, "Add a patient")?;
    let specs: Vec<_> = std::iter::once(("Account", OWNER)).chain(PATIENT.iter().copied()).collect();
    Ok(FormPage::new(layout, visit.token(), &specs, value).adding(BASE))
}

fn add_page(visit: &Visit) -> Result<HttpResponse, Refusal> {
    let own = visit.who()?.user().username.as_str();
    let value = |name| if name == "owner" { own.to_owned() } else { String::new() };
    add_form(visit, value)?.show(StatusCode::OK)
}

async fn create(visit: Visit) -> Result<HttpResponse, Refusal> {
    let who = visit.who()?;
    let administration = &visit.panel.administration;
    let today = administration.today();
    let mut reading = Reading::of(&visit.form);
    let change = patient_change(&mut reading, today);
    let owner = owner(&visit, &mut reading).await?;
    let details = match change.into_new(today) {
        Ok(details) => Some(details),
        Err(invalid) => {
            reading.add_all(&invalid);
            None
        }
    };
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if let (Some(owner), Some(details), false) = (owner, details, reading.is_wrong()) {
        match administration.create_patient(who, owner, &details).await {
            Ok(patient) => {
                return page::go(&then(&visit.form, BASE, &address(patient.owner, patient.id), "added"));
            }
            Err(error) => status = reading.take(error)?,
        }
    }
    add_form(&visit, |name| visit.form.get(name).to_owned())?.wrong(reading.wrong()).show(status)
}

async fn owner(visit: &Visit, reading: &mut Reading<'_>) -> Result<Option<UserId>, Refusal> {
    match visit.panel.administration.owner_named(visit.who()?, visit.form.get("owner")).await {
        Ok(user) => Ok(Some(user.id)),
        Err(Error::Missing(Record::User)) => {
            reading.add("owner", "is not the name of an active account");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn edit_form(
    visit: &Visit,
    here: String,
    name: &str,
    version: Version,
    value: impl Fn(&'static str) -> String,
) -> Result<FormPage, Refusal> {
    let layout = Layout::inside(visit, BASE, format!("Edit {name}"))?;
    Ok(FormPage::new(layout, visit.token(), PATIENT, value).editing(here, version))
}

async fn edit_page(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (owner, id) = ids(&visit)?;
    let patient = visit.panel.administration.patient(visit.who()?, owner, id).await?;
    let name = patient.details.name.full();
    let value = |name| patient_value(&patient.details, name);
    edit_form(&visit, address(owner, id), name, patient.version, value)?.show(StatusCode::OK)
}

async fn update(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (owner, id) = ids(&visit)?;
    let who = visit.who()?;
    let administration = &visit.panel.administration;
    let version = visit.version()?;
    let mut reading = Reading::of(&visit.form);
    let change = patient_change(&mut reading, administration.today());
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if !reading.is_wrong() {
        match administration.update_patient(who, owner, id, version, &change).await {
            Ok(_) => return page::go(&then(&visit.form, BASE, &address(owner, id), "saved")),
            Err(Error::Stale | Error::Missing(_)) => return meanwhile(&visit, version).await,
            Err(error) => status = reading.take(error)?,
        }
    }
    let typed = |name| visit.form.get(name).to_owned();
    let form = edit_form(&visit, address(owner, id), visit.form.get("name"), version, typed)?;
    form.wrong(reading.wrong()).show(status)
}

/// What was typed, beside what has become of the record since `version`: somebody has changed or deleted it, or given
/// it to another owner. Of a record that never was there is nothing to say.
async fn meanwhile(visit: &Visit, version: Version) -> Result<HttpResponse, Refusal> {
    let (known, id) = ids(visit)?;
    let (who, administration) = (visit.who()?, &visit.panel.administration);
    let owner = administration.owner_of_patient(who, id).await?;
    let before = administration.patient_version(who, owner, id, version).await;
    let typed = |name| visit.form.get(name).to_owned();
    let now = match administration.patient(who, owner, id).await {
        Ok(now) => now,
        Err(Error::Missing(_)) => {
            before?;
            let form = edit_form(visit, address(owner, id), visit.form.get("name"), version, typed)?;
            return form.gone(DELETED).show(StatusCode::CONFLICT);
        }
        Err(error) => return Err(error.into()),
    };
    let form = edit_form(visit, address(owner, id), now.details.name.full(), now.version, typed)?;
    let form = if owner == known { form } else { form.moved(now.created_by.as_str()) };
    let before = before.ok().map(|before| before.record.details);
    let form = form.beside(
        |name| patient_value(&now.details, name),
        |name| before.as_ref().map(|before| patient_value(before, name)),
    );
    form.show(StatusCode::PRECONDITION_FAILED)
}

async fn delete(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (owner, id) = ids(&visit)?;
    let version = visit.version()?;
    visit.panel.administration.delete_patient(visit.who()?, owner, id, Some(version)).await?;
    page::go("/admin/patients?done=deleted")
}

async fn restore(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (owner, id) = ids(&visit)?;
    visit.panel.administration.restore_patient(visit.who()?, owner, id).await?;
    page::go(&format!("{}?done=restored", address(owner, id)))
}

async fn assign(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (owner, patient) = (visit.id("owner", UserId::new)?, visit.id("id", domain::PatientId::new)?);
    let doctor = visit.form.get("doctor").parse().ok().and_then(DoctorId::new).ok_or(Refusal::NOT_FOUND)?;
    let mapping = NewMapping { patient, doctor, notes: None };
    visit.panel.administration.assign(visit.who()?, owner, &mapping).await?;
    page::go(&format!("{}?done=assigned", address(owner, patient)))
}
