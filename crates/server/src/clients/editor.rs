//! A file of requests for the HTTP clients of editors (JetBrains, REST Client for Visual Studio Code).

use std::fmt::Write as _;

use serde_json::Value;

use super::{BASE, Request, requests};

pub(crate) fn file(document: &Value) -> String {
    let mut text = format!(
        "# Every operation of Healthcore. Send auth_login first, and put the token that it answers here.\n\
         @baseUrl = {BASE}\n@token = \n"
    );
    for request in requests(document) {
        // Writing to a text cannot fail.
        let _ = write(&mut text, &request);
    }
    text
}

fn write(text: &mut String, request: &Request) -> std::fmt::Result {
    let path = request
        .parameters
        .iter()
        .filter(|parameter| parameter.place == "path")
        .fold(request.path.clone(), |path, parameter| path.replace(&format!("{{{}}}", parameter.name), "1"));
    writeln!(text, "\n### {}\n# @name {}", request.summary, request.name)?;
    let at = |place: &str| -> Vec<&str> {
        let here = request.parameters.iter().filter(|parameter| parameter.place == place);
        here.map(|parameter| parameter.name.as_str()).collect()
    };
    for (what, names) in [("parameters", at("query")), ("headers", at("header"))] {
        if !names.is_empty() {
            writeln!(text, "# {what}: {}", names.join(", "))?;
        }
    }
    writeln!(text, "{} {{{{baseUrl}}}}{path}", request.method)?;
    if !request.is_public {
        writeln!(text, "Authorization: Bearer {{{{token}}}}")?;
    }
    match &request.body {
        Some(body) => writeln!(text, "Content-Type: {}\n\n{}", body.kind, body.text),
        None => Ok(()),
    }
}
