//! All stores of one database, behind their ports.

use std::sync::Arc;

use super::Conn;
use super::administration::Panel;
use super::audit::Trail;
use super::doctors::Doctors;
use super::eraser::{Open, Purge};
use super::history::Past;
use super::invitations::Invitations;
use super::mappings::Mappings;
use super::mover::Mover;
use super::patients::Patients;
use super::probe::Probe;
use super::resets::Resets;
use super::sessions::Sessions;
use super::throttle::Throttle;
use super::users::Users;
use crate::audit::Sealer;
use crate::executor::Executor;
use crate::stores::Stores;

/// The stores that share `executor`; `known` are the versions of all migrations, `unhurried` opens a connection
/// whose statements may take their time.
pub(super) fn stores(
    executor: &Arc<Executor<Conn>>,
    known: Vec<String>,
    unhurried: Open,
    sealer: Sealer,
) -> Stores {
    Stores {
        users: Arc::new(Users { executor: Arc::clone(executor) }),
        sessions: Arc::new(Sessions { executor: Arc::clone(executor) }),
        invitations: Arc::new(Invitations { executor: Arc::clone(executor) }),
        patients: Arc::new(Patients::new(Arc::clone(executor))),
        doctors: Arc::new(Doctors::new(Arc::clone(executor))),
        mappings: Arc::new(Mappings::new(Arc::clone(executor))),
        admin_sessions: Arc::new(Panel { executor: Arc::clone(executor) }),
        admin_records: Arc::new(Panel { executor: Arc::clone(executor) }),
        resets: Arc::new(Resets { executor: Arc::clone(executor) }),
        mover: Arc::new(Mover { open: Arc::clone(&unhurried) }),
        history: Arc::new(Past { executor: Arc::clone(executor) }),
        eraser: Arc::new(Purge { open: unhurried }),
        audit: Arc::new(Trail::new(Arc::clone(executor), sealer)),
        probe: Arc::new(Probe { executor: Arc::clone(executor), known: known.into() }),
        throttle: Arc::new(Throttle::new(Arc::clone(executor))),
        limiter: None,
    }
}
