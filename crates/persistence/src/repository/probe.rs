//! Is the database there?

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use domain::ports::{DatabaseProbe, RepositoryError};

use super::Conn;
use crate::error::Failure;
use crate::executor::Executor;
use crate::migrations::{__diesel_schema_migrations as applied, Unapplied};

pub(super) struct Probe {
    pub(super) executor: Arc<Executor<Conn>>,
    /// The versions of all migrations that this program knows.
    pub(super) known: Arc<[String]>,
}

#[async_trait]
impl DatabaseProbe for Probe {
    async fn check(&self) -> Result<(), RepositoryError> {
        let known = Arc::clone(&self.known);
        Ok(self.executor.read(move |c| check(c, &known)).await?)
    }

    async fn pending(&self) -> Result<Vec<String>, RepositoryError> {
        let known = Arc::clone(&self.known);
        Ok(self.executor.read(move |c| pending(c, &known)).await?)
    }
}

fn pending(c: &mut Conn, known: &[String]) -> Result<Vec<String>, Failure> {
    let applied: Vec<String> = applied::table.select(applied::version).load(c)?;
    Ok(known.iter().filter(|version| !applied.contains(version)).cloned().collect())
}

fn check(c: &mut Conn, known: &[String]) -> Result<(), Failure> {
    let missing = pending(c, known)?.len();
    if missing == 0 { Ok(()) } else { Err(RepositoryError::Unavailable(Unapplied(missing).into()).into()) }
}
