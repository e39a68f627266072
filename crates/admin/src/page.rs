//! Pages: what all have in common, and how they go out.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, ContentType, LOCATION, REFERRER_POLICY};
use askama::Template;

use crate::asset::Links;
use crate::gate::Visit;
use crate::panel::Panel;
use crate::refusal::Refusal;

/// Own files only, and nothing that stands in the page itself runs or styles.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What every page shows.
pub(crate) struct Layout {
    pub(crate) title: String,
    pub(crate) links: Arc<Links>,
    pub(crate) menu: Option<Menu>,
    pub(crate) notice: Option<&'static str>,
}

/// The menu of somebody who has signed in.
pub(crate) struct Menu {
    pub(crate) name: String,
    pub(crate) token: String,
    pub(crate) zone: &'static str,
    /// Whether the page is about one's own account.
    pub(crate) is_account: bool,
    pub(crate) items: Vec<Item>,
}

/// One section.
pub(crate) struct Item {
    pub(crate) href: &'static str,
    pub(crate) label: &'static str,
    pub(crate) is_current: bool,
}

/// The sections, and whether they are for administrators only.
const SECTIONS: [(&str, &str, bool); 6] = [
    ("/admin", "Overview", false),
    ("/admin/patients", "Patients", false),
    ("/admin/doctors", "Doctors", false),
    ("/admin/mappings", "Mappings", false),
    ("/admin/users", "Users", true),
    ("/admin/audit", "Audit", true),
];

/// What a page can say that follows a change.
const NOTICES: [(&str, &str); 16] = [
    ("added", "The record was added."),
    ("user-added", "The account was added. Make a link for a new password, and give it to the user."),
    ("saved", "The record was saved."),
    ("deleted", "The record was deleted. It can be restored from its history."),
    ("retired", "The doctor has retired. The entry can be restored from its history."),
    ("restored", "The record is back."),
    ("assigned", "The doctor was assigned."),
    ("ended", "It has ended."),
    ("none", "Nothing was selected. Tick the boxes of some rows first."),
    ("gone", "What was selected is not there any more."),
    ("checked", "The trail was checked. The result stands below."),
    ("moved", "The patients have another owner now."),
    ("password", "The password was changed. All other sessions have ended."),
    ("new-password", "The password was changed. Sign in with the new one."),
    ("zone", "Times are shown in this time zone from now on."),
    ("signed-out", "You have signed out."),
];

impl Layout {
    /// For a page that anybody may see.
    pub(crate) fn outside(panel: &Panel, title: &str) -> Self {
        Self { title: title.to_owned(), links: panel.assets().links(), menu: None, notice: None }
    }

    /// For a page of somebody who has signed in, in a section.
    pub(crate) fn inside(visit: &Visit, section: &str, title: impl Into<String>) -> Result<Self, Refusal> {
        let who = visit.who()?;
        let shown = SECTIONS.iter().filter(|(_, _, admin_only)| !admin_only || who.is_admin());
        let items = shown.map(|(href, label, _)| Item { href, label, is_current: *href == section });
        let menu = Menu {
            name: who.user().username.as_str().to_owned(),
            token: visit.token(),
            zone: visit.zone.name(),
            is_account: section == "/admin/account",
            items: items.collect(),
        };
        let layout = Self::outside(&visit.panel, &title.into());
        Ok(Self { menu: Some(menu), notice: notice(visit.query.get("done")), ..layout })
    }
}

/// The text of a notice.
pub(crate) fn notice(code: &str) -> Option<&'static str> {
    NOTICES.iter().find(|(known, _)| *known == code).map(|(_, text)| *text)
}

/// A page.
pub(crate) fn show(page: &impl Template) -> Result<HttpResponse, Refusal> {
    show_as(StatusCode::OK, page)
}

/// A page with another status.
pub(crate) fn show_as(status: StatusCode, page: &impl Template) -> Result<HttpResponse, Refusal> {
    let html = page.render().map_err(|_| Refusal::Broken)?;
    Ok(HttpResponse::build(status)
        .insert_header(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        // With the stricter `no-referrer`, browsers hide the origin of our own forms as well.
        .insert_header((REFERRER_POLICY, "same-origin"))
        .body(html))
}

/// On to another page.
#[expect(clippy::unnecessary_wraps, reason = "the end of a handler")]
pub(crate) fn go(to: &str) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, to)).finish())
}

/// Back to the list at `base`, where nothing that was selected was found.
pub(crate) fn back(visit: &Visit, base: &str) -> Result<HttpResponse, Refusal> {
    let is_any = visit.form.all("selected").next().is_some();
    go(&format!("{base}?done={}", if is_any { "gone" } else { "none" }))
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    layout: Layout,
    text: &'static str,
}

/// A page that only says something.
pub(crate) fn message(panel: &Panel, status: StatusCode, title: &str, text: &'static str) -> HttpResponse {
    let page = Message { layout: Layout::outside(panel, title), text };
    show_as(status, &page).unwrap_or_else(|_| HttpResponse::InternalServerError().finish())
}
