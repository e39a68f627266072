//! Keeps the SQL of every query that is sent.

use std::sync::{Mutex, PoisonError};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

static SENT: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// Instrumentation belongs to the process: one recording at a time.
static RECORDING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A query and what is expected of it.
pub(crate) struct Recorded {
    pub(crate) name: &'static str,
    pub(crate) sql: String,
    /// Comes in the order of an index, without sorting.
    pub(crate) in_index_order: bool,
}

/// Waits until nobody else records, then has all new connections tell what they send.
pub(crate) async fn start() -> tokio::sync::MutexGuard<'static, ()> {
    let guard = RECORDING.lock().await;
    set_default_instrumentation(|| Some(Box::new(Recorder))).unwrap();
    guard
}

/// What was sent since the last call.
pub(crate) fn take() -> Vec<String> {
    std::mem::take(&mut SENT.lock().unwrap_or_else(PoisonError::into_inner))
}

struct Recorder;

impl Instrumentation for Recorder {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        let InstrumentationEvent::StartQuery { query, .. } = event else { return };
        let text = query.to_string();
        let sql = text.split(" -- binds").next().unwrap_or_default().trim().to_owned();
        // The ping of an idle connection is no query of a store.
        let is_read =
            ["SELECT `", "SELECT \"", "SELECT COUNT"].into_iter().any(|start| sql.starts_with(start));
        let is_shared = sql.contains("unnest(") && !sql.contains("INTO audit_events");
        if is_read || is_shared {
            SENT.lock().unwrap_or_else(PoisonError::into_inner).push(sql);
        }
    }
}
