//! The vocabulary and the rules of a clinic's records, free of any framework.
//!
//! * **Value types** ([`EmailAddress`], [`Phone`], [`BirthDate`] …) have a private field and one way
//!   in, `parse`. Who holds one holds a value that keeps its rule.
//! * **Records** ([`User`], [`Patient`], [`Doctor`], [`Mapping`]) are plain structs of such values; a
//!   change to one ([`PatientChange`] …) is a value too, applied by a pure function.
//! * **Policies** ([`DoctorsWrite`]) say who may do what.
//! * **[`ports`]** are the traits that the outside implements: repositories, clock, passwords, tokens.
//!
//! Nothing here knows a database, a network or a runtime, so another service can use the crate alone.
//!
//! ```
//! use domain::{EmailAddress, HumanName, PersonName};
//!
//! let name = HumanName::from_full(PersonName::parse("  Ann-Marie O'Neil ")?);
//! assert_eq!(name.first(), "Ann-Marie");
//! assert_eq!(name.last(), "O'Neil");
//!
//! let email = EmailAddress::parse("Ann@Example.ORG")?;
//! assert_eq!(email.key(), "ann@example.org");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//! * `mocks`: a [mockall](https://docs.rs/mockall) mock of every port, `MockPatientRepository` and so on.
//! * `serde`: ids and value types as JSON strings and numbers, parsed on the way in.

mod access;
mod administration;
mod audit;
mod change;
mod doctor;
pub mod fold;
mod history;
mod id;
mod intake;
mod invalid;
mod invitation;
mod listing;
mod macros;
mod mapping;
mod patient;
pub mod ports;
mod quota;
mod session;
mod sheet;
mod throttle;
mod timestamp;
mod user;
mod value;

pub use access::{Actor, DoctorsWrite, Role, UnknownRole};
pub use administration::{
    AdminKey, AdminSession, AllDoctors, AllMappings, AllPatients, Census, DoctorTally, LinkKey, Moving,
    PatientTally, Tally, UserFilter, UserTally,
};
pub use audit::{
    AuditCheck, AuditEvent, AuditEventId, AuditFilter, AuditHead, Broken, Call, Caller, ChangedFields, Fault,
    IdempotencyKey, Once, Operation, Outcome, RecordId, RequestId, Stamp, StoredEvent, Verification,
};
pub use change::Change;
pub use doctor::{Doctor, DoctorChange, DoctorDetails, DoctorFilter, EmailRule};
pub use history::{Act, Snapshot, VersionEntry};
pub use id::{DoctorId, InvitationId, MappingId, PatientId, SessionId, UserId, Version};
pub use intake::{
    BadExternalId, BadSourceName, Batch, ExternalId, Incoming, IncomingDoctor, IncomingMapping,
    IncomingPatient, IncomingUser, Known, SourceName,
};
pub use invalid::{Invalid, Violation};
pub use invitation::{Invitation, InvitationCode, NewInvitation, Registration};
pub use listing::{Direction, Listing, Order, Page, PageLimit, Position, SearchTerms, SortKey};
pub use mapping::{AssignedDoctor, Mapping, MappingFilter, MappingView, NewMapping};
pub use patient::{Patient, PatientChange, PatientDetails, PatientFilter, ToldAge};
pub use quota::{Allowance, Quota, QuotaError};
pub use session::{NewSession, RefreshCounter, Rotation, RotationRule, Session};
pub use sheet::{OnConflict, RowFate, RowLine, Sheet, SheetFormat, SheetReport, SheetTally};
pub use throttle::{Attempt, Attempts, ThrottleRule};
pub use timestamp::{Date, Timestamp};
pub use user::{Credentials, LoginName, NewUser, StandingChange, User, UserChange};
pub use value::{
    Address, Age, AgeError, Availability, BirthDate, BirthDateError, BloodGroup, EmailAddress, EmailError,
    ExperienceYears, ExperienceYearsError, Gender, HumanName, LicenseNumber, MedicalHistory, Money,
    MoneyError, NameChange, NewPassword, NewPasswordError, Notes, Password, PasswordHash, PersonName, Phone,
    PhoneError, Reason, Specialization, TextError, UnknownBloodGroup, UnknownGender, UserName, UserNameError,
};

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
