//! Names in their two forms.

use domain::{NameChange, PersonName};

use crate::fields::FieldErrors;
use crate::sent::{Sent, Text};

/// The fields that tell a name.
pub(super) const NAME_FIELDS: [&str; 3] = ["name", "first_name", "last_name"];

/// What a request says about a name.
pub(super) fn change(
    errors: &mut FieldErrors,
    full: &Sent<Text>,
    first: &Sent<Text>,
    last: &Sent<Text>,
) -> NameChange {
    NameChange {
        full: errors.text("name", full, PersonName::parse),
        first: errors.text("first_name", first, PersonName::parse),
        last: errors.text("last_name", last, PersonName::parse),
    }
}

/// The field that a client of this request's family calls the name.
pub(super) const fn spelling(full: &Sent<Text>, first: &Sent<Text>) -> &'static str {
    if full.is_absent() && !first.is_absent() { "first_name" } else { "name" }
}
