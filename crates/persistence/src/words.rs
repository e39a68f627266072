//! The words of names, as they are kept for search.

use std::ops::Range;

use domain::fold;

/// The words that a change of name adds and those that it takes away.
pub(crate) struct WordChange {
    /// To be written.
    pub(crate) added: Vec<String>,
    /// To be deleted.
    pub(crate) removed: Vec<String>,
}

impl WordChange {
    /// From one name to another; no name has no words.
    pub(crate) fn between(old: Option<&str>, new: Option<&str>) -> Self {
        let words = |name: Option<&str>| name.map(fold::words).unwrap_or_default();
        let (old, new) = (words(old), words(new));
        Self {
            added: new.iter().filter(|word| !old.contains(word)).cloned().collect(),
            removed: old.into_iter().filter(|word| !new.contains(word)).collect(),
        }
    }
}

/// What may stand before a word in a folded name, as the inside of a set in a pattern of either database: a blank, ASCII
/// punctuation, and the punctuation of [`fold::words`] beyond. As part of a statement it needs a database in UTF-8.
pub(crate) const BREAKS: &str = " -/:-@[-`{-~\u{2010}-\u{2027}\u{2030}-\u{205e}";

/// The words that begin with `prefix`, as a range of bytewise compared text.
pub(crate) fn beginning_with(prefix: &str) -> Range<String> {
    // No word holds this noncharacter, so everything that begins with the prefix sorts before it.
    prefix.to_owned()..format!("{prefix}{}", char::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_name_keeps_the_words_that_it_shares_with_the_old_one() {
        let change = WordChange::between(Some("Ann Smith"), Some("Ann Jones"));
        assert_eq!((change.added, change.removed), (vec!["jones".to_owned()], vec!["smith".to_owned()]));
    }

    #[test]
    fn no_name_has_no_words() {
        assert_eq!(WordChange::between(Some("Ann"), None).removed, ["ann"]);
        assert_eq!(WordChange::between(None, Some("Ann")).added, ["ann"]);
    }

    #[test]
    fn a_range_holds_what_begins_with_the_prefix() {
        let range = beginning_with("an");
        assert!(range.contains(&"an".to_owned()) && range.contains(&"anzu\u{ffff}".to_owned()));
        assert!(!range.contains(&"ao".to_owned()) && !range.contains(&"am".to_owned()));
    }
}
