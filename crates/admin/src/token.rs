//! Where a form comes from: the browser's word, and a token that only this session's pages hold.

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, HeaderName, ORIGIN};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::AdminKey;
use domain::ports::Random;
use sha2::{Digest as _, Sha256};

/// What the browser itself says about where a request comes from (W3C Fetch Metadata).
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Bytes of a token: 160 bits.
const LENGTH: usize = 20;

/// Whether the browser says that the form was on a page of this server. Every browser of today says so by one of the
/// two headers; who says neither is refused.
pub(crate) fn is_same_origin(request: &HttpRequest) -> bool {
    let header = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = header(FETCH_SITE) {
        return site == "same-origin";
    }
    let origin = header(ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    let host =
        header(HOST).or_else(|| request.uri().authority().map(actix_web::http::uri::Authority::as_str));
    origin.is_some() && origin == host
}

/// The token of a session, masked anew for each page: pages are compressed, and what is compressed beside something
/// that others can choose must not stay the same.
pub(crate) fn masked(key: &AdminKey, random: &dyn Random) -> String {
    let mask = [random.ten_bytes(), random.ten_bytes()];
    let mask = mask.as_flattened();
    let hidden = mask.iter().zip(of(key)).map(|(mask, byte)| mask ^ byte);
    let bytes: Vec<u8> = mask.iter().copied().chain(hidden).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether what a form has sent is the token of this session.
pub(crate) fn is_of(key: &AdminKey, sent: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(sent) else { return false };
    let Some((mask, hidden)) = bytes.split_at_checked(LENGTH) else { return false };
    if hidden.len() != LENGTH {
        return false;
    }
    // All bytes are compared in any case: how long it takes tells nothing.
    let shown = mask.iter().zip(hidden).map(|(mask, byte)| mask ^ byte);
    shown.zip(of(key)).fold(0, |differing, (shown, byte)| differing | (shown ^ byte)) == 0
}

fn of(key: &AdminKey) -> impl Iterator<Item = u8> {
    let digest = Sha256::new().chain_update("healthcore admin form ").chain_update(key.expose()).finalize();
    digest.into_iter().take(LENGTH)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use testkit::fixed::FixedRandom;

    use super::*;

    #[test]
    fn a_token_is_good_for_its_session_only_and_looks_different_each_time() {
        let [mine, other] = [[[1; 10]; 3], [[2; 10]; 3]].map(AdminKey::generate);
        let random = FixedRandom::default();
        let (first, second) = (masked(&mine, &random), masked(&mine, &random));
        assert_ne!(first, second);
        assert!(is_of(&mine, &first) && is_of(&mine, &second));
        assert!(!is_of(&other, &first));
        for forged in ["", "AAAA", first.get(1..).unwrap(), &format!("{first}AAAA")] {
            assert!(!is_of(&mine, forged), "{forged}");
        }
    }

    #[test]
    fn only_pages_of_this_server_may_send_forms() {
        let from = |headers: &[(&'static str, &'static str)]| {
            let request = TestRequest::post().insert_header((HOST, "clinic.example:8000"));
            let request = headers.iter().copied().fold(request, TestRequest::insert_header);
            is_same_origin(&request.to_http_request())
        };
        assert!(from(&[("sec-fetch-site", "same-origin")]));
        assert!(from(&[("origin", "http://clinic.example:8000")]));
        assert!(!from(&[]));
        assert!(!from(&[("origin", "null")]));
        assert!(!from(&[("origin", "https://evil.example")]));
        for site in ["cross-site", "same-site", "none"] {
            assert!(!from(&[("sec-fetch-site", site), ("origin", "http://clinic.example:8000")]), "{site}");
        }
    }
}
