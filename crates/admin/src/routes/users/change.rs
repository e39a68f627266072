//! Adding accounts, and changing what is known of their users.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use application::Error;
use domain::{
    Change, EmailAddress, NameChange, NewUser, PersonName, Phone, Role, User, UserChange, UserId, UserName,
    Version,
};

use super::{BASE, ROLES, column, id};
use crate::form::{FormPage, Reading, Spec, Specs, normal, then};
use crate::gate::{Endpoint, Visit};
use crate::page::{self, Layout};
use crate::query::Query;
use crate::refusal::Refusal;

const ACCOUNT: &[Spec] = &[
    Spec::new("username", "User name", "text")
        .help("To sign in with. Where it is empty, the e-mail address is the user name."),
    Spec::new("role", "Role", "select").of(ROLES),
];

const PERSON: &[Spec] = &[
    Spec::new("name", "Name", "text"),
    Spec::new("email", "E-mail address", "email"),
    Spec::new("phone", "Phone", "tel"),
];

const NEW: Specs = &[("Account", ACCOUNT), ("Person", PERSON)];

const KNOWN: Specs = &[("Person", PERSON)];

/// The fields of a person, and under which names a form says what they were when it was made.
const BEFORE: [(&str, &str); 3] =
    [("name", "before_name"), ("email", "before_email"), ("phone", "before_phone")];

/// Somebody who may not sign in stays as they are.
const NOT_ACTIVE: &str =
    "This user may not sign in. Let them sign in again before you change what is known of them.";

pub(super) fn endpoints() -> Vec<Endpoint> {
    let edit = "/users/{id}/edit";
    vec![
        Endpoint::page("/users/add", "admin_users_add_page", |visit| {
            Box::pin(async move { add_page(&visit) })
        }),
        Endpoint::change("/users/add", "admin_users_create", |visit| Box::pin(create(visit))),
        Endpoint::page(edit, "admin_users_edit_page", |visit| Box::pin(edit_page(visit))),
        Endpoint::change(edit, "admin_users_update", |visit| Box::pin(update(visit))),
    ]
}

/// What a form shows of a user.
fn value(visit: &Visit, user: &User, name: &str) -> String {
    column(user, name, visit.zone)
}

fn add_form(visit: &Visit, value: impl Fn(&'static str) -> String) -> Result<FormPage, Refusal> {
    let layout = Layout::inside(visit, BASE, "Add a user")?;
    let lines = vec![
        "The account is made without a password. Make a link on its page, by which the user sets one."
            .to_owned(),
    ];
    Ok(FormPage::new(layout, visit.token(), NEW, value).adding(BASE).saying(lines))
}

fn add_page(visit: &Visit) -> Result<HttpResponse, Refusal> {
    visit.who()?.must_be_admin()?;
    let value = |name| if name == "role" { Role::default().as_str().to_owned() } else { String::new() };
    add_form(visit, value)?.show(StatusCode::OK)
}

async fn create(visit: Visit) -> Result<HttpResponse, Refusal> {
    // Whoever may not add is told so before the form is read.
    visit.who()?.must_be_admin()?;
    let mut reading = Reading::of(&visit.form);
    let set = |change: Change<UserName>| if let Change::Set(name) = change { Some(name) } else { None };
    let username = set(reading.text("username", UserName::parse));
    let person = person(&mut reading);
    let role = Role::parse(visit.form.get("role"));
    if role.is_err() {
        reading.add("role", "is not one of the roles");
    }
    let name = person.name.applied(None).unwrap_or_default();
    let new = NewUser::new(username, person.email.applied(None))
        .map(|user| user.described(name, person.phone.applied(None), role.unwrap_or_default()));
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    match new {
        Err(invalid) => reading.add_all(&invalid),
        Ok(user) if !reading.is_wrong() => {
            match visit.panel.administration.create_user(visit.who()?, &user).await {
                Ok(user) => {
                    let record = format!("{BASE}/{}", user.id);
                    return page::go(&then(&visit.form, BASE, &record, "user-added"));
                }
                Err(error) => status = reading.take(error)?,
            }
        }
        Ok(_) => {}
    }
    add_form(&visit, |name| visit.form.get(name).to_owned())?.wrong(reading.wrong()).show(status)
}

/// What a form says of a person.
fn person(reading: &mut Reading<'_>) -> UserChange {
    UserChange {
        name: NameChange { full: reading.text("name", PersonName::parse), ..NameChange::default() },
        email: reading.text("email", EmailAddress::parse),
        phone: reading.text("phone", Phone::parse),
    }
}

/// The form for what is known of a user, as `stored` has it now.
fn edit_form(
    visit: &Visit,
    stored: &User,
    shown: impl Fn(&'static str) -> String,
) -> Result<FormPage, Refusal> {
    let here = format!("{BASE}/{}", stored.id);
    let layout = Layout::inside(visit, BASE, format!("Edit {}", stored.username.as_str()))?;
    let before = BEFORE.map(|(name, before)| (before, value(visit, stored, name))).to_vec();
    Ok(FormPage::new(layout, visit.token(), KNOWN, shown).editing(here, stored.version).with(before))
}

async fn edit_page(visit: Visit) -> Result<HttpResponse, Refusal> {
    let user = visit.panel.administration.user(visit.who()?, id(&visit)?).await?;
    if !user.is_active {
        return Err(Refusal::Malformed(StatusCode::CONFLICT, NOT_ACTIVE));
    }
    edit_form(&visit, &user, |name| value(&visit, &user, name))?.show(StatusCode::OK)
}

async fn update(visit: Visit) -> Result<HttpResponse, Refusal> {
    visit.who()?.must_be_admin()?;
    let (who, administration) = (visit.who()?, &visit.panel.administration);
    let (id, version) = (id(&visit)?, visit.version()?);
    let typed = |name: &'static str| visit.form.get(name).to_owned();
    let mut reading = Reading::of(&visit.form);
    let change = person(&mut reading);
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if !reading.is_wrong() {
        match administration.update_user(who, id, version, &change).await {
            Ok(user) => {
                let here = format!("{BASE}/{}", user.id);
                return page::go(&then(&visit.form, BASE, &here, "saved"));
            }
            Err(Error::Stale) => {
                let now = administration.user(who, id).await?;
                let before = |name| Some(before(&visit.form, name));
                let form = edit_form(&visit, &now, typed)?.beside(|name| value(&visit, &now, name), before);
                return form.show(StatusCode::PRECONDITION_FAILED);
            }
            Err(Error::Missing(_)) => {
                return as_sent(&visit, id, version).await?.gone(NOT_ACTIVE).show(StatusCode::CONFLICT);
            }
            Err(error) => status = reading.take(error)?,
        }
    }
    as_sent(&visit, id, version).await?.wrong(reading.wrong()).show(status)
}

/// The form as it was sent: it is still the one that was made from that version.
async fn as_sent(visit: &Visit, id: UserId, version: Version) -> Result<FormPage, Refusal> {
    let was = visit.panel.administration.user(visit.who()?, id).await?;
    let hidden = BEFORE.map(|(name, hidden)| (hidden, before(&visit.form, name))).to_vec();
    let typed = |name: &'static str| visit.form.get(name).to_owned();
    Ok(edit_form(visit, &User { version, ..was }, typed)?.with(hidden))
}

/// What a field was when the form was made.
fn before(form: &Query, name: &str) -> String {
    let before = BEFORE.iter().find(|(field, _)| *field == name).map_or("", |(_, before)| before);
    normal(form.get(before))
}
