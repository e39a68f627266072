//! The OpenAPI 3.1 document, made from the registry of operations.

mod alternatives;
mod forms;
mod links;

use std::collections::BTreeSet;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{self, Bytes};
use tokio::sync::OnceCell;
use utoipa::openapi::path::{HttpMethod, Operation as Specification, ParameterBuilder, ParameterIn, Paths};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, Header, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, OpenApiBuilder,
    Ref, RefOr, Required, Response, ResponseBuilder, Schema, Type,
};
use utoipa::{PartialSchema, ToSchema};

use crate::once::IDEMPOTENCY_KEY;
use crate::problem::{Code, Problem, ProblemResponse};
use crate::registry::Operation;
use crate::routes;
use crate::state::HttpSettings;

/// The operations that anybody may call; every other one needs a token.
pub const PUBLIC_OPERATIONS: [&str; 9] = [
    "auth_register",
    "auth_login",
    "auth_refresh",
    "auth_token_refresh",
    "livez",
    "readyz",
    "schema",
    "schema_json",
    "jwks",
];

const BEARER: &str = "bearer";

/// The document in both forms that it is served in.
pub struct Document {
    /// JSON.
    pub json: String,
    /// YAML.
    pub yaml: String,
}

impl Document {
    /// The document of a server with these settings.
    pub fn new(settings: HttpSettings) -> Self {
        let document = describe(routes::operations(settings));
        Self {
            json: document.to_pretty_json().unwrap_or_default(),
            yaml: document.to_yaml().unwrap_or_default(),
        }
    }
}

/// The document as a server has it: made when somebody first asks for it. Most servers are never asked, and would hold
/// the memory that it took from their start.
pub(crate) struct LazyDocument {
    settings: HttpSettings,
    made: OnceCell<Served>,
}

/// Each form as the body of an answer, which a clone shares.
pub(crate) struct Served {
    pub(crate) json: Bytes,
    pub(crate) yaml: Bytes,
}

impl LazyDocument {
    pub(crate) fn new(settings: HttpSettings) -> Self {
        Self { settings, made: OnceCell::new() }
    }

    /// Whoever is first waits until it is made, on a thread that may take its time; whoever comes meanwhile waits too.
    pub(crate) async fn get(&self) -> Result<&Served, Problem> {
        let settings = self.settings;
        let make = async || {
            let document = web::block(move || Document::new(settings)).await;
            let Document { json, yaml } = document.map_err(|_| Problem::new(Code::Internal))?;
            Ok(Served { json: json.into(), yaml: yaml.into() })
        };
        self.made.get_or_try_init(make).await
    }
}

fn describe(operations: Vec<Operation>) -> OpenApi {
    let mut paths = Paths::new();
    let mut schemas = vec![(ProblemResponse::name().into_owned(), ProblemResponse::schema())];
    ProblemResponse::schemas(&mut schemas);
    for operation in operations {
        (operation.schemas)(&mut schemas);
        let specification = complete(&operation);
        let item = operation.item(specification);
        match paths.paths.get_mut(&operation.path) {
            Some(known) => known.merge_operations(item),
            None => drop(paths.paths.insert(operation.path.clone(), item)),
        }
    }
    forms::write_out(&mut schemas);
    alternatives::add(&mut schemas);
    let mut components = Components::new();
    components.schemas.extend(schemas);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Healthcore")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "Patients, doctors and their assignments. Every path answers with and without its trailing \
                     slash. Errors are problem documents (RFC 9457).",
                ))
                .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").build()))
                .build(),
        )
        .paths(paths)
        .components(Some(components))
        .build()
}

/// Adds what follows from the shape of an operation: its security, the problems it can answer, the headers of
/// every answer, and the conditions on a record's version.
fn complete(operation: &Operation) -> Specification {
    let mut specification = operation.specification.clone();
    alternatives::name_patch(&operation.method, &mut specification);
    links::add(&mut specification);
    for parameter in specification.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter {
            forms::write_out_parameter(parameter);
        }
    }
    if !operation.is_public() {
        specification.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(BEARER, [])]);
    }
    add_record_headers(&mut specification, operation);
    for code in problems(operation) {
        let status = code.status().as_u16().to_string();
        specification.responses.responses.entry(status).or_insert_with(|| RefOr::T(problem_response(code)));
    }
    for response in successes_and_problems(&mut specification) {
        add_header(response, "X-Request-Id", "The request's id, also in the log.", Type::String);
        add_header(response, "traceresponse", "The trace, where `traceparent` named one.", Type::String);
        if operation.is_limited() {
            add_header(
                response,
                "RateLimit",
                "How many requests remain, where rates are limited.",
                Type::String,
            );
            add_header(response, "RateLimit-Policy", "The rate, where rates are limited.", Type::String);
        }
    }
    specification
}

fn successes_and_problems(operation: &mut Specification) -> impl Iterator<Item = &mut Response> {
    operation.responses.responses.values_mut().filter_map(|response| match response {
        RefOr::T(response) => Some(response),
        RefOr::Ref(_) => None,
    })
}

/// What an answer of success holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A record with a version.
    Record,
    /// A page of a list.
    List,
    /// Anything else.
    Other,
}

/// The resources whose records have a version.
const VERSIONED_TAGS: [&str; 3] = ["patients", "doctors", "mappings"];

/// Whether an operation changes a record that is there, and so heeds `If-Match`.
fn changes_a_record(operation: &Operation) -> bool {
    matches!(operation.method, HttpMethod::Put | HttpMethod::Patch | HttpMethod::Delete)
        && VERSIONED_TAGS.iter().any(|tag| operation.has_tag(tag))
}

/// Whether an operation makes a record, and so heeds `Idempotency-Key`.
fn makes_a_record(operation: &Operation) -> bool {
    let made = operation.specification.responses.responses.get("201");
    made.is_some_and(|made| matches!(made, RefOr::T(made) if shape(made) == Shape::Record))
}

/// The schemas that have a version, and so an `ETag`.
const VERSIONED: [&str; 3] = ["Patient", "Doctor", "Mapping"];

fn shape(response: &Response) -> Shape {
    let schema = response.content.values().find_map(|content| match content {
        RefOr::T(content) => content.schema.as_ref(),
        RefOr::Ref(_) => None,
    });
    match schema {
        Some(RefOr::Ref(reference)) => {
            let name = reference.ref_location.rsplit('/').next().unwrap_or_default();
            if VERSIONED.contains(&name) { Shape::Record } else { Shape::Other }
        }
        Some(RefOr::T(Schema::Array(_))) => Shape::List,
        _ => Shape::Other,
    }
}

fn add_record_headers(specification: &mut Specification, operation: &Operation) {
    let is_paged = has(specification, &ParameterIn::Query);
    let mut is_record = false;
    for (status, response) in &mut specification.responses.responses {
        let RefOr::T(response) = response else { continue };
        match shape(response) {
            Shape::Record => {
                is_record = true;
                add_header(response, "ETag", "Strong tag of this state of the record.", Type::String);
                if status == "201" {
                    add_header(response, "Location", "Path of the new record.", Type::String);
                }
            }
            Shape::List if is_paged => {
                add_header(
                    response,
                    "Link",
                    "With `rel=\"next\"`: the next page, if there is one.",
                    Type::String,
                );
                add_header(response, "X-Total-Count", "With `count=true`: how many match.", Type::Integer);
            }
            Shape::List | Shape::Other => {}
        }
    }
    if is_record && operation.method == HttpMethod::Get {
        add_header_parameter(
            specification,
            "If-None-Match",
            "Answer 304 when the record still has this tag.",
        );
        let mut unchanged = ResponseBuilder::new().description("The client has this state already").build();
        add_header(&mut unchanged, "ETag", "Strong tag of this state of the record.", Type::String);
        specification.responses.responses.insert("304".to_owned(), RefOr::T(unchanged));
    }
    if changes_a_record(operation) {
        add_header_parameter(specification, "If-Match", "Refuse when the record no longer has this tag.");
    }
    if makes_a_record(operation) {
        add_idempotency_key(specification);
    }
}

fn add_header(response: &mut Response, name: &str, description: &str, kind: Type) {
    let schema = ObjectBuilder::new().schema_type(kind);
    let header = Header::builder().schema(Some(schema)).description(Some(description)).build();
    response.headers.insert(name.to_owned(), RefOr::T(header));
}

fn add_header_parameter(operation: &mut Specification, name: &str, description: &str) {
    add_header_parameter_of(operation, name, description, ObjectBuilder::new().schema_type(Type::String));
}

fn add_header_parameter_of(
    operation: &mut Specification,
    name: &str,
    description: &str,
    schema: ObjectBuilder,
) {
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build();
    operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
}

/// A key as it is, or as a string of structured fields.
const KEY_PATTERN: &str = r#"^([!#-~][!-~]{0,254}|"([!#-\[\]-~]|\\["\\]){1,255}")$"#;

fn add_idempotency_key(operation: &mut Specification) {
    add_header_parameter_of(
        operation,
        IDEMPOTENCY_KEY,
        "Any text of 1 to 255 visible ASCII characters, plain or quoted. The same request with the same key within \
         24 hours is answered again and done once; another request with that key is refused.",
        ObjectBuilder::new().schema_type(Type::String).pattern(Some(KEY_PATTERN)),
    );
}

fn has(operation: &Specification, place: &ParameterIn) -> bool {
    operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == *place,
        RefOr::Ref(_) => false,
    })
}

fn problems(operation: &Operation) -> BTreeSet<Code> {
    let specification = &operation.specification;
    let mut codes = BTreeSet::from([Code::Internal, Code::Unavailable]);
    if operation.is_limited() {
        codes.insert(Code::TooManyRequests);
    }
    if !operation.is_public() {
        codes.extend([Code::InvalidToken, Code::HeadersTooLarge]);
    }
    if specification.request_body.is_some() {
        codes.extend([
            Code::InvalidFields,
            Code::PayloadTooLarge,
            Code::UnsupportedMediaType,
            Code::RequestTimeout,
        ]);
    }
    if has(specification, &ParameterIn::Query) {
        codes.insert(Code::InvalidQuery);
    }
    if has(specification, &ParameterIn::Path) {
        codes.insert(Code::NotFound);
    }
    if changes_a_record(operation) {
        codes.extend([Code::Stale, Code::PreconditionRequired]);
    }
    if makes_a_record(operation) {
        codes.insert(Code::KeyReused);
    }
    codes
}

fn problem_response(code: Code) -> Response {
    let schema = Ref::from_schema_name(ProblemResponse::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let mut response =
        ResponseBuilder::new().description(code.title()).content("application/problem+json", content).build();
    for name in Problem::new(code).response("").headers().keys() {
        if name != CONTENT_TYPE {
            add_header(&mut response, name.as_str(), "See the title.", Type::String);
        }
    }
    response
}
