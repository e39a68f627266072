//! What a PostgreSQL URL says about TLS (PostgreSQL documentation, section "SSL Support" of libpq).

use std::borrow::Cow;
use std::path::Path;

use super::OpenError;
use super::postgres::{decoded, encoded, pairs};

/// The values of `sslmode` that never fall back to an open connection.
const MODES: [&str; 3] = ["require", "verify-ca", "verify-full"];
/// Those that do, or that begin with one.
const OPEN_MODES: [&str; 3] = ["disable", "allow", "prefer"];

/// Where systems keep the certificates of the authorities that they trust: Debian and Alpine, Fedora and RHEL,
/// openSUSE, macOS and BSD.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

const NOT_BUILT: OpenError = OpenError::NotBuilt(
    "TLS to PostgreSQL, which the database URL asks for (`sslmode`): use a build with the feature `postgres-tls`, such as \
     `make release` makes",
);

/// The URL as libpq shall have it.
///
/// A build without TLS refuses what needs it. `sslrootcert=system` becomes the system's own bundle: the OpenSSL that
/// is compiled in knows no place but that of its own installation, which there is none of. Where no bundle is found
/// the word stays, and OpenSSL looks where `SSL_CERT_FILE` says.
pub(super) fn settled(url: &str) -> Result<Cow<'_, str>, OpenError> {
    let bundle = BUNDLES.into_iter().find(|path| Path::new(path).is_file());
    settled_with(url, cfg!(feature = "postgres-tls"), bundle)
}

fn settled_with<'a>(url: &'a str, is_built: bool, bundle: Option<&str>) -> Result<Cow<'a, str>, OpenError> {
    let Some((base, query)) = url.split_once('?') else {
        return Ok(Cow::Borrowed(url));
    };
    let mode = value(query, "sslmode")
        .or_else(|| value(query, "ssl").filter(|text| text == "true").map(|_| "require".to_owned()));
    let has_system_roots = value(query, "sslrootcert").as_deref() == Some("system");
    let is_direct = value(query, "sslnegotiation").as_deref() == Some("direct");
    if mode.as_deref().is_some_and(|mode| !MODES.contains(&mode) && !OPEN_MODES.contains(&mode)) {
        return Err(OpenError::Malformed(
            "`sslmode` must be `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`",
        ));
    }
    let is_asked_for = mode.as_deref().is_some_and(|mode| MODES.contains(&mode));
    if !is_built && (is_asked_for || has_system_roots || is_direct) {
        return Err(NOT_BUILT);
    }
    if !has_system_roots {
        return Ok(Cow::Borrowed(url));
    }
    // Anybody gets a certificate of one of these authorities for a name of his own, so the name must be compared:
    // libpq has the same rule, and the same default.
    let is_compared = mode.as_deref().is_none_or(|mode| mode == "verify-full");
    if !is_compared {
        return Err(OpenError::Malformed("`sslrootcert=system` needs `sslmode=verify-full`"));
    }
    let is_of_roots =
        |pair: &&str| pair.split_once('=').is_some_and(|(key, _)| decoded(key) == "sslrootcert");
    let mut pairs: Vec<Cow<'_, str>> =
        query.split('&').filter(|pair| !is_of_roots(pair)).map(Cow::from).collect();
    pairs.push(format!("sslrootcert={}", encoded(bundle.unwrap_or("system"))).into());
    if mode.is_none() {
        pairs.push("sslmode=verify-full".into());
    }
    Ok(format!("{base}?{}", pairs.join("&")).into())
}

/// The value of a parameter; of several the last counts, as for libpq.
fn value(query: &str, key: &str) -> Option<String> {
    pairs(query).filter(|(name, _)| decoded(name) == key).last().map(|(_, value)| decoded(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUNDLE: &str = "/etc/roots.pem";

    fn with_tls(query: &str) -> Result<String, OpenError> {
        settled_with(&format!("postgres://h/db{query}"), true, Some(BUNDLE)).map(Cow::into_owned)
    }

    #[test]
    fn a_build_without_tls_refuses_what_needs_it_and_names_the_cure() {
        for query in [
            "?sslmode=require",
            "?sslmode=verify-ca&sslrootcert=/r.pem",
            "?connect_timeout=3&sslmode=verify-full",
            "?sslmode=disable&sslmode=require",
            "?ssl%6dode=verify%2Dfull",
            "?ssl=true",
            "?sslrootcert=system",
            "?sslnegotiation=direct",
        ] {
            let url = format!("postgres://u:hunter2@h/db{query}");
            let error = settled_with(&url, false, Some(BUNDLE)).unwrap_err().to_string();
            assert!(error.contains("`postgres-tls`"), "{query}: {error}");
            assert!(!error.contains('\n') && !error.contains("hunter2"), "{query}: {error}");
        }
        for query in [
            "",
            "?",
            "?sslmode=disable",
            "?sslmode=prefer",
            "?sslmode=allow",
            "?sslmode=require&sslmode=disable",
        ] {
            let url = format!("postgres://h/db{query}");
            assert_eq!(settled_with(&url, false, None).unwrap(), url);
        }
    }

    #[test]
    fn this_build_does_what_its_features_say() {
        let result = settled("postgres://h/db?sslmode=verify-full");
        assert_eq!(result.is_ok(), cfg!(feature = "postgres-tls"));
    }

    #[test]
    fn the_roots_of_the_system_are_a_file_and_compare_the_name() {
        let full = "postgres://h/db?sslmode=verify-full&sslrootcert=%2fetc%2froots.pem";
        assert_eq!(with_tls("?sslmode=verify-full&sslrootcert=system").unwrap(), full);
        assert_eq!(with_tls("?sslrootcert=/x.pem&sslmode=verify-full&sslrootcert=system").unwrap(), full);
        assert_eq!(
            with_tls("?sslrootcert=system").unwrap(),
            "postgres://h/db?sslrootcert=%2fetc%2froots.pem&sslmode=verify-full"
        );
        for weak in ["disable", "prefer", "require", "verify-ca"] {
            let result = with_tls(&format!("?sslmode={weak}&sslrootcert=system"));
            assert!(matches!(result, Err(OpenError::Malformed(_))), "{weak}");
        }
    }

    #[test]
    fn a_mode_that_there_is_not_is_refused() {
        for query in
            ["?sslmode=verify_full", "?sslmode=", "?sslmode=VERIFY-FULL", "?sslmode=disable&sslmode=no"]
        {
            let text = with_tls(query).unwrap_err().to_string();
            assert!(text.contains("`verify-full`"), "{query}: {text}");
        }
    }

    #[test]
    fn without_a_bundle_openssl_looks_for_itself() {
        let url = "postgres://h/db?sslrootcert=system&sslmode=verify-full";
        let settled = settled_with(url, true, None).unwrap();
        assert_eq!(settled, "postgres://h/db?sslmode=verify-full&sslrootcert=system");
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for query in
            ["", "?sslmode=verify-full&sslrootcert=%2Fr.pem", "?sslmode=verify-ca", "?a=b&sslmode=require"]
        {
            assert_eq!(with_tls(query).unwrap(), format!("postgres://h/db{query}"));
        }
    }
}
