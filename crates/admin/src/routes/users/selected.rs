//! Users as CSV, and what is done with those that were selected in a list.

use actix_web::HttpResponse;
use domain::{Page, RecordId, StandingChange, User, UserId};

use super::{BASE, COLUMNS, column, last_admin, wanted};
use crate::csv;
use crate::gate::{Endpoint, Visit};
use crate::list::{Asked, quantity};
use crate::page::{self, Layout};
use crate::refusal::{Refusal, unless_gone};
use crate::view::ConfirmPage;
use crate::zone::Zone;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::page("/users.csv", "admin_users_export", |visit| Box::pin(async move { export(&visit) })),
        Endpoint::change("/users/selected", "admin_users_selected", |visit| Box::pin(ask(visit))).reading(),
        Endpoint::change("/users/deactivate", "admin_users_standing", |visit| Box::pin(deactivate(visit))),
    ]
}

fn export(visit: &Visit) -> Result<HttpResponse, Refusal> {
    let who = visit.who()?.clone();
    who.must_be_admin()?;
    let order = Asked { base: BASE, query: &visit.query, columns: COLUMNS }.order();
    let wanted = wanted(&visit.query);
    let administration = visit.panel.administration.clone();
    let fetch = move |page: Page<UserId>| -> csv::Fetched<User, UserId> {
        let (who, wanted, administration) = (who.clone(), wanted.clone(), administration.clone());
        Box::pin(async move { administration.users(&who, &wanted, page).await })
    };
    let cell = |user: &User, name| column(user, name, Zone::UTC);
    Ok(csv::whole("users.csv", COLUMNS, order, fetch, cell))
}

fn selected(visit: &Visit) -> impl Iterator<Item = UserId> {
    visit.form.all("selected").filter_map(|key| key.parse().ok().and_then(UserId::new))
}

/// Each user who is given out or named in a question is on record.
async fn ask(visit: Visit) -> Result<HttpResponse, Refusal> {
    let mut found = Vec::new();
    for id in selected(&visit) {
        found.extend(unless_gone(visit.panel.administration.user(visit.who()?, id).await)?);
    }
    if found.is_empty() {
        return page::back(&visit, BASE);
    }
    let cell = |user: &User, name| column(user, name, Zone::UTC);
    let answer = match visit.form.get("do") {
        "export" => csv::of("users.csv", COLUMNS, &found, cell),
        _ => question(&visit, &found)?,
    };
    visit.note(found.iter().map(|user| (RecordId::User(user.id), None))).await?;
    Ok(answer)
}

fn question(visit: &Visit, found: &[User]) -> Result<HttpResponse, Refusal> {
    let page = ConfirmPage {
        layout: Layout::inside(visit, BASE, format!("Deactivate {}?", quantity(found.len(), "user")))?,
        token: visit.token(),
        lines: vec![
            "They can no longer sign in, and all their sessions end. Their patients stay as they are."
                .to_owned(),
        ],
        names: found.iter().map(|user| user.username.as_str().to_owned()).collect(),
        action: format!("{BASE}/deactivate"),
        values: found.iter().map(|user| ("selected", user.id.to_string())).collect(),
        button: "Deactivate",
        cancel: BASE.to_owned(),
    };
    page::show(&page)
}

/// One change after another, each with its own event.
async fn deactivate(visit: Visit) -> Result<HttpResponse, Refusal> {
    let change = StandingChange { is_active: Some(false), role: None };
    let mut is_any = false;
    for id in selected(&visit) {
        is_any |= unless_gone(visit.panel.administration.set_standing(visit.who()?, id, change).await)
            .map_err(last_admin)?
            .is_some();
    }
    if is_any { page::go("/admin/users?done=saved") } else { Err(Refusal::NOT_FOUND) }
}
