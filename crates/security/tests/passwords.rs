//! What the hasher promises, at the least cost.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use domain::ports::{PasswordHasher as _, Verdict};
use domain::{NewPassword, Password, PasswordHash};
use security::{BcryptHasher, HasherError, HashingSettings};

fn settings() -> HashingSettings {
    HashingSettings { cost: 4, threads: NonZeroUsize::MIN, queue: 64, pepper: None }
}

fn hasher() -> BcryptHasher {
    BcryptHasher::new(&settings()).unwrap()
}

fn peppered(pepper: &str) -> BcryptHasher {
    BcryptHasher::new(&HashingSettings { pepper: Some(pepper.to_owned().into()), ..settings() }).unwrap()
}

async fn hash(hasher: &BcryptHasher, password: &str) -> PasswordHash {
    hasher.hash(&NewPassword::parse(password).unwrap()).await.unwrap()
}

async fn verify(hasher: &BcryptHasher, password: &str, hash: &PasswordHash) -> Verdict {
    hasher.verify(hasher.place().unwrap(), Password::new(password), Some(hash.clone())).await.unwrap()
}

#[tokio::test]
async fn the_password_is_right_and_another_is_wrong() {
    let hasher = hasher();
    let stored = hash(&hasher, "correct horse").await;
    assert!(stored.expose().starts_with("hc1$2b$04$"), "{}", stored.expose());
    assert_eq!(verify(&hasher, "correct horse", &stored).await, Verdict::Right);
    assert_eq!(verify(&hasher, "correct horsf", &stored).await, Verdict::Wrong);
}

#[tokio::test]
async fn two_hashes_of_one_password_differ() {
    let hasher = hasher();
    assert_ne!(hash(&hasher, "correct horse").await, hash(&hasher, "correct horse").await);
}

#[tokio::test]
async fn every_character_of_a_long_password_counts() {
    let hasher = hasher();
    let long = "x".repeat(127);
    let stored = hash(&hasher, &format!("{long}a")).await;
    assert_eq!(verify(&hasher, &format!("{long}a"), &stored).await, Verdict::Right);
    assert_eq!(verify(&hasher, &format!("{long}b"), &stored).await, Verdict::Wrong);
    assert_eq!(verify(&hasher, &long, &stored).await, Verdict::Wrong);
}

#[tokio::test]
async fn what_comes_after_a_nul_counts() {
    let hasher = hasher();
    let stored = hash(&hasher, "password\0one").await;
    assert_eq!(verify(&hasher, "password\0one", &stored).await, Verdict::Right);
    assert_eq!(verify(&hasher, "password\0two", &stored).await, Verdict::Wrong);
}

#[tokio::test]
async fn one_password_in_two_unicode_forms_is_the_same() {
    let hasher = hasher();
    let stored = hash(&hasher, "caf\u{e9} noir").await;
    assert_eq!(verify(&hasher, "cafe\u{301} noir", &stored).await, Verdict::Right);
}

#[tokio::test]
async fn plain_bcrypt_of_another_system_is_right_but_old() {
    let hasher = hasher();
    let stored = PasswordHash::new(bcrypt::hash("correct horse", 4).unwrap());
    let Verdict::RightButOld(new) = verify(&hasher, "correct horse", &stored).await else {
        panic!("not old")
    };
    assert_eq!(verify(&hasher, "correct horse", &new).await, Verdict::Right);
    assert_eq!(verify(&hasher, "wrong horse", &stored).await, Verdict::Wrong);
}

#[tokio::test]
async fn another_cost_is_right_but_old() {
    let stored = hash(&hasher(), "correct horse").await;
    let dearer = BcryptHasher::new(&HashingSettings { cost: 5, ..settings() }).unwrap();
    let Verdict::RightButOld(new) = verify(&dearer, "correct horse", &stored).await else {
        panic!("not old")
    };
    assert!(new.expose().starts_with("hc1$2b$05$"));
}

#[tokio::test]
async fn a_pepper_replaces_hashes_without_one_and_is_needed_from_then_on() {
    let stored = hash(&hasher(), "correct horse").await;
    let peppered_hasher = peppered("chili");
    let Verdict::RightButOld(new) = verify(&peppered_hasher, "correct horse", &stored).await else {
        panic!("not old")
    };
    assert!(new.expose().starts_with("hc2$"));
    assert_eq!(verify(&peppered_hasher, "correct horse", &new).await, Verdict::Right);
    assert_eq!(verify(&hasher(), "correct horse", &new).await, Verdict::Wrong);
    assert_eq!(verify(&peppered("paprika"), "correct horse", &new).await, Verdict::Wrong);
}

#[tokio::test]
async fn nobody_signs_in_with_what_no_scheme_has_made() {
    let hasher = hasher();
    let absurd_cost = format!("hc1$2b$31${}", ".".repeat(53));
    for stored in ["", "!", "correct horse", "hc1", "hc1$2b$04$short", "hc3$2b$04$", "md5$a$b", &absurd_cost]
    {
        let stored = PasswordHash::new(stored.to_owned());
        assert_eq!(verify(&hasher, "correct horse", &stored).await, Verdict::Wrong);
    }
}

#[tokio::test]
async fn the_dummy_hash_is_nobodys_password() {
    let hasher = hasher();
    assert_eq!(
        hasher.verify(hasher.place().unwrap(), Password::new(""), None).await.unwrap(),
        Verdict::Wrong
    );
    let dummy = PasswordHash::new(format!("hc1$2b$04${}", ".".repeat(53)));
    assert_eq!(verify(&hasher, "correct horse", &dummy).await, Verdict::Wrong);
}

#[tokio::test]
async fn no_account_takes_as_long_as_a_wrong_password() {
    let hasher = BcryptHasher::new(&HashingSettings { cost: 8, ..settings() }).unwrap();
    let stored = hash(&hasher, "correct horse").await;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        with.push(timed(&hasher, Some(stored.clone())).await);
        without.push(timed(&hasher, None).await);
    }
    with.sort();
    without.sort();
    let ratio = with[7].as_secs_f64() / without[7].as_secs_f64();
    assert!((0.7..1.4).contains(&ratio), "{ratio}");
}

async fn timed(hasher: &BcryptHasher, hash: Option<PasswordHash>) -> Duration {
    let begun = Instant::now();
    assert_eq!(
        hasher.verify(hasher.place().unwrap(), Password::new("wrong"), hash).await.unwrap(),
        Verdict::Wrong
    );
    begun.elapsed()
}

#[test]
fn the_cost_has_limits() {
    for cost in [0, 3, 17, 32] {
        let made = BcryptHasher::new(&HashingSettings { cost, ..settings() });
        assert!(matches!(made, Err(HasherError::Cost)), "{cost}");
    }
}
