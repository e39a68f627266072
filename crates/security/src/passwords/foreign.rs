//! Hashes that Django has made. They are checked over the bytes of the password as it was typed: Django does not
//! normalize, and neither cuts nor refuses long ones.
//!
//! | stored text | scheme |
//! |---|---|
//! | `pbkdf2_sha256$<rounds>$<salt>$<base64>` | PBKDF2 with HMAC-SHA-256, the salt as its text |
//! | `pbkdf2_sha1$…` | the same with SHA-1 |
//! | `bcrypt_sha256$$2b$12$…` | bcrypt over the hexadecimal SHA-256 |
//! | `bcrypt$$2b$12$…` | bcrypt, which ends at 72 bytes |
//! | `argon2$argon2id$v=19$m=…,t=…,p=…$<salt>$<digest>` | Argon2 |
//! | `scrypt$<n>$<salt>$<r>$<p>$<base64>` | scrypt (RFC 7914), the salt as its text |
//!
//! Hashes of a single round (`md5$…`, `sha1$…`, salted or not) are not taken: whoever never signs in again would leave one
//! in the database for good, and a stolen one is a password within minutes.

use std::fmt::Write as _;
use std::num::NonZeroU32;

use argon2::password_hash::PasswordVerifier as _;
use argon2::{Argon2, Params};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::pbkdf2;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::resting;
use crate::HashingSettings;

/// More rounds than this are not counted: some two seconds. Django 5.2 uses 1,000,000 and adds a fifth each release.
const MOST_ROUNDS: u32 = 5_000_000;
/// Argon2 takes so much memory at most, in KiB, for so many passes; Django uses 100 MiB and 2.
const MOST_MEMORY: u32 = 256 * 1024;
const MOST_PASSES: u32 = 10;
/// scrypt takes so many blocks of 128 bytes at most, 256 MiB, and mixes so many; Django uses 16,384 times 8, and that five
/// times.
const MOST_BLOCKS: u32 = 2 << 20;
const MOST_MIXING: u32 = 4 << 20;
/// The length of a digest by scrypt, in bytes, as Django has it.
const SCRYPT_LENGTH: usize = 64;

/// A hash of Django's, by its scheme.
pub(super) enum Foreign<'a> {
    Pbkdf2 { algorithm: pbkdf2::Algorithm, rounds: NonZeroU32, salt: &'a str, digest: Vec<u8> },
    BcryptSha256(&'a str),
    Bcrypt(&'a str),
    Argon2(Box<argon2::PasswordHash<'a>>),
    Scrypt { params: scrypt::Params, salt: &'a str, digest: Vec<u8> },
}

impl<'a> Foreign<'a> {
    /// Reads a hash. `None` for schemes that are not verified here, and for what would keep a thread busy for long.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once('$')?;
        match scheme {
            "pbkdf2_sha256" => Self::pbkdf2(pbkdf2::PBKDF2_HMAC_SHA256, 32, rest),
            "pbkdf2_sha1" => Self::pbkdf2(pbkdf2::PBKDF2_HMAC_SHA1, 20, rest),
            "bcrypt_sha256" => affordable_bcrypt(rest).map(Self::BcryptSha256),
            "bcrypt" => affordable_bcrypt(rest).map(Self::Bcrypt),
            "argon2" => Self::argon2(text.strip_prefix("argon2")?),
            "scrypt" => Self::scrypt(rest),
            _ => None,
        }
    }

    fn pbkdf2(algorithm: pbkdf2::Algorithm, length: usize, rest: &'a str) -> Option<Self> {
        let mut parts = rest.splitn(3, '$');
        let (rounds, salt, digest) = (parts.next()?, parts.next()?, parts.next()?);
        let rounds = rounds.parse().ok().filter(|rounds: &NonZeroU32| rounds.get() <= MOST_ROUNDS)?;
        let digest = STANDARD.decode(digest).ok().filter(|digest| digest.len() == length)?;
        Some(Self::Pbkdf2 { algorithm, rounds, salt, digest })
    }

    fn argon2(phc: &'a str) -> Option<Self> {
        let hash = argon2::PasswordHash::new(phc).ok()?;
        let params = Params::try_from(&hash).ok()?;
        let is_affordable = params.m_cost() <= MOST_MEMORY && params.t_cost() <= MOST_PASSES;
        is_affordable.then(|| Self::Argon2(Box::new(hash)))
    }

    fn scrypt(rest: &'a str) -> Option<Self> {
        let mut parts = rest.splitn(5, '$');
        let (n, salt) = (parts.next()?.parse::<u32>().ok()?, parts.next()?);
        let (r, p) = (parts.next()?.parse::<u32>().ok()?, parts.next()?.parse::<u32>().ok()?);
        let digest = STANDARD.decode(parts.next()?).ok().filter(|digest| digest.len() == SCRYPT_LENGTH)?;
        let memory = n.checked_mul(r)?;
        let is_affordable = memory <= MOST_BLOCKS && memory.checked_mul(p)? <= MOST_MIXING;
        if !is_affordable || !n.is_power_of_two() {
            return None;
        }
        let log_n = u8::try_from(n.ilog2()).ok()?;
        let params = scrypt::Params::new(log_n, r, p, SCRYPT_LENGTH).ok()?;
        Some(Self::Scrypt { params, salt, digest })
    }

    /// Whether `typed` is the password.
    pub(super) fn is_right(&self, typed: &str) -> bool {
        match self {
            Self::Pbkdf2 { algorithm, rounds, salt, digest } => {
                pbkdf2::verify(*algorithm, *rounds, salt.as_bytes(), typed.as_bytes(), digest).is_ok()
            }
            Self::BcryptSha256(hash) => resting::verify(hexadecimal(typed), hash).unwrap_or(false),
            Self::Bcrypt(hash) => resting::verify(typed, hash).unwrap_or(false),
            Self::Scrypt { params, salt, digest } => {
                let mut made = [0; SCRYPT_LENGTH];
                scrypt::scrypt(typed.as_bytes(), salt.as_bytes(), params, &mut made).is_ok()
                    && verify_slices_are_equal(&made, digest).is_ok()
            }
            Self::Argon2(hash) => Argon2::default().verify_password(typed.as_bytes(), hash).is_ok(),
        }
    }
}

fn affordable_bcrypt(hash: &str) -> Option<&str> {
    let cost = hash.parse::<bcrypt::HashParts>().ok()?.get_cost();
    (HashingSettings::MIN_COST..=HashingSettings::MAX_COST).contains(&cost).then_some(hash)
}

fn hexadecimal(typed: &str) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(typed.as_bytes()) {
        // Writing into text does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
