//! The ports of the domain on one database.

use std::sync::Arc;

use domain::ports::{
    AdminRecords, AdminSessions, AuditTrail, DatabaseProbe, DoctorRepository, Eraser, History, Intake,
    InvitationRepository, MappingRepository, PasswordResets, PatientMover, PatientRepository, RateLimiter,
    SessionRepository, SignInThrottle, UserRepository,
};

use crate::load::LoadGauge;
use crate::settings::DatabaseSettings;
use crate::url::{DatabaseUrl, OpenError};

/// Every store of one database. Clones share its connections; the last one to go closes them.
#[derive(Clone)]
pub struct Stores {
    /// Accounts.
    pub users: Arc<dyn UserRepository>,
    /// Sessions.
    pub sessions: Arc<dyn SessionRepository>,
    /// Invitations.
    pub invitations: Arc<dyn InvitationRepository>,
    /// Patients.
    pub patients: Arc<dyn PatientRepository>,
    /// Doctors.
    pub doctors: Arc<dyn DoctorRepository>,
    /// Mappings.
    pub mappings: Arc<dyn MappingRepository>,
    /// Sessions of the admin panel.
    pub admin_sessions: Arc<dyn AdminSessions>,
    /// The records of all owners.
    pub admin_records: Arc<dyn AdminRecords>,
    /// Links by which users set a new password.
    pub resets: Arc<dyn PasswordResets>,
    /// Gives patients another owner.
    pub mover: Arc<dyn PatientMover>,
    /// The past of all of these.
    pub history: Arc<dyn History>,
    /// Erases people for good.
    pub eraser: Arc<dyn Eraser>,
    /// Takes in records from elsewhere.
    pub intake: Arc<dyn Intake>,
    /// The audit trail.
    pub audit: Arc<dyn AuditTrail>,
    /// Health of the database.
    pub probe: Arc<dyn DatabaseProbe>,
    /// Attempts to sign in.
    pub throttle: Arc<dyn SignInThrottle>,
    /// Rates of requests over all replicas. There are no replicas on SQLite: its one process can count by itself.
    pub limiter: Option<Arc<dyn RateLimiter>>,
    /// How much work waits.
    pub load: Arc<dyn LoadGauge>,
}

impl Stores {
    /// Opens the database that the URL names and starts the database threads. Migrations are not applied:
    /// see [`migrate`](crate::migrate).
    ///
    /// Blocks for as long as it takes to open one connection.
    ///
    /// # Errors
    /// The URL is not understood, this build lacks the database, or no connection can be had.
    pub fn connect(settings: &DatabaseSettings) -> Result<Self, OpenError> {
        match DatabaseUrl::parse(&settings.url)? {
            #[cfg(feature = "sqlite")]
            DatabaseUrl::Sqlite(path) => crate::sqlite::connect(&path, settings),
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(url) => crate::postgres::connect(&url, settings),
        }
    }
}
