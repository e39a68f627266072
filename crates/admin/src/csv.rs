//! Tables as CSV (RFC 4180), page by page, so that no list is too long. Times are in UTC.

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Bytes;
use application::Error;
use domain::{Listing, Order, Page, PageLimit, Position};
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{self, LocalBoxStream, StreamExt as _};

use crate::list::Column;

/// The columns that hold instants.
const TIMES: [&str; 4] = ["created", "updated", "ended", "last_login"];

/// The lines of one part of a table.
type Part = Result<Vec<Vec<String>>, std::io::Error>;

/// Where the next part begins; `None` when there is none.
type Next<Id> = Option<Option<Position<Id>>>;

/// How a page of records is had.
pub(crate) type Fetched<T, Id> = LocalBoxFuture<'static, Result<Listing<T, Id>, Error>>;

/// All columns of all records that a list shows, in its order.
pub(crate) fn whole<T: 'static, Id: 'static>(
    name: &str,
    columns: &'static [Column],
    order: Order,
    fetch: impl Fn(Page<Id>) -> Fetched<T, Id> + 'static,
    cell: impl Fn(&T, &'static str) -> String + 'static,
) -> HttpResponse {
    let limit = PageLimit::new(PageLimit::MAX).unwrap_or_default();
    let cell = Rc::new(cell);
    let parts = stream::unfold(Some(None), move |next: Next<Id>| {
        let cell = Rc::clone(&cell);
        let fetched = next.map(|after| fetch(Page { limit, order, after, count: false }));
        async move {
            let found = match fetched?.await {
                Ok(found) => found,
                // The file breaks off: what has gone out cannot be taken back.
                Err(error) => return Some((Err(std::io::Error::other(error)), None)),
            };
            let cells = |record| columns.iter().map(|column| cell(record, column.key)).collect();
            Some((Ok(found.items.iter().map(cells).collect()), found.next.map(Some)))
        }
    });
    file(name, columns, parts.boxed_local())
}

/// All columns of these records.
pub(crate) fn of<T>(
    name: &str,
    columns: &'static [Column],
    records: &[T],
    cell: impl Fn(&T, &'static str) -> String,
) -> HttpResponse {
    let cells = |record| columns.iter().map(|column| cell(record, column.key)).collect();
    let part = Ok(records.iter().map(cells).collect());
    file(name, columns, stream::once(async move { part }).boxed_local())
}

/// A file to be saved.
fn file(name: &str, columns: &[Column], parts: LocalBoxStream<'static, Part>) -> HttpResponse {
    let heads: Vec<String> = columns
        .iter()
        .map(|column| {
            let zone = if TIMES.contains(&column.key) { " (UTC)" } else { "" };
            format!("{}{zone}", column.label)
        })
        .collect();
    let head = line(heads.iter().map(String::as_str));
    let body = parts.map(|part| {
        let lines = part?;
        let text: String = lines.iter().map(|cells| line(cells.iter().map(String::as_str))).collect();
        Ok::<_, std::io::Error>(Bytes::from(text))
    });
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(stream::once(async move { Ok(Bytes::from(head)) }).chain(body))
}

fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let guard = if is_formula { "'" } else { "" };
    if text.contains([',', '"', '\r', '\n']) || is_formula {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        assert_eq!(
            line(["Ann", "a,b", "say \"hi\"", "two\nlines", ""]),
            "Ann,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\r\n"
        );
    }

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+49 30", "-1", "@x", "\tx", "=HYPERLINK(\"http://evil\")"] {
            assert!(cell(text).starts_with("\"'"), "{text}");
        }
        assert_eq!(cell("a=b"), "a=b");
    }
}
