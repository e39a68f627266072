//! Access tokens: JSON Web Tokens (RFC 7519).

use std::time::Duration;

use domain::ports::{AccessClaims, IssuedToken, TokenError};
use domain::{SessionId, Timestamp, UserId};
use jsonwebtoken::Validation;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::keys::Key;

const ISSUER: &str = "healthcore";
const AUDIENCE: &str = "healthcore";
const KIND: &str = "access";

/// By how many seconds the clocks of two servers may differ.
const LEEWAY: i64 = 5;

/// No token of ours is longer; a longer one is not worth reading.
pub(super) const MOST_BYTES: usize = 1024;

const MICROS: i64 = 1_000_000;

/// What a token is to say.
pub(super) struct Grant {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    /// The id of the token itself.
    pub(super) id: Uuid,
}

/// The claims. Each is required and has one type; a claim given twice is an error of serde.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    /// The number in `sub` once more, for clients that read it.
    user_id: i64,
    sid: Uuid,
    jti: Uuid,
    token_type: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// The first part of every token that `key` signs. A token with any other header is not ours, so no
/// algorithm, key or extension that somebody writes there is ever looked at.
pub(super) fn encoded_header(key: &Key) -> Result<String, TokenError> {
    let token = sign(key, &())?;
    token.split('.').next().map(str::to_owned).ok_or(TokenError::Unsigned)
}

pub(super) fn issue(
    key: &Key,
    grant: &Grant,
    now: Timestamp,
    lifetime: Duration,
) -> Result<IssuedToken, TokenError> {
    let iat = now.seconds();
    let exp = iat.saturating_add(i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX));
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: grant.user.to_string(),
        user_id: grant.user.get(),
        sid: grant.session.uuid(),
        jti: grant.id,
        token_type: KIND.to_owned(),
        iat,
        nbf: iat,
        exp,
    };
    // The claims have whole seconds; the leeway covers the fraction.
    Ok(IssuedToken { token: sign(key, &claims)?, expires_at: now.plus(lifetime) })
}

/// What a genuine token says, and when it counts.
#[derive(Clone, Copy)]
pub(super) struct Proven {
    says: AccessClaims,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// What `token` says, if `key` has signed it.
pub(super) fn verify(key: &Key, token: &str) -> Result<Proven, TokenError> {
    let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &signature_only(key));
    let claims = claims.map_err(|_| TokenError::Forged)?.claims;
    let is_ours = claims.iss == ISSUER && claims.aud == AUDIENCE && claims.token_type == KIND;
    if !is_ours || claims.sub != claims.user_id.to_string() {
        return Err(TokenError::Forged);
    }
    let says = AccessClaims {
        user: UserId::new(claims.user_id).ok_or(TokenError::Forged)?,
        session: SessionId::from_uuid(claims.sid),
        expires_at: claims
            .exp
            .checked_mul(MICROS)
            .and_then(Timestamp::from_micros)
            .ok_or(TokenError::Forged)?,
    };
    Ok(Proven { says, iat: claims.iat, nbf: claims.nbf, exp: claims.exp })
}

impl Proven {
    /// What the token says, if it counts at `now`.
    pub(super) fn at(self, now: Timestamp) -> Result<AccessClaims, TokenError> {
        let now = now.seconds();
        let is_over = now >= self.exp.saturating_add(LEEWAY);
        let has_begun = self.nbf.max(self.iat) <= now.saturating_add(LEEWAY);
        if is_over || !has_begun { Err(TokenError::Expired) } else { Ok(self.says) }
    }
}

/// What jsonwebtoken shall check: the algorithm and the signature. It would take times from the system's
/// clock, and lists where one text is meant; the claims are checked here.
fn signature_only(key: &Key) -> Validation {
    let mut validation = Validation::new(key.algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn sign<T: Serialize>(key: &Key, claims: &T) -> Result<String, TokenError> {
    jsonwebtoken::encode(&key.header, claims, &key.encoding).map_err(|_| TokenError::Unsigned)
}
