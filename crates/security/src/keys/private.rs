//! Private keys of EdDSA signatures (RFC 8032, Ed25519).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretSlice};

/// A private key for Ed25519.
#[derive(Clone)]
pub struct PrivateKey {
    /// PKCS #8 (RFC 8410, section 7): the fixed head and 32 bytes.
    der: SecretSlice<u8>,
}

/// The text is no private key that can be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("it must be an Ed25519 private key in PEM (PKCS #8), as `healthcore keys generate` makes it")]
pub struct PrivateKeyError;

/// What stands before the 32 bytes of every Ed25519 key in PKCS #8, version 1.
const HEAD: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

pub(crate) const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
pub(crate) const END: &str = "-----END PRIVATE KEY-----";

impl PrivateKey {
    /// The key of 32 random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let der: Vec<u8> = HEAD.into_iter().chain(bytes).collect();
        Self { der: der.into() }
    }

    /// Reads one PEM block (RFC 7468); lines around it are skipped.
    pub fn parse_pem(text: &str) -> Result<Self, PrivateKeyError> {
        let (_, rest) = text.split_once(BEGIN).ok_or(PrivateKeyError)?;
        let (body, _) = rest.split_once(END).ok_or(PrivateKeyError)?;
        let body: String = body.split_whitespace().collect();
        let der = STANDARD.decode(body).map_err(|_| PrivateKeyError)?;
        let bytes = der.strip_prefix(&HEAD).ok_or(PrivateKeyError)?;
        bytes.try_into().map(Self::from_bytes).map_err(|_| PrivateKeyError)
    }

    /// The key as a PEM block, with a line end.
    pub(crate) fn to_pem(&self) -> String {
        format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(self.der()))
    }

    pub(super) fn der(&self) -> &[u8] {
        self.der.expose_secret()
    }

    /// The 32 bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        self.der().strip_prefix(&HEAD).unwrap_or_default()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 8410, section 10.3.
    const EXAMPLE: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        -----END PRIVATE KEY-----\n";

    #[test]
    fn the_example_of_the_rfc_is_read_and_written() {
        assert_eq!(PrivateKey::parse_pem(EXAMPLE).unwrap().to_pem(), EXAMPLE);
        assert_eq!(PrivateKey::from_bytes([7; 32]).bytes(), [7; 32]);
    }

    #[test]
    fn anything_else_is_refused() {
        let cut = EXAMPLE.replace("EdVhC", "");
        let public = EXAMPLE.replace("PRIVATE", "PUBLIC");
        let rsa = EXAMPLE.replace("MC4CAQAwBQYDK2Vw", "MC4CAQAwBQYDK2Vx");
        for text in ["", BEGIN, &cut, &public, &rsa, &EXAMPLE.replace("-----END", "-----")] {
            assert_eq!(PrivateKey::parse_pem(text).unwrap_err(), PrivateKeyError, "{text}");
        }
    }
}
