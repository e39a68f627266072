//! Adding accounts, and changing what is known of their users.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use application::Error;
use domain::{
    Change, EmailAddress, NameChange, NewUser, PersonName, Phone, Role, User, UserChange, UserName,
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
const NOT_ACTIVE: Refusal = Refusal::Malformed(
    StatusCode::CONFLICT,
    "This user may not sign in. Let them sign in again before you change what is known of them.",
);

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

/// Whoever may not add is told so before the form is read.
fn for_administrators(visit: &Visit) -> Result<(), Refusal> {
    if visit.who()?.is_admin() { Ok(()) } else { Err(Error::Forbidden.into()) }
}

fn add_page(visit: &Visit) -> Result<HttpResponse, Refusal> {
    for_administrators(visit)?;
    let value = |name| if name == "role" { Role::default().as_str().to_owned() } else { String::new() };
    add_form(visit, value)?.show(StatusCode::OK)
}

async fn create(visit: Visit) -> Result<HttpResponse, Refusal> {
    for_administrators(&visit)?;
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

fn edit_form(
    visit: &Visit,
    user: &User,
    shown: impl Fn(&'static str) -> String,
) -> Result<FormPage, Refusal> {
    let here = format!("{BASE}/{}", user.id);
    let layout = Layout::inside(visit, BASE, format!("Edit {}", user.username.as_str()))?;
    let before = BEFORE.map(|(name, before)| (before, value(visit, user, name))).to_vec();
    let form = FormPage::new(layout, visit.token(), KNOWN, shown);
    Ok(form.only(&format!("{here}/edit"), "Save", &here, before))
}

/// The user whom the path names, who may be changed.
async fn active(visit: &Visit) -> Result<User, Refusal> {
    let user = visit.panel.administration.user(visit.who()?, id(visit)?).await?;
    if user.is_active { Ok(user) } else { Err(NOT_ACTIVE) }
}

async fn edit_page(visit: Visit) -> Result<HttpResponse, Refusal> {
    let user = active(&visit).await?;
    edit_form(&visit, &user, |name| value(&visit, &user, name))?.show(StatusCode::OK)
}

/// Only what was typed anew is written. So nobody undoes what somebody else has changed meanwhile, unless both have
/// changed the same field: then both are shown.
async fn update(visit: Visit) -> Result<HttpResponse, Refusal> {
    let user = active(&visit).await?;
    let typed = |name: &'static str| visit.form.get(name).to_owned();
    let both = |name: &'static str| {
        let (stored, old, new) =
            (value(&visit, &user, name), before(&visit.form, name), normal(&typed(name)));
        stored != old && new != old && new != stored
    };
    if BEFORE.iter().any(|(name, _)| both(name)) {
        let form = edit_form(&visit, &user, typed)?;
        let old = |name| Some(before(&visit.form, name));
        return form.beside(|name| value(&visit, &user, name), old).show(StatusCode::PRECONDITION_FAILED);
    }
    let mut reading = Reading::of(&visit.form);
    let all = person(&mut reading);
    let change = UserChange {
        name: NameChange { full: anew(&visit.form, "name", all.name.full), ..NameChange::default() },
        email: anew(&visit.form, "email", all.email),
        phone: anew(&visit.form, "phone", all.phone),
    };
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if !reading.is_wrong() {
        match visit.panel.administration.update_user(visit.who()?, user.id, &change).await {
            Ok(user) => return page::go(&format!("{BASE}/{}?done=saved", user.id)),
            Err(error) => status = reading.take(error)?,
        }
    }
    edit_form(&visit, &user, typed)?.wrong(reading.wrong()).show(status)
}

/// What a field was when the form was made.
fn before(form: &Query, name: &str) -> String {
    let before = BEFORE.iter().find(|(field, _)| *field == name).map_or("", |(_, before)| before);
    normal(form.get(before))
}

/// The change of a field, unless it is what it was.
fn anew<T>(form: &Query, name: &str, change: Change<T>) -> Change<T> {
    if normal(form.get(name)) == before(form, name) { Change::Keep } else { change }
}
