//! Sheets as bodies: what comes in is bounded in size and time, what goes out is never whole in memory.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use application::{Error, Export, Place, Sheets};
use domain::{OnConflict, Sheet, SheetFormat};
use futures_util::{StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use crate::accept;
use crate::auth::SignedIn;
use crate::body::{self, BODY_LIMIT};
use crate::fields::FieldErrors;
use crate::listing::switch;
use crate::problem::{Code, Problem};
use crate::state::AppState;

/// More columns than a sheet has that somebody has to name.
const MOST_RENAMES: usize = 64;

/// How long a sheet may take to arrive, but for what it is long.
const GRACE: Duration = Duration::from_secs(14);

/// What must arrive in each second after that, in bytes: less than the slowest uplink that somebody works over, and enough
/// that a place is free again in minutes, eleven with 10 MiB.
const PACE: usize = 16 * 1024;

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
            let (mut sheet, actor, sheets) = begun?;
            let enter = || Ok(sheets.enter(&actor.0)?);
            let (text, place) = arrive(payload, sheets.limits().bytes, enter).await?;
            sheet.text = text;
            Ok(Self { sheet, place })
        })
    }
}

/// Everything that is known of a sheet before its text, so that none is read in vain.
fn begin(request: &HttpRequest) -> Result<(Sheet, SignedIn, Sheets), Problem> {
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
    Ok((sheet, actor, state.sheets.clone()))
}

/// The text of a sheet, and a place for it. Whoever sends little or slowly takes no place from anybody: it is taken when
/// more is there than any other body may have, or all of it, and lost when the rest does not keep the pace.
async fn arrive<P>(
    mut payload: Payload,
    limit: usize,
    enter: impl Fn() -> Result<P, Problem>,
) -> Result<(Vec<u8>, P), Problem> {
    let begun = Instant::now();
    let (mut text, mut place) = (Vec::new(), None);
    loop {
        let kept = Duration::from_secs((text.len() / PACE).try_into().unwrap_or(u64::MAX));
        let chunk = timeout_at(begun + GRACE + kept, payload.next()).await;
        let Some(chunk) = chunk.map_err(|_| Problem::new(Code::RequestTimeout))? else { break };
        body::append(&mut text, chunk, limit)?;
        if place.is_none() && text.len() > BODY_LIMIT {
            place = Some(enter()?);
        }
    }
    let place = place.map_or_else(enter, Ok)?;
    Ok((text, place))
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
    let is_dry = query.one("dry_run", switch);
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

/// How the sheet is to be written: as `format` says, else as `Accept` prefers it, else CSV.
pub(crate) fn format_asked(request: &HttpRequest) -> Result<SheetFormat, Problem> {
    let mut query = Query::read(request);
    let asked = query.one("format", |text| match text {
        "csv" => Ok(SheetFormat::Csv),
        "ndjson" => Ok(SheetFormat::Ndjson),
        _ => Err("must be csv or ndjson"),
    });
    query.finish()?;
    Ok(asked.unwrap_or_else(|| {
        let liked = |kind: &str| accept::weight(request, |range| range.essence_str() == kind);
        let prefers_ndjson = liked(NDJSON) > liked(CSV);
        if prefers_ndjson { SheetFormat::Ndjson } else { SheetFormat::Csv }
    }))
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
    use std::cell::Cell;

    use actix_web::http::header::ACCEPT;
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

    /// After how many seconds a sheet is given up that does not go on after so many bytes, and whether it had a place.
    async fn given_up_after(bytes: usize) -> (u64, bool) {
        let begun = Instant::now();
        let part = stream::iter([Ok(Bytes::from(vec![b'x'; bytes]))]).chain(stream::pending());
        let entered = Cell::new(false);
        let enter = || {
            entered.set(true);
            Ok(())
        };
        let arrived = arrive(Payload::Stream { payload: Box::pin(part) }, 1 << 20, enter).await;
        assert_eq!(arrived.unwrap_err().code(), Code::RequestTimeout);
        (begun.elapsed().as_secs(), entered.get())
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_does_not_go_on_is_given_up() {
        assert_eq!(given_up_after(10).await, (14, false));
        assert_eq!(given_up_after(BODY_LIMIT).await, (18, false));
        assert_eq!(given_up_after(10 * PACE).await, (24, true));
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_over_a_slow_line_arrives() {
        const SECOND: Duration = Duration::from_secs(1);
        let line = stream::repeat(vec![b'x'; 30_000]).take(300).then(|part| async {
            tokio::time::sleep(SECOND).await;
            Ok(Bytes::from(part))
        });
        let begun = Instant::now();
        let arrived = arrive(Payload::Stream { payload: Box::pin(line) }, 10 << 20, || Ok(())).await;
        let (text, ()) = arrived.unwrap();
        assert_eq!((text.len(), begun.elapsed()), (9_000_000, 300 * SECOND));
    }
}
