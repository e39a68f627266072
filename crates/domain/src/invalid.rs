//! Broken rules of one record, all of them at once.

use std::fmt;

/// One broken rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The field of the record.
    pub field: &'static str,
    /// What is wrong with it, as a clause whose subject is the field: "is required". Never the value.
    pub message: String,
}

/// The rules that a record or a change would break; at least one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invalid(Vec<Violation>);

impl Invalid {
    /// One broken rule.
    pub fn field(field: &'static str, message: impl Into<String>) -> Self {
        Self(vec![Violation { field, message: message.into() }])
    }

    /// The same messages, all about one field.
    pub fn about(self, field: &'static str) -> Self {
        Self(self.0.into_iter().map(|violation| Violation { field, ..violation }).collect())
    }

    /// What is broken, in the order in which it was found.
    pub fn violations(&self) -> &[Violation] {
        &self.0
    }
}

impl fmt::Display for Invalid {
    /// Names the fields only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid fields:")?;
        self.0.iter().try_for_each(|violation| write!(f, " {}", violation.field))
    }
}

impl std::error::Error for Invalid {}
