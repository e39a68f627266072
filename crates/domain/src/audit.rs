//! The audit trail: who did what with which record, when, from where, and what came of it. Never what stood in it.

mod event;
mod operation;
mod seal;
mod stamp;

pub use event::{AuditEvent, AuditEventId, AuditFilter, ChangedFields, Outcome, RecordId, StoredEvent};
pub use operation::{Operation, RequestId};
pub use seal::{AuditCheck, AuditHead, Broken, Fault, Verification};
pub use stamp::{Call, Caller, IdempotencyKey, Once, Stamp};
