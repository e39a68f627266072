//! What goes wrong in a database, in the words of the domain.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use domain::Invalid;
use domain::ports::{Constraint, RepositoryError};

use crate::executor::{JobError, Refusal};

/// A unique rule as each database reports it: PostgreSQL by the name of the index, SQLite by its columns.
struct Unique {
    constraint: Constraint,
    index: &'static str,
    columns: &'static str,
}

/// One line for each unique rule of the migrations.
const UNIQUE: [Unique; 5] = [
    Unique {
        constraint: Constraint::UserName,
        index: "users_username_key_key",
        columns: "users.username_key",
    },
    Unique { constraint: Constraint::UserEmail, index: "users_email_key_key", columns: "users.email_key" },
    Unique {
        constraint: Constraint::DoctorEmail,
        index: "doctors_email_key_key",
        columns: "doctors.email_key",
    },
    Unique {
        constraint: Constraint::DoctorLicense,
        index: "doctors_license_number_key",
        columns: "doctors.license_number",
    },
    Unique {
        constraint: Constraint::ActiveMapping,
        index: "mappings_active_pair_key",
        columns: "mappings.owner_id, mappings.patient_id, mappings.doctor_id",
    },
];

/// What SQLite says before the columns of a broken unique rule.
const SQLITE_UNIQUE: &str = "UNIQUE constraint failed: ";

/// Messages of conditions that pass. Diesel tells them from no other error by kind, and keeps no code.
const PASSING: [&str; 15] = [
    "canceling statement due to statement timeout",
    "canceling statement due to lock timeout",
    "deadlock detected",
    "terminating connection",
    "the database system is",
    "server closed the connection",
    "database is locked",
    "database table is locked",
    "too many clients",
    // The disk of SQLite is full or fails: there may be space again soon. SQLite takes the whole transaction back
    // by itself then, and who did not know finds no savepoint any more.
    "database or disk is full",
    "disk I/O error",
    "unable to open database file",
    "attempt to write a readonly database",
    "no such savepoint",
    "no transaction is active",
];

/// Why a job did not do what it should.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The job found out something that the caller has to know.
    Answer(RepositoryError),
    /// The database refused.
    Database(Error),
    /// The job was not run, or not kept.
    Refused(Refusal),
}

impl From<RepositoryError> for Failure {
    fn from(answer: RepositoryError) -> Self {
        Self::Answer(answer)
    }
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        Self::Answer(invalid.into())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl JobError for Failure {
    fn connection_lost(&self) -> bool {
        match self {
            Self::Database(Error::DatabaseError(kind, _)) => matches!(
                kind,
                // A database that has become read-only is no longer the one to write to: a standby took over.
                DatabaseErrorKind::ClosedConnection
                    | DatabaseErrorKind::UnableToSendCommand
                    | DatabaseErrorKind::ReadOnlyTransaction
            ),
            Self::Database(Error::BrokenTransactionManager) => true,
            Self::Database(_) | Self::Answer(_) | Self::Refused(_) => false,
        }
    }
}

impl From<Failure> for RepositoryError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Answer(answer) => answer,
            Failure::Database(error) => database(error),
            Failure::Refused(refusal) => refused(refusal),
        }
    }
}

fn database(error: Error) -> RepositoryError {
    if let Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) = &error
        && let Some(constraint) = broken_rule(info.as_ref())
    {
        return RepositoryError::Duplicate(constraint);
    }
    if passes(&error) {
        RepositoryError::Unavailable(error.into())
    } else {
        RepositoryError::Failed(error.into())
    }
}

fn refused(refusal: Refusal) -> RepositoryError {
    match &refusal {
        Refusal::NotCommitted(error) if !passes(error) => RepositoryError::Failed(refusal.into()),
        Refusal::Panicked | Refusal::RanBefore => RepositoryError::Failed(refusal.into()),
        _ => RepositoryError::Unavailable(refusal.into()),
    }
}

/// The rule of uniqueness that a record has broken.
pub(crate) fn broken_rule(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> Option<Constraint> {
    let columns = info.message().strip_prefix(SQLITE_UNIQUE);
    let unique = UNIQUE.iter().find(|unique| match info.constraint_name() {
        Some(name) => unique.index == name,
        None => columns == Some(unique.columns),
    });
    unique.map(|unique| unique.constraint)
}

/// True for what may well succeed when it is tried again.
fn passes(error: &Error) -> bool {
    match error {
        Error::DatabaseError(
            DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::ReadOnlyTransaction,
            _,
        )
        | Error::BrokenTransactionManager => true,
        Error::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            PASSING.iter().any(|message| info.message().contains(message))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unique(message: &str) -> RepositoryError {
        database(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, Box::new(message.to_owned())))
    }

    #[test]
    fn names_the_rule_by_the_columns_that_sqlite_reports() {
        let pair = "UNIQUE constraint failed: mappings.owner_id, mappings.patient_id, mappings.doctor_id";
        assert!(matches!(unique(pair), RepositoryError::Duplicate(Constraint::ActiveMapping)));
        let name = "UNIQUE constraint failed: users.username_key";
        assert!(matches!(unique(name), RepositoryError::Duplicate(Constraint::UserName)));
    }

    #[test]
    fn an_unknown_unique_rule_is_a_fault_of_ours() {
        assert!(matches!(unique("UNIQUE constraint failed: patients.id"), RepositoryError::Failed(_)));
    }

    #[test]
    fn a_timeout_passes_and_a_broken_query_does_not() {
        let error = |message: &str| {
            database(Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned())))
        };
        assert!(matches!(error("canceling statement due to lock timeout"), RepositoryError::Unavailable(_)));
        assert!(matches!(error("syntax error at or near \"SELEC\""), RepositoryError::Failed(_)));
    }

    #[test]
    fn a_full_disk_passes_also_where_it_broke_the_transaction() {
        for message in ["database or disk is full", "disk I/O error", "no such savepoint: diesel_savepoint_1"]
        {
            let error = || Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned()));
            assert!(matches!(database(error()), RepositoryError::Unavailable(_)), "{message}");
            let refusal = Refusal::NotCommitted(std::sync::Arc::new(error()));
            assert!(matches!(refused(refusal), RepositoryError::Unavailable(_)), "{message}");
        }
    }

    #[test]
    fn overload_is_unavailable_and_a_panic_is_a_failure() {
        assert!(matches!(refused(Refusal::QueueFull), RepositoryError::Unavailable(_)));
        assert!(matches!(refused(Refusal::Panicked), RepositoryError::Failed(_)));
    }
}
