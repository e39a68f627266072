//! Links by which users set a new password.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, ORIGIN};
use application::Error;
use domain::{LinkKey, User};

use super::{BASE, id};
use crate::form::{FormPage, Reading, Spec, Specs};
use crate::gate::{Endpoint, Visit};
use crate::page::{self, Layout};
use crate::refusal::Refusal;
use crate::routes::session;
use crate::view::SecretPage;

const FIELDS: Specs = &[(
    "New password",
    &[
        Spec::new("password", "New password", "password")
            .required()
            .help("At least 8 characters, and not easy to guess.")
            .autocomplete("new-password"),
        Spec::new("again", "The same once more", "password").required().autocomplete("new-password"),
    ],
)];

const DEAD: Refusal = Refusal::Malformed(
    StatusCode::NOT_FOUND,
    "This link does not work any more. Ask your administrator for a new one.",
);

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::change("/users/{id}/reset", "admin_users_reset", |visit| Box::pin(offer(visit))),
        Endpoint::page("/reset", "admin_reset_page", |visit| Box::pin(form(visit))).public(),
        Endpoint::change("/reset", "admin_reset", |visit| Box::pin(redeem(visit))).public(),
    ]
}

async fn offer(visit: Visit) -> Result<HttpResponse, Refusal> {
    let id = id(&visit)?;
    let administration = &visit.panel.administration;
    let (key, expires_at) = administration.offer_reset(visit.who()?, id).await?;
    let page = SecretPage {
        layout: Layout::inside(&visit, BASE, "Link for a new password")?,
        lines: vec![
            "Give this link to the user, by a way that only they read. It is shown this once.".to_owned(),
            format!("It works once, until {} ({}).", visit.zone.minute(expires_at), visit.zone.name()),
        ],
        label: "Link",
        secret: format!("{}/admin/reset?key={}", origin(&visit), key.expose()),
        back: format!("{BASE}/{id}"),
    };
    page::show(&page)
}

/// Where the browser of the administrator has the panel from: the form was checked to come from there.
fn origin(visit: &Visit) -> String {
    let header = |name| visit.request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(origin) = header(ORIGIN) {
        return origin.to_owned();
    }
    let scheme = if visit.panel.is_tls { "https" } else { "http" };
    format!("{scheme}://{}", header(HOST).unwrap_or_default())
}

async fn form(visit: Visit) -> Result<HttpResponse, Refusal> {
    let key = LinkKey::parse(visit.query.get("key")).ok_or(DEAD)?;
    let user = visit.panel.administration.user_of_reset(&key).await?.ok_or(DEAD)?;
    filled(&visit, &key, &user).show(StatusCode::OK)
}

/// What was typed is a password: it is never sent back.
fn filled(visit: &Visit, key: &LinkKey, user: &User) -> FormPage {
    let layout = Layout::outside(&visit.panel, "Set a new password");
    let hidden = vec![("key", key.expose().to_owned()), ("username", user.username.as_str().to_owned())];
    let lines = vec![
        format!("For the account {}.", user.username.as_str()),
        "All sessions of the account end.".to_owned(),
    ];
    let form = FormPage::new(layout, String::new(), FIELDS, |_| String::new()).saying(lines);
    form.only("/admin/reset", "Set the password", "/admin/sign-in", hidden)
}

async fn redeem(visit: Visit) -> Result<HttpResponse, Refusal> {
    session::count(&visit).await?;
    let key = LinkKey::parse(visit.form.get("key")).ok_or(DEAD)?;
    let administration = &visit.panel.administration;
    let user = administration.user_of_reset(&key).await?.ok_or(DEAD)?;
    let mut reading = Reading::of(&visit.form);
    reading.same_twice("password");
    if !reading.is_wrong() {
        match administration.reset_password(&key, visit.form.get("password"), &visit.client()).await {
            Ok(_) => return page::go("/admin/sign-in?done=new-password"),
            Err(Error::BadToken) => return Err(DEAD),
            Err(error) => drop(reading.take(error)?),
        }
    }
    filled(&visit, &key, &user).wrong(reading.wrong()).show(StatusCode::UNPROCESSABLE_ENTITY)
}
