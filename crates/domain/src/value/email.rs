//! E-mail addresses.

use validator::ValidateEmail;

use crate::macros::{redacted_debug, serde_as_text};

/// An e-mail address: ASCII before the `@`, a domain with a dot after it, at most 254 characters.
///
/// It is shown as it was typed and compared by its [key](Self::key).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    shown: String,
    key: String,
}

redacted_debug!(EmailAddress);
serde_as_text!(EmailAddress);

/// The text is no e-mail address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EmailError {
    /// More than 254 characters (RFC 5321, section 4.5.3.1.3, less the angle brackets).
    #[error("must have at most 254 characters")]
    TooLong,
    /// Not of the form that the HTML standard accepts in a form, or a domain without a dot.
    #[error("is not a valid e-mail address")]
    Malformed,
}

impl EmailAddress {
    /// The most that it holds, in characters.
    pub const MAX_CHARS: usize = 254;

    /// Checks the trimmed `raw`; an international domain is checked in its ASCII form (UTS #46).
    pub fn parse(raw: &str) -> Result<Self, EmailError> {
        let shown = raw.trim();
        // The length comes first: the checks below are not for megabytes.
        if shown.len() > Self::MAX_CHARS && shown.chars().count() > Self::MAX_CHARS {
            return Err(EmailError::TooLong);
        }
        let (local, domain) = shown.rsplit_once('@').ok_or(EmailError::Malformed)?;
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| EmailError::Malformed)?;
        let key = format!("{}@{domain}", local.to_ascii_lowercase());
        if key.len() > Self::MAX_CHARS {
            return Err(EmailError::TooLong);
        }
        // The form check accepts a host without a dot; no mail reaches one from outside.
        if !local.is_ascii() || !domain.contains('.') || !key.validate_email() {
            return Err(EmailError::Malformed);
        }
        Ok(Self { shown: shown.to_owned(), key })
    }

    /// The address as it was typed.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// What makes two addresses the same: all in lower case, the domain in ASCII.
    pub fn key(&self) -> &str {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_shown_as_typed_and_compared_by_key() {
        let email = EmailAddress::parse(" Ann.B+x@Example.ORG ").unwrap();
        assert_eq!(email.as_str(), "Ann.B+x@Example.ORG");
        assert_eq!(email.key(), "ann.b+x@example.org");
    }

    #[test]
    fn an_international_domain_has_an_ascii_key() {
        assert_eq!(EmailAddress::parse("a@bücher.example").unwrap().key(), "a@xn--bcher-kva.example");
    }

    #[test]
    fn refuses_what_is_no_address() {
        for raw in [
            "",
            "a",
            "@b.c",
            "a@",
            "a@b",
            "a b@c.de",
            "a@b@c.de",
            "a@b..de",
            "é@b.de",
            "a\0@b.de",
            "a@b.de,c@d.ef",
        ] {
            assert_eq!(EmailAddress::parse(raw), Err(EmailError::Malformed), "{raw:?}");
        }
    }

    #[test]
    fn refuses_more_than_254_characters() {
        let long = format!("{}@{}.example", "a".repeat(60), "b.".repeat(100));
        assert_eq!(EmailAddress::parse(&long), Err(EmailError::TooLong));
    }

    proptest! {
        #[test]
        fn the_key_of_a_key_is_itself(raw in "[a-zA-Z.+]{1,10}@[a-zA-Z]{1,8}\\.[a-z]{2,3}") {
            if let Ok(email) = EmailAddress::parse(&raw) {
                let again = EmailAddress::parse(email.key()).unwrap();
                prop_assert_eq!(again.key(), email.key());
            }
        }
    }
}
