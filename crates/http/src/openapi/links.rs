//! Where a new record leads: the operations that take its id.

use utoipa::openapi::RefOr;
use utoipa::openapi::link::Link;
use utoipa::openapi::path::Operation as Specification;

/// The operations that take the id of what each of these makes.
const LINKS: [(&str, &[&str]); 3] = [
    (
        "patients_create",
        &[
            "patients_get",
            "patients_update",
            "patients_partial_update",
            "patients_delete",
            "patients_doctors",
            "patients_audit",
            "patients_history",
            "patients_version",
            "patients_restore",
            "mappings_patient",
            "mappings_doctors",
        ],
    ),
    (
        "doctors_create",
        &[
            "doctors_get",
            "doctors_update",
            "doctors_partial_update",
            "doctors_delete",
            "doctors_history",
            "doctors_version",
            "doctors_restore",
        ],
    ),
    (
        "mappings_create",
        &[
            "mappings_detail",
            "mappings_partial_update",
            "mappings_delete",
            "mappings_detail_history",
            "mappings_detail_version",
        ],
    ),
];

/// What such a link ends with when it takes the version as well.
const OF_A_VERSION: &str = "_version";

/// Adds the links to the answer that tells of the new record.
pub(super) fn add(specification: &mut Specification) {
    let name = specification.operation_id.as_deref();
    let Some((_, targets)) = LINKS.iter().find(|(maker, _)| Some(*maker) == name) else { return };
    if let Some(RefOr::T(created)) = specification.responses.responses.get_mut("201") {
        for target in *targets {
            let mut link = Link::builder().operation_id(*target).parameter("id", "$response.body#/id");
            if target.ends_with(OF_A_VERSION) {
                link = link.parameter("version", "$response.body#/version");
            }
            created.links.insert((*target).to_owned(), RefOr::T(link.build()));
        }
    }
}
