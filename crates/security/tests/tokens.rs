//! Genuine tokens count, every other text does not.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ports::{AccessClaims, RefreshClaims, TokenError, TokenSigner as _};
use domain::{RefreshCounter, SessionId, Timestamp, UserId};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proptest::prelude::*;
use security::{KeyRing, SecretKey, Signer, SystemRandom};
use serde_json::{Value, json};

const SECRET: &str = "a secret of the tests, 32 bytes or more";
const OTHER: &str = "another secret of the tests, as long too";
const LIFETIME: Duration = Duration::from_mins(15);

fn key(secret: &str) -> SecretKey {
    SecretKey::parse(secret.to_owned().into()).unwrap()
}

fn ring(secret: &str) -> KeyRing {
    KeyRing::new(&key(secret))
}

fn signer_of(keys: KeyRing) -> Signer {
    Signer::new(keys, LIFETIME, Arc::new(SystemRandom)).unwrap()
}

fn signer() -> Signer {
    signer_of(ring(SECRET))
}

fn user() -> UserId {
    UserId::new(7).unwrap()
}

fn session() -> SessionId {
    SessionId::generate(now(), [9; 10])
}

fn now() -> Timestamp {
    Timestamp::parse("2026-01-02T03:04:05.678901Z").unwrap()
}

fn genuine() -> String {
    signer().access_token(user(), session(), now()).unwrap().token
}

fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

fn genuine_header() -> Header {
    serde_json::from_value(part(&genuine(), 0)).unwrap()
}

/// A token with the right header and key whose claims were changed.
fn with_claims(change: impl FnOnce(&mut Value)) -> String {
    let mut claims = part(&genuine(), 1);
    change(&mut claims);
    jsonwebtoken::encode(&genuine_header(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

fn with_header(header: &Header, secret: &str) -> String {
    let claims = part(&genuine(), 1);
    jsonwebtoken::encode(header, &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn raw(header: &Value, claims: &Value, signature: &str) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", encode(header), encode(claims))
}

fn refused(token: &str) -> TokenError {
    signer().verify_access(token, now()).unwrap_err()
}

#[test]
fn an_access_token_tells_user_session_and_end() {
    let issued = signer().access_token(user(), session(), now()).unwrap();
    assert_eq!(issued.expires_at, now().plus(LIFETIME));
    let read = signer().verify_access(&issued.token, now()).unwrap();
    let expires_at = Timestamp::parse("2026-01-02T03:19:05Z").unwrap();
    assert_eq!(read, AccessClaims { user: user(), session: session(), expires_at });
}

#[test]
fn it_carries_every_claim_that_clients_read() {
    let mut claims = part(&genuine(), 1);
    let jti = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(jti.as_str().unwrap().len(), 36);
    let iat = now().seconds();
    let expected = json!({
        "iss": "healthcore", "aud": "healthcore", "sub": "7", "user_id": 7, "sid": session().to_string(),
        "token_type": "access", "iat": iat, "nbf": iat, "exp": iat + 900,
    });
    assert_eq!(claims, expected);
}

#[test]
fn two_tokens_never_have_one_id() {
    assert_ne!(part(&genuine(), 1)["jti"], part(&genuine(), 1)["jti"]);
}

#[test]
fn claims_changed_by_a_holder_of_the_key_still_pass_the_forge() {
    // Without this every other test below could pass for the wrong reason.
    assert!(signer().verify_access(&with_claims(|_| {}), now()).is_ok());
}

#[test]
fn no_other_algorithm_counts() {
    let kid = genuine_header().kid;
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let header = Header { kid: kid.clone(), ..Header::new(algorithm) };
        assert_eq!(refused(&with_header(&header, SECRET)), TokenError::Forged);
    }
    let claims = part(&genuine(), 1);
    for algorithm in ["none", "None", "NONE", "nOnE", "", "HS257", "RS256", "EdDSA"] {
        let header = json!({"typ": "JWT", "alg": algorithm, "kid": kid});
        assert_eq!(refused(&raw(&header, &claims, "")), TokenError::Forged, "{algorithm}");
        let signature = genuine().rsplit('.').next().unwrap().to_owned();
        assert_eq!(refused(&raw(&header, &claims, &signature)), TokenError::Forged, "{algorithm}");
    }
}

#[test]
fn no_other_key_counts() {
    for secret in ["", "secret", OTHER, "healthcore"] {
        assert_eq!(refused(&with_header(&genuine_header(), secret)), TokenError::Forged);
    }
}

#[test]
fn no_other_header_counts_even_with_the_right_key() {
    let genuine = genuine_header();
    let headers = [
        Header { kid: None, ..genuine.clone() },
        Header { kid: Some("../../dev/null".to_owned()), ..genuine.clone() },
        Header { jku: Some("https://example.org/keys".to_owned()), ..genuine.clone() },
        Header { x5u: Some("https://example.org/key".to_owned()), ..genuine.clone() },
        Header { crit: Some(vec!["exp".to_owned()]), ..genuine.clone() },
        Header { typ: Some("at+jwt".to_owned()), ..genuine },
    ];
    for header in headers {
        assert_eq!(refused(&with_header(&header, SECRET)), TokenError::Forged);
    }
}

#[test]
fn every_claim_is_required() {
    let names: Vec<String> = part(&genuine(), 1).as_object().unwrap().keys().cloned().collect();
    assert_eq!(names.len(), 10);
    for name in names {
        let token = with_claims(|claims| drop(claims.as_object_mut().unwrap().remove(&name)));
        assert_eq!(refused(&token), TokenError::Forged, "{name}");
        let token = with_claims(|claims| claims[&name] = Value::Null);
        assert_eq!(refused(&token), TokenError::Forged, "{name}");
    }
}

#[test]
fn every_claim_has_one_type() {
    let wrong = [
        ("iss", json!(["healthcore"])),
        ("aud", json!(["healthcore"])),
        ("sub", json!(7)),
        ("user_id", json!("7")),
        ("user_id", json!(7.0)),
        ("user_id", json!([7])),
        ("sid", json!(1)),
        ("sid", json!("7")),
        ("jti", json!({})),
        ("token_type", json!(true)),
        ("iat", json!("1767323045")),
        ("nbf", json!("0")),
        ("exp", json!("9999999999")),
        ("exp", json!(9_999_999_999.5)),
        ("exp", json!(true)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(i64::MAX)),
    ];
    for (name, value) in wrong {
        let token = with_claims(|claims| claims[name] = value.clone());
        assert_eq!(refused(&token), TokenError::Forged, "{name} {value}");
    }
}

#[test]
fn issuer_audience_kind_and_subject_are_ours() {
    let wrong = [
        ("iss", json!("elsewhere")),
        ("iss", json!("Healthcore")),
        ("aud", json!("elsewhere")),
        ("aud", json!("")),
        ("token_type", json!("refresh")),
        ("sub", json!("8")),
        ("sub", json!("07")),
        ("user_id", json!(8)),
    ];
    for (name, value) in wrong {
        assert_eq!(refused(&with_claims(|claims| claims[name] = value)), TokenError::Forged, "{name}");
    }
    let nobody = with_claims(|claims| {
        claims["user_id"] = json!(0);
        claims["sub"] = json!("0");
    });
    assert_eq!(refused(&nobody), TokenError::Forged);
}

#[test]
fn a_claim_given_twice_is_refused() {
    let claims = part(&genuine(), 1).to_string().replacen('{', r#"{"exp":9999999999,"#, 1);
    let header = genuine().split('.').next().unwrap().to_owned();
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    assert_eq!(refused(&format!("{message}.{signature}")), TokenError::Forged);
}

#[test]
fn it_ends_five_seconds_after_its_end_and_not_before() {
    let token = genuine();
    let end = Timestamp::parse("2026-01-02T03:19:05Z").unwrap();
    // One signer: that it has found the token genuine before changes nothing.
    let signer = signer();
    let last = end.plus(Duration::from_micros(4_999_999));
    assert!(signer.verify_access(&token, last).is_ok());
    let over = end.plus(Duration::from_secs(5));
    assert_eq!(signer.verify_access(&token, over).unwrap_err(), TokenError::Expired);
}

#[test]
fn it_does_not_count_before_its_time() {
    for name in ["nbf", "iat"] {
        let ahead = |seconds: i64| with_claims(|claims| claims[name] = json!(now().seconds() + seconds));
        assert!(signer().verify_access(&ahead(5), now()).is_ok(), "{name}");
        assert_eq!(refused(&ahead(6)), TokenError::Expired, "{name}");
    }
}

#[test]
fn what_is_no_token_is_refused() {
    let token = genuine();
    let parts: Vec<&str> = token.split('.').collect();
    let texts = [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        parts[0].to_owned(),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}..{}", parts[0], parts[2]),
        format!("{token}."),
        format!("{token}.{}", parts[2]),
        format!("{token}="),
        format!(" {token}"),
        token.to_uppercase(),
        format!("{}.{}.{}", parts[0], "A".repeat(1_000_000), parts[2]),
        format!("{token}{}", "A".repeat(1_000_000)),
        "\0".repeat(100),
    ];
    for text in texts {
        assert_eq!(refused(&text), TokenError::Forged, "{}", text.chars().take(60).collect::<String>());
    }
}

#[test]
fn an_access_token_is_no_refresh_token_nor_the_other_way_round() {
    let refresh = signer().refresh_token(session(), RefreshCounter::FIRST).unwrap();
    assert_eq!(refused(&refresh), TokenError::Forged);
    assert_eq!(signer().verify_refresh(&genuine()).unwrap_err(), TokenError::Forged);
}

#[test]
fn tokens_of_a_previous_key_count_and_new_ones_have_the_current_key() {
    let (old, rotated) = (signer(), signer_of(KeyRing::hs256(&key(OTHER), [&key(SECRET)])));
    assert!(rotated.verify_access(&genuine(), now()).is_ok());
    let refresh = old.refresh_token(session(), RefreshCounter::FIRST).unwrap();
    assert!(rotated.verify_refresh(&refresh).is_ok());

    let new = rotated.access_token(user(), session(), now()).unwrap().token;
    assert!(signer_of(ring(OTHER)).verify_access(&new, now()).is_ok());
    assert_eq!(refused(&new), TokenError::Forged);
    let new = rotated.refresh_token(session(), RefreshCounter::FIRST).unwrap();
    assert!(old.verify_refresh(&new).is_err());
}

#[test]
fn a_refresh_token_is_the_same_for_the_same_session_and_counter() {
    let token =
        |session, counter| signer().refresh_token(session, RefreshCounter::new(counter).unwrap()).unwrap();
    assert_eq!(token(session(), 3), token(session(), 3));
    assert_ne!(token(session(), 3), token(session(), 4));
    assert_ne!(token(session(), 3), token(SessionId::generate(now(), [8; 10]), 3));
}

#[test]
fn no_byte_of_a_refresh_token_can_be_changed() {
    let token = signer().refresh_token(session(), RefreshCounter::new(5).unwrap()).unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
    assert_eq!((token.len(), bytes.len()), (84, 63));
    for (index, bit) in (0..bytes.len()).flat_map(|index| (0..8).map(move |bit| (index, bit))) {
        let mut changed = bytes.clone();
        changed[index] ^= 1 << bit;
        assert!(signer().verify_refresh(&URL_SAFE_NO_PAD.encode(changed)).is_err(), "byte {index} bit {bit}");
    }
    for length in 0..token.len() {
        assert!(signer().verify_refresh(token.get(..length).unwrap()).is_err());
    }
    assert!(signer().verify_refresh(&format!("{token}A")).is_err());
}

#[test]
fn a_refresh_token_of_another_secret_is_refused() {
    let token = signer_of(ring(OTHER)).refresh_token(session(), RefreshCounter::FIRST).unwrap();
    assert_eq!(signer().verify_refresh(&token).unwrap_err(), TokenError::Forged);
}

proptest! {
    #[test]
    fn a_refresh_token_tells_what_it_was_made_of(counter in 0..=i64::MAX, random: [u8; 10]) {
        let claims = RefreshClaims {
            session: SessionId::generate(now(), random),
            counter: RefreshCounter::new(counter).unwrap(),
        };
        let token = signer().refresh_token(claims.session, claims.counter).unwrap();
        prop_assert_eq!(signer().verify_refresh(&token), Ok(claims));
    }

    #[test]
    fn no_text_is_a_token_by_chance(text in "\\PC{0,200}") {
        prop_assert_eq!(signer().verify_access(&text, now()), Err(TokenError::Forged));
        prop_assert_eq!(signer().verify_refresh(&text), Err(TokenError::Forged));
    }
}
