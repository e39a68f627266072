//! What the domain needs from outside: each trait's comments are its contract.
//!
//! Every "must" of a repository is a test that all repositories of the project pass. With the feature
//! `mocks` there is a mockall mock of each port.

mod administration;
mod audit;
mod clock;
mod doctors;
mod eraser;
mod history;
mod intake;
mod invitations;
mod limits;
mod mappings;
mod passwords;
mod patients;
mod probe;
mod repository_error;
mod sessions;
mod sheets;
mod tokens;
mod users;

pub use administration::{AdminRecords, AdminSessions, PasswordResets, PatientMover};
pub use audit::AuditTrail;
pub use clock::{Clock, Random};
pub use doctors::DoctorRepository;
pub use eraser::Eraser;
pub use history::History;
pub use intake::Intake;
pub use invitations::InvitationRepository;
pub use limits::{RateLimiter, SignInThrottle};
pub use mappings::MappingRepository;
pub use passwords::{HashingPlace, PasswordError, PasswordHasher, PasswordStrength, Verdict};
pub use patients::PatientRepository;
pub use probe::DatabaseProbe;
pub use repository_error::{BoxError, Constraint, Record, RepositoryError};
pub use sessions::SessionRepository;
pub use sheets::{PatientSheets, SheetFault};
pub use tokens::{AccessClaims, IssuedToken, RefreshClaims, TokenError, TokenSigner};
pub use users::UserRepository;

#[cfg(feature = "mocks")]
pub use {
    administration::{MockAdminRecords, MockAdminSessions, MockPasswordResets, MockPatientMover},
    audit::MockAuditTrail,
    clock::{MockClock, MockRandom},
    doctors::MockDoctorRepository,
    eraser::MockEraser,
    history::MockHistory,
    intake::MockIntake,
    invitations::MockInvitationRepository,
    limits::{MockRateLimiter, MockSignInThrottle},
    mappings::MockMappingRepository,
    passwords::{MockPasswordHasher, MockPasswordStrength},
    patients::MockPatientRepository,
    probe::MockDatabaseProbe,
    sessions::MockSessionRepository,
    sheets::MockPatientSheets,
    tokens::MockTokenSigner,
    users::MockUserRepository,
};
