//! What every answer must have, whatever was asked.

use reqwest::Method;
use serde_json::Value;

use crate::client::Answer;

/// Fails when an answer lacks what the contract promises of each.
pub(crate) fn check(answer: &Answer, method: &Method) {
    let header = |name: &str| {
        answer.header(name).unwrap_or_else(|| panic!("{} ({}): no {name}", answer.request, answer.status))
    };
    let id = header("x-request-id");
    assert!(!id.is_empty());
    let is_asset = answer.request.contains("/static/") && answer.status < 400;
    assert!(is_asset || header("cache-control").contains("no-store"), "{}", answer.request);
    assert_eq!(header("x-content-type-options"), "nosniff", "{}", answer.request);
    assert_eq!(header("referrer-policy"), "no-referrer", "{}", answer.request);
    assert!(header("content-security-policy").contains("default-src 'none'"), "{}", answer.request);
    for told in ["server", "x-powered-by"] {
        assert_eq!(answer.header(told), None, "{}", answer.request);
    }
    assert!(answer.status < 500, "{}: {} {}", answer.request, answer.status, answer.text());
    match answer.status {
        204 | 304 => assert!(answer.body.is_empty(), "{}", answer.request),
        400.. => check_problem(answer, method, id),
        _ => {}
    }
}

fn check_problem(answer: &Answer, method: &Method, id: &str) {
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.request);
    let challenge =
        answer.header("www-authenticate").is_some_and(|it| it.starts_with(r#"Bearer realm="healthcore""#));
    assert_eq!(challenge, answer.status == 401, "{}", answer.request);
    assert_eq!(answer.header("allow").is_some(), answer.status == 405, "{}", answer.request);
    if method == Method::HEAD {
        assert!(answer.body.is_empty());
        return;
    }
    let problem = answer.json();
    let text = |name: &str| problem[name].as_str().unwrap_or_else(|| panic!("{}: {problem}", answer.request));
    assert!(!text("title").is_empty() && !text("detail").is_empty());
    assert_eq!(problem["status"], answer.status);
    assert_eq!(text("instance"), id);
    assert_eq!(text("type"), format!("urn:healthcore:problem:{}", text("code")));
    if let Some(errors) = problem.get("errors") {
        let lists = |messages: &Value| {
            messages.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_string))
        };
        assert!(errors.as_object().is_some_and(|fields| fields.values().all(lists)), "{problem}");
    }
    let known = ["type", "title", "status", "detail", "instance", "code", "errors"];
    let fields: Vec<_> =
        problem.as_object().unwrap().keys().filter(|name| !known.contains(&name.as_str())).collect();
    assert!(fields.is_empty(), "{}: {fields:?}", answer.request);
}
