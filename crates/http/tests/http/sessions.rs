//! The own sessions: seeing them, and ending one or all of them.

use domain::ports::{Record, RepositoryError};
use domain::{Session, SessionId};
use serde_json::json;
use testkit::fixed::instant;

use crate::caller::{ANN, ANN_HERE, ANN_ID, BOB, EVE, NOBODY};
use crate::clinic::{Clinic, ROTATION, session_id};
use crate::documented::operations;
use crate::samples;

const LOGOUT: &str = "/api/auth/logout/";
const LOGOUT_ALL: &str = "/api/auth/logout-all/";
const SESSIONS: &str = "/api/auth/sessions/";
const ME: &str = "/api/auth/me/";

fn other_session() -> SessionId {
    SessionId::generate(instant(), [8; 10])
}

fn address_of(session: SessionId) -> String {
    format!("{SESSIONS}{session}/")
}

/// A clinic whose store expects that Ann ends exactly this session, once.
fn ending(session: SessionId) -> Clinic {
    let mut clinic = Clinic::default();
    clinic.users.expect_find().returning(|_| Ok(Some(samples::user())));
    let end = clinic.sessions.expect_end();
    let end = end.withf(move |user, told, now| (*user, *told, now.at) == (ANN_ID, session, instant()));
    end.once().returning(|_, _, _| Ok(()));
    clinic
}

#[actix_web::test]
async fn signing_out_ends_the_session_of_the_token_and_no_other() {
    let requests = [ANN_HERE.asks("POST", LOGOUT), ANN_HERE.get(ME), ANN.get(ME)];
    let answers = ending(session_id()).open().answers(requests).await;
    assert_eq!((answers[0].status, answers[0].text().as_str()), (204, ""));
    assert_eq!(answers[1].refusal(), "401 invalid_token");
    assert_eq!(answers[2].status, 200);
}

#[actix_web::test]
async fn signing_out_needs_no_body_and_reads_none() {
    for body in ["", "{}", "no JSON", "{\"refresh\": \"refresh-0\"}"] {
        let request = ANN_HERE.sends("POST", LOGOUT, body);
        assert_eq!(ending(session_id()).open().answer(request).await.status, 204, "{body}");
    }
}

#[actix_web::test]
async fn signing_out_twice_is_401_as_the_token_is_dead() {
    let mut clinic = Clinic::default();
    clinic.sessions.expect_is_live().returning(|_| Ok(false));
    assert_eq!(clinic.open().answer(ANN_HERE.asks("POST", LOGOUT)).await.refusal(), "401 invalid_token");
}

#[actix_web::test]
async fn signing_out_everywhere_ends_every_session_of_the_user() {
    let mut clinic = Clinic::default();
    clinic.users.expect_find().returning(|_| Ok(Some(samples::user())));
    let end_all = clinic.sessions.expect_end_all();
    let end_all = end_all.withf(|user, now| (*user, now.at) == (ANN_ID, instant()));
    end_all.once().returning(|_, _| Ok(vec![other_session(), session_id()]));
    let requests = [ANN.asks("POST", LOGOUT_ALL), ANN_HERE.get(ME), BOB.get(ME)];
    let answers = clinic.open().answers(requests).await;
    assert_eq!((answers[0].status, answers[0].text().as_str()), (204, ""));
    assert_eq!(answers[1].refusal(), "401 invalid_token");
    assert_eq!(answers[2].status, 200);
}

#[actix_web::test]
async fn sessions_come_out_whole_in_the_order_of_the_store() {
    let other = || Session { id: other_session(), address: None, user_agent: None, ..samples::session() };
    let mut clinic = Clinic::default();
    let list = clinic.sessions.expect_list();
    let list = list.withf(|user, idle, now| (*user, *idle, *now) == (ANN_ID, ROTATION.idle, instant()));
    list.once().returning(move |_, _, _| Ok(vec![other(), samples::session()]));
    let answer = clinic.open().answer(ANN_HERE.get(SESSIONS)).await;
    let mut expected = samples::with(samples::session_json(), "id", json!(other_session().to_string()));
    expected = samples::with(expected, "current", json!(false));
    expected = samples::with(expected, "address", json!(null));
    expected = samples::with(expected, "user_agent", json!(null));
    assert_eq!((answer.status, answer.json()), (200, json!([expected, samples::session_json()])));
}

#[actix_web::test]
async fn the_current_session_is_the_one_of_the_token() {
    let open = Clinic::working().open();
    for (caller, is_current) in [(ANN_HERE, true), (ANN, false)] {
        assert_eq!(open.answer(caller.get(SESSIONS)).await.json()[0]["current"], is_current);
    }
}

#[actix_web::test]
async fn any_of_the_own_sessions_can_be_ended() {
    let answer = ending(other_session()).open().answer(ANN.delete(&address_of(other_session()))).await;
    assert_eq!((answer.status, answer.text().as_str()), (204, ""));
}

#[actix_web::test]
async fn a_session_that_was_ended_is_dead_at_once() {
    let requests = [ANN.delete(&address_of(session_id())), ANN_HERE.get(ME)];
    let answers = ending(session_id()).open().answers(requests).await;
    assert_eq!(answers[0].status, 204);
    assert_eq!(answers[1].refusal(), "401 invalid_token");
}

#[actix_web::test]
async fn a_session_that_is_not_the_callers_is_404_and_goes_on() {
    let mut clinic = Clinic::default();
    clinic.users.expect_find().returning(|_| Ok(Some(samples::user())));
    clinic.sessions.expect_end().returning(|_, _, _| Err(RepositoryError::Missing(Record::Session)));
    let ask = |id: &str| BOB.delete(&format!("{SESSIONS}{id}/")).insert_header(("X-Request-Id", "same"));
    let open = clinic.open();
    let ids = [session_id().to_string(), other_session().to_string(), "3".to_owned(), "x".repeat(36)];
    let answers = open.answers(ids.iter().map(|id| ask(id))).await;
    for (answer, id) in answers.iter().zip(&ids) {
        assert_eq!(answer.refusal(), "404 not_found", "{id}");
        assert_eq!(answer.text(), answers[0].text(), "{id}");
        assert_eq!(answer.all_headers(), answers[0].all_headers(), "{id}");
    }
    assert_eq!(open.answer(ANN_HERE.get(ME)).await.status, 200);
}

#[actix_web::test]
async fn the_token_of_an_ended_session_does_not_count_for_any_operation() {
    let mut clinic = Clinic::default();
    clinic.sessions.expect_is_live().withf(|session| *session == session_id()).returning(|_| Ok(false));
    let open = clinic.open();
    for operation in operations(&open.document).iter().filter(|operation| !operation.is_public()) {
        let answer = open.answer(operation.request(ANN_HERE)).await;
        assert_eq!(answer.refusal(), "401 invalid_token", "{}", operation.id);
        let expected = "Bearer realm=\"healthcore\", error=\"invalid_token\"";
        assert_eq!(answer.header("www-authenticate"), expected, "{}", operation.id);
    }
}

#[actix_web::test]
async fn nobody_acts_while_it_is_not_known_whether_the_session_goes_on() {
    let mut clinic = Clinic::default();
    clinic.sessions.expect_is_live().returning(|_| Err(RepositoryError::Unavailable("db-7 is away".into())));
    let open = clinic.open();
    for operation in operations(&open.document).iter().filter(|operation| !operation.is_public()) {
        let answer = open.answer(operation.request(ANN_HERE)).await;
        assert_eq!(answer.refusal(), "503 unavailable", "{}", operation.id);
        assert_eq!(answer.header("retry-after"), "1", "{}", operation.id);
    }
}

#[actix_web::test]
async fn a_token_that_is_not_genuine_asks_no_store() {
    let mut clinic = Clinic::default();
    clinic.sessions.expect_is_live().never();
    let late = NOBODY.get(ME).insert_header(("Authorization", "Bearer late"));
    for answer in clinic.open().answers([EVE.get(ME), late]).await {
        assert_eq!(answer.refusal(), "401 invalid_token");
    }
}
