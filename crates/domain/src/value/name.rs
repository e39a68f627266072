//! The name of a human, whole and in two parts, each derived from the other.

use crate::macros::redacted_debug;
use crate::value::PersonName;
use crate::{Change, Invalid, fold};

/// A name as one text and as first and last name.
///
/// Some clients know one text, some two; whichever was given, all three come out. At least one part is
/// not empty.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HumanName {
    full: String,
    first: String,
    last: String,
}

redacted_debug!(HumanName, NameChange);

impl HumanName {
    /// From one text: what stands before the first blank is the first name, the rest the last.
    pub fn from_full(full: PersonName) -> Self {
        let (first, last) = full.as_str().split_once(char::is_whitespace).unwrap_or((full.as_str(), ""));
        Self { first: first.to_owned(), last: last.trim_start().to_owned(), full: full.into_string() }
    }

    /// From the parts, joined by a blank; `None` when there are none.
    pub fn from_parts(first: Option<PersonName>, last: Option<PersonName>) -> Option<Self> {
        let [first, last] = [first, last].map(|part| part.map(PersonName::into_string).unwrap_or_default());
        Self::joined(first, last)
    }

    fn joined(first: String, last: String) -> Option<Self> {
        let full = [first.as_str(), last.as_str()].join(" ").trim().to_owned();
        Self::from_stored(full, first, last)
    }

    /// What a repository has stored of a name; `None` when no part of it is left.
    pub fn from_stored(full: String, first: String, last: String) -> Option<Self> {
        if full.is_empty() { None } else { Some(Self { full, first, last }) }
    }

    /// The whole name, at most 301 characters.
    pub fn full(&self) -> &str {
        &self.full
    }

    /// The first name; may be empty.
    pub fn first(&self) -> &str {
        &self.first
    }

    /// The last name; may be empty.
    pub fn last(&self) -> &str {
        &self.last
    }

    /// What lists are ordered by.
    pub fn key(&self) -> String {
        fold::search_key(&self.full)
    }
}

/// What a request says about a name, in either form or in both.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct NameChange {
    /// The whole name.
    pub full: Change<PersonName>,
    /// The first name.
    pub first: Change<PersonName>,
    /// The last name.
    pub last: Change<PersonName>,
}

impl NameChange {
    /// True when the name is to be emptied and neither form says what it is instead.
    pub fn is_clear(&self) -> bool {
        let is_emptied = self.full.is_clear() || (self.first.is_clear() && self.last.is_clear());
        is_emptied && !self.full.is_set() && !self.has_part()
    }

    /// True when one of the parts is filled in.
    const fn has_part(&self) -> bool {
        self.first.is_set() || self.last.is_set()
    }

    /// True when no form of the name was given.
    pub fn is_keep(&self) -> bool {
        self.full.is_keep() && self.first.is_keep() && self.last.is_keep()
    }

    /// The name after the change; `None` when nothing of it is left.
    ///
    /// A client that knows one form sends the other back as it was read, so the form that differs from
    /// the present name is the one that counts. Where both differ, they must tell the same name.
    ///
    /// # Errors
    /// Both forms are new and disagree.
    pub fn applied(&self, current: Option<&HumanName>) -> Result<Option<HumanName>, Invalid> {
        let has_whole = self.full.is_set();
        let whole = self.whole_over(current);
        let parts = self.parts_over(current);
        // A form that is left blank says nothing beside one that is filled in.
        if !has_whole && self.has_part() {
            return Ok(parts);
        }
        if parts.as_ref() == current
            || (self.first.is_keep() && self.last.is_keep())
            || (has_whole && !self.has_part())
        {
            return Ok(whole);
        }
        if whole.as_ref() == current || !has_whole {
            return Ok(parts);
        }
        if whole.as_ref().map(HumanName::key) == parts.as_ref().map(HumanName::key) {
            return Ok(parts);
        }
        Err(Invalid::field("name", "does not agree with first_name and last_name"))
    }

    fn whole_over(&self, current: Option<&HumanName>) -> Option<HumanName> {
        match &self.full {
            Change::Keep => current.cloned(),
            Change::Clear => None,
            Change::Set(full) => match current {
                // Deriving the parts anew would lose a first name of two words.
                Some(name) if name.full == full.as_str() => Some(name.clone()),
                _ => Some(HumanName::from_full(full.clone())),
            },
        }
    }

    fn parts_over(&self, current: Option<&HumanName>) -> Option<HumanName> {
        let part = |change: &Change<PersonName>, stored: Option<&str>| match change {
            Change::Keep => stored.unwrap_or_default().to_owned(),
            Change::Clear => String::new(),
            Change::Set(part) => part.as_str().to_owned(),
        };
        let first = part(&self.first, current.map(HumanName::first));
        let last = part(&self.last, current.map(HumanName::last));
        match current {
            Some(name) if name.first == first && name.last == last => Some(name.clone()),
            _ => HumanName::joined(first, last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PersonName {
        PersonName::parse(text).unwrap()
    }

    fn stored() -> HumanName {
        HumanName::from_parts(Some(name("Mary Ann")), Some(name("Smith"))).unwrap()
    }

    #[test]
    fn parts_are_derived_from_the_whole() {
        let whole = HumanName::from_full(name("Ann Marie  Smith"));
        assert_eq!((whole.first(), whole.last()), ("Ann", "Marie  Smith"));
        let single = HumanName::from_full(name("Ann"));
        assert_eq!((single.first(), single.last()), ("Ann", ""));
    }

    #[test]
    fn the_whole_is_derived_from_the_parts() {
        assert_eq!(stored().full(), "Mary Ann Smith");
        assert_eq!(HumanName::from_parts(None, Some(name("Smith"))).unwrap().full(), "Smith");
        assert!(HumanName::from_parts(None, None).is_none());
    }

    #[test]
    fn naming_the_same_whole_again_keeps_the_parts() {
        let change = NameChange { full: Change::Set(name("Mary Ann Smith")), ..NameChange::default() };
        assert_eq!(change.applied(Some(&stored())).unwrap().unwrap().first(), "Mary Ann");
    }

    #[test]
    fn null_for_the_whole_beside_unchanged_parts_takes_nothing_away() {
        let change = NameChange {
            full: Change::Clear,
            first: Change::Set(name("Mary Ann")),
            last: Change::Set(name("Smith")),
        };
        assert_eq!(change.applied(Some(&stored())).unwrap().unwrap().full(), "Mary Ann Smith");
    }

    #[test]
    fn one_part_changes_the_whole() {
        let change = NameChange { last: Change::Set(name("Jones")), ..NameChange::default() };
        assert_eq!(change.applied(Some(&stored())).unwrap().unwrap().full(), "Mary Ann Jones");
    }

    #[test]
    fn a_new_whole_beats_parts_that_were_sent_back_unchanged() {
        let change = NameChange {
            full: Change::Set(name("Eve Jones")),
            first: Change::Set(name("Mary Ann")),
            last: Change::Set(name("Smith")),
        };
        assert_eq!(change.applied(Some(&stored())).unwrap().unwrap().last(), "Jones");
    }

    #[test]
    fn new_parts_beat_a_whole_that_was_sent_back_unchanged() {
        let change = NameChange {
            full: Change::Set(name("Mary Ann Smith")),
            first: Change::Set(name("Eve")),
            last: Change::Keep,
        };
        assert_eq!(change.applied(Some(&stored())).unwrap().unwrap().full(), "Eve Smith");
    }

    #[test]
    fn two_new_forms_must_agree() {
        let mut change = NameChange {
            full: Change::Set(name("Eve Jones")),
            first: Change::Set(name("Eve")),
            last: Change::Set(name("Miller")),
        };
        assert_eq!(change.applied(None).unwrap_err().violations().first().unwrap().field, "name");
        change.last = Change::Set(name("Jones"));
        assert_eq!(change.applied(None).unwrap().unwrap().first(), "Eve");
    }

    #[test]
    fn a_blank_form_beside_a_filled_one_says_nothing() {
        let whole =
            |text| NameChange { full: Change::Set(name(text)), first: Change::Clear, last: Change::Clear };
        assert_eq!(whole("Eve Jones").applied(Some(&stored())).unwrap().unwrap().last(), "Jones");
        assert_eq!(whole("Mary Ann Smith").applied(Some(&stored())).unwrap().unwrap(), stored());
        let parts = NameChange {
            full: Change::Clear,
            first: Change::Set(name("Eve")),
            last: Change::Set(name("Jones")),
        };
        assert_eq!(parts.applied(Some(&stored())).unwrap().unwrap().full(), "Eve Jones");
        assert!(!parts.is_clear());
    }

    #[test]
    fn a_cleared_name_is_none() {
        let change = NameChange { full: Change::Clear, ..NameChange::default() };
        assert!(change.applied(Some(&stored())).unwrap().is_none());
    }
}
