//! Tokens: only what was signed here, and says what it must, counts.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ports::{RefreshClaims, TokenSigner as _};
use domain::{RefreshCounter, SessionId, Timestamp, UserId};
use hmac::Mac as _;
use serde_json::Value;
use testkit::fixed::{self, FixedRandom};
use testkit::fuzz::Parts;
use uuid::Uuid;

use super::{Signer, refresh};
use crate::{KeyRing, SecretKey};

static SIGNER: LazyLock<Signer> = LazyLock::new(|| {
    let key = SecretKey::parse("a secret of the tests, 32 bytes or more".to_owned().into()).unwrap();
    Signer::new(KeyRing::new(&key), Duration::from_mins(15), Arc::new(FixedRandom::default())).unwrap()
});

static ACCESS: LazyLock<String> = LazyLock::new(|| {
    let session = SessionId::generate(fixed::instant(), [9; 10]);
    SIGNER.access_token(UserId::new(7).unwrap(), session, fixed::instant()).unwrap().token
});

static REFRESH: LazyLock<String> = LazyLock::new(|| {
    let session = SessionId::generate(fixed::instant(), [9; 10]);
    SIGNER.refresh_token(session, RefreshCounter::new(3).unwrap()).unwrap()
});

/// The first byte says how the token is made: any text, the genuine one with other bytes, other claims under its
/// signature, or other claims that are signed.
fn access_token(bytes: &[u8]) {
    let mut parts = Parts::of(bytes);
    match parts.byte() % 4 {
        0 => refuse_access(&String::from_utf8_lossy(parts.rest())),
        1 => refuse_access(&parts.changed(&ACCESS)),
        2 => {
            let [header, _, signature] = ACCESS.split('.').collect::<Vec<_>>()[..] else { unreachable!() };
            refuse_access(&format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(parts.rest())));
        }
        _ => check_signed(parts.rest()),
    }
}

fn refuse_access(token: &str) {
    let is_genuine = token == *ACCESS;
    assert_eq!(SIGNER.verify_access(token, fixed::instant()).is_ok(), is_genuine, "{token}");
    assert!(SIGNER.verify_refresh(token).is_err(), "{token}");
}

/// A token with any claims, signed by the key that counts.
fn check_signed(claims: &[u8]) {
    let keys = SIGNER.keys();
    let key = keys.ring.current();
    let signed = format!("{}.{}", keys.headers.first().unwrap(), URL_SAFE_NO_PAD.encode(claims));
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key.encoding, key.algorithm).unwrap();
    let token = format!("{signed}.{signature}");
    let now = fixed::instant();
    let Ok(read) = SIGNER.verify_access(&token, now) else { return };

    let claims: Value = serde_json::from_slice(claims).unwrap();
    let number = |name: &str| claims[name].as_i64().unwrap();
    assert_eq!(
        [&claims["iss"], &claims["aud"], &claims["token_type"]],
        ["healthcore", "healthcore", "access"]
    );
    assert_eq!(claims["sub"], read.user.get().to_string());
    assert_eq!(number("user_id"), read.user.get());
    assert_eq!(Uuid::parse_str(claims["sid"].as_str().unwrap()).unwrap(), read.session.uuid());
    assert!(claims["jti"].is_string());
    assert_eq!(Timestamp::from_micros(number("exp") * 1_000_000), Some(read.expires_at));
    assert!(now.seconds() < number("exp") + 5);
    assert!(number("nbf") <= now.seconds() + 5 && number("iat") <= now.seconds() + 5);
}

/// As for access tokens; the fourth kind is any session and counter, signed.
fn refresh_token(bytes: &[u8]) {
    let mut parts = Parts::of(bytes);
    match parts.byte() % 4 {
        0 => refuse_refresh(&String::from_utf8_lossy(parts.rest())),
        1 => refuse_refresh(&parts.changed(&REFRESH)),
        2 => check_signed_bytes(parts.rest()),
        _ => {
            let Some(counter) = RefreshCounter::new(parts.number()) else { return };
            let session = SessionId::from_uuid(Uuid::from_u64_pair(
                parts.number().cast_unsigned(),
                parts.number().cast_unsigned(),
            ));
            let token = SIGNER.refresh_token(session, counter).unwrap();
            assert!(
                SIGNER.verify_refresh(&token).is_ok_and(|read| read == RefreshClaims { session, counter })
            );
        }
    }
}

fn refuse_refresh(token: &str) {
    let is_genuine = token == *REFRESH;
    assert_eq!(SIGNER.verify_refresh(token).is_ok(), is_genuine, "{token}");
    assert!(SIGNER.verify_access(token, fixed::instant()).is_err(), "{token}");
}

/// What is accepted of any bytes around the key's id, signed, is what this server would have issued, to the letter.
fn check_signed_bytes(bytes: &[u8]) {
    let keys = SIGNER.keys();
    let key = keys.ring.current();
    let (version, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let mut signed = [&[*version], key.id().as_slice(), rest].concat();
    let tag = key.refresh_mac().chain_update(&signed).finalize().into_bytes();
    signed.extend(tag);
    let token = URL_SAFE_NO_PAD.encode(signed);
    if let Some(claims) = refresh::verify(&keys.ring, &token) {
        assert_eq!(refresh::issue(key, claims), token);
    }
}

mod target {
    testkit::fuzz_target!(access_token, 10_000);
    testkit::fuzz_target!(refresh_token, 10_000);
}
