//! Bodies: any bytes as JSON, and any JSON as each type of request.

use std::collections::HashSet;

use actix_web::body::MessageBody;
use domain::{DoctorId, PatientId, UserId};
use serde::de::{DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use testkit::builders;

use super::parse;
use crate::dto::{
    DoctorRequest, DoctorResponse, LoginRequest, MappingRequest, NotesRequest, PasswordRequest,
    PatientRequest, PatientResponse, RefreshRequest, RegisterRequest, UpdateMeRequest,
};
use crate::problem::{Code, Problem};

/// Stands in what is sent, and so must not stand in an error.
const MARK: &str = "Zq7-sent-by-the-client";

/// A body is read exactly if it is a JSON object without a field given twice at any depth; what it says does not
/// change when it is written and read again.
fn json_body(bytes: &[u8]) {
    let tree = serde_json::from_slice::<Tree>(bytes).ok();
    let is_good = matches!(&tree, Some(tree @ Tree::Object(_)) if !tree.has_twins());
    match parse::<Value>(bytes) {
        Ok(value) => {
            assert!(is_good, "read what is no good body");
            check_again(value);
        }
        Err(problem) => {
            assert!(!is_good, "refused a good body");
            assert_eq!(problem.code(), Code::MalformedBody);
        }
    }
    let (before, after) = bytes.split_at(bytes.len() / 2);
    let marked = [before, MARK.as_bytes(), after].concat();
    check_silent(parse::<Value>(&marked));
}

/// The same object again, and with its first field a second time, plainly and in disguise, at the top and deep inside.
fn check_again(value: Value) {
    let text = without_fractions(value).to_string();
    let value = parse::<Value>(text.as_bytes()).ok().unwrap();
    assert_eq!(value.to_string(), text);
    let Some(key) = value.as_object().and_then(|fields| fields.keys().next()) else { return };
    let plain = Value::from(key.as_str()).to_string();
    let disguised: Vec<_> = key.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    for twin in [plain, format!("\"{}\"", disguised.concat())] {
        let twice = format!("{{{twin}:null,{}", text.strip_prefix('{').unwrap());
        let deep = format!("{{\"a\":[0,{{\"b\":{twice}}}]}}");
        for body in [twice, deep] {
            assert!(parse::<Value>(body.as_bytes()).is_err(), "a field given twice was read");
        }
    }
}

/// Binary fractions do not survive writing to the last digit; no field of a request is one.
fn without_fractions(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => Value::Null,
        Value::Array(items) => items.into_iter().map(without_fractions).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, without_fractions(value))).collect()
        }
        value => value,
    }
}

/// Whatever the fields hold, an error does not repeat it; and what is accepted says the same when it comes back as the
/// server has shown it.
fn request_types(bytes: &[u8]) {
    check_shown_again(bytes);
    let Ok(value) = parse::<Value>(bytes) else { return };
    read_all(value.to_string().as_bytes());
    read_all(marked(value).to_string().as_bytes());
}

fn marked(value: Value) -> Value {
    match value {
        Value::String(text) => format!("{text}{MARK}").into(),
        Value::Array(items) => items.into_iter().map(marked).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, marked(value))).collect::<Map<_, _>>().into()
        }
        value => value,
    }
}

/// Reads the body as each type of request.
fn read_all(body: &[u8]) {
    let today = testkit::fixed::instant().date();
    try_as(body, |request: PatientRequest| request.into_new(today));
    try_as(body, |request: PatientRequest| request.into_replacement(today));
    try_as(body, |request: PatientRequest| request.into_change(today));
    try_as(body, DoctorRequest::into_new);
    try_as(body, DoctorRequest::into_replacement);
    try_as(body, DoctorRequest::into_change);
    try_as(body, MappingRequest::into_new);
    try_as(body, NotesRequest::into_change);
    try_as(body, LoginRequest::into_credentials);
    try_as(body, RefreshRequest::into_token);
    try_as(body, UpdateMeRequest::into_change);
    try_as(body, PasswordRequest::into_passwords);
    try_as(body, |request: RegisterRequest| Ok(request.login_fields()));
}

fn try_as<T: DeserializeOwned, U>(body: &[u8], read: impl FnOnce(T) -> Result<U, Problem>) {
    check_silent(parse(body).and_then(read));
}

/// No part of an error has anything of what was sent.
fn check_silent<T>(read: Result<T, Problem>) {
    let Err(problem) = read else { return };
    assert!(matches!(problem.code(), Code::MalformedBody | Code::InvalidFields), "{problem}");
    let response = problem.response("id");
    assert!(!format!("{:?}", response.headers()).contains(MARK));
    let body = response.into_body().try_into_bytes().unwrap();
    assert!(!String::from_utf8_lossy(&body).contains(MARK), "an error repeats what was sent");
}

/// What was accepted, shown, and sent back by a client in a `PUT`, changes nothing.
fn check_shown_again(bytes: &[u8]) {
    let today = testkit::fixed::instant().date();
    let user = UserId::new(1).unwrap();
    if let Ok(details) = parse::<PatientRequest>(bytes).and_then(|request| request.into_new(today)) {
        let mut patient = builders::patient().stored(PatientId::new(1).unwrap(), user);
        patient.details = details;
        let shown = serde_json::to_vec(&PatientResponse::new(&patient, today)).unwrap();
        let change = parse::<PatientRequest>(&shown).and_then(|request| request.into_replacement(today));
        let after = change.ok().and_then(|change| change.applied(&patient.details, today).ok());
        assert!(after.is_some_and(|after| after == patient.details), "the patient changed by being shown");
    }
    if let Ok(details) = parse::<DoctorRequest>(bytes).and_then(DoctorRequest::into_new) {
        let mut doctor = builders::doctor().stored(DoctorId::new(1).unwrap(), user);
        doctor.details = details;
        let shown = serde_json::to_vec(&DoctorResponse::from(&doctor)).unwrap();
        let change = parse::<DoctorRequest>(&shown).and_then(DoctorRequest::into_replacement);
        let after = change.ok().and_then(|change| change.applied(&doctor.details).ok());
        assert!(after.is_some_and(|after| after == doctor.details), "the doctor changed by being shown");
    }
    if let Ok((mapping, _)) = parse::<MappingRequest>(bytes).and_then(MappingRequest::into_new) {
        let notes = mapping.notes.as_ref().map(domain::Notes::as_str);
        let shown =
            json!({"patient": mapping.patient.get(), "doctor_id": mapping.doctor.get(), "notes": notes});
        let again = parse::<MappingRequest>(shown.to_string().as_bytes()).and_then(MappingRequest::into_new);
        assert!(again.is_ok_and(|(again, _)| again == mapping), "the mapping changed by being shown");
    }
}

/// JSON with every field that was given, in order: what a reader sees who keeps them all.
enum Tree {
    Object(Vec<(String, Tree)>),
    Array(Vec<Tree>),
    Leaf,
}

impl Tree {
    fn has_twins(&self) -> bool {
        match self {
            Self::Object(fields) => {
                let names: HashSet<_> = fields.iter().map(|(name, _)| name).collect();
                names.len() < fields.len() || fields.iter().any(|(_, value)| value.has_twins())
            }
            Self::Array(items) => items.iter().any(Self::has_twins),
            Self::Leaf => false,
        }
    }
}

impl<'de> serde::Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Tree::Object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Tree::Array(items))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_str<E>(self, _: &str) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }
}

mod target {
    testkit::fuzz_target!(json_body, 10_000);
    testkit::fuzz_target!(request_types, 4_000);
}
