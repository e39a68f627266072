//! Accounts, for administrators.

mod change;
mod reset;
mod selected;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use application::Error;
use domain::{
    EmailAddress, HumanName, Phone, RecordId, Role, Session, SessionId, StandingChange, User, UserFilter,
    UserId, UserTally, fold,
};

use crate::gate::{Endpoint, Visit};
use crate::list::{Asked, Bulk, Choice, Column, Deed, Select, counted, cursor, filter};
use crate::page::{self, Layout};
use crate::query::Query;
use crate::refusal::Refusal;
use crate::view::{Button, Link, RecordPage, SmallForm, Table, TableCell, TableRow, Values};
use crate::zone::Zone;

const BASE: &str = "/admin/users";

const COLUMNS: &[Column] = &[
    Column { key: "username", label: "User name", sort: Some("name"), is_shown: true },
    Column { key: "name", label: "Name", sort: None, is_shown: true },
    Column { key: "email", label: "E-mail", sort: None, is_shown: true },
    Column { key: "role", label: "Role", sort: None, is_shown: true },
    Column { key: "active", label: "Active", sort: None, is_shown: true },
    Column { key: "last_login", label: "Last sign-in", sort: None, is_shown: true },
    Column { key: "created", label: "Joined", sort: Some("created"), is_shown: false },
    Column { key: "id", label: "Id", sort: None, is_shown: false },
];

const ROLES: &[(&str, &str)] =
    &[("patient", "Patient"), ("doctor", "Doctor"), ("staff", "Staff"), ("admin", "Administrator")];

pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = vec![
        Endpoint::page("/users", "admin_users_list", |visit| Box::pin(list(visit))),
        Endpoint::page("/users/{id}", "admin_users_get", |visit| Box::pin(get(visit))),
        Endpoint::change("/users/{id}/standing", "admin_users_standing", |visit| Box::pin(standing(visit))),
        Endpoint::change("/users/{id}/end-session", "admin_users_end_session", |visit| {
            Box::pin(end_session(visit))
        }),
        Endpoint::change("/users/{id}/end-sessions", "admin_users_end_sessions", |visit| {
            Box::pin(end_sessions(visit))
        }),
    ];
    endpoints.extend(change::endpoints());
    endpoints.extend(reset::endpoints());
    endpoints.extend(selected::endpoints());
    endpoints
}

/// What the address asks for.
fn wanted(query: &Query) -> UserFilter {
    let typed = query.get("q").trim();
    UserFilter {
        search: (!typed.is_empty()).then(|| fold::identifier_key(typed)),
        role: Role::parse(query.get("role")).ok(),
        is_active: is_active(query.get("active")),
    }
}

fn is_active(value: &str) -> Option<bool> {
    match value {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

async fn list(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (query, who) = (&visit.query, visit.who()?);
    let asked = Asked { base: BASE, query, columns: COLUMNS };
    let wanted = wanted(query);
    let administration = &visit.panel.administration;
    let found = administration.users(who, &wanted, asked.page(UserId::new)?).await?;
    let tally = administration.tally_users(who, &wanted).await?;
    let kinds = tally.kinds.as_deref();
    let total = |role, is_active| kinds.map(|kinds| UserTally::count(kinds, role, is_active));
    let layout = Layout::inside(&visit, BASE, "Users")?;
    let mut list = asked.list(layout, counted(tally.matching), found.next.map(cursor));
    let row = |user: &User| {
        let href = format!("{BASE}/{}", user.id);
        asked.row(user.id.to_string(), user.username.as_str(), &href, |name| column(user, name, visit.zone))
    };
    list.rows = found.items.iter().map(row).collect();
    let by_role = |value: &str| total(Role::parse(value).ok(), wanted.is_active);
    let by_state = |value: &str| total(wanted.role, is_active(value));
    list.filters = vec![
        filter(query, "role", "Role", "All", ROLES.iter().copied(), by_role),
        filter(query, "active", "Active", "All", [("yes", "Yes"), ("no", "No")], by_state),
    ];
    list.add = Some(("/admin/users/add", "Add a user"));
    list.empty = "There is no account.";
    list.export = Some(query.with("after", "").with("done", "").href("/admin/users.csv"));
    let deeds =
        vec![Deed::plain("export", "Export selected"), Deed::danger("deactivate", "Deactivate selected")];
    list.bulk = Some(Bulk { action: "/admin/users/selected", token: visit.token(), deeds });
    page::show(&list)
}

fn column(user: &User, name: &str, zone: Zone) -> String {
    match name {
        "username" => user.username.as_str().to_owned(),
        "name" => user.name.as_ref().map(HumanName::full).unwrap_or_default().to_owned(),
        "email" => user.email.as_ref().map(EmailAddress::as_str).unwrap_or_default().to_owned(),
        "phone" => user.phone.as_ref().map(Phone::as_str).unwrap_or_default().to_owned(),
        "role" => role(user.role).to_owned(),
        "active" => if user.is_active { "Yes" } else { "No" }.to_owned(),
        "last_login" => user.last_login.map(|at| zone.minute(at)).unwrap_or_default(),
        "created" => zone.minute(user.date_joined),
        "id" => user.id.to_string(),
        _ => String::new(),
    }
}

/// What a role is called.
pub(super) fn role(role: Role) -> &'static str {
    ROLES.iter().find(|(name, _)| *name == role.as_str()).map_or("", |(_, label)| label)
}

fn id(visit: &Visit) -> Result<UserId, Refusal> {
    let id = visit.id("id", UserId::new)?;
    visit.call.target(RecordId::User(id));
    Ok(id)
}

async fn get(visit: Visit) -> Result<HttpResponse, Refusal> {
    let id = id(&visit)?;
    let who = visit.who()?;
    let user = visit.panel.administration.user(who, id).await?;
    let sessions = visit.panel.administration.sessions_of(who, id).await?;
    let here = format!("{BASE}/{id}");
    let value = |label, name| (label, column(&user, name, visit.zone));
    let edit = user.is_active.then(|| Link::to(format!("{here}/edit"), "Edit"));
    let others = [
        Link::to(Query::default().with("owner", user.username.as_str()).href("/admin/patients"), "Patients"),
        Link::to(format!("/admin/audit?user={id}"), "Audit"),
        Link::to(format!("{here}/move"), "Move all patients to another owner"),
    ];
    let page = RecordPage {
        layout: Layout::inside(&visit, BASE, user.username.as_str())?,
        token: visit.token(),
        links: edit.into_iter().chain(others).collect(),
        groups: vec![Values {
            title: "Account",
            values: vec![
                value("Name", "name"),
                value("E-mail address", "email"),
                value("Phone", "phone"),
                value("Role", "role"),
                value("Active", "active"),
                value("Joined", "created"),
                value("Last sign-in", "last_login"),
            ],
        }],
        tables: vec![session_table(&sessions, &here, visit.zone)],
        finder: None,
        forms: vec![standing_form(&user, &here), reset_form(&here), end_all_form(&here)],
    };
    page::show(&page)
}

fn session_table(sessions: &[Session], here: &str, zone: Zone) -> Table {
    let row = |session: &Session| TableRow {
        cells: vec![
            TableCell::short(zone.minute(session.created_at)),
            TableCell::short(zone.minute(session.last_used_at)),
            TableCell::text(session.address.as_deref().unwrap_or_default()),
            TableCell::text(session.user_agent.as_deref().unwrap_or_default()),
        ],
        button: Some(Button {
            action: format!("{here}/end-session"),
            label: "End",
            of: format!("the session of {}", zone.minute(session.created_at)),
            values: vec![("session", session.id.to_string())],
        }),
    };
    Table {
        id: "sessions",
        title: "Sessions",
        heads: vec!["Signed in", "Last used", "Address", "Client", ""],
        rows: sessions.iter().map(row).collect(),
        empty: "The user has no session.",
    }
}

fn standing_form(user: &User, here: &str) -> SmallForm {
    let select = |name, label, options: &[(&str, &str)], now: &str| {
        let choice = |(value, label): &(&str, &str)| Choice {
            value: (*value).to_owned(),
            label: (*label).to_owned(),
            is_chosen: *value == now,
        };
        Select { name, label, options: options.iter().map(choice).collect() }
    };
    let active = if user.is_active { "yes" } else { "no" };
    SmallForm {
        action: format!("{here}/standing"),
        title: "Role and state",
        help: "Saving this ends all sessions of the user.",
        label: "Save role and state",
        is_danger: false,
        selects: vec![
            select("role", "Role", ROLES, user.role.as_str()),
            select("active", "May sign in", &[("yes", "Yes"), ("no", "No")], active),
        ],
    }
}

fn reset_form(here: &str) -> SmallForm {
    let action = format!("{here}/reset");
    SmallForm::button(action, "Make a link for a new password", false)
}

fn end_all_form(here: &str) -> SmallForm {
    let action = format!("{here}/end-sessions");
    SmallForm::button(action, "End all sessions", true)
}

async fn standing(visit: Visit) -> Result<HttpResponse, Refusal> {
    let id = id(&visit)?;
    let role = Role::parse(visit.form.get("role")).ok();
    let is_active = is_active(visit.form.get("active"));
    let change = StandingChange { is_active, role };
    visit.panel.administration.set_standing(visit.who()?, id, change).await.map_err(last_admin)?;
    page::go(&format!("{BASE}/{id}?done=saved"))
}

/// The only rule that a change of standing can break, in words.
fn last_admin(error: Error) -> Refusal {
    match error {
        Error::Invalid(_) => Refusal::Malformed(
            StatusCode::UNPROCESSABLE_ENTITY,
            "This is the last active administrator. Make somebody else one first.",
        ),
        error => error.into(),
    }
}

async fn end_session(visit: Visit) -> Result<HttpResponse, Refusal> {
    let id = visit.id("id", UserId::new)?;
    let session = SessionId::parse(visit.form.get("session")).ok_or(Refusal::NOT_FOUND)?;
    visit.call.target(RecordId::Session(session));
    visit.panel.administration.end_session_of(visit.who()?, id, session).await?;
    page::go(&format!("{BASE}/{id}?done=ended"))
}

async fn end_sessions(visit: Visit) -> Result<HttpResponse, Refusal> {
    let id = id(&visit)?;
    visit.panel.administration.end_all_sessions_of(visit.who()?, id).await?;
    page::go(&format!("{BASE}/{id}?done=ended"))
}
