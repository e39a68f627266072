//! Mappings as CSV, and what is done with those that were selected in a list.

use actix_web::HttpResponse;
use domain::{MappingId, MappingView, Page, RecordId, UserId};

use super::{BASE, COLUMNS, column, wanted};
use crate::csv;
use crate::gate::{Endpoint, Visit};
use crate::list::{Asked, both, quantity};
use crate::page::{self, Layout};
use crate::refusal::{Refusal, unless_gone};
use crate::view::ConfirmPage;
use crate::zone::Zone;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::page("/mappings.csv", "admin_mappings_export", |visit| {
            Box::pin(async move { export(&visit) })
        }),
        Endpoint::change("/mappings/selected", "admin_mappings_selected", |visit| Box::pin(ask(visit)))
            .reading(),
        Endpoint::change("/mappings/end", "admin_mappings_end", |visit| Box::pin(end(visit))),
    ]
}

fn export(visit: &Visit) -> Result<HttpResponse, Refusal> {
    let who = visit.who()?.clone();
    let order = Asked { base: BASE, query: &visit.query, columns: COLUMNS }.order();
    let wanted = wanted(&visit.query);
    let administration = visit.panel.administration.clone();
    let fetch = move |page: Page<MappingId>| -> csv::Fetched<MappingView, MappingId> {
        let (who, wanted, administration) = (who.clone(), wanted.clone(), administration.clone());
        Box::pin(async move { administration.mappings(&who, &wanted, page).await })
    };
    let cell = |view: &MappingView, name| column(view, name, Zone::UTC);
    Ok(csv::whole("mappings.csv", COLUMNS, order, fetch, cell))
}

fn selected(visit: &Visit) -> impl Iterator<Item = (UserId, MappingId)> {
    visit.form.all("selected").filter_map(|key| both(key, UserId::new, MappingId::new))
}

/// Each assignment that is given out or named in a question is on record, with its patient.
async fn ask(visit: Visit) -> Result<HttpResponse, Refusal> {
    let mut found = Vec::new();
    for (owner, id) in selected(&visit) {
        found.extend(unless_gone(visit.panel.administration.mapping(visit.who()?, owner, id).await)?);
    }
    if found.is_empty() {
        return page::back(&visit, BASE);
    }
    let cell = |view: &MappingView, name| column(view, name, Zone::UTC);
    let answer = match visit.form.get("do") {
        "export" => csv::of("mappings.csv", COLUMNS, &found, cell),
        _ => question(&visit, &found)?,
    };
    let shown = |view: &MappingView| (RecordId::Mapping(view.mapping.id), Some(view.mapping.patient));
    visit.note(found.iter().map(shown)).await?;
    Ok(answer)
}

fn question(visit: &Visit, found: &[MappingView]) -> Result<HttpResponse, Refusal> {
    let name = |view: &MappingView| format!("{} to {}", view.doctor_name.as_str(), view.patient_name.full());
    let key = |view: &MappingView| format!("{}/{}", view.mapping.owner, view.mapping.id);
    let page = ConfirmPage {
        layout: Layout::inside(visit, BASE, format!("End {}?", quantity(found.len(), "assignment")))?,
        token: visit.token(),
        lines: vec!["They stay in the history. The same doctors can be assigned again.".to_owned()],
        names: found.iter().map(name).collect(),
        action: format!("{BASE}/end"),
        values: found.iter().map(|view| ("selected", key(view))).collect(),
        button: "End",
        cancel: BASE.to_owned(),
    };
    page::show(&page)
}

/// One change after another, each with its own event. What has ended already is passed over.
async fn end(visit: Visit) -> Result<HttpResponse, Refusal> {
    let mut is_any = false;
    for (owner, id) in selected(&visit) {
        is_any |=
            unless_gone(visit.panel.administration.end_mapping(visit.who()?, owner, id).await)?.is_some();
    }
    if is_any { page::go("/admin/mappings?done=ended") } else { Err(Refusal::NOT_FOUND) }
}
