//! Records in one line: name what matters to the test, and leave the rest.
//!
//! ```
//! use testkit::builders::{self, patient_id, user_id};
//!
//! // To be stored …
//! let details = builders::patient().named("Ann Smith").born("1990-01-01").done();
//! assert_eq!(details.name.last(), "Smith");
//!
//! // … and as if it had been, for a mock to return.
//! let patient = builders::patient().named("Ann Smith").stored(patient_id(7), user_id(1));
//! assert_eq!(patient.id, patient_id(7));
//! ```
//!
//! Every function panics when a text breaks the rule of its type: that is a mistake in the test.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a mistake in a test fails the test")]

mod doctor;
mod mapping;
mod patient;
mod session;
mod user;
mod value;

pub use doctor::{DoctorBuilder, doctor};
pub use mapping::{MappingBuilder, mapping};
pub use patient::{PatientBuilder, patient};
pub use session::{SessionBuilder, session};
pub use user::{UserBuilder, user};
pub use value::{
    address, doctor_id, email, human_name, mapping_id, medical_history, notes, patient_id, person_name,
    phone, specialization, user_id, user_name, version,
};
