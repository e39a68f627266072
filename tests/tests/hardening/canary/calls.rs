//! The requests of the canary: every operation, rightly and wrongly asked.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{BORN, CANARY, PHONE};
use crate::api::{Database, TestApi};
use crate::client::Answer;
use crate::operations::{self, Operation};
use crate::wire;

/// All operations; those that end a session last.
pub(super) async fn operations() -> Vec<Operation> {
    let api = TestApi::start(Database::Sqlite).await;
    let mut operations = operations::all(&api).await;
    operations
        .sort_by_key(|operation| operation.path.contains("logout") || operation.path.contains("password"));
    operations
}

/// A user with a record of each kind.
pub(super) struct Cast {
    number: usize,
    pub(super) access: String,
    pub(super) refresh: String,
    patient: i64,
    doctor: i64,
    mapping: i64,
}

impl Cast {
    /// Registers the user and makes the records.
    pub(super) fn new(number: usize, ask: &mut dyn FnMut(&[u8]) -> Answer) -> Self {
        let mut cast =
            Self { number, access: String::new(), refresh: String::new(), patient: 0, doctor: 0, mapping: 0 };
        let account = json!({"username": cast.username(), "password": PASSWORD});
        let tokens = ask(&cast.posting("/api/auth/register/", &account)).is(201).json()["tokens"].clone();
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        (cast.access, cast.refresh) = (text("access"), text("refresh"));
        let person = json!({"name": format!("{CANARY} person")});
        cast.patient = ask(&cast.posting("/api/patients/", &person)).is(201).id();
        cast.doctor = ask(&cast.posting("/api/doctors/", &person)).is(201).id();
        let pair = json!({"patient": cast.patient, "doctor": cast.doctor});
        cast.mapping = ask(&cast.posting("/api/mappings/", &pair)).is(201).id();
        cast
    }

    fn username(&self) -> String {
        format!("{CANARY}{}", self.number)
    }

    fn posting(&self, path: &str, body: &Value) -> Vec<u8> {
        self.request(&format!("POST {path}"), &[JSON], body.to_string().as_bytes())
    }

    /// A request of this user, with headers that tell who it is.
    fn request(&self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
        let token = format!("Bearer {}", self.access);
        let agent = format!("{CANARY}/1.0");
        let mut all = vec![("user-agent", agent.as_str()), ("x-forwarded-for", CANARY)];
        if !self.access.is_empty() && !headers.iter().any(|(name, _)| *name == "authorization") {
            all.push(("authorization", &token));
        }
        all.extend(headers);
        wire::request(line, &all, body)
    }

    /// The path with the id of the user's own record.
    fn path(&self, operation: &Operation) -> String {
        let id = match operation.path.as_str() {
            path if path.contains("/doctors/{id}") => self.doctor,
            path if path.contains("/patients/") || path.contains("/mappings/patient/") => self.patient,
            "/api/mappings/{id}/" if operation.method == Method::GET => self.patient,
            "/api/mappings/{id}/doctors/" => self.patient,
            _ => self.mapping,
        };
        operation.path_of(id)
    }

    /// A value for a field that its rules accept.
    fn value(&self, field: &str) -> Option<Value> {
        let text = |about: &str| json!(format!("{CANARY} {about}"));
        Some(match field {
            "username" => json!(format!("{CANARY}.new{}", self.number)),
            "email" => json!(format!("{CANARY}{}@example.com", self.number)),
            "password" | "current_password" => json!(PASSWORD),
            "new_password" => json!(format!("{PASSWORD} new")),
            "phone" | "emergency_contact" => json!(format!("+91{PHONE}")),
            "date_of_birth" => json!(BORN),
            "gender" => json!("female"),
            "blood_group" => json!("O+"),
            "role" => json!("patient"),
            "license_number" => json!(format!("{CANARY}-{}", self.number)),
            "experience_years" => json!(31),
            "consultation_fee" => json!("512.50"),
            "patient" => json!(self.patient),
            "doctor" => json!(self.doctor),
            "refresh" => json!(self.refresh),
            "name" | "first_name" | "last_name" | "age" | "patient_id" | "doctor_id" => return None,
            _ => text(field),
        })
    }

    fn body(&self, fields: &[String]) -> Map<String, Value> {
        let known = fields.iter().filter_map(|name| Some((name.clone(), self.value(name)?)));
        let mut body: Map<_, _> = known.collect();
        if fields.iter().any(|name| name == "name") {
            body.insert("name".to_owned(), json!(format!("{CANARY} person of {}", self.number)));
        }
        body
    }
}

/// Of every user.
const PASSWORD: &str = "zqcanary otter 4711 bridge";
const JSON: (&str, &str) = ("content-type", "application/json");

/// Requests that may succeed.
pub(super) fn valid(operation: &Operation, cast: &Cast) -> Vec<Vec<u8>> {
    let (method, path) = (&operation.method, cast.path(operation));
    let line = format!("{method} {path}");
    let Some(fields) = &operation.fields else {
        let asked = operation.query.iter().map(|name| format!("{line}?{name}={CANARY}"));
        let search = format!("{line}?search={CANARY}+person&created_after={BORN}&{CANARY}={CANARY}");
        let lines = asked.chain([search, line.clone()]);
        return lines.map(|line| cast.request(&line, &[], b"")).collect();
    };
    let body = Value::Object(cast.body(fields)).to_string();
    // Twice: what is to be unique is taken then.
    vec![cast.request(&line, &[JSON], body.as_bytes()); 2]
}

/// Requests that are refused, each in another place.
pub(super) fn invalid(operation: &Operation, cast: &Cast) -> Vec<Vec<u8>> {
    let (method, path) = (&operation.method, cast.path(operation));
    let line = format!("{method} {path}");
    let mut requests = Vec::new();
    for id in [CANARY, "1%00zqcanary", "%5Czqcanary%0A", "99999999999999999999zqcanary"] {
        requests.push(cast.request(&format!("{method} {}", operation.path_of(id)), &[JSON], b"{}"));
    }
    requests.push(cast.request(&format!("ZQCANARY {path}"), &[], b""));
    requests.push(cast.request(&format!("{line}zqcanary?zqcanary=%zqcanary&cursor=zqcanary"), &[], b""));
    for (name, value) in [
        ("authorization", "Bearer zqcanary.zqcanary.zqcanary"),
        ("authorization", "Basic zqcanary"),
        ("authorization", "zqcanary"),
        ("if-match", "\"zqcanary\""),
        ("if-none-match", "zqcanary"),
        ("x-request-id", "zqcanary <of> nobody"),
        ("x-request-id", "\tzqcanary\u{1b}[31m"),
        ("x-request-id", "zqcanary\u{7f}é"),
        ("host", "zqcanary.example"),
        ("origin", "https://zqcanary.example"),
        ("cookie", "session=zqcanary"),
        ("forwarded", "for=zqcanary"),
        ("content-encoding", "zqcanary"),
        ("range", "zqcanary"),
        ("zqcanary", "zqcanary"),
    ] {
        requests.push(cast.request(&line, &[JSON, (name, value)], b"{\"zqcanary\": \"zqcanary\"}"));
    }
    for content_type in ["text/zqcanary", "application/json; charset=zqcanary", "zqcanary"] {
        requests.push(cast.request(&line, &[("content-type", content_type)], b"zqcanary"));
    }
    let long = format!("\"{}\"", CANARY.repeat(10_000));
    let bodies: [&[u8]; 9] = [
        b"{\"name\": \"zqcanary\", ",
        b"{\"name\": zqcanary}",
        b"\"zqcanary\"",
        b"[\"zqcanary\"]",
        b"{\"zqcanary\": 1, \"zqcanary\": 2}",
        b"{\"name\": \"zqcanary\xff\xfe\"}",
        b"{\"name\": \"zqcanary\\ud800\"}",
        b"zqcanary=zqcanary",
        long.as_bytes(),
    ];
    requests.extend(bodies.map(|body| cast.request(&line, &[JSON], body)));
    for field in operation.fields.iter().flatten() {
        for value in [
            json!(CANARY.repeat(300)),
            json!("zqcanary\u{0}\r\n\u{1b}[2J zqcanary"),
            json!({"zqcanary": "zqcanary"}),
            json!([CANARY]),
            json!(format!("{CANARY}@@{CANARY}")),
        ] {
            let mut body = cast.body(operation.fields.as_ref().unwrap());
            body.insert(field.clone(), value);
            requests.push(cast.request(&line, &[JSON], Value::Object(body).to_string().as_bytes()));
        }
    }
    requests
}

/// What is no HTTP, or almost.
pub(super) fn broken() -> Vec<Vec<u8>> {
    let texts = [
        "zqcanary\r\n\r\n",
        "GET /zqcanary HTTP/9.9\r\nhost: zqcanary\r\n\r\n",
        "GET zqcanary HTTP/1.1\r\nhost: zqcanary\r\n\r\n",
        "GET /livez HTTP/1.1\r\nhost: test\r\nzqcanary\r\n\r\n",
        "GET /livez HTTP/1.1\r\nhost: test\r\nx-request-id: zq\u{1}zqcanary\r\n\r\n",
        "GET /livez HTTP/1.1\r\nhost: test\r\nzqcanary zqcanary: zqcanary\r\n\r\n",
        "GET /zqcanary\u{0}zqcanary HTTP/1.1\r\nhost: test\r\n\r\n",
        "GET /\u{1b}[31mzqcanary HTTP/1.1\r\nhost: test\r\n\r\n",
        "GET http://zqcanary.example/zqcanary?zqcanary HTTP/1.1\r\nhost: zqcanary\r\n\r\n",
        "POST /api/auth/login/ HTTP/1.1\r\nhost: test\r\ncontent-length: zqcanary\r\n\r\nzqcanary",
        "POST /api/auth/login/ HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\nzqcanary\r\nzqcanary\r\n",
        "POST /api/auth/login/ HTTP/1.1\r\nhost: test\r\ncontent-length: 8\r\ntransfer-encoding: chunked\r\n\r\nzqcanary",
    ];
    texts.into_iter().map(|text| text.as_bytes().to_vec()).collect()
}
