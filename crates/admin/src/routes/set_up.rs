//! The first administrator: by a link that the server has printed, on this machine only.

use std::net::IpAddr;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{FORWARDED, HOST, HeaderName};
use application::Error;
use domain::{Change, EmailAddress, LinkKey, NewUser, UserName};

use crate::form::{FormPage, Reading, Spec, Specs};
use crate::gate::{Endpoint, Visit};
use crate::page::{self, Layout};
use crate::refusal::Refusal;
use crate::routes::session;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

const FIELDS: Specs = &[(
    "Administrator",
    &[
        Spec::new("username", "User name", "text").autocomplete("username"),
        Spec::new("email", "E-mail address", "email").help("May be empty."),
        Spec::new("password", "Password", "password")
            .required()
            .help("At least 8 characters, and not easy to guess.")
            .autocomplete("new-password"),
        Spec::new("again", "The same once more", "password").required().autocomplete("new-password"),
    ],
)];

/// The same for whoever has no right to it as for an address that does not exist.
const NOTHING: Refusal = Refusal::Malformed(StatusCode::NOT_FOUND, "There is nothing at this address.");

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::page("/set-up", "admin_set_up_page", |visit| Box::pin(async move { form(&visit) }))
            .public(),
        Endpoint::change("/set-up", "admin_set_up", |visit| Box::pin(set_up(visit))).public(),
    ]
}

/// The key, if it counts and the request comes from this machine: over the loopback, not handed on by a proxy, and by
/// the machine's own name, which keeps pages of other sites out that have their name lead here.
fn key(visit: &Visit, sent: &str) -> Result<LinkKey, Refusal> {
    let headers = visit.request.headers();
    let is_handed_on = headers.contains_key(FORWARDED) || headers.contains_key(FORWARDED_FOR);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let is_local = visit.peer.address.is_some_and(|address| address.to_canonical().is_loopback());
    if !is_local || is_handed_on || !is_loopback(host) {
        return Err(NOTHING);
    }
    let key = LinkKey::parse(sent).ok_or(NOTHING)?;
    if visit.panel.administration.is_set_up_key(&key) { Ok(key) } else { Err(NOTHING) }
}

/// Whether a `Host` names this machine by its loopback.
fn is_loopback(host: &str) -> bool {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let name = host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(name, _)| name);
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn form(visit: &Visit) -> Result<HttpResponse, Refusal> {
    let key = key(visit, visit.query.get("key"))?;
    filled(visit, &key).show(StatusCode::OK)
}

fn filled(visit: &Visit, key: &LinkKey) -> FormPage {
    let layout = Layout::outside(&visit.panel, "Set up the first administrator");
    let value = |name| match name {
        "username" | "email" => visit.form.get(name).to_owned(),
        _ => String::new(),
    };
    let lines = vec![
        "This server has no administrator yet. This page works once, and on this machine only.".to_owned(),
    ];
    let hidden = vec![("key", key.expose().to_owned())];
    FormPage::new(layout, String::new(), FIELDS, value).saying(lines).only(
        "/admin/set-up",
        "Make the account",
        "/admin/sign-in",
        hidden,
    )
}

async fn set_up(visit: Visit) -> Result<HttpResponse, Refusal> {
    session::count(&visit).await?;
    let key = key(&visit, visit.form.get("key"))?;
    let mut reading = Reading::of(&visit.form);
    reading.same_twice("password");
    let (username, email) =
        (reading.text("username", UserName::parse), reading.text("email", EmailAddress::parse));
    let set = |change: Change<UserName>| if let Change::Set(name) = change { Some(name) } else { None };
    let email = if let Change::Set(email) = email { Some(email) } else { None };
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    match NewUser::new(set(username), email) {
        Err(invalid) => reading.add_all(&invalid),
        Ok(user) if !reading.is_wrong() => {
            let administration = &visit.panel.administration;
            match administration.set_up(&key, user, visit.form.get("password"), &visit.client()).await {
                Ok(_) => return page::go("/admin/sign-in?done=added"),
                Err(Error::BadToken) => return Err(NOTHING),
                Err(error) => status = reading.take(error)?,
            }
        }
        Ok(_) => {}
    }
    filled(&visit, &key).wrong(reading.wrong()).show(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_loopback_are_its_names() {
        for host in ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.1.2.3", "[::1]:80", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in
            ["", "clinic.example", "localhost.evil.example:80", "10.0.0.1:8000", "127.0.0.1.evil.example"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
