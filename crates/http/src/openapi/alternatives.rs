//! Which fields a request needs beyond those that it always needs: one of two names, an id under either spelling.

use utoipa::openapi::path::{HttpMethod, Operation as Specification};
use utoipa::openapi::schema::{AllOf, AnyOf, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};

use super::forms::FILLED;
use crate::registry::Schemas;

/// The schemas whose requirements are others in `PATCH`, and what they are called there.
const PATCHES: [(&str, &str); 2] = [("PatientRequest", "PatientPatch"), ("DoctorRequest", "DoctorPatch")];

/// Adds the requirements to the schemas of requests.
pub(super) fn add(schemas: &mut Schemas) {
    let patches: Schemas = schemas
        .iter()
        .filter_map(|(name, schema)| Some((patch_of(name)?.to_owned(), schema.clone())))
        .collect();
    schemas.extend(patches);
    for (name, schema) in schemas {
        let requirements = requirements(name);
        if !requirements.is_empty() {
            let mut all = AllOf::new();
            all.schema_type = SchemaType::AnyValue;
            all.items.push(schema.clone());
            all.items.extend(requirements.into_iter().map(RefOr::T));
            *schema = RefOr::T(Schema::AllOf(all));
        }
    }
}

fn patch_of(name: &str) -> Option<&'static str> {
    PATCHES.iter().find(|(request, _)| *request == name).map(|(_, patch)| *patch)
}

/// Lets a `PATCH` name the schema of its own.
pub(super) fn name_patch(method: &HttpMethod, specification: &mut Specification) {
    if *method != HttpMethod::Patch {
        return;
    }
    let Some(RefOr::T(body)) = &mut specification.request_body else { return };
    for content in body.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        let Some(RefOr::Ref(reference)) = &content.schema else { continue };
        let name = reference.ref_location.rsplit('/').next().unwrap_or_default();
        if let Some(patch) = patch_of(name) {
            content.schema = Some(RefOr::Ref(Ref::from_schema_name(patch)));
        }
    }
}

fn requirements(schema: &str) -> Vec<Schema> {
    match schema {
        "RegisterRequest" | "LoginRequest" => vec![one_of([filled("username"), filled("email")])],
        // One alternative is a requirement as well; generators of clients trip over a field that is described twice.
        "DoctorRequest" => vec![one_of([filled("name")])],
        "DoctorPatch" => vec![one_of([filled_if_there("name")])],
        // A last name beside an empty first name or whole name: some people have one name only.
        "PatientRequest" => vec![one_of([
            filled("name"),
            filled("first_name"),
            filled_beside("last_name", "name"),
            filled_beside("last_name", "first_name"),
        ])],
        "PatientPatch" => {
            vec![one_of([filled_if_there("name"), filled("first_name"), filled("last_name")])]
        }
        "MappingRequest" => vec![
            one_of([number("patient"), number("patient_id")]),
            one_of([number("doctor"), number("doctor_id")]),
        ],
        _ => vec![],
    }
}

fn one_of<const N: usize>(alternatives: [Schema; N]) -> Schema {
    let mut any = AnyOf::new();
    any.schema_type = SchemaType::AnyValue;
    any.items = alternatives.map(RefOr::T).into();
    Schema::AnyOf(any)
}

fn with_text(field: &str) -> ObjectBuilder {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(FILLED))
        .description(Some("More than blanks."));
    ObjectBuilder::new().property(field, text)
}

fn filled(field: &str) -> Schema {
    with_text(field).required(field).into()
}

fn filled_beside(field: &str, other: &str) -> Schema {
    with_text(field).required(field).required(other).into()
}

fn filled_if_there(field: &str) -> Schema {
    with_text(field).into()
}

fn number(field: &str) -> Schema {
    let number = ObjectBuilder::new().schema_type(Type::Integer).description(Some("An id."));
    ObjectBuilder::new().property(field, number).required(field).into()
}
