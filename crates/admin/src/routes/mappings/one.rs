//! One assignment: what is known of it, its notes, its end, and how it came about.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use application::Error;
use domain::ports::Record;
use domain::{MappingId, MappingView, Notes, RecordId, UserId, UserName, Version};

use super::BASE;
use crate::form::{FormPage, Reading, Spec, Specs, then};
use crate::gate::{Endpoint, Visit};
use crate::page::{self, Layout};
use crate::refusal::Refusal;
use crate::view::{ConfirmPage, HistoryPage, Link, RecordPage, STEPS, Values, steps};

/// Why notes cannot be changed any more.
const ENDED: &str = "The assignment has ended meanwhile. Assign the doctor again to write notes.";

const NOTES: Specs = &[("Notes", &[Spec::new("notes", "Notes", "textarea")])];

pub(super) fn endpoints() -> Vec<Endpoint> {
    let (edit, end) = ("/mappings/{owner}/{id}/edit", "/mappings/{owner}/{id}/end");
    vec![
        Endpoint::page("/mappings/{owner}/{id}", "admin_mappings_get", |visit| Box::pin(get(visit))),
        Endpoint::page(edit, "admin_mappings_edit_page", |visit| Box::pin(edit_page(visit))),
        Endpoint::change(edit, "admin_mappings_update", |visit| Box::pin(update(visit))),
        Endpoint::page(end, "admin_mappings_end_page", |visit| Box::pin(end_page(visit))),
        Endpoint::change(end, "admin_mappings_end", |visit| Box::pin(end_now(visit))),
        Endpoint::page("/mappings/{owner}/{id}/history", "admin_mappings_history", |visit| {
            Box::pin(history(visit))
        }),
    ]
}

/// The owner and the mapping that the path names; the call is about it.
fn ids(visit: &Visit) -> Result<(UserId, MappingId), Refusal> {
    let (owner, id) = (visit.id("owner", UserId::new)?, visit.id("id", MappingId::new)?);
    visit.call.target(RecordId::Mapping(id));
    Ok((owner, id))
}

fn address(owner: UserId, id: MappingId) -> String {
    format!("{BASE}/{owner}/{id}")
}

fn patient_page(view: &MappingView) -> String {
    format!("/admin/patients/{}/{}", view.mapping.owner, view.mapping.patient)
}

/// Who is assigned to whom, in words.
fn title(view: &MappingView) -> String {
    format!("{} for {}", view.doctor_name.as_str(), view.patient_name.full())
}

fn notes(view: &MappingView) -> String {
    view.mapping.notes.as_ref().map(Notes::as_str).unwrap_or_default().to_owned()
}

async fn found(visit: &Visit) -> Result<MappingView, Refusal> {
    let (owner, id) = ids(visit)?;
    Ok(visit.panel.administration.mapping(visit.who()?, owner, id).await?)
}

/// The same where it can still be changed.
async fn active(visit: &Visit) -> Result<MappingView, Refusal> {
    let view = found(visit).await?;
    if view.mapping.is_active() { Ok(view) } else { Err(Error::Missing(Record::Mapping).into()) }
}

async fn get(visit: Visit) -> Result<HttpResponse, Refusal> {
    let view = found(&visit).await?;
    let mapping = &view.mapping;
    let here = address(mapping.owner, mapping.id);
    let mut links = vec![
        Link::to(patient_page(&view), "Patient"),
        Link::to(format!("/admin/doctors/{}", mapping.doctor), "Doctor"),
        Link::to(format!("{here}/history"), "History"),
    ];
    if mapping.is_active() {
        links.insert(0, Link::to(format!("{here}/edit"), "Edit the notes"));
        links.push(Link::danger(format!("{here}/end"), "End"));
    }
    let page = RecordPage {
        layout: Layout::inside(&visit, BASE, title(&view))?,
        token: visit.token(),
        links,
        groups: vec![assignment(&visit, &view)],
        tables: Vec::new(),
        finder: None,
        forms: Vec::new(),
    };
    page::show(&page)
}

fn assignment(visit: &Visit, view: &MappingView) -> Values {
    let mapping = &view.mapping;
    let ended = mapping.ended_at.map_or_else(|| "no".to_owned(), |at| visit.zone.minute(at));
    let specialization = view.specialization.as_ref().map(|text| text.as_str().to_owned());
    let assigned_by = mapping.assigned_by.as_ref().map(UserName::as_str);
    Values {
        title: "Assignment",
        values: vec![
            ("Patient", view.patient_name.full().to_owned()),
            ("Doctor", view.doctor_name.as_str().to_owned()),
            ("Specialization", specialization.unwrap_or_default()),
            ("Notes", notes(view)),
            ("Assigned", visit.zone.minute(mapping.assigned_at)),
            ("Assigned by", assigned_by.unwrap_or_default().to_owned()),
            ("Ended", ended),
            ("Version", mapping.version.get().to_string()),
        ],
    }
}

fn form(
    visit: &Visit,
    view: &MappingView,
    version: Version,
    value: impl Fn(&'static str) -> String,
) -> Result<FormPage, Refusal> {
    let here = address(view.mapping.owner, view.mapping.id);
    let layout = Layout::inside(visit, BASE, format!("Edit the notes: {}", title(view)))?;
    Ok(FormPage::new(layout, visit.token(), NOTES, value).editing(here, version))
}

async fn edit_page(visit: Visit) -> Result<HttpResponse, Refusal> {
    let view = active(&visit).await?;
    form(&visit, &view, view.mapping.version, |_| notes(&view))?.show(StatusCode::OK)
}

async fn update(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (owner, id) = ids(&visit)?;
    let (who, administration) = (visit.who()?, &visit.panel.administration);
    let expected = visit.version()?;
    let mut reading = Reading::of(&visit.form);
    let change = reading.text("notes", Notes::parse);
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if !reading.is_wrong() {
        match administration.update_notes(who, owner, id, expected, &change).await {
            Ok(_) => return page::go(&then(&visit.form, BASE, &address(owner, id), "saved")),
            Err(Error::Stale | Error::Missing(_)) => return meanwhile(&visit, expected).await,
            Err(error) => status = reading.take(error)?,
        }
    }
    let was = was(&visit, expected).await?;
    form(&visit, &was, expected, |name| visit.form.get(name).to_owned())?.wrong(reading.wrong()).show(status)
}

/// What the form was made from: it is there, whatever became of the assignment and whoever owns it now.
async fn was(visit: &Visit, version: Version) -> Result<MappingView, Refusal> {
    let (_, id) = ids(visit)?;
    let (who, administration) = (visit.who()?, &visit.panel.administration);
    let owner = administration.owner_of_mapping(who, id).await?;
    Ok(administration.mapping_version(who, owner, id, version).await?.record)
}

/// What was typed, beside what has become of the assignment since `version`: somebody has changed its notes or ended
/// it, or given the patient to another owner.
async fn meanwhile(visit: &Visit, version: Version) -> Result<HttpResponse, Refusal> {
    let (known, id) = ids(visit)?;
    let (who, administration) = (visit.who()?, &visit.panel.administration);
    let owner = administration.owner_of_mapping(who, id).await?;
    let was = was(visit, version).await;
    let typed = |name| visit.form.get(name).to_owned();
    let now = match administration.mapping(who, owner, id).await {
        Ok(now) if now.mapping.is_active() => now,
        Ok(_) | Err(Error::Missing(_)) => {
            return form(visit, &was?, version, typed)?.gone(ENDED).show(StatusCode::CONFLICT);
        }
        Err(error) => return Err(error.into()),
    };
    let form = form(visit, &now, now.mapping.version, typed)?;
    let form = if owner == known {
        form
    } else {
        let patient = administration.patient(who, owner, now.mapping.patient).await?;
        form.moved(patient.created_by.as_str())
    };
    let before = was.ok().map(|was| notes(&was));
    form.beside(|_| notes(&now), |_| before.clone()).show(StatusCode::PRECONDITION_FAILED)
}

async fn end_page(visit: Visit) -> Result<HttpResponse, Refusal> {
    let view = active(&visit).await?;
    let here = address(view.mapping.owner, view.mapping.id);
    let page = ConfirmPage {
        layout: Layout::inside(&visit, BASE, format!("End {}?", title(&view)))?,
        token: visit.token(),
        lines: vec!["It stays in the history. The same doctor can be assigned again.".to_owned()],
        names: Vec::new(),
        action: format!("{here}/end"),
        values: Vec::new(),
        button: "End",
        cancel: here,
    };
    page::show(&page)
}

async fn end_now(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (owner, id) = ids(&visit)?;
    let view = found(&visit).await?;
    visit.panel.administration.end_mapping(visit.who()?, owner, id).await?;
    page::go(&format!("{}?done=ended", patient_page(&view)))
}

async fn history(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (owner, id) = ids(&visit)?;
    let (who, administration) = (visit.who()?, &visit.panel.administration);
    let entries = administration.mapping_history(who, owner, id).await?;
    let mut records = Vec::new();
    for entry in entries.iter().take(STEPS.saturating_add(1)) {
        records.push(administration.mapping_version(who, owner, id, entry.version).await?.record);
    }
    let name = records.first().map(title).unwrap_or_default();
    let page = HistoryPage {
        layout: Layout::inside(&visit, BASE, format!("History of {name}"))?,
        token: visit.token(),
        back: address(owner, id),
        restore: None,
        steps: steps(visit.zone, NOTES, &entries, &records, |view, _| notes(view)),
    };
    page::show(&page)
}
