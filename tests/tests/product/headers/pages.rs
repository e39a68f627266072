//! Documents, documentation pages and probes.

use reqwest::Method;

use crate::api::{Database, TestApi};

on_both_databases!(probes_answer_while_the_database_is_there);

async fn probes_answer_while_the_database_is_there(database: Database) {
    let api = TestApi::start(database).await;
    for probe in ["/livez", "/readyz", "/livez/", "/readyz/"] {
        assert_eq!(api.anonymous().get(probe).await.is(200).json()["status"], "ok");
    }
}

#[tokio::test]
async fn the_document_comes_as_yaml_and_as_json() {
    let api = TestApi::start(Database::Sqlite).await;
    let anyone = api.anonymous();
    let json = anyone.get("/openapi.json").await.is(200);
    assert_eq!(
        (&json.json()["openapi"], json.header("content-type")),
        (&"3.1.0".into(), Some("application/json"))
    );
    let yaml = anyone.get("/api/schema/").await.is(200);
    assert_eq!(yaml.header("content-type"), Some("application/yaml"));
    assert!(yaml.text().starts_with("openapi: 3.1.0"));
    assert_eq!(anyone.get("/api/schema/?format=json").await.is(200).json(), json.json());
    let accepting = anyone.call(Method::GET, "/api/schema").header("accept", "application/json").send().await;
    assert_eq!(accepting.is(200).json(), json.json());
    assert_eq!(anyone.get("/api/schema/?format=yaml").await.is(200).text(), yaml.text());
}

#[tokio::test]
async fn the_pages_ask_no_other_host() {
    let api = TestApi::start(Database::Sqlite).await;
    for page in ["/", "/api/docs/", "/swagger/", "/redoc/"] {
        let answer = api.anonymous().get(page).await.is(200);
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{page}");
        let html = answer.text();
        let links: Vec<&str> = ["src=\"", "href=\""]
            .iter()
            .flat_map(|name| html.split(name).skip(1))
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        assert!(!links.is_empty(), "{page}");
        for link in links {
            assert!(link.starts_with('/') && !link.starts_with("//"), "{page}: {link}");
            api.anonymous().get(link).await.is(200);
        }
        let policy = answer.header("content-security-policy").unwrap();
        assert!(!policy.contains("http") && !policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    }
}
