//! bcrypt that rests now and then.
//!
//! A hash takes a quarter of a second, and the crate `bcrypt` computes it in one go. Under a flood of sign-ins that
//! takes cores away from the database: kernels share a core between groups of threads first (`autogroup` in
//! `sched(7)`, cgroups), so a thread of another program waits for milliseconds until a slice of ours is over, however
//! low our thread stands in its own group. Here the same function rests after every few rounds, and so gives the core
//! away. What is computed is that of the crate, which parses the stored text and is the measure in the tests.

use std::ops::RangeInclusive;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::BCRYPT;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use bcrypt::{BcryptError, BcryptResult, HashParts};
use blowfish::Blowfish;
use secrecy::zeroize::Zeroizing;
use subtle::ConstantTimeEq as _;

use crate::random;

/// bcrypt's own alphabet.
const BASE64: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD);

/// The most of a password, with the zero at its end, that bcrypt looks at.
const LONGEST: usize = 72;

/// The costs that bcrypt knows: powers of two.
const COSTS: RangeInclusive<u32> = 4..=31;

/// What bcrypt encrypts: "`OrpheanBeholderScryDoubt`".
const TEXT: [[u32; 2]; 3] =
    [[0x4f72_7068, 0x6561_6e42], [0x6568_6f6c, 0x6465_7253], [0x6372_7944, 0x6f75_6274]];

/// After so many rounds there is a rest: half a millisecond of work on most machines.
const ROUNDS: u32 = 8;
/// The kernel makes it twice as long.
const REST: Duration = Duration::from_micros(50);

/// A hash of version `2b` under a new salt.
///
/// # Errors
/// When the password is longer than what bcrypt looks at, or the cost is none that it knows.
pub(super) fn hash(password: &str, cost: u32) -> BcryptResult<String> {
    if password.len() >= LONGEST {
        return Err(BcryptError::Truncation(password.len()));
    }
    let salt = random::bytes();
    let hash = compute(password.as_bytes(), cost, &salt)?;
    Ok(format!("$2b${cost:02}${}{hash}", BASE64.encode(salt)))
}

/// Whether the hash is one of this password.
///
/// # Errors
/// When the text is no hash of bcrypt.
pub(super) fn verify(password: impl AsRef<[u8]>, hash: &str) -> BcryptResult<bool> {
    let parts: HashParts = hash.parse()?;
    let computed = compute(password.as_ref(), parts.get_cost(), &parts.get_salt_raw())?;
    let stored = hash.as_bytes().last_chunk::<31>().map(<[u8; 31]>::as_slice);
    Ok(stored.is_some_and(|stored| computed.as_bytes().ct_eq(stored).into()))
}

/// The last part of a hash (Provos and Mazières, "A Future-Adaptable Password Scheme", 1999).
fn compute(password: &[u8], cost: u32, salt: &[u8; 16]) -> BcryptResult<String> {
    if !COSTS.contains(&cost) {
        return Err(BcryptError::CostNotAllowed(cost));
    }
    // With room for all of it from the beginning: a buffer that grows leaves a copy behind.
    let mut key = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    key.extend_from_slice(password.get(..LONGEST).unwrap_or(password));
    key.push(0);
    key.truncate(LONGEST);
    let mut state: Blowfish = Blowfish::bc_init_state();
    state.salted_expand_key(salt, &key);
    for round in 1..=1_u32 << cost {
        state.bc_expand_key(&key);
        state.bc_expand_key(salt);
        // Where clocks are coarse a rest would take as long as the hash.
        if cfg!(target_os = "linux") && round % ROUNDS == 0 {
            thread::sleep(REST);
        }
    }
    let mut hash = Vec::with_capacity(24);
    for text in TEXT {
        let text = (0..64).fold(text, |text, _| state.bc_encrypt(text));
        hash.extend(text.into_iter().flat_map(u32::to_be_bytes));
    }
    // Bcrypt has always left the last byte out.
    hash.truncate(23);
    Ok(BASE64.encode(hash))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COST: u32 = 4;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_hash_is_what_the_crate_makes_of_the_same_salt(
            password in prop::collection::vec(any::<u8>(), 0..100),
            salt in any::<[u8; 16]>(),
        ) {
            let theirs = bcrypt::hash_with_salt(&password, COST, salt).unwrap().to_string();
            prop_assert!(theirs.ends_with(&compute(&password, COST, &salt).unwrap()));
            prop_assert!(verify(&password, &theirs).unwrap());
        }

        #[test]
        fn the_crate_knows_our_hashes(password in "\\PC{0,20}", other in "\\PC{0,20}") {
            let ours = hash(&password, COST).unwrap();
            prop_assert!(bcrypt::verify(&password, &ours).unwrap());
            prop_assert_eq!(verify(&other, &ours).unwrap(), other == password);
        }
    }

    #[test]
    fn salts_are_never_the_same() {
        assert_ne!(hash("same", COST).unwrap(), hash("same", COST).unwrap());
    }

    #[test]
    fn what_is_no_hash_is_an_error() {
        for text in ["", "$2b$04$", "$3b$04$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcdefghi"] {
            assert!(verify("password", text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_cost_that_bcrypt_does_not_know_is_an_error() {
        for cost in [0, 3, 32, 99] {
            assert!(hash("password", cost).is_err(), "{cost}");
        }
    }

    #[test]
    fn a_password_that_bcrypt_would_cut_off_is_refused() {
        assert!(hash(&"a".repeat(71), COST).is_ok());
        assert!(hash(&"a".repeat(72), COST).is_err());
    }
}
