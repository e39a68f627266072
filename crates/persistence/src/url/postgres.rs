//! URLs of PostgreSQL servers: what is added to them, and what is never shown.

use std::borrow::Cow;

use super::{OpenError, tls};

/// Characters that end a part of a URL: inside a password they have to be percent-encoded.
const DELIMITERS: [char; 5] = ['@', '/', '?', '#', ' '];

/// A URL as libpq reads it (PostgreSQL documentation, section "Connection URIs").
#[derive(Clone)]
pub(crate) struct PostgresUrl {
    url: String,
    secrets: Vec<String>,
}

impl PostgresUrl {
    pub(super) fn parse(url: &str) -> Result<Self, OpenError> {
        let (_, rest) = url.split_once("://").ok_or(OpenError::Scheme)?;
        let (base, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (user, hosts) = base.rsplit_once('@').unwrap_or(("", base));
        // libpq takes what follows a raw delimiter in a password for a host or a port, and says so.
        if user.contains(DELIMITERS) || !has_only_numeric_ports(hosts) {
            return Err(OpenError::Malformed("special characters in the password must be percent-encoded"));
        }
        let password = user.split_once(':').map(|(_, password)| password);
        let hidden = pairs(query).filter(|(key, _)| key.contains("password")).map(|(_, value)| value);
        let secrets = password.into_iter().chain(hidden).flat_map(|raw| [raw.to_owned(), decoded(raw)]);
        let secrets = secrets.filter(|secret| !secret.is_empty()).collect();
        Ok(Self { url: tls::settled(url)?.into_owned(), secrets })
    }

    /// The URL with `defaults` for all parameters that it does not set itself.
    pub(crate) fn with_defaults(&self, defaults: &[(&str, &str)]) -> String {
        let mut url = self.url.clone();
        for (key, value) in defaults {
            if self.parameter(key).is_none() {
                url.push(if url.contains('?') { '&' } else { '?' });
                url.push_str(key);
                url.push('=');
                url.push_str(&encoded(value));
            }
        }
        url
    }

    /// The value of a parameter, as it stands in the URL.
    pub(crate) fn parameter(&self, key: &str) -> Option<&str> {
        let (_, query) = self.url.split_once('?')?;
        pairs(query).find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// True when the URL names several servers, of which one accepts writes.
    pub(crate) fn has_several_hosts(&self) -> bool {
        let authority = self.url.split_once("://").map_or("", |(_, rest)| rest);
        let authority = authority.split(['/', '?']).next().unwrap_or_default();
        let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
        hosts.contains(',') || self.parameter("host").is_some_and(|hosts| hosts.contains(','))
    }

    /// A message of libpq without the password, which it repeats in some of them.
    pub(crate) fn redact<'a>(&self, message: &'a str) -> Cow<'a, str> {
        self.secrets.iter().fold(Cow::Borrowed(message), |message, secret| {
            if message.contains(secret.as_str()) {
                message.replace(secret.as_str(), "***").into()
            } else {
                message
            }
        })
    }
}

fn has_only_numeric_ports(hosts: &str) -> bool {
    let authority = hosts.split('/').next().unwrap_or_default();
    // What stands in brackets is an address of IPv6.
    let ports = authority.split(',').filter_map(|host| host.rsplit(']').next()?.split_once(':'));
    ports.into_iter().all(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(super) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter_map(|pair| pair.split_once('='))
}

pub(super) fn encoded(value: &str) -> String {
    value.bytes().fold(String::with_capacity(value.len()), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.extend(
                [byte >> 4, byte & 15].iter().filter_map(|digit| char::from_digit((*digit).into(), 16)),
            );
        }
        text
    })
}

/// The text without percent-encoding, as well as it can be read.
pub(super) fn decoded(raw: &str) -> String {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut parts = raw.split('%');
    bytes.extend(parts.next().unwrap_or_default().bytes());
    for part in parts {
        match part.split_at_checked(2).map(|(hex, rest)| (u8::from_str_radix(hex, 16), rest)) {
            Some((Ok(byte), rest)) => {
                bytes.push(byte);
                bytes.extend(rest.bytes());
            }
            _ => bytes.extend(format!("%{part}").bytes()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> PostgresUrl {
        PostgresUrl::parse(text).unwrap()
    }

    #[test]
    fn sets_only_what_the_url_does_not_set() {
        let url = url("postgres://u@h/db?connect_timeout=9");
        let full = url.with_defaults(&[("connect_timeout", "2"), ("options", "-c a=1")]);
        assert_eq!(full, "postgres://u@h/db?connect_timeout=9&options=-c%20a%3d1");
    }

    #[test]
    fn a_message_never_holds_the_password() {
        let url = url("postgres://u:s%23cret@h/db");
        assert_eq!(url.redact("bad token s%23cret or s#cret"), "bad token *** or ***");
        let url = self::url("postgres://h/db?user=u&password=hidden");
        assert_eq!(url.redact("hidden"), "***");
    }

    #[test]
    fn a_password_that_would_be_taken_for_a_host_is_refused() {
        for raw in [
            "postgres://u:p@ss@h/db",
            "postgres://u:p/ss@h/db",
            "postgres://u:p?ss@h/db",
            "postgres://u:p ss@h/db",
        ] {
            assert!(matches!(PostgresUrl::parse(raw), Err(OpenError::Malformed(_))), "{raw}");
        }
        for fine in
            ["postgres://u:p@h/db?application_name=a@b", "postgres://u:p@[::1]:5432,h/db", "postgres:///db"]
        {
            assert!(PostgresUrl::parse(fine).is_ok(), "{fine}");
        }
    }

    #[test]
    fn knows_several_hosts() {
        assert!(url("postgres://u@a:1,b:2/db").has_several_hosts());
        assert!(url("postgres:///db?host=a,b").has_several_hosts());
        assert!(!url("postgres://u:p@a/db?options=a,b").has_several_hosts());
    }
}
