//! What PostgreSQL says differently.

/// Keeps the rows from changing until the end of the transaction.
macro_rules! for_update {
    ($query:expr) => {
        $query.for_update()
    };
}
pub(super) use for_update;

/// Keeps the rows from changing until the end of the transaction; those that others keep are left out.
macro_rules! for_removal {
    ($query:expr) => {
        $query.for_update().skip_locked()
    };
}
pub(super) use for_removal;

/// Keeps the rows from changing until the end of the transaction; others may do so at the same time.
macro_rules! for_share {
    ($query:expr) => {
        $query.for_share()
    };
}
pub(super) use for_share;
