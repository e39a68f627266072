//! Accounts, for administrators.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use application::Error;
use domain::{
    EmailAddress, HumanName, Phone, RecordId, Role, Session, SessionId, StandingChange, User, UserFilter,
    UserId, fold,
};

use crate::gate::{Endpoint, Visit};
use crate::list::{Asked, Choice, Column, Select, filter};
use crate::page::{self, Layout};
use crate::refusal::Refusal;
use crate::view::{Button, RecordPage, SmallForm, Table, TableCell, TableRow, Values, minute};

const BASE: &str = "/admin/users";

const COLUMNS: &[Column] = &[
    Column { key: "username", label: "User name", sort: None, is_shown: true },
    Column { key: "name", label: "Name", sort: None, is_shown: true },
    Column { key: "email", label: "E-mail", sort: None, is_shown: true },
    Column { key: "role", label: "Role", sort: None, is_shown: true },
    Column { key: "active", label: "Active", sort: None, is_shown: true },
    Column { key: "last_login", label: "Last sign-in (UTC)", sort: None, is_shown: true },
    Column { key: "created", label: "Joined (UTC)", sort: None, is_shown: false },
    Column { key: "id", label: "Id", sort: None, is_shown: false },
];

const ROLES: [(&str, &str); 4] =
    [("patient", "Patient"), ("doctor", "Doctor"), ("staff", "Staff"), ("admin", "Administrator")];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::page("/users", "admin_users_list", |visit| Box::pin(list(visit))),
        Endpoint::page("/users/{id}", "admin_users_get", |visit| Box::pin(get(visit))),
        Endpoint::change("/users/{id}/standing", "admin_users_standing", |visit| Box::pin(standing(visit))),
        Endpoint::change("/users/{id}/end-session", "admin_users_end_session", |visit| {
            Box::pin(end_session(visit))
        }),
        Endpoint::change("/users/{id}/end-sessions", "admin_users_end_sessions", |visit| {
            Box::pin(end_sessions(visit))
        }),
    ]
}

async fn list(visit: Visit) -> Result<HttpResponse, Refusal> {
    let query = &visit.query;
    let asked = Asked { base: BASE, query, columns: COLUMNS };
    let typed = query.get("q").trim();
    let wanted = UserFilter {
        search: (!typed.is_empty()).then(|| fold::identifier_key(typed)),
        role: Role::parse(query.get("role")).ok(),
        is_active: match query.get("active") {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        },
        before: query.get("after").parse().ok().and_then(UserId::new),
    };
    let limit = asked.limit();
    let (users, total) = visit.panel.administration.users(visit.who()?, &wanted, limit).await?;
    let is_full = users.len() >= usize::from(limit.get());
    let next = users.last().filter(|_| is_full).map(|last| last.id.to_string());
    let mut list = asked.list(Layout::inside(&visit, BASE, "Users")?, Some(total), next);
    let row = |user: &User| {
        let href = format!("{BASE}/{}", user.id);
        asked.row(user.id.to_string(), user.username.as_str(), href, |name| column(user, name))
    };
    list.rows = users.iter().map(row).collect();
    list.filters = vec![
        filter(query, "role", "Role", "All", ROLES),
        filter(query, "active", "Active", "All", [("yes", "Yes"), ("no", "No")]),
    ];
    list.empty = "Nobody matches. Accounts are made by registering, or by the command line.";
    page::show(&list)
}

fn column(user: &User, name: &str) -> String {
    match name {
        "username" => user.username.as_str().to_owned(),
        "name" => user.name.as_ref().map(HumanName::full).unwrap_or_default().to_owned(),
        "email" => user.email.as_ref().map(EmailAddress::as_str).unwrap_or_default().to_owned(),
        "phone" => user.phone.as_ref().map(Phone::as_str).unwrap_or_default().to_owned(),
        "role" => user.role.as_str().to_owned(),
        "active" => if user.is_active { "yes" } else { "no" }.to_owned(),
        "last_login" => user.last_login.map(minute).unwrap_or_default(),
        "created" => minute(user.date_joined),
        "id" => user.id.to_string(),
        _ => String::new(),
    }
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
    let value = |label, name| (label, column(&user, name));
    let page = RecordPage {
        layout: Layout::inside(&visit, BASE, user.username.as_str())?,
        token: visit.token(),
        links: Vec::new(),
        groups: vec![Values {
            title: "Account",
            values: vec![
                value("Name", "name"),
                value("E-mail address", "email"),
                value("Phone", "phone"),
                value("Role", "role"),
                value("Active", "active"),
                value("Joined (UTC)", "created"),
                value("Last sign-in (UTC)", "last_login"),
            ],
        }],
        tables: vec![session_table(&sessions, &here)],
        finder: None,
        forms: vec![standing_form(&user, &here), end_all_form(&here)],
    };
    page::show(&page)
}

fn session_table(sessions: &[Session], here: &str) -> Table {
    let row = |session: &Session| TableRow {
        cells: vec![
            TableCell::text(minute(session.created_at)),
            TableCell::text(minute(session.last_used_at)),
            TableCell::text(session.address.as_deref().unwrap_or_default()),
            TableCell::text(session.user_agent.as_deref().unwrap_or_default()),
        ],
        button: Some(Button {
            action: format!("{here}/end-session"),
            label: "End",
            of: format!("the session of {}", minute(session.created_at)),
            values: vec![("session", session.id.to_string())],
        }),
    };
    Table {
        id: "sessions",
        title: "Sessions",
        heads: vec!["Signed in (UTC)", "Last used (UTC)", "Address", "Client", ""],
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
        label: "Save role and state (ends all sessions of the user)",
        is_danger: false,
        selects: vec![
            select("role", "Role", &ROLES, user.role.as_str()),
            select("active", "May sign in", &[("yes", "Yes"), ("no", "No")], active),
        ],
    }
}

fn end_all_form(here: &str) -> SmallForm {
    let action = format!("{here}/end-sessions");
    SmallForm { action, label: "End all sessions", is_danger: true, selects: Vec::new() }
}

async fn standing(visit: Visit) -> Result<HttpResponse, Refusal> {
    let id = id(&visit)?;
    let role = Role::parse(visit.form.get("role")).ok();
    let is_active = match visit.form.get("active") {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let change = StandingChange { is_active, role };
    match visit.panel.administration.set_standing(visit.who()?, id, change).await {
        Ok(_) => page::go(&format!("{BASE}/{id}?done=saved")),
        Err(Error::Invalid(_)) => Err(Refusal::Malformed(
            StatusCode::UNPROCESSABLE_ENTITY,
            "This is the last active administrator. Make somebody else one first.",
        )),
        Err(error) => Err(error.into()),
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
