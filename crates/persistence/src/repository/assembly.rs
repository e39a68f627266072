//! All stores of one database, behind their ports.

use std::sync::Arc;

use super::Conn;
use super::doctors::Doctors;
use super::mappings::Mappings;
use super::patients::Patients;
use super::probe::Probe;
use super::sessions::Sessions;
use super::throttle::Throttle;
use super::users::Users;
use crate::executor::Executor;
use crate::stores::Stores;

/// The stores that share `executor`; `known` are the versions of all migrations.
pub(super) fn stores(executor: &Arc<Executor<Conn>>, known: Vec<String>) -> Stores {
    Stores {
        users: Arc::new(Users { executor: Arc::clone(executor) }),
        sessions: Arc::new(Sessions { executor: Arc::clone(executor) }),
        patients: Arc::new(Patients { executor: Arc::clone(executor) }),
        doctors: Arc::new(Doctors { executor: Arc::clone(executor) }),
        mappings: Arc::new(Mappings { executor: Arc::clone(executor) }),
        probe: Arc::new(Probe { executor: Arc::clone(executor), known: known.into() }),
        throttle: Arc::new(Throttle::new(Arc::clone(executor))),
        limiter: None,
    }
}
