//! Can the server do its work?

use std::sync::Arc;

use domain::ports::DatabaseProbe;

use crate::Error;

/// Tells whether the server can do its work.
#[derive(Clone)]
pub struct Health {
    probe: Arc<dyn DatabaseProbe>,
}

impl Health {
    /// Over the database's probe.
    pub fn new(probe: Arc<dyn DatabaseProbe>) -> Self {
        Self { probe }
    }

    /// Succeeds when the database answers and its schema is up to date.
    pub async fn check(&self) -> Result<(), Error> {
        Ok(self.probe.check().await?)
    }

    /// The versions of the migrations that are not applied, oldest first.
    pub async fn pending(&self) -> Result<Vec<String>, Error> {
        Ok(self.probe.pending().await?)
    }
}
