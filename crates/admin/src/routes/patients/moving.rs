//! Giving patients to another owner.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use application::Error;
use domain::ports::Record;
use domain::{Change, Moving, Patient, Reason, RecordId, UserId};

use super::BASE;
use super::selected::selected;
use crate::form::{FormPage, Reading, Spec, Specs};
use crate::gate::{Endpoint, Visit};
use crate::list::quantity;
use crate::page::{self, Layout};
use crate::refusal::Refusal;

const FIELDS: Specs = &[(
    "New owner",
    &[
        Spec::new("to", "User name of the new owner", "text").required(),
        Spec::new("reason", "Reason", "text")
            .required()
            .help("It stays on record for good. No names of patients and nothing medical, please."),
    ],
)];

/// Why those who were selected do not move.
const ELSEWHERE: &str = "Somebody has given one of these patients to another owner meanwhile, or erased the record. \
    Nobody was moved. Select them again in the list.";

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::change("/patients/move", "admin_patients_move", |visit| Box::pin(move_selected(visit))),
        Endpoint::page("/users/{id}/move", "admin_users_move_page", |visit| Box::pin(page_of_all(visit))),
        Endpoint::change("/users/{id}/move", "admin_users_move", |visit| Box::pin(move_all(visit))),
    ]
}

/// To whom the selected patients are to be given.
pub(super) fn question(visit: &Visit, found: &[Patient]) -> Result<HttpResponse, Refusal> {
    let keys = found.iter().map(|patient| format!("{}/{}", patient.owner, patient.id)).collect();
    form_of_selected(visit, keys, |_| String::new())?.show(StatusCode::OK)
}

fn form(
    visit: &Visit,
    section: &str,
    title: String,
    value: impl Fn(&'static str) -> String,
) -> Result<FormPage, Refusal> {
    visit.who()?.must_be_admin()?;
    let lines = vec![
        "The owner before loses access at once. The assignments of doctors and the history of each record go along."
            .to_owned(),
    ];
    let layout = Layout::inside(visit, section, title)?;
    Ok(FormPage::new(layout, visit.token(), FIELDS, value).saying(lines))
}

fn form_of_selected(
    visit: &Visit,
    keys: Vec<String>,
    value: impl Fn(&'static str) -> String,
) -> Result<FormPage, Refusal> {
    let title = format!("Move {} to another owner", quantity(keys.len(), "patient"));
    let hidden = keys.into_iter().map(|key| ("selected", key)).collect();
    Ok(form(visit, BASE, title, value)?.only("/admin/patients/move", "Move", BASE, hidden))
}

/// The user whose patients are all to be moved.
fn owner(visit: &Visit) -> Result<UserId, Refusal> {
    let id = visit.id("id", UserId::new)?;
    visit.call.target(RecordId::User(id));
    Ok(id)
}

async fn form_of_all(
    visit: &Visit,
    id: UserId,
    value: impl Fn(&'static str) -> String,
) -> Result<FormPage, Refusal> {
    let user = visit.panel.administration.user(visit.who()?, id).await?;
    let title = format!("Move all patients of {} to another owner", user.username.as_str());
    let here = format!("/admin/users/{id}");
    Ok(form(visit, "/admin/users", title, value)?.only(
        &format!("{here}/move"),
        "Move all",
        &here,
        Vec::new(),
    ))
}

async fn page_of_all(visit: Visit) -> Result<HttpResponse, Refusal> {
    form_of_all(&visit, owner(&visit)?, |_| String::new()).await?.show(StatusCode::OK)
}

async fn move_all(visit: Visit) -> Result<HttpResponse, Refusal> {
    let id = owner(&visit)?;
    let mut reading = Reading::of(&visit.form);
    if do_move(&visit, &Moving::AllOf(id), &mut reading).await? {
        return page::go(&format!("/admin/users/{id}?done=moved"));
    }
    let typed = |name| visit.form.get(name).to_owned();
    let form = form_of_all(&visit, id, typed).await?;
    form.wrong(reading.wrong()).show(StatusCode::UNPROCESSABLE_ENTITY)
}

async fn move_selected(visit: Visit) -> Result<HttpResponse, Refusal> {
    let these = selected(&visit);
    if these.is_empty() {
        return Err(Refusal::NOTHING_SELECTED);
    }
    let mut reading = Reading::of(&visit.form);
    let keys = these.iter().map(|(owner, id)| format!("{owner}/{id}")).collect();
    let typed = |name| visit.form.get(name).to_owned();
    match do_move(&visit, &Moving::These(these), &mut reading).await {
        Ok(true) => page::go("/admin/patients?done=moved"),
        Ok(false) => {
            let form = form_of_selected(&visit, keys, typed)?;
            form.wrong(reading.wrong()).show(StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(Refusal::Failed(Error::Missing(Record::Patient))) => {
            form_of_selected(&visit, keys, typed)?.gone(ELSEWHERE).show(StatusCode::CONFLICT)
        }
        Err(refusal) => Err(refusal),
    }
}

/// Moves them, unless something is wrong with the form.
async fn do_move(visit: &Visit, which: &Moving, reading: &mut Reading<'_>) -> Result<bool, Refusal> {
    let who = visit.who()?;
    let administration = &visit.panel.administration;
    let reason = reading.text("reason", Reason::parse);
    if matches!(reason, Change::Clear) {
        reading.add("reason", "is required");
    }
    let to = match administration.owner_named(who, visit.form.get("to")).await {
        Ok(user) => Some(user.id),
        Err(Error::Missing(Record::User)) => {
            reading.add("to", "is not the name of an active account");
            None
        }
        Err(error) => return Err(error.into()),
    };
    let (Some(to), Change::Set(reason)) = (to, reason) else { return Ok(false) };
    administration.move_patients(who, which, to, &reason).await?;
    Ok(true)
}
