//! Sheets as bodies: what comes in is bounded in size and time, what goes out is never whole in memory.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use application::{Error, Export, Place};
use domain::{OnConflict, Sheet, SheetFormat};
use futures_util::{StreamExt, stream};

use crate::auth::SignedIn;
use crate::body;
use crate::fields::FieldErrors;
use crate::problem::{Code, Problem};
use crate::state::AppState;

/// More columns than a sheet has that somebody has to name.
const MOST_RENAMES: usize = 64;

/// How long a sheet may take to arrive.
const DEADLINE: Duration = Duration::from_mins(2);

const CSV: &str = "text/csv";
const NDJSON: &str = "application/x-ndjson";

/// A sheet that came in, with its place among those that are under way.
pub(crate) struct IncomingSheet {
    pub(crate) sheet: Sheet,
    pub(crate) place: Place,
}

impl FromRequest for IncomingSheet {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let begun = begin(request);
        let payload = payload.take();
        Box::pin(async move {
            let (mut sheet, place, limit) = begun?;
            let text = tokio::time::timeout(DEADLINE, body::read(payload, limit)).await;
            sheet.text = text.map_err(|_| Problem::new(Code::RequestTimeout))??.into();
            Ok(Self { sheet, place })
        })
    }
}

/// Everything that is known of a sheet before its text, so that none is read in vain.
fn begin(request: &HttpRequest) -> Result<(Sheet, Place, usize), Problem> {
    let state = request.app_data::<Data<AppState>>().ok_or_else(|| Problem::new(Code::Internal))?;
    let actor = request.extensions().get::<SignedIn>().cloned();
    let actor = actor.ok_or_else(|| Problem::new(Code::NotAuthenticated))?;
    let format = declared(request).ok_or_else(|| {
        Problem::new(Code::UnsupportedMediaType).detail("The body must be text/csv or application/x-ndjson.")
    })?;
    let sheet = described(request, format)?;
    let limit = state.sheets.limits().bytes;
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > limit) {
        return Err(Problem::new(Code::PayloadTooLarge));
    }
    Ok((sheet, state.sheets.enter(&actor.0)?, limit))
}

/// What the body is declared as.
fn declared(request: &HttpRequest) -> Option<SheetFormat> {
    let declared = request.headers().get(CONTENT_TYPE)?.to_str().ok()?.parse::<mime::Mime>().ok()?;
    match declared.essence_str() {
        CSV => Some(SheetFormat::Csv),
        NDJSON => Some(SheetFormat::Ndjson),
        _ => None,
    }
}

/// The sheet as the query describes it, still without text.
fn described(request: &HttpRequest, format: SheetFormat) -> Result<Sheet, Problem> {
    let mut query = Query::read(request);
    let is_dry = query.one("dry_run", |text| match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("must be true or false"),
    });
    let on_conflict = query.one("on_conflict", |text| match text {
        "skip" => Ok(OnConflict::Skip),
        "update" => Ok(OnConflict::Update),
        "fail" => Ok(OnConflict::Fail),
        _ => Err("must be skip, update or fail"),
    });
    let renames = query.all("map", |text| {
        let (from, to) = text.rsplit_once('=').ok_or("must be of the form `Its name=name`")?;
        Ok((from.to_owned(), to.to_owned()))
    });
    if renames.len() > MOST_RENAMES {
        query.errors.add("map", "is given too often");
    }
    query.finish()?;
    Ok(Sheet {
        format,
        text: Vec::new(),
        renames,
        on_conflict: on_conflict.unwrap_or_default(),
        is_dry: is_dry.unwrap_or_default(),
    })
}

/// The parameters that were sent; those that nobody asks for are ignored.
struct Query {
    pairs: Vec<(String, String)>,
    errors: FieldErrors,
}

impl Query {
    fn read(request: &HttpRequest) -> Self {
        let pairs = serde_urlencoded::from_str(request.query_string()).unwrap_or_default();
        Self { pairs, errors: FieldErrors::default() }
    }

    fn all<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, &'static str>) -> Vec<T> {
        let mut values = Vec::new();
        for (_, text) in self.pairs.iter().filter(|(known, _)| known == name) {
            match parse(text) {
                Ok(value) => values.push(value),
                Err(message) => self.errors.add(name, message),
            }
        }
        values
    }

    fn one<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, &'static str>) -> Option<T> {
        if self.pairs.iter().filter(|(known, _)| known == name).count() > 1 {
            self.errors.add(name, "is given twice");
        }
        self.all(name, parse).pop()
    }

    fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() {
            return Ok(());
        }
        Err(Problem::new(Code::InvalidQuery).errors(self.errors))
    }
}

/// How the sheet is to be written: as `format` says, else as `Accept` prefers it (RFC 9110, section 12.5.1), else CSV.
pub(crate) fn format_asked(request: &HttpRequest) -> Result<SheetFormat, Problem> {
    let mut query = Query::read(request);
    let asked = query.one("format", |text| match text {
        "csv" => Ok(SheetFormat::Csv),
        "ndjson" => Ok(SheetFormat::Ndjson),
        _ => Err("must be csv or ndjson"),
    });
    query.finish()?;
    Ok(asked.unwrap_or_else(|| {
        let prefers_ndjson = weight(request, NDJSON) > weight(request, CSV);
        if prefers_ndjson { SheetFormat::Ndjson } else { SheetFormat::Csv }
    }))
}

/// How much a client likes a type, from 0 to 1; what it does not name counts as nothing.
fn weight(request: &HttpRequest, kind: &str) -> f32 {
    let values = request.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    let ranges = values.flat_map(|value| value.split(',')).filter_map(|range| range.trim().parse().ok());
    let named = ranges.filter(|range: &mime::Mime| range.essence_str() == kind);
    let weights = named.filter_map(|range| match range.get_param("q") {
        Some(quality) => quality.as_str().parse().ok(),
        None => Some(1.0),
    });
    weights.fold(0.0, f32::max)
}

/// The answer that holds a sheet. Its first part is there before it begins, so that what can be refused is refused; what
/// fails after that breaks the connection, or somebody would take a part for the whole.
pub(crate) async fn answer(
    request: &HttpRequest,
    format: SheetFormat,
    mut export: Export,
) -> Result<HttpResponse, Problem> {
    let (kind, file) = match format {
        SheetFormat::Csv => ("text/csv; charset=utf-8", "patients.csv"),
        SheetFormat::Ndjson => (NDJSON, "patients.ndjson"),
    };
    let mut response = HttpResponse::Ok();
    response.content_type(kind);
    response.insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")));
    if request.method() == Method::HEAD {
        return Ok(response.streaming(stream::empty::<Result<Bytes, Error>>()));
    }
    let first = export.next().await?;
    let parts = stream::try_unfold((first, export), |(ready, mut export)| async move {
        let part = match ready {
            Some(part) => Some(part),
            None => export.next().await.inspect_err(|error| {
                tracing::error!(%error, "an export broke off");
            })?,
        };
        Ok::<_, Error>(part.map(|part| (Bytes::from(part), (None, export))))
    });
    Ok(response.streaming(parts.boxed_local()))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn asked(accept: &'static str) -> SheetFormat {
        let request = TestRequest::get().insert_header((ACCEPT, accept)).to_http_request();
        format_asked(&request).unwrap()
    }

    #[test]
    fn the_format_is_what_the_client_likes_best() {
        for accept in ["*/*", "text/csv", "application/json", "text/csv, application/x-ndjson;q=0.9", ""] {
            assert_eq!(asked(accept), SheetFormat::Csv, "{accept}");
        }
        for accept in ["application/x-ndjson", "text/csv;q=0.2, application/x-ndjson;q=0.3"] {
            assert_eq!(asked(accept), SheetFormat::Ndjson, "{accept}");
        }
        let request = TestRequest::get().uri("/?format=ndjson").insert_header((ACCEPT, CSV));
        assert_eq!(format_asked(&request.to_http_request()).unwrap(), SheetFormat::Ndjson);
        let request = TestRequest::get().uri("/?format=xml").to_http_request();
        assert_eq!(format_asked(&request).unwrap_err().code(), Code::InvalidQuery);
    }

    #[test]
    fn a_sheet_is_described_by_its_query() {
        let query = "/?dry_run=true&on_conflict=update&map=Full%20name%3Dname&map=a%3Db%3Dc&other=1";
        let request = TestRequest::post().uri(query).to_http_request();
        let sheet = described(&request, SheetFormat::Csv).unwrap();
        assert!(sheet.is_dry);
        assert_eq!(sheet.on_conflict, OnConflict::Update);
        let renames = [("Full name", "name"), ("a=b", "c")];
        assert_eq!(sheet.renames, renames.map(|(from, to)| (from.to_owned(), to.to_owned())));
        for query in ["dry_run=maybe", "on_conflict=replace", "map=name", "dry_run=1&dry_run=1"] {
            let request = TestRequest::post().uri(&format!("/?{query}")).to_http_request();
            assert_eq!(
                described(&request, SheetFormat::Csv).unwrap_err().code(),
                Code::InvalidQuery,
                "{query}"
            );
        }
    }
}
