//! Signing in and out.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use application::Error;
use askama::Template;
use domain::{LoginName, Password};

use crate::cookie;
use crate::gate::{Endpoint, Visit};
use crate::page::{self, Layout, notice};
use crate::refusal::{Refusal, told};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::page("/sign-in", "admin_sign_in_page", |visit| Box::pin(async move { form(&visit) }))
            .public(),
        Endpoint::change("/sign-in", "admin_sign_in", |visit| Box::pin(sign_in(visit))).public(),
        Endpoint::change("/sign-out", "admin_sign_out", |visit| Box::pin(sign_out(visit))),
    ]
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    layout: Layout,
    username: String,
    next: String,
    error: Option<&'static str>,
}

fn form(visit: &Visit) -> Result<HttpResponse, Refusal> {
    let next = own(visit.query.get("next"));
    if visit.who().is_ok() {
        return page::go(next);
    }
    show(visit, next, None, StatusCode::OK)
}

fn show(
    visit: &Visit,
    next: &str,
    error: Option<&'static str>,
    status: StatusCode,
) -> Result<HttpResponse, Refusal> {
    let layout =
        Layout { notice: notice(visit.query.get("done")), ..Layout::outside(&visit.panel, "Sign in") };
    let username = visit.form.get("username").to_owned();
    page::show_as(status, &SignInPage { layout, username, next: next.to_owned(), error })
}

/// Only a page of the panel may come next.
fn own(next: &str) -> &str {
    let is_own = next == "/admin" || next.starts_with("/admin/") || next.starts_with("/admin?");
    if is_own && !next.contains(['\\', '\r', '\n']) { next } else { "/admin" }
}

async fn sign_in(visit: Visit) -> Result<HttpResponse, Refusal> {
    count(&visit).await?;
    let next = own(visit.form.get("next"));
    let login = LoginName::parse(visit.form.get("username"));
    let password = Password::new(visit.form.get("password"));
    match visit.panel.administration.sign_in(login.as_ref(), password, visit.client()).await {
        Ok((key, _)) => {
            let mut answer = page::go(next)?;
            answer.add_cookie(&cookie::given(&key, visit.panel.is_tls)).map_err(|_| Refusal::Broken)?;
            Ok(answer)
        }
        Err(Error::Forbidden) => {
            let text = "This account may not use the panel: it is for staff and administrators.";
            show(&visit, next, Some(text), StatusCode::FORBIDDEN)
        }
        Err(error @ (Error::WrongCredentials | Error::Throttled(_))) => {
            let (status, text) = told(&error);
            let mut answer = show(&visit, next, Some(text), status)?;
            if let Error::Throttled(wait) = error {
                let seconds = HeaderValue::from(wait.as_secs().saturating_add(1));
                answer.headers_mut().insert(RETRY_AFTER, seconds);
            }
            Ok(answer)
        }
        Err(error) => Err(error.into()),
    }
}

/// The same count as that of every other way to sign in.
pub(super) async fn count(visit: &Visit) -> Result<(), Refusal> {
    let Some(limits) = &visit.panel.limits else { return Ok(()) };
    let who = format!("sign-in {}", visit.peer.customer);
    Ok(limits.take(&who, limits.sign_in, visit.panel.clock.now()).await?)
}

async fn sign_out(visit: Visit) -> Result<HttpResponse, Refusal> {
    visit.panel.administration.sign_out(visit.who()?).await?;
    let mut answer = page::go("/admin/sign-in?done=signed-out")?;
    answer.add_removal_cookie(&cookie::taken(visit.panel.is_tls)).map_err(|_| Refusal::Broken)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere_after_signing_in() {
        assert_eq!(own("/admin/patients?q=a"), "/admin/patients?q=a");
        for next in [
            "",
            "https://evil.example",
            "//evil.example",
            "/administrator",
            "/admin\\evil",
            "/admin/\r\nX: y",
        ] {
            assert_eq!(own(next), "/admin", "{next}");
        }
    }
}
