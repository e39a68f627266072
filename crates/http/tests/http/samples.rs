//! Records with every field filled, what they look like, and a good body for every request.

use domain::{
    Act, AssignedDoctor, AuditEventId, ChangedFields, Doctor, MappingView, Outcome, Patient, Reason,
    RecordId, RequestId, Role, RowFate, RowLine, Session, SheetReport, SheetTally, StoredEvent, User,
    VersionEntry,
};
use serde_json::{Value, json};
use testkit::builders::{self, doctor_id, mapping_id, notes, patient_id, user_name, version};
use testkit::fixed::{instant, micros_later, seconds_later};

use crate::caller::ANN_ID;
use crate::clinic::session_id;

/// The time at which everything takes place.
pub(crate) const NOW: &str = "2026-03-04T05:06:07.890123Z";

/// The password of [`user`].
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A password that [`user`] may have.
pub(crate) const NEW_PASSWORD: &str = "staple of batteries";

/// A set of one public key.
pub(crate) const PUBLIC_KEYS: &str =
    r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg"}]}"#;

pub(crate) fn user() -> User {
    let user =
        builders::user().username("asha").email("Asha@Example.org").named("Asha Rao").phone("022 1234");
    User { last_login: Some(instant()), ..user.stored(ANN_ID) }
}

/// The same person with more rights.
pub(crate) fn admin() -> User {
    User { role: Role::Admin, ..user() }
}

pub(crate) fn user_json() -> Value {
    json!({
        "id": 7, "username": "asha", "email": "Asha@Example.org", "name": "Asha Rao", "first_name": "Asha",
        "last_name": "Rao", "phone": "022 1234", "role": "patient", "is_staff": false, "date_joined": NOW,
        "last_login": NOW,
    })
}

pub(crate) fn session() -> Session {
    Session {
        id: session_id(),
        created_at: micros_later(-1),
        last_used_at: instant(),
        expires_at: seconds_later(1),
        address: Some("192.0.2.7".to_owned()),
        user_agent: Some("Browser/1.0".to_owned()),
    }
}

pub(crate) fn session_json() -> Value {
    json!({
        "id": session_id().to_string(), "created_at": "2026-03-04T05:06:07.890122Z", "last_used_at": NOW,
        "expires_at": "2026-03-04T05:06:08.890123Z", "address": "192.0.2.7", "user_agent": "Browser/1.0",
        "current": true,
    })
}

pub(crate) fn patient() -> Patient {
    builders::patient().complete().stored(patient_id(3), ANN_ID)
}

pub(crate) fn patient_json() -> Value {
    json!({
        "id": 3, "owner": 7, "created_by": "user-7", "name": "Mary Ann O'Neil-Smith", "first_name": "Mary Ann",
        "last_name": "O'Neil-Smith", "date_of_birth": "1984-02-29", "age": 42, "gender": "female",
        "email": "Mary.Ann+ward@Example.ORG", "phone": "+91 (22) 1234-5678",
        "emergency_contact": "022.1234.5678", "address": "12 High Street\r\n400001 Mumbai\n",
        "medical_history": "Asthma since 1999.\n\tPenicillin: rash.", "blood_group": "AB-", "created_at": NOW,
        "updated_at": NOW, "version": 1,
    })
}

pub(crate) fn doctor() -> Doctor {
    builders::doctor().complete().stored(doctor_id(5), ANN_ID)
}

pub(crate) fn doctor_json() -> Value {
    json!({
        "id": 5, "name": "Dr. José Álvarez-O'Brien", "specialization": "Ear, Nose & Throat",
        "email": "Jose.Alvarez@Example.ORG", "phone": "+34 91 123 45 67",
        "address": "Calle Mayor 1\r\n28013 Madrid\n", "availability": "Mon–Fri, 9:00 to 12:30",
        "license_number": "MH/2001-0042", "experience_years": 25, "consultation_fee": "1500.50",
        "created_by": "user-7", "created_at": NOW, "updated_at": NOW, "version": 1,
    })
}

pub(crate) fn mapping() -> MappingView {
    let mapping = builders::mapping(patient_id(3), doctor_id(5)).notes("Second opinion");
    mapping.specialization("Cardiology").stored(mapping_id(9), ANN_ID)
}

pub(crate) fn mapping_json() -> Value {
    json!({
        "id": 9, "patient": 3, "doctor": 5, "patient_name": "Asha Rao", "doctor_name": "Dr. Meera Iyer",
        "specialization": "Cardiology", "notes": "Second opinion", "is_active": true, "assigned_by": "user-7",
        "assigned_at": NOW, "ended_at": null, "updated_at": NOW, "version": 1,
    })
}

pub(crate) fn assigned_doctor() -> AssignedDoctor {
    AssignedDoctor {
        doctor: doctor(),
        mapping: mapping_id(9),
        notes: Some(notes("Second opinion")),
        assigned_at: instant(),
    }
}

pub(crate) fn assigned_doctor_json() -> Value {
    let mut assigned = doctor_json();
    assigned["mapping_id"] = json!(9);
    assigned["notes"] = json!("Second opinion");
    assigned["assigned_at"] = json!(NOW);
    assigned
}

pub(crate) fn version_entry() -> VersionEntry {
    VersionEntry {
        version: version(2),
        at: instant(),
        by: Some(ANN_ID),
        by_name: Some(user_name("asha")),
        act: Act::Updated,
        fields: ChangedFields::from_joined("name,phone"),
    }
}

pub(crate) fn version_json() -> Value {
    json!({
        "version": 2, "at": NOW, "by": 7, "by_name": "asha", "act": "updated", "fields": ["name", "phone"],
    })
}

pub(crate) fn event() -> StoredEvent {
    StoredEvent {
        id: AuditEventId::new(41).unwrap(),
        at: instant(),
        operation: "patients_update".to_owned(),
        outcome: Outcome::Done,
        user: Some(ANN_ID),
        username: Some(user_name("asha")),
        session: Some(session_id()),
        address: Some("192.0.2.7".parse().unwrap()),
        request_id: RequestId::parse("r-1").unwrap(),
        record: Some(RecordId::Patient(patient_id(3))),
        version: Some(version(2)),
        patient: Some(patient_id(3)),
        fields: ChangedFields::from_joined("name,phone"),
        reason: Some(Reason::parse("on request").unwrap()),
    }
}

pub(crate) fn event_json() -> Value {
    json!({
        "id": 41, "at": NOW, "operation": "patients_update", "outcome": "done", "user": 7, "username": "asha",
        "session": session_id().to_string(), "address": "192.0.2.7", "request_id": "r-1",
        "record_kind": "patient", "record_id": "3", "version": 2, "patient": 3, "fields": ["name", "phone"],
        "reason": "on request",
    })
}

/// A body that the request of this schema takes, with every field filled.
pub(crate) fn body(schema: &str) -> Value {
    match schema {
        "RegisterRequest" => json!({
            "username": "meera", "email": "meera@example.org", "password": PASSWORD, "name": "Meera Iyer",
            "first_name": "Meera", "last_name": "Iyer", "phone": "022 5678", "role": "doctor",
            "invitation": "0011223344556677889900112233445566778899",
        }),
        "LoginRequest" => json!({"username": "asha", "email": "asha@example.org", "password": PASSWORD}),
        "RefreshRequest" => json!({"refresh": "refresh-0"}),
        "UpdateMeRequest" => json!({
            "name": "Asha Rao", "first_name": "Asha", "last_name": "Rao", "phone": "022 1234",
            "email": "asha@example.net", "current_password": PASSWORD,
        }),
        "PasswordRequest" => json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD}),
        "PatientRequest" | "PatientPatch" => json!({
            "name": "Asha Rao", "first_name": "Asha", "last_name": "Rao", "date_of_birth": "1984-05-17",
            "age": 41, "gender": "F", "email": "asha@example.org", "phone": "022 1234",
            "emergency_contact": "022 5678", "address": "1 Main Street", "medical_history": "None.",
            "blood_group": "O+",
        }),
        "DoctorRequest" | "DoctorPatch" => json!({
            "name": "Dr. Meera Iyer", "specialization": "Cardiology", "email": "meera@example.org",
            "phone": "022 5678", "address": "2 Main Street", "availability": "Mornings",
            "license_number": "MH-1", "experience_years": 12, "consultation_fee": "1500.00",
        }),
        "MappingRequest" => {
            json!({"patient": 3, "patient_id": 3, "doctor": 5, "doctor_id": 5, "notes": "Second opinion"})
        }
        "NotesRequest" => json!({"notes": "Second opinion"}),
        other => panic!("no sample of {other}"),
    }
}

/// A good sheet.
pub(crate) const SHEET: &str = "name,phone\r\nAsha Rao,022 1234\r\nBela Sen,x\r\n";

/// What became of it.
pub(crate) fn sheet_report() -> SheetReport {
    let mut report = SheetReport::default();
    report.tally = SheetTally { read: 2, added: 1, refused: 1, ..SheetTally::default() };
    let errors = vec![("phone".to_owned(), "must have at least 3 digits".to_owned())];
    report.note(&RowLine { row: 3, fate: RowFate::Refused, errors });
    report
}

/// `body` with one field set to `value`.
pub(crate) fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}
