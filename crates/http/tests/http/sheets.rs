//! Sheets of patients, in and out.

use std::pin::pin;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, Service as _};
use actix_web::http::header::CONTENT_TYPE;
use actix_web::test::{call_service, init_service};
use actix_web::web::Bytes;
use application::SheetLimits;
use domain::ports::{RepositoryError, SheetFault};
use domain::{Listing, OnConflict, Position, SheetFormat};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde_json::json;
use testkit::builders::patient_id;
use testkit::fixed::instant;

use crate::caller::{ANN, ANN_ID, BOB};
use crate::clinic::{Clinic, only};
use crate::samples;

const IMPORT: &str = "/api/patients/import/";
const EXPORT: &str = "/api/patients/export/";

#[actix_web::test]
async fn a_sheet_is_answered_with_what_became_of_its_rows() {
    let mut clinic = Clinic::default();
    clinic
        .sheets
        .expect_take_in()
        .withf(|sheet, owner, stamp| {
            let is_described = sheet.is_dry && sheet.on_conflict == OnConflict::Update;
            is_described
                && sheet.format == SheetFormat::Csv
                && sheet.text == samples::SHEET.as_bytes()
                && sheet.renames == [("Full name".to_owned(), "name".to_owned())]
                && owner.id == ANN_ID
                && stamp.user == Some(ANN_ID)
        })
        .once()
        .returning(|_, _, _| Ok(samples::sheet_report()));
    let open = clinic.answering().open();
    let path = format!("{IMPORT}?dry_run=true&on_conflict=update&map=Full+name%3Dname");
    let answer = open.answer(ANN.sends_sheet(&path, samples::SHEET)).await;
    assert_eq!(answer.status, 200);
    let expected = json!({
        "dry_run": true, "read": 2, "added": 1, "updated": 0, "skipped": 0, "refused": 1,
        "rows": [{"row": 3, "outcome": "refused", "errors": {"phone": ["must have at least 3 digits"]}}],
        "rows_omitted": 0,
    });
    assert_eq!(answer.json(), expected);
}

#[actix_web::test]
async fn what_is_no_sheet_or_too_much_is_refused() {
    let mut clinic =
        Clinic { sheet_limits: SheetLimits { bytes: 50, rows: 1, at_once: 1 }, ..Clinic::default() };
    clinic.sheets.expect_count().returning(|sheet| match sheet.text.len() {
        0 => Err(SheetFault::Unreadable("has no header")),
        length => Ok(u64::try_from(length).unwrap()),
    });
    let open = clinic.answering().open();
    let cases = [
        ("text/csv", String::new(), 400, "malformed_body"),
        ("text/csv; charset=utf-8", "x".repeat(51), 413, "payload_too_large"),
        ("application/x-ndjson", "xx".to_owned(), 413, "payload_too_large"),
        ("application/json", "x".to_owned(), 415, "unsupported_media_type"),
        ("text/csv", "x".to_owned(), 200, ""),
    ];
    for (kind, text, status, code) in cases {
        let request = ANN.asks("POST", IMPORT).insert_header((CONTENT_TYPE, kind)).set_payload(text);
        let answer = open.answer(request).await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str().unwrap_or_default()),
            (status, code),
            "{kind}"
        );
    }
    for query in ["dry_run=perhaps", "on_conflict=x", "map=x"] {
        let answer = open.answer(ANN.sends_sheet(&format!("{IMPORT}?{query}"), samples::SHEET)).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("invalid_query")), "{query}");
    }
}

#[actix_web::test]
async fn a_sheet_is_given_out_as_it_was_asked_for() {
    let open = Clinic::working().open();
    for (query, accept, kind, file) in [
        ("", "*/*", "text/csv; charset=utf-8", "patients.csv"),
        ("?format=ndjson", "text/csv", "application/x-ndjson", "patients.ndjson"),
        ("", "application/x-ndjson", "application/x-ndjson", "patients.ndjson"),
    ] {
        for method in ["GET", "HEAD"] {
            let request = ANN.asks(method, &format!("{EXPORT}{query}")).insert_header(("accept", accept));
            let answer = open.answer(request).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, kind));
            assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"{file}\""));
            let name = samples::patient().details.name;
            let text = if method == "GET" { format!("name\r\n{}\r\n", name.full()) } else { String::new() };
            assert_eq!(String::from_utf8_lossy(&answer.body), text);
        }
    }
    let answer = open.answer(ANN.get(&format!("{EXPORT}?format=xlsx"))).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("invalid_query")));
}

/// The first page is there, then the database is away.
fn breaking_off() -> Clinic {
    let mut clinic = Clinic::default();
    clinic.patients.expect_list().withf(|_, _, page| page.after.is_none()).returning(|_, _, _| {
        let next = Some(Position { id: patient_id(3), created_at: instant() });
        Ok(Listing { next, ..only(samples::patient()) })
    });
    let away = || RepositoryError::Unavailable("away".into());
    clinic.patients.expect_list().returning(move |_, _, _| Err(away()));
    clinic.answering()
}

#[actix_web::test]
async fn a_sheet_that_breaks_off_does_not_end_as_if_it_were_whole() {
    let open = breaking_off().open();
    let app = init_service(http_api::app(&open.shared)).await;
    let response = call_service(&app, ANN.get(EXPORT).to_request()).await;
    assert_eq!(response.status().as_u16(), 200);
    let mut body = pin!(response.into_body());
    let mut parts = Vec::new();
    while let Some(part) = std::future::poll_fn(|context| body.as_mut().poll_next(context)).await {
        parts.push(part.is_ok());
    }
    assert_eq!(parts, [true, false]);
}

#[actix_web::test]
async fn what_fails_before_the_first_part_is_a_problem() {
    let mut clinic = Clinic::default();
    clinic.patients.expect_list().returning(|_, _, _| Err(RepositoryError::Unavailable("away".into())));
    let answer = clinic.answering().open().answer(ANN.get(EXPORT)).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
}

#[actix_web::test]
async fn so_many_sheets_are_under_way_and_no_more() {
    let clinic =
        Clinic { sheet_limits: SheetLimits { at_once: 1, ..SheetLimits::default() }, ..breaking_off() };
    let open = clinic.open();
    let app = init_service(http_api::app(&open.shared)).await;
    let under_way = call_service(&app, ANN.get(EXPORT).to_request()).await;
    for caller in [ANN, BOB] {
        let answer = open.answer(caller.get(EXPORT)).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
        let answer = open.answer(caller.sends_sheet(IMPORT, samples::SHEET)).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    }
    drop(under_way);
    assert_eq!(open.answer(BOB.sends_sheet(IMPORT, samples::SHEET)).await.status, 200);
}

#[actix_web::test]
async fn an_upload_that_has_hardly_begun_takes_no_place_from_anybody() {
    let sheet_limits = SheetLimits { at_once: 1, ..SheetLimits::default() };
    let open = Clinic { sheet_limits, ..Clinic::default() }.answering().open();
    let app = init_service(http_api::app(&open.shared)).await;
    for (begun, status) in [("name\n".to_owned(), 200), ("x".repeat(100_000), 503)] {
        let part = stream::iter([Ok(Bytes::from(begun))]).chain(stream::pending());
        let payload: Payload = Payload::Stream { payload: Box::pin(part) };
        let request = ANN.sends_sheet(IMPORT, samples::SHEET).to_request().replace_payload(payload).0;
        let mut upload = Box::pin(app.call(request));
        for _ in 0..10 {
            assert!((&mut upload).now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        assert_eq!(open.answer(BOB.sends_sheet(IMPORT, samples::SHEET)).await.status, status);
    }
}
