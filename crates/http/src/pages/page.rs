//! The HTML pages and the content security policy of each.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType};
use bytes::Bytes;

use super::asset::Asset;

/// For pages without script.
const PLAIN_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For Swagger UI: own files only. Its style sheet has pictures as `data:` addresses.
const SWAGGER_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For ReDoc, which searches in a worker that it builds from a text.
///
/// It makes its styles at run time, by adding rules to `<style>` elements that are empty, but for one with a fixed
/// text of its scroll bars. The two hashes allow exactly these (the browser names the hash in its console when a new
/// ReDoc has another text), so no `'unsafe-inline'` is needed.
const REDOC_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' \
    'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='; img-src 'self' data:; connect-src 'self'; \
    font-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// One page: the same HTML at all its paths.
pub(super) struct Page {
    paths: &'static [&'static str],
    policy: &'static str,
    html: Bytes,
}

/// All pages, linked to `assets`.
pub(super) fn all(assets: &[Asset]) -> Vec<Page> {
    let page = |paths, policy, template| Page { paths, policy, html: linked(template, assets) };
    vec![
        page(&["/"], PLAIN_POLICY, include_str!("../../assets/docs/index.html")),
        page(&["/api/docs", "/swagger"], SWAGGER_POLICY, include_str!("../../assets/docs/swagger.html")),
        page(&["/redoc"], REDOC_POLICY, include_str!("../../assets/docs/redoc.html")),
    ]
}

/// `template` with each `{{name}}` replaced by the address of the asset of that name.
fn linked(template: &str, assets: &[Asset]) -> Bytes {
    assets
        .iter()
        .fold(template.to_owned(), |html, asset| {
            html.replace(&format!("{{{{{}}}}}", asset.name()), asset.path())
        })
        .into()
}

impl Page {
    /// Where the page is, without trailing slashes.
    pub(super) fn paths(&self) -> &'static [&'static str] {
        self.paths
    }

    /// The page. It is not to be stored: it names the assets of this release.
    pub(super) fn answer(&self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(ContentType::html())
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((CONTENT_SECURITY_POLICY, self.policy))
            .body(self.html.clone())
    }
}
