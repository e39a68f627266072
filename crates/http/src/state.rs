//! What every handler can reach.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use application::{Accounts, Audit, AuditLog, Doctors, Health, Mappings, Patients, Sheets};
use domain::ports::{Clock, Random};

use crate::client_address::TrustedProxies;
use crate::limits::Limits;
use crate::load::Load;

/// What `GET /api/mappings/<n>/` means: the client families disagree.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MappingDetail {
    /// The doctors of patient n; the default.
    #[default]
    Patient,
    /// Mapping n.
    Mapping,
}

/// What an operator decides about the interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HttpSettings {
    /// What `GET /api/mappings/<n>/` means.
    pub mapping_detail: MappingDetail,
    /// Refuse changes without `If-Match`.
    pub require_if_match: bool,
    /// Tell browsers to come by TLS only (RFC 6797), because the server speaks it.
    pub is_tls: bool,
}

/// The services and what else the handlers need; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// Registering and signing in.
    pub accounts: Accounts,
    /// Patients.
    pub patients: Patients,
    /// Patients, many at once.
    pub sheets: Sheets,
    /// Doctors.
    pub doctors: Doctors,
    /// Assignments.
    pub mappings: Mappings,
    /// Puts calls on record.
    pub audit: Audit,
    /// Shows what is on record.
    pub audit_log: AuditLog,
    /// Is the database there?
    pub health: Health,
    /// Tells the time, for request ids.
    pub clock: Arc<dyn Clock>,
    /// Chance, for request ids.
    pub random: Arc<dyn Random>,
    /// Set when the server is about to stop.
    pub draining: Draining,
    /// How often clients may ask; `None` where the operator sets no limits.
    pub limits: Option<Limits>,
    /// Whose word about client addresses counts.
    pub trusted_proxies: TrustedProxies,
    /// How many requests are under way.
    pub load: Load,
    /// Origins of web pages that may use the interface; none by default.
    pub cors_origins: Vec<String>,
    /// What the operator has decided.
    pub settings: HttpSettings,
}

/// A switch that is set once, when the server is about to stop: readiness goes first.
#[derive(Clone, Debug, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    /// From now on the server is not ready.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the server is about to stop.
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
