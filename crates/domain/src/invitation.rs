//! Invitations: who may make an account where not everybody may.

use crate::macros::redacted_debug;
use crate::{InvitationId, Role, Timestamp};

/// Who may make an account by themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Registration {
    /// Everybody; the default.
    #[default]
    Open,
    /// Whoever shows an [`InvitationCode`] that counts.
    Invite,
    /// Nobody: an administrator makes accounts.
    Closed,
}

/// The secret that an invited person shows once.
#[derive(Clone, PartialEq, Eq)]
pub struct InvitationCode(String);

impl InvitationCode {
    /// A new code out of 160 random bits, in hexadecimal.
    pub fn generate(random: [[u8; 10]; 2]) -> Self {
        let digits = random.as_flattened().iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Self(digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect())
    }

    /// What somebody typed; a text that was never a code is just one that nobody knows.
    pub fn typed(text: &str) -> Self {
        Self(text.trim().to_ascii_lowercase())
    }

    /// The text, to be handed over or hashed.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// An invitation to be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewInvitation {
    /// What the person will be, whatever they ask for.
    pub role: Role,
    /// From when on it does not count any more.
    pub expires_at: Timestamp,
}

/// An invitation that nobody has used yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Invitation {
    /// Its id; the code is known to the invited person only.
    pub id: InvitationId,
    /// What the person will be, whatever they ask for.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it does not count any more.
    pub expires_at: Timestamp,
}

redacted_debug!(InvitationCode);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_160_bits_in_hexadecimal() {
        let code = InvitationCode::generate([[0, 1, 2, 3, 4, 5, 6, 7, 8, 255], [16; 10]]);
        assert_eq!(code.expose(), "000102030405060708ff10101010101010101010");
    }

    #[test]
    fn a_code_is_known_again_however_it_was_copied() {
        let code = InvitationCode::generate([[0xab; 10], [0xcd; 10]]);
        assert_eq!(InvitationCode::typed(&format!("  {} \n", code.expose().to_uppercase())), code);
        assert_ne!(InvitationCode::typed(""), code);
    }

    #[test]
    fn a_code_is_not_shown() {
        assert!(!format!("{:?}", InvitationCode::typed("abc")).contains("abc"));
    }
}
