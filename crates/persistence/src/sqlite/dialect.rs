//! What SQLite says differently.

/// Nothing to lock: there is one writer.
macro_rules! for_update {
    ($query:expr) => {
        $query
    };
}
pub(super) use for_update;

/// Nothing to lock: there is one writer.
macro_rules! for_removal {
    ($query:expr) => {
        $query
    };
}
pub(super) use for_removal;

/// Nothing to lock: there is one writer.
macro_rules! for_share {
    ($query:expr) => {
        $query
    };
}
pub(super) use for_share;

/// Nothing to wait for: there is one writer.
#[expect(clippy::unnecessary_wraps, reason = "on the other database it may fail")]
pub(super) fn one_at_a_time(_: &mut super::Conn) -> diesel::QueryResult<()> {
    Ok(())
}
