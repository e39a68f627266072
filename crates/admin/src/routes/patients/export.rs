//! Patients as CSV.

use actix_web::HttpResponse;
use domain::{Page, PageLimit, PatientId, Position};
use futures_util::stream::{self, StreamExt as _};

use super::{BASE, COLUMNS, wanted};
use crate::csv;
use crate::details::patient_column;
use crate::gate::{Endpoint, Visit};
use crate::list::Asked;
use crate::refusal::Refusal;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::page("/patients.csv", "admin_patients_export", |visit| {
        Box::pin(async move { export(&visit) })
    })]
}

/// Where the next part begins; `None` when there is none.
type Next = Option<Option<Position<PatientId>>>;

/// All columns of all patients that the list shows, in its order.
fn export(visit: &Visit) -> Result<HttpResponse, Refusal> {
    let who = visit.who()?.clone();
    let order = Asked { base: BASE, query: &visit.query, columns: COLUMNS }.page(PatientId::new)?.order;
    let wanted = wanted(&visit.query);
    let administration = visit.panel.administration.clone();
    let today = administration.today();
    let limit = PageLimit::new(PageLimit::MAX).unwrap_or_default();
    let parts = stream::unfold(Some(None), move |next: Next| {
        let (who, wanted, administration) = (who.clone(), wanted.clone(), administration.clone());
        async move {
            let page = Page { limit, order, after: next?, count: false };
            let found = match administration.patients(&who, &wanted, page).await {
                Ok(found) => found,
                // The file breaks off: what has gone out cannot be taken back.
                Err(error) => return Some((Err(std::io::Error::other(error)), None)),
            };
            let cells =
                |patient| COLUMNS.iter().map(|column| patient_column(patient, column.key, today)).collect();
            let lines = found.items.iter().map(cells).collect();
            Some((Ok(lines), found.next.map(Some)))
        }
    });
    let heads: Vec<&str> = COLUMNS.iter().map(|column| column.label).collect();
    Ok(csv::file("patients.csv", &heads, parts.boxed_local()))
}
