"""Which parts of a request are ids, and of what.

An id that stands nowhere below is a fault of this table: `ids` tells of it, and the checks fail until somebody has
said whose record it names.
"""

PATIENT, MAPPING, SESSION = "patient", "mapping", "session"
# All users share the directory of doctors.
DOCTOR = "doctor"
# Narrows what another id, or the role of the caller, guards already.
NARROWS = "narrows"

# What an id in the path is the id of: the first beginning of a path that fits.
PATHS = [
    ("/api/patients/{id}/", PATIENT),
    ("/api/mappings/patient/{id}/", PATIENT),
    ("/api/mappings/{id}/doctors/", PATIENT),
    ("/api/mappings/", MAPPING),
    ("/api/auth/sessions/{id}/", SESSION),
    ("/api/doctors/{id}/", DOCTOR),
]
# The short address of a mapping stands for a patient where it is read.
PATHS_BY_NAME = {"mappings_short_patient": PATIENT}
# Ids in queries and bodies, by the operation and their name there.
OTHERS = {
    ("mappings_list", "patient"): PATIENT,
    ("mappings_list", "doctor"): DOCTOR,
    ("mappings_create", "patient"): PATIENT,
    ("mappings_create", "patient_id"): PATIENT,
    ("mappings_create", "doctor"): DOCTOR,
    ("mappings_create", "doctor_id"): DOCTOR,
    ("patients_audit", "user"): NARROWS,
    ("audit_list", "user"): NARROWS,
    ("audit_list", "patient"): PATIENT,
    ("audit_list", "record"): NARROWS,
}
# A number of a version counts within a record.
NO_ID = {"version"}


def path_kind(name, path):
    """Of what the id in the path of this operation is; nothing where the table does not say."""
    fitting = [kind for beginning, kind in PATHS if path.startswith(beginning)]
    return PATHS_BY_NAME.get(name, fitting[0] if fitting else None)


def ids(document, name, path, definition):
    """The ids of an operation: place, name, and what they are ids of, or None where nobody has said so."""
    found = []
    for parameter in definition.get("parameters", []):
        own, place = parameter["name"], parameter["in"]
        if place == "path" and own not in NO_ID:
            found.append((place, own, path_kind(name, path) if own == "id" else None))
        elif place != "path" and is_id(own, parameter["schema"]):
            found.append((place, own, OTHERS.get((name, own))))
    for content in definition.get("requestBody", {}).get("content", {}).values():
        for own, schema in sorted(fields(document, content["schema"]).items()):
            if is_id(own, schema):
                found.append(("body", own, OTHERS.get((name, own))))
    return found


def is_id(name, schema):
    """Whether a value is an id by its form or by its name."""
    words = name.lower().split("_")
    named = words[-1] in {"id", "record", "user", "owner", "patient", "doctor", "mapping", "session"}
    return named or schema.get("format") in {"int64", "uuid"}


def fields(document, schema):
    """The fields of an object, in whatever parts its schema comes."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    found = {}
    for part in [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]:
        found |= fields(document, part)
    return found | schema.get("properties", {})
