//! Tokens that others verify with a public key, and every text that must not pass for one.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::ports::{TokenError, TokenSigner as _};
use domain::{RefreshCounter, SessionId, Timestamp, UserId};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use security::{KeyRing, PrivateKey, SecretKey, Signer, SystemRandom};
use serde_json::{Value, json};

const SECRET: &str = "a secret of the tests, 32 bytes or more";

fn secret_ring() -> KeyRing {
    KeyRing::new(&SecretKey::parse(SECRET.to_owned().into()).unwrap())
}

fn ring(byte: u8) -> KeyRing {
    KeyRing::eddsa(&PrivateKey::from_bytes([byte; 32]), []).unwrap()
}

fn signer_of(ring: KeyRing) -> Signer {
    Signer::new(ring, Duration::from_mins(15), Arc::new(SystemRandom)).unwrap()
}

fn signer() -> Signer {
    signer_of(ring(1))
}

fn now() -> Timestamp {
    Timestamp::parse("2026-01-02T03:04:05Z").unwrap()
}

fn session() -> SessionId {
    SessionId::generate(now(), [9; 10])
}

fn token_of(signer: &Signer) -> String {
    signer.access_token(UserId::new(7).unwrap(), session(), now()).unwrap().token
}

fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

fn forged(signer: &Signer, token: &str) -> bool {
    signer.verify_access(token, now()) == Err(TokenError::Forged)
}

fn published() -> JwkSet {
    serde_json::from_str(&signer().jwks().unwrap()).unwrap()
}

#[test]
fn whoever_has_the_published_key_can_verify() {
    let token = token_of(&signer());
    assert!(signer().verify_access(&token, now()).is_ok());
    let header = part(&token, 0);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("EdDSA"), &json!("JWT")));
    let set = published();
    let key = DecodingKey::from_jwk(set.find(header["kid"].as_str().unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["healthcore"]);
    validation.validate_exp = false;
    let read = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap();
    assert_eq!(read.claims["user_id"], 7);
}

#[test]
fn the_public_key_is_no_secret_of_an_hmac() {
    let token = token_of(&signer());
    let (claims, kid) = (part(&token, 1), part(&token, 0)["kid"].as_str().unwrap().to_owned());
    let x = serde_json::to_value(published()).unwrap()["keys"][0]["x"].as_str().unwrap().to_owned();
    let public = URL_SAFE_NO_PAD.decode(&x).unwrap();
    let head = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let spki = STANDARD.encode([&head[..], &public].concat());
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{spki}\n-----END PUBLIC KEY-----\n");
    let jwks = signer().jwks().unwrap();
    let secrets =
        [public.as_slice(), x.as_bytes(), pem.as_bytes(), pem.trim_end().as_bytes(), jwks.as_bytes(), b""];
    for secret in secrets {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: Some(kid.clone()), ..Header::new(algorithm) };
            let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap();
            assert!(forged(&signer(), &token), "{algorithm:?}");
            // The genuine header over the signature of another algorithm.
            let genuine = token_of(&signer());
            let (first, rest) = (genuine.split('.').next().unwrap(), token.split_once('.').unwrap().1);
            assert!(forged(&signer(), &format!("{first}.{rest}")), "{algorithm:?}");
        }
    }
}

#[test]
fn a_token_of_the_other_family_is_refused_whatever_key_it_names() {
    let (eddsa, hs256) = (signer(), signer_of(secret_ring()));
    let (public, secret) = (token_of(&eddsa), token_of(&hs256));
    assert!(forged(&eddsa, &secret) && forged(&hs256, &public));
    let claims = part(&public, 1);
    // A holder of the former secret names the key of today, and the other way round.
    let kid = |token: &str| part(token, 0)["kid"].as_str().map(str::to_owned);
    let header = Header { kid: kid(&public), ..Header::new(Algorithm::HS256) };
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    assert!(forged(&eddsa, &jsonwebtoken::encode(&header, &claims, &key).unwrap()));
    let own = PrivateKey::from_bytes([1; 32]);
    let der = [&hex_head()[..], &[1; 32]].concat();
    let header = Header { kid: kid(&secret), ..Header::new(Algorithm::EdDSA) };
    let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(&der)).unwrap();
    assert!(forged(&hs256, &token) && forged(&eddsa, &token));
    // Refresh tokens neither: of either kind of key.
    let refresh = |signer: &Signer| signer.refresh_token(session(), RefreshCounter::FIRST).unwrap();
    assert!(
        eddsa.verify_refresh(&refresh(&hs256)).is_err() && hs256.verify_refresh(&refresh(&eddsa)).is_err()
    );
    assert!(eddsa.verify_refresh(&refresh(&signer_of(KeyRing::eddsa(&own, []).unwrap()))).is_ok());
}

/// What stands before the 32 bytes of a private key in PKCS #8.
fn hex_head() -> [u8; 16] {
    [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]
}

#[test]
fn nothing_in_the_header_chooses_the_key() {
    let token = token_of(&signer());
    let claims = part(&token, 1);
    let mallory = EncodingKey::from_ed_der(&[&hex_head()[..], &[66; 32]].concat());
    let genuine: Header = serde_json::from_value(part(&token, 0)).unwrap();
    let own: JwkSet = serde_json::from_str(&signer_of(ring(66)).jwks().unwrap()).unwrap();
    let headers = [
        genuine.clone(),
        Header { jwk: Some(own.keys[0].clone()), ..genuine.clone() },
        Header { jku: Some("https://example.org/jwks.json".to_owned()), ..genuine.clone() },
        Header { kid: own.keys[0].common.key_id.clone(), ..genuine.clone() },
        Header { kid: None, ..genuine },
    ];
    for header in headers {
        assert!(forged(&signer(), &jsonwebtoken::encode(&header, &claims, &mallory).unwrap()));
    }
    for algorithm in ["none", "None", "", "Ed25519", "ES256", "RS256", "HS256", "eddsa"] {
        let header = json!({"typ": "JWT", "alg": algorithm, "kid": part(&token, 0)["kid"]});
        let first = URL_SAFE_NO_PAD.encode(header.to_string());
        let rest = token.split_once('.').unwrap().1;
        assert!(forged(&signer(), &format!("{first}.{rest}")), "{algorithm}");
        assert!(forged(&signer(), &format!("{first}.{}.", rest.split('.').next().unwrap())), "{algorithm}");
    }
}

#[test]
fn no_bit_of_a_signature_can_be_changed() {
    let token = token_of(&signer());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    for (index, bit) in (0..bytes.len()).flat_map(|index| (0..8).map(move |bit| (index, bit))) {
        let mut changed = bytes.clone();
        changed[index] ^= 1 << bit;
        let changed = format!("{message}.{}", URL_SAFE_NO_PAD.encode(changed));
        assert!(forged(&signer(), &changed), "byte {index} bit {bit}");
    }
}

#[test]
fn keys_change_under_a_signer_without_a_token_being_refused() {
    for rings in [
        [
            ring(1),
            KeyRing::eddsa(&PrivateKey::from_bytes([2; 32]), [&PrivateKey::from_bytes([1; 32])]).unwrap(),
            ring(2),
        ],
        [
            secret_ring(),
            KeyRing::hs256(
                &SecretKey::parse("z".repeat(32).into()).unwrap(),
                [&SecretKey::parse(SECRET.into()).unwrap()],
            ),
            KeyRing::new(&SecretKey::parse("z".repeat(32).into()).unwrap()),
        ],
    ] {
        let [before, both, after] = rings;
        let signer = signer_of(before);
        let (old, refresh) =
            (token_of(&signer), signer.refresh_token(session(), RefreshCounter::FIRST).unwrap());
        assert_eq!(signer.replace(both.clone()), Ok(true));
        assert_eq!(signer.replace(both), Ok(false));
        let new = token_of(&signer);
        assert_ne!(part(&old, 0), part(&new, 0));
        assert!(signer.verify_access(&old, now()).is_ok() && signer.verify_access(&new, now()).is_ok());
        assert!(signer.verify_refresh(&refresh).is_ok());
        assert_eq!(signer.replace(after), Ok(true));
        assert!(forged(&signer, &old) && signer.verify_access(&new, now()).is_ok());
        assert!(signer.verify_refresh(&refresh).is_err());
    }
}
