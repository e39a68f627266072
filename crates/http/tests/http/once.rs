//! `Idempotency-Key`: what the stores are promised, and what a key has to look like.

use std::sync::{Arc, Mutex};

use domain::ports::RepositoryError;
use domain::{Once, Stamp};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::caller::{ANN, NOBODY};
use crate::clinic::Clinic;
use crate::samples;

const KEY: &str = "Idempotency-Key";

/// What makes a record, each with a body that is right.
fn creates() -> [(&'static str, Value); 3] {
    [
        ("/api/patients/", json!({"name": "Asha Rao"})),
        ("/api/doctors/", json!({"name": "Asha Rao"})),
        ("/api/mappings/", json!({"patient": 3, "doctor": 5})),
    ]
}

/// What the stores were promised, one for each record that was made.
#[derive(Clone, Default)]
struct Promised(Arc<Mutex<Vec<Option<Once>>>>);

impl Promised {
    fn note(&self, stamp: &Stamp) {
        self.0.lock().unwrap().push(stamp.once.clone());
    }

    /// The latest.
    fn last(&self) -> Option<Once> {
        self.0.lock().unwrap().pop().unwrap()
    }
}

fn noting() -> (Clinic, Promised) {
    let promised = Promised::default();
    let mut clinic = Clinic::default();
    let [patients, doctors, mappings] = [(); 3].map(|()| promised.clone());
    clinic.patients.expect_insert().returning(move |_, _, stamp| {
        patients.note(stamp);
        Ok(samples::patient())
    });
    clinic.doctors.expect_insert().returning(move |_, _, _, stamp| {
        doctors.note(stamp);
        Ok(samples::doctor())
    });
    clinic.mappings.expect_assign().returning(move |_, _, stamp| {
        mappings.note(stamp);
        Ok(samples::mapping())
    });
    (clinic, promised)
}

/// What comes of adding a patient with these keys; no store is asked.
async fn refused(keys: &[&[u8]]) -> Answer {
    let mut request = ANN.post("/api/patients/", &json!({"name": "Asha Rao"}));
    for key in keys {
        let value = actix_web::http::header::HeaderValue::from_bytes(key).unwrap();
        request = request.append_header((KEY, value));
    }
    Clinic::default().open().answer(request).await
}

#[actix_web::test]
async fn a_key_reaches_the_store_with_a_digest_of_the_request() {
    let (clinic, promised) = noting();
    let open = clinic.open();
    let mut digests = Vec::new();
    for (path, body) in creates() {
        let answer = open.answer(ANN.post(path, &body).insert_header((KEY, "k-1"))).await;
        assert_eq!(answer.status, 201, "{path}");
        let once = promised.last().unwrap();
        assert_eq!(once.key.as_str(), "k-1", "{path}");
        digests.push(once.fingerprint);
    }
    assert!(digests[0] != digests[1] && digests[1] != digests[2], "the address is part of what is asked");
}

#[actix_web::test]
async fn without_a_key_nothing_is_promised() {
    let (clinic, promised) = noting();
    let open = clinic.open();
    for (path, body) in creates() {
        open.answer(ANN.post(path, &body)).await;
        assert_eq!(promised.last(), None, "{path}");
    }
}

#[actix_web::test]
async fn equal_requests_have_one_digest_and_other_bodies_another() {
    let (clinic, promised) = noting();
    let open = clinic.open();
    let digest = async |path: &str, key: &str, body: &str| {
        let request = ANN.sends("POST", path, body).insert_header((KEY, key));
        assert_eq!(open.answer(request).await.status, 201);
        promised.last().unwrap().fingerprint
    };
    let first = digest("/api/patients/", "k", "{\"name\": \"A\"}").await;
    assert_eq!(digest("/api/patients", "k", "{\"name\": \"A\"}").await, first);
    assert_eq!(digest("/api/patients/", "another", "{\"name\": \"A\"}").await, first);
    assert_ne!(digest("/api/patients/", "k", "{\"name\": \"B\"}").await, first);
    assert_ne!(digest("/api/patients/", "k", "{\"name\":\"A\"}").await, first);
}

#[actix_web::test]
async fn a_quoted_key_is_the_key_between_the_quotes() {
    let (clinic, promised) = noting();
    let request = ANN.post("/api/patients/", &json!({"name": "A"})).insert_header((KEY, "\"k-1\""));
    assert_eq!(clinic.open().answer(request).await.status, 201);
    assert_eq!(promised.last().unwrap().key.as_str(), "k-1");
}

#[actix_web::test]
async fn what_is_no_key_is_400_and_names_the_header() {
    let long = [b'k'; 256];
    for key in [b"".as_slice(), b"a b", b"\"", b"\"a", b"\"a\"b\"", b"\xff", &long] {
        let answer = refused(&[key]).await;
        assert_eq!(answer.refusal(), "400 invalid_fields", "{key:?}");
        assert_eq!(answer.errors(), json!({KEY: ["must be 1 to 255 visible ASCII characters"]}), "{key:?}");
    }
    let answer = refused(&[b"a", b"a"]).await;
    assert_eq!(answer.errors(), json!({KEY: ["is given twice"]}));
}

#[actix_web::test]
async fn who_has_not_signed_in_learns_nothing_of_the_key() {
    let request = NOBODY.post("/api/patients/", &json!({})).insert_header((KEY, ""));
    assert_eq!(Clinic::default().open().answer(request).await.refusal(), "401 not_authenticated");
}

#[actix_web::test]
async fn a_key_of_another_request_is_422() {
    const fn reused() -> RepositoryError {
        RepositoryError::KeyReused
    }
    let mut clinic = Clinic::default();
    clinic.patients.expect_insert().returning(|_, _, _| Err(reused()));
    clinic.doctors.expect_insert().returning(|_, _, _, _| Err(reused()));
    clinic.mappings.expect_assign().returning(|_, _, _| Err(reused()));
    let open = clinic.open();
    for (path, body) in creates() {
        let answer = open.answer(ANN.post(path, &body).insert_header((KEY, "k"))).await;
        assert_eq!(answer.refusal(), "422 idempotency_key_reused", "{path}");
    }
}

#[actix_web::test]
async fn a_key_means_nothing_where_no_record_is_made() {
    let open = Clinic::working().open();
    let name = json!({"name": "Asha Rao"});
    for request in
        [ANN.get("/api/patients/"), ANN.put("/api/patients/3/", &name), ANN.delete("/api/doctors/5/")]
    {
        assert!(open.answer(request.insert_header((KEY, "not a key"))).await.status < 300);
    }
}
