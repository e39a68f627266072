//! Hashes that Django has made: they verify and are replaced.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use domain::ports::{PasswordHasher as _, Verdict};
use domain::{Password, PasswordHash};
use security::{BcryptHasher, HashingSettings};

/// With an `é` of two characters, which our own hashes do not tell from one of one.
const TYPED: &str = "l\u{e8}tmein cafe\u{301}";
/// Made by Python's `hashlib.pbkdf2_hmac`.
const PBKDF2_SHA256: &str = "pbkdf2_sha256$1000$seasalt2$ozn72z4rZoot6b5wjJ5rW9SvPvtDWB/zM3JEaMa9o6o=";
const PBKDF2_SHA1: &str = "pbkdf2_sha1$1000$seasalt2$bvRuICVS+gD9TvGyplTkOI+HF8s=";
/// With the least memory that the scheme takes.
const ARGON2: &str = "argon2$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$gqyb6rsXBNd+ORi95hHK7A";
/// Made by Python's `hashlib.scrypt`.
const SCRYPT: &str = "scrypt$16$seasalt2$8$5$aybMDgSRVo0hXxyshLq5zjj9tz1jEBK6hl0pU1CN+MdeKPcQPpF7+Rx4tbMJjaRiBrlsvZ6Mal/k5xsWkPen6Q==";

fn hasher() -> BcryptHasher {
    let settings = HashingSettings { cost: 4, threads: NonZeroUsize::MIN, queue: 64, pepper: None };
    BcryptHasher::new(&settings).unwrap()
}

async fn verify(password: &str, stored: &str) -> Verdict {
    let hasher = hasher();
    let stored = PasswordHash::new(stored.to_owned());
    hasher.verify(hasher.place().unwrap(), Password::new(password), Some(stored)).await.unwrap()
}

async fn is_right_but_old(password: &str, stored: &str) {
    assert!(BcryptHasher::verifies_foreign(stored), "{stored}");
    let Verdict::RightButOld(new) = verify(password, stored).await else { panic!("not old: {stored}") };
    assert!(new.expose().starts_with("hc1$2b$04$"));
    assert_eq!(verify(password, new.expose()).await, Verdict::Right);
    assert_eq!(verify("another", stored).await, Verdict::Wrong);
}

#[tokio::test]
async fn pbkdf2_is_right_but_old() {
    is_right_but_old(TYPED, PBKDF2_SHA256).await;
    is_right_but_old(TYPED, PBKDF2_SHA1).await;
}

#[tokio::test]
async fn the_bytes_count_as_they_were_typed() {
    assert_eq!(verify("l\u{e8}tmein caf\u{e9}", PBKDF2_SHA256).await, Verdict::Wrong);
}

#[tokio::test]
async fn both_forms_of_bcrypt_are_right_but_old() {
    // SHA-256 of "secret", hexadecimal.
    let digest = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    is_right_but_old("secret", &format!("bcrypt_sha256${}", bcrypt::hash(digest, 4).unwrap())).await;
    is_right_but_old("secret", &format!("bcrypt${}", bcrypt::hash("secret", 4).unwrap())).await;
}

#[tokio::test]
async fn argon2_is_right_but_old() {
    use argon2::password_hash::{PasswordHasher as _, SaltString};
    let params = argon2::Params::new(64, 1, 1, None).unwrap();
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let salt = SaltString::encode_b64(b"some salt of it").unwrap();
    let made = argon2.hash_password(b"secret", &salt).unwrap().to_string();
    is_right_but_old("secret", &format!("argon2{made}")).await;
    assert!(BcryptHasher::verifies_foreign(ARGON2));
}

#[tokio::test]
async fn scrypt_is_right_but_old() {
    is_right_but_old(TYPED, SCRYPT).await;
    assert!(BcryptHasher::verifies_foreign(&SCRYPT.replace("$16$", "$16384$")));
}

#[test]
fn what_would_take_too_long_or_is_no_such_hash_is_refused() {
    let digest = PBKDF2_SHA256.rsplit('$').next().unwrap();
    let refused = [
        String::new(),
        "!".to_owned(),
        format!("pbkdf2_sha256$5000001$salt${digest}"),
        format!("pbkdf2_sha256$0$salt${digest}"),
        format!("pbkdf2_sha256$-1$salt${digest}"),
        format!("pbkdf2_sha256$1000$salt${}", digest.get(..20).unwrap()),
        "pbkdf2_sha256$1000$salt".to_owned(),
        format!("md5$salt${digest}"),
        format!("md5$${digest}"),
        "0cc175b9c0f1b6a831c399e269772661".to_owned(),
        format!("sha1$salt${digest}"),
        format!("scrypt$16384$salt$8$5${digest}"),
        SCRYPT.replace("$16$", "$17$"),
        SCRYPT.replace("$16$", "$1048576$"),
        SCRYPT.replace("$16$", "$0$"),
        SCRYPT.replace("$8$5$", "$8$50000000$"),
        SCRYPT.replace("$8$5$", "$0$5$"),
        SCRYPT.replace("$8$5$", "$8$0$"),
        format!("bcrypt$$2b$17${}", ".".repeat(53)),
        "argon2$argon2id$v=19$m=1048576,t=2,p=8$c29tZXNhbHQ$gqyb6rsXBNd+ORi95hHK7A".to_owned(),
        "hc1$2b$04$".to_owned(),
    ];
    for stored in refused {
        assert!(!BcryptHasher::verifies_foreign(&stored), "{stored}");
    }
}

#[tokio::test]
async fn a_wrong_password_takes_as_long_for_a_foreign_hash_as_for_none() {
    let settings = HashingSettings { cost: 4, threads: NonZeroUsize::MIN, queue: 64, pepper: None };
    let hasher = BcryptHasher::new(&settings).unwrap();
    let slow = PBKDF2_SHA256.replace("$1000$", "$200000$");
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        with.push(timed(&hasher, Some(&slow)).await);
        without.push(timed(&hasher, None).await);
    }
    with.sort();
    without.sort();
    let ratio = with[7].as_secs_f64() / without[7].as_secs_f64();
    assert!((0.6..1.6).contains(&ratio), "{ratio}");
}

async fn timed(hasher: &BcryptHasher, stored: Option<&str>) -> Duration {
    let begun = Instant::now();
    let stored = stored.map(|stored| PasswordHash::new(stored.to_owned()));
    assert_eq!(
        hasher.verify(hasher.place().unwrap(), Password::new("wrong"), stored).await.unwrap(),
        Verdict::Wrong
    );
    begun.elapsed()
}
