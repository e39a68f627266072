//! Refresh tokens: opaque texts that say, under a signature, which token of which session they are.
//!
//! `base64url(version ‖ key id ‖ session ‖ counter ‖ HMAC-SHA-256 of all that)`, 63 bytes in 84 characters.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ports::RefreshClaims;
use domain::{RefreshCounter, SessionId};
use hmac::Mac as _;
use uuid::Uuid;

use crate::KeyRing;
use crate::keys::{Key, KeyId};

const VERSION: u8 = 1;
const BYTES: usize = 63;
const CHARS: usize = 84;
const SIGNED: usize = 31;

pub(super) fn issue(key: &Key, claims: RefreshClaims) -> String {
    let mut bytes = Vec::with_capacity(BYTES);
    bytes.push(VERSION);
    bytes.extend(key.id());
    bytes.extend(claims.session.uuid().as_bytes());
    bytes.extend(claims.counter.get().to_be_bytes());
    let tag = key.refresh_mac().chain_update(&bytes).finalize().into_bytes();
    bytes.extend(tag);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What `token` says, if one of the keys has signed it.
pub(super) fn verify(keys: &KeyRing, token: &str) -> Option<RefreshClaims> {
    if token.len() != CHARS {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (signed, tag) = bytes.split_first_chunk::<SIGNED>()?;
    let (&[version], rest) = signed.split_first_chunk::<1>()?;
    let (&id, rest) = rest.split_first_chunk::<{ size_of::<KeyId>() }>()?;
    let (&session, rest) = rest.split_first_chunk::<16>()?;
    let counter = i64::from_be_bytes(rest.try_into().ok()?);
    if version != VERSION {
        return None;
    }
    // Compares in constant time.
    keys.find(id)?.refresh_mac().chain_update(signed).verify_slice(tag).ok()?;
    let session = SessionId::from_uuid(Uuid::from_bytes(session));
    Some(RefreshClaims { session, counter: RefreshCounter::new(counter)? })
}
