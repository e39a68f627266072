//! The URL of a PostgreSQL server without its password, which must not stand in the arguments of a program: everybody
//! on the machine may read those.

/// Where to, and with which password.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The URL, as everybody may see it.
    pub(super) url: String,
    /// The password, if the URL had one; else libpq finds its own (`PGPASSWORD`, `PGPASSFILE`, `~/.pgpass`).
    pub(super) password: Option<String>,
}

impl Target {
    pub(super) fn of(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
        let (base, query) = rest.split_once('?').map_or((rest, None), |(base, query)| (base, Some(query)));
        let (account, place) =
            base.rsplit_once('@').map_or((None, base), |(account, place)| (Some(account), place));
        let (user, mut password) =
            match account.map(|account| account.split_once(':').unwrap_or((account, ""))) {
                Some((user, password)) => (Some(user), Some(decoded(password))),
                None => (None, None),
            };
        let mut kept = Vec::new();
        for pair in query.into_iter().flat_map(|query| query.split('&')) {
            match pair.split_once('=') {
                Some(("password", value)) => password = Some(decoded(value)),
                _ => kept.push(pair),
            }
        }
        let user = user.map_or(String::new(), |user| format!("{user}@"));
        let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
        Self {
            url: format!("{scheme}://{user}{place}{query}"),
            password: password.filter(|password| !password.is_empty()),
        }
    }
}

/// Without percent-encoding (RFC 3986, section 2.1).
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digits = [ahead.next(), ahead.next()].map(|digit| char::from(digit?).to_digit(16));
        match (byte, digits) {
            (b'%', [Some(high), Some(low)]) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(byte));
                rest = ahead;
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_taken_out_and_nothing_else() {
        let cases = [
            (
                "postgres://ann:p%40ss%25@h:1/db?sslmode=require",
                "postgres://ann@h:1/db?sslmode=require",
                "p@ss%",
            ),
            ("postgresql://ann@h/db", "postgresql://ann@h/db", ""),
            (
                "postgres:///db?host=%2Frun&password=a%20b&user=ann",
                "postgres:///db?host=%2Frun&user=ann",
                "a b",
            ),
            ("postgres://h/db?password=x", "postgres://h/db", "x"),
            ("postgres://[::1]:5432/db", "postgres://[::1]:5432/db", ""),
        ];
        for (url, want, password) in cases {
            let target = Target::of(url);
            assert_eq!((target.url.as_str(), target.password.unwrap_or_default().as_str()), (want, password));
        }
    }
}
