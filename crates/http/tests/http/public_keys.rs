//! `/.well-known/jwks.json`: the public keys of access tokens.

use http_api::PublicKeys;

use crate::caller::NOBODY;
use crate::clinic::Clinic;
use crate::samples::PUBLIC_KEYS;

const PATH: &str = "/.well-known/jwks.json";

#[actix_web::test]
async fn anybody_gets_the_public_keys_as_they_are() {
    let answer = Clinic::working().open().answer(NOBODY.get(PATH)).await;
    let content_type = answer.header("content-type");
    assert_eq!((answer.status, content_type), (200, "application/jwk-set+json"));
    assert_eq!(answer.text(), PUBLIC_KEYS);
}

#[actix_web::test]
async fn there_are_none_where_tokens_are_signed_with_a_secret() {
    let answer = Clinic::default().open().answer(NOBODY.get(PATH)).await;
    assert_eq!(answer.refusal(), "404 not_found");
}

#[actix_web::test]
async fn the_keys_are_asked_for_at_each_request() {
    let mut sets = ["{\"keys\":[1]}", "{\"keys\":[2]}"].map(str::to_owned).into_iter();
    let sets = std::sync::Mutex::new(move || sets.next());
    let public_keys = PublicKeys::new(move || (sets.lock().unwrap())());
    let open = Clinic { public_keys, ..Clinic::default() }.open();
    let answers = open.answers([NOBODY.get(PATH), NOBODY.get(PATH)]).await;
    assert_eq!(answers[0].text(), "{\"keys\":[1]}");
    assert_eq!(answers[1].text(), "{\"keys\":[2]}");
}
