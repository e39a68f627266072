//! More requests at once than the server takes on.

use std::time::Duration;

use actix_web::test::TestRequest;
use domain::ports::RepositoryError;
use http_api::Load;

use crate::caller::{ANN, NOBODY};
use crate::clinic::{Clinic, Open};
use crate::documented::operations;

fn with_places(most: usize) -> Open {
    Clinic { load: Load::new(most), ..Clinic::working() }.open()
}

/// Everything but probes.
fn others(open: &Open) -> Vec<TestRequest> {
    let is_probe = |id: &str| ["livez", "readyz"].contains(&id);
    let operations = operations(&open.document).into_iter().filter(|operation| !is_probe(&operation.id));
    let mut requests: Vec<_> = operations.map(|operation| operation.request(ANN)).collect();
    for path in ["/", "/api/docs/", "/swagger/", "/redoc/", "/nowhere", "/livez/x", "/api/livez"] {
        requests.push(NOBODY.get(path));
    }
    requests
}

#[actix_web::test]
async fn what_is_too_much_is_503() {
    tokio::time::pause();
    let open = with_places(0);
    for answer in open.answers(others(&open)).await {
        assert_eq!(answer.refusal(), "503 unavailable");
        assert_eq!(answer.header("retry-after"), "1");
    }
}

#[actix_web::test]
async fn who_is_refused_and_comes_again_at_once_comes_four_times_a_second_at_most() {
    tokio::time::pause();
    let mut away = Clinic { load: Load::new(1), ..Clinic::default() };
    away.patients.expect_find().returning(|_, _| Err(RepositoryError::Unavailable("away".into())));
    let (full, away) = (with_places(0), away.answering().open());
    for (open, path, status) in
        [(&full, "/nowhere", 503), (&away, "/api/patients/3/", 503), (&away, "/nowhere", 404)]
    {
        let begun = tokio::time::Instant::now();
        assert_eq!(open.answer(ANN.get(path)).await.status, status);
        assert_eq!(begun.elapsed() >= Duration::from_millis(250), status == 503, "{path}");
    }
}

#[actix_web::test]
async fn probes_pass_whatever_the_load() {
    let open = with_places(0);
    for path in ["/livez", "/livez/", "/readyz", "/readyz/"] {
        for method in ["GET", "HEAD"] {
            assert_eq!(open.answer(NOBODY.asks(method, path)).await.status, 200, "{method} {path}");
        }
    }
}

#[actix_web::test]
async fn a_place_is_free_again_however_its_request_ended() {
    let open = Clinic { load: Load::new(1), ..Clinic::default() }.open();
    for (request, status) in [
        (ANN.get("/api/patients/3/"), 500),
        (NOBODY.get("/api/patients/3/"), 401),
        (NOBODY.get("/nowhere"), 404),
        (NOBODY.asks("PUT", "/redoc/"), 405),
        (ANN.sends("POST", "/api/patients/", "{"), 400),
        (NOBODY.get("/openapi.json"), 200),
    ] {
        assert_eq!(open.answer(request).await.status, status);
    }
}
