//! Probes of orchestrators.

use domain::ports::RepositoryError;
use serde_json::json;

use crate::caller::NOBODY;
use crate::clinic::Clinic;

fn with_database(check: fn() -> Result<(), RepositoryError>) -> Clinic {
    let mut clinic = Clinic::default();
    clinic.probe.expect_check().returning(check);
    clinic
}

#[actix_web::test]
async fn the_process_lives_without_asking_the_database() {
    let answer = Clinic::default().open().answer(NOBODY.get("/livez")).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"status": "ok"})));
}

#[actix_web::test]
async fn the_server_is_ready_when_the_database_is() {
    let answer = with_database(|| Ok(())).open().answer(NOBODY.get("/readyz")).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"status": "ok"})));
}

#[actix_web::test]
async fn the_server_is_not_ready_without_its_database() {
    let clinic = with_database(|| Err(RepositoryError::Unavailable("no connection to db-7".into())));
    let answer = clinic.open().answer(NOBODY.get("/readyz")).await;
    assert_eq!(answer.refusal(), "503 unavailable");
    assert_eq!(answer.header("retry-after"), "1");
    assert!(!answer.text().contains("db-7"));
}

#[actix_web::test]
async fn a_server_about_to_stop_lives_but_is_not_ready() {
    let clinic = with_database(|| Ok(()));
    let draining = clinic.draining.clone();
    let open = clinic.open();
    assert_eq!(open.answer(NOBODY.get("/readyz")).await.status, 200);
    draining.begin();
    let answers = open.answers([NOBODY.get("/readyz"), NOBODY.get("/livez")]).await;
    assert_eq!(answers[0].refusal(), "503 unavailable");
    assert_eq!(answers[0].header("retry-after"), "1");
    assert_eq!(answers[1].status, 200);
}
