//! Blood groups.

use crate::macros::serde_as_text;

/// Blood group in the AB0 and Rhesus systems.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BloodGroup(&'static str);

serde_as_text!(BloodGroup);

/// The text is no blood group.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must be one of A+, A-, B+, B-, AB+, AB-, O+, O-")]
pub struct UnknownBloodGroup;

impl BloodGroup {
    /// Every group, as it is written.
    pub const ALL: [&'static str; 8] = ["A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-"];

    /// Reads a group in any case.
    pub fn parse(raw: &str) -> Result<Self, UnknownBloodGroup> {
        let word = raw.trim();
        Self::ALL
            .into_iter()
            .find(|group| word.eq_ignore_ascii_case(group))
            .map(Self)
            .ok_or(UnknownBloodGroup)
    }

    /// The group as it is written.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_groups_in_any_case_and_nothing_else() {
        assert_eq!(BloodGroup::parse("ab-").map(BloodGroup::as_str), Ok("AB-"));
        assert_eq!(BloodGroup::parse("C+"), Err(UnknownBloodGroup));
        assert_eq!(BloodGroup::parse("A"), Err(UnknownBloodGroup));
    }
}
