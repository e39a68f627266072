//! How much work waits for a database, for whoever watches a server.

/// One queue and the threads that take from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LaneLoad {
    /// What the threads do: `all`, `read` or `write`, and `find-together`, `read-together` or `write-together` for calls
    /// that share statements.
    pub name: &'static str,
    /// How many calls wait for a thread; those that share one count once.
    pub waiting: usize,
    /// How many may wait; one more is refused.
    pub capacity: usize,
    /// How many threads are in the database.
    pub busy: usize,
    /// How many threads there are, with a connection each.
    pub threads: usize,
}

/// Tells the load of one database. Cheap: a lock and a few counters.
pub trait LoadGauge: Send + Sync {
    /// Each queue as it is now.
    fn lanes(&self) -> Vec<LaneLoad>;

    /// How many calls wait to share a statement with others of their kind.
    fn sharing(&self) -> usize;
}
