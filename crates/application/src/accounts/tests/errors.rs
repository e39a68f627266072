//! Errors of ports in terms of the caller.

use std::error::Error as _;

use domain::ports::{BoxError, PasswordError, TokenError};

use super::*;

#[test]
fn an_error_of_a_port_keeps_its_meaning() {
    use RepositoryError as Port;
    let invalid = Invalid::field("name", "is required");
    assert!(matches!(Port::Duplicate(Constraint::UserEmail).into(), Error::Duplicate(Constraint::UserEmail)));
    assert!(matches!(Port::Missing(Record::Doctor).into(), Error::Missing(Record::Doctor)));
    assert!(matches!(Port::Stale.into(), Error::Stale));
    assert!(matches!(Port::BadPosition.into(), Error::BadPosition));
    assert!(matches!(Port::Invalid(invalid.clone()).into(), Error::Invalid(kept) if kept == invalid));
    assert!(matches!(Port::Unavailable("x".into()).into(), Error::Unavailable(_)));
    assert!(matches!(Port::Failed("x".into()).into(), Error::Failed(_)));
    assert!(matches!(TokenError::Unsigned.into(), Error::Failed(_)));
}

#[test]
fn an_error_keeps_its_cause_and_does_not_tell_it() {
    let cause = || BoxError::from("connection refused");
    let errors = [
        Error::from(RepositoryError::Unavailable(cause())),
        Error::from(RepositoryError::Failed(cause())),
        Error::from(PasswordError::Failed(cause())),
    ];
    for error in errors {
        assert_eq!(error.source().unwrap().to_string(), "connection refused");
        assert!(!error.to_string().contains("refused"));
    }
}
