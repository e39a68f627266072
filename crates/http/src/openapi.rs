//! The OpenAPI 3.1 document, made from the registry of operations.

use std::collections::BTreeSet;

use actix_web::http::header::CONTENT_TYPE;
use utoipa::openapi::path::{HttpMethod, Operation as Specification, ParameterBuilder, ParameterIn, Paths};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, Header, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, OpenApiBuilder,
    Ref, RefOr, Required, Response, ResponseBuilder, Schema, Type,
};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::{Code, Problem, ProblemResponse};
use crate::registry::Operation;
use crate::routes;
use crate::state::HttpSettings;

/// The operations that anybody may call; every other one needs a token.
pub const PUBLIC_OPERATIONS: [&str; 8] = [
    "auth_register",
    "auth_login",
    "auth_refresh",
    "auth_token_refresh",
    "livez",
    "readyz",
    "schema",
    "schema_json",
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

fn describe(operations: Vec<Operation>) -> OpenApi {
    let mut paths = Paths::new();
    let mut schemas = vec![(ProblemResponse::name().into_owned(), ProblemResponse::schema())];
    ProblemResponse::schemas(&mut schemas);
    for operation in operations {
        (operation.schemas)(&mut schemas);
        let specification = complete(operation.specification.clone(), &operation.method);
        let item = operation.item(specification);
        match paths.paths.get_mut(&operation.path) {
            Some(known) => known.merge_operations(item),
            None => drop(paths.paths.insert(operation.path.clone(), item)),
        }
    }
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
fn complete(mut operation: Specification, method: &HttpMethod) -> Specification {
    let is_public = operation.operation_id.as_deref().is_some_and(|id| PUBLIC_OPERATIONS.contains(&id));
    if !is_public {
        operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(BEARER, [])]);
    }
    add_record_headers(&mut operation, method);
    for code in problems(&operation, method, is_public) {
        let status = code.status().as_u16().to_string();
        operation.responses.responses.entry(status).or_insert_with(|| RefOr::T(problem_response(code)));
    }
    for response in successes_and_problems(&mut operation) {
        add_header(response, "X-Request-Id", "The request's id, also in the log.", Type::String);
    }
    operation
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

fn add_record_headers(operation: &mut Specification, method: &HttpMethod) {
    let mut is_record = false;
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        match shape(response) {
            Shape::Record => {
                is_record = true;
                add_header(response, "ETag", "Strong tag of this state of the record.", Type::String);
                if status == "201" {
                    add_header(response, "Location", "Path of the new record.", Type::String);
                }
            }
            Shape::List => {
                add_header(
                    response,
                    "Link",
                    "With `rel=\"next\"`: the next page, if there is one.",
                    Type::String,
                );
                add_header(response, "X-Total-Count", "With `count=true`: how many match.", Type::Integer);
            }
            Shape::Other => {}
        }
    }
    if is_record && *method == HttpMethod::Get {
        add_header_parameter(operation, "If-None-Match", "Answer 304 when the record still has this tag.");
        let mut unchanged = ResponseBuilder::new().description("The client has this state already").build();
        add_header(&mut unchanged, "ETag", "Strong tag of this state of the record.", Type::String);
        operation.responses.responses.insert("304".to_owned(), RefOr::T(unchanged));
    }
    if matches!(method, HttpMethod::Put | HttpMethod::Patch | HttpMethod::Delete)
        && has(operation, &ParameterIn::Path)
    {
        add_header_parameter(operation, "If-Match", "Refuse when the record no longer has this tag.");
    }
}

fn add_header(response: &mut Response, name: &str, description: &str, kind: Type) {
    let schema = ObjectBuilder::new().schema_type(kind);
    let header = Header::builder().schema(Some(schema)).description(Some(description)).build();
    response.headers.insert(name.to_owned(), RefOr::T(header));
}

fn add_header_parameter(operation: &mut Specification, name: &str, description: &str) {
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build();
    operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
}

fn has(operation: &Specification, place: &ParameterIn) -> bool {
    operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == *place,
        RefOr::Ref(_) => false,
    })
}

fn problems(operation: &Specification, method: &HttpMethod, is_public: bool) -> BTreeSet<Code> {
    let mut codes = BTreeSet::from([Code::Internal, Code::Unavailable]);
    if !is_public {
        codes.insert(Code::InvalidToken);
    }
    if operation.request_body.is_some() {
        codes.extend([
            Code::InvalidFields,
            Code::PayloadTooLarge,
            Code::UnsupportedMediaType,
            Code::RequestTimeout,
        ]);
    }
    if has(operation, &ParameterIn::Query) {
        codes.insert(Code::InvalidQuery);
    }
    if has(operation, &ParameterIn::Path) {
        codes.insert(Code::NotFound);
        if matches!(method, HttpMethod::Put | HttpMethod::Patch | HttpMethod::Delete) {
            codes.extend([Code::Stale, Code::PreconditionRequired]);
        }
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
