//! What users do with Healthcore: the use cases, over the ports of [`domain`].
//!
//! Each service is a concrete struct over `Arc<dyn Port>`s. Whoever acts comes first as an
//! [`Actor`](domain::Actor); what is returned is a record of the domain or an [`Error`] that says what the
//! caller can do about it. No SQL, JSON or HTTP here, so a panel or another protocol can use the same
//! services.

mod accounts;
mod administration;
mod audit;
mod audit_log;
mod doctors;
mod ended_sessions;
mod error;
mod health;
mod mappings;
mod patients;
mod sheets;

pub use accounts::{AcceptedPassword, AccountPorts, Accounts, Client, SessionRules, SignedInUser, Tokens};
pub use administration::{Administration, AdministrationPorts, Administrator, PanelRules};
pub use audit::{Audit, AuditWriter, ReadAudit};
pub use audit_log::{AuditLog, AuditState};
pub use doctors::{DoctorRules, Doctors};
pub use error::Error;
pub use health::Health;
pub use mappings::Mappings;
pub use patients::Patients;
pub use sheets::{Export, Place, SheetError, SheetLimits, Sheets};
