//! The cookie by which a browser is known again.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use domain::AdminKey;

/// A browser takes this name by TLS only, for this host only, and for all paths (RFC 6265bis, section 4.1.3.2).
const SECURE_NAME: &str = "__Host-healthcore-admin";

/// Without TLS, for trying things out on one's own machine.
const PLAIN_NAME: &str = "healthcore-admin";

const fn name(is_tls: bool) -> &'static str {
    if is_tls { SECURE_NAME } else { PLAIN_NAME }
}

/// The key that the request shows.
pub(crate) fn key(request: &HttpRequest, is_tls: bool) -> Option<AdminKey> {
    request.cookie(name(is_tls)).and_then(|cookie| AdminKey::parse(cookie.value()))
}

/// Gives the key to the browser, until it is closed.
pub(crate) fn given(key: &AdminKey, is_tls: bool) -> Cookie<'static> {
    build(key.expose().to_owned(), is_tls)
}

/// Takes it away.
pub(crate) fn taken(is_tls: bool) -> Cookie<'static> {
    let mut cookie = build(String::new(), is_tls);
    cookie.make_removal();
    cookie
}

fn build(value: String, is_tls: bool) -> Cookie<'static> {
    Cookie::build(name(is_tls), value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(is_tls)
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_strict_hidden_from_scripts_and_for_tls_only() {
        let key = AdminKey::generate([[1; 10]; 3]);
        let cookie = given(&key, true).to_string();
        for part in ["__Host-healthcore-admin=", "HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.contains("Domain") && !cookie.contains("Max-Age"), "{cookie}");
        assert!(!given(&key, false).to_string().contains("Secure"));
        assert!(taken(true).to_string().contains("Max-Age=0"));
    }
}
