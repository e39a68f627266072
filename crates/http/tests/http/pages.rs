//! The pages for people: what they say, what they refer to, and how it is served.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use actix_web::body::to_bytes;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ETAG, IF_NONE_MATCH, VARY,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::NormalizePath;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpServer, web};
use http_api::pages::Pages;

const PAGES: [&str; 4] = ["/", "/api/docs", "/swagger", "/redoc"];

async fn send(request: TestRequest) -> ServiceResponse {
    let pages = Pages::new();
    let app =
        init_service(App::new().wrap(NormalizePath::trim()).configure(|config| pages.configure(config)))
            .await;
    call_service(&app, request.to_request()).await
}

async fn get(path: &str) -> ServiceResponse {
    send(TestRequest::get().uri(path)).await
}

async fn get_as(path: &str, encoding: &str) -> ServiceResponse {
    send(TestRequest::get().uri(path).insert_header((ACCEPT_ENCODING, encoding))).await
}

fn header(response: &ServiceResponse, name: impl actix_web::http::header::AsHeaderName) -> String {
    response.headers().get(name).map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
}

async fn bytes(response: ServiceResponse) -> Vec<u8> {
    to_bytes(response.into_body()).await.unwrap_or_default().to_vec()
}

async fn text(path: &str) -> String {
    String::from_utf8(bytes(get(path).await).await).unwrap()
}

/// What the pages load, and the license texts that one links to.
async fn assets() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for page in PAGES {
        let html = text(page).await;
        for attribute in html.split('"').filter(|part| part.starts_with("/static/docs/")) {
            found.insert(attribute.to_owned());
        }
    }
    found
}

async fn asset(name: &str) -> String {
    assets().await.into_iter().find(|path| path.ends_with(&format!("/{name}"))).unwrap()
}

/// The content of `response` without the compression that it tells.
async fn unpacked(response: ServiceResponse) -> Vec<u8> {
    let encoding = header(&response, CONTENT_ENCODING);
    let body = bytes(response).await;
    let mut plain = Vec::new();
    match encoding.as_str() {
        "br" => brotli::Decompressor::new(body.as_slice(), 4096).read_to_end(&mut plain).unwrap(),
        "gzip" => flate2::read::GzDecoder::new(body.as_slice()).read_to_end(&mut plain).unwrap(),
        _ => return body,
    };
    plain
}

#[actix_web::test]
async fn serves_every_page_with_and_without_trailing_slash() {
    for page in PAGES {
        for path in [page.to_owned(), format!("{}/", page.trim_end_matches('/'))] {
            let response = get(&path).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(header(&response, CONTENT_TYPE), "text/html; charset=utf-8", "{path}");
            assert_eq!(header(&response, CACHE_CONTROL), "no-store", "{path}");
        }
    }
}

#[actix_web::test]
async fn lets_no_page_run_or_load_anything_but_its_own_files() {
    for page in PAGES {
        let policy = header(&get(page).await, CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'; "), "{page}: {policy}");
        for rule in ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{page}: {rule}");
        }
        for hole in ["unsafe", "http:", "https:", "*"] {
            assert!(!policy.contains(hole), "{page}: {hole}");
        }
        assert_eq!(policy.contains("worker-src blob:"), page == "/redoc", "{page}");
        assert_eq!(policy.contains("script-src 'self';"), page != "/", "{page}");
    }
}

#[actix_web::test]
async fn names_no_other_host() {
    let own = ["swagger-init.js", "redoc-init.js", "pages.css", "swagger.css", "redoc.css"];
    let mut paths: Vec<_> = PAGES.iter().map(ToString::to_string).collect();
    for name in own {
        paths.push(asset(name).await);
    }
    for path in paths {
        let content = text(&path).await;
        for outside in ["http://", "https://", "\"//", "url("] {
            assert!(!content.contains(outside), "{path}: {outside}");
        }
    }
    let redoc = unpacked(get(&asset("redoc.standalone.js").await).await).await;
    assert!(!String::from_utf8(redoc).unwrap().contains("cdn.redoc.ly"));
}

#[actix_web::test]
async fn writes_pages_that_anybody_can_read() {
    for page in PAGES {
        let html = text(page).await;
        for part in [
            "<html lang=\"en\">",
            "<title>Healthcore",
            "<main",
            "name=\"viewport\"",
            "content=\"light dark\"",
        ] {
            assert!(html.contains(part), "{page}: {part}");
        }
        for wrong in ["{{", "<style", "style=\"", "onload", "<script>"] {
            assert!(!html.contains(wrong), "{page}: {wrong}");
        }
    }
}

#[actix_web::test]
async fn configures_swagger_ui_to_ask_and_keep_nothing() {
    let script = text(&asset("swagger-init.js").await).await;
    for setting in [
        "url: \"/openapi.json\"",
        "layout: \"BaseLayout\"",
        "validatorUrl: null",
        "queryConfigEnabled: false",
        "persistAuthorization: false",
    ] {
        assert!(script.contains(setting), "{setting}");
    }
}

#[actix_web::test]
async fn serves_each_asset_alike_in_every_encoding() {
    let assets = assets().await;
    assert_eq!(assets.len(), 10);
    for path in assets {
        let plain = get(&path).await;
        assert_eq!(plain.status(), StatusCode::OK, "{path}");
        assert_eq!(header(&plain, CONTENT_ENCODING), "", "{path}");
        let kind = match path.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "text/plain; charset=utf-8",
        };
        assert_eq!(header(&plain, CONTENT_TYPE), kind, "{path}");
        let plain = bytes(plain).await;
        assert!(plain.len() > 100, "{path}");
        for encoding in ["br", "gzip", "identity", "zstd", "br;q=0, gzip;q=0, identity;q=0", "nonsense;;"] {
            assert_eq!(unpacked(get_as(&path, encoding).await).await, plain, "{path} as {encoding}");
        }
    }
}

#[actix_web::test]
async fn sends_what_the_client_likes_best() {
    let path = asset("swagger-ui-bundle.js").await;
    for (accepted, chosen) in [
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.5, gzip", "gzip"),
        ("gzip;q=0, br", "br"),
        ("deflate, gzip", "gzip"),
        ("identity, br;q=0.1", ""),
        ("*", ""),
        ("", ""),
    ] {
        let response = get_as(&path, accepted).await;
        assert_eq!(header(&response, CONTENT_ENCODING), chosen, "{accepted}");
        assert_eq!(header(&response, VARY), "Accept-Encoding", "{accepted}");
    }
}

#[actix_web::test]
async fn lets_assets_be_kept_forever() {
    for path in assets().await {
        let hash = path.split('/').nth(3).unwrap();
        assert!(hash.len() == 8 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()), "{path}");
        let response = get(&path).await;
        assert_eq!(header(&response, CACHE_CONTROL), "public, max-age=31536000, immutable", "{path}");
        assert!(header(&response, ETAG).starts_with(&format!("\"{hash}")), "{path}");
    }
}

#[actix_web::test]
async fn answers_not_modified_to_the_tag_of_the_same_encoding() {
    let path = asset("redoc.standalone.js").await;
    let tag = header(&get_as(&path, "br").await, ETAG);
    for (encoding, known, status) in [
        ("br", tag.clone(), StatusCode::NOT_MODIFIED),
        ("br", format!("\"other\", W/{tag}"), StatusCode::NOT_MODIFIED),
        ("br", "*".to_owned(), StatusCode::NOT_MODIFIED),
        ("br", "\"other\"".to_owned(), StatusCode::OK),
        ("gzip", tag.clone(), StatusCode::OK),
    ] {
        let request = TestRequest::get()
            .uri(&path)
            .insert_header((ACCEPT_ENCODING, encoding))
            .insert_header((IF_NONE_MATCH, known.as_str()));
        let response = send(request).await;
        assert_eq!(response.status(), status, "{encoding} {known}");
        assert!(!header(&response, ETAG).is_empty());
        assert_eq!(
            bytes(response).await.is_empty(),
            status == StatusCode::NOT_MODIFIED,
            "{encoding} {known}"
        );
    }
}

#[actix_web::test]
async fn gives_the_licenses_of_what_it_ships() {
    let licenses = text(&asset("licenses.txt").await).await;
    for part in
        ["Apache License", "SmartBear Software", "Redocly", "DOMPurify", "React", "perfect-scrollbar", "lunr"]
    {
        assert!(licenses.contains(part), "{part}");
    }
}

#[actix_web::test]
async fn knows_no_other_asset_and_no_other_method() {
    let known = asset("pages.css").await;
    for path in
        ["/static/docs/00000000/pages.css", "/static/docs/pages.css", &format!("{known}x"), "/static/docs"]
    {
        assert_eq!(get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    for path in PAGES.into_iter().chain([known.as_str()]) {
        let response = send(TestRequest::default().method(Method::POST).uri(path)).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
}

/// Over a real connection, as it is the server that leaves the body out.
#[actix_web::test]
async fn answers_head_with_the_length_and_no_body() {
    let path = asset("redoc.standalone.js").await;
    let length = bytes(get(&path).await).await.len();
    let pages = Pages::new();
    let server = HttpServer::new(move || App::new().configure(|config| pages.configure(config)))
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
    let address = *server.addrs().first().unwrap();
    let server = server.run();
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);

    let request = format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let answer = web::block(move || {
        let mut connection = TcpStream::connect(address).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        std::io::read_to_string(connection).unwrap()
    })
    .await
    .unwrap();
    handle.stop(false).await;
    running.await.unwrap().unwrap();

    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("{CONTENT_LENGTH}: {length}")), "{head}");
    assert_eq!(body, "");
}
