//! Lists: a page by keyset, never by offset, in an order that the id makes total.

use crate::Timestamp;
use crate::fold;

/// What a list is ordered by. The id always breaks ties, in the same direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SortKey {
    /// When the record was made (a mapping: assigned).
    #[default]
    CreatedAt,
    /// The folded name ([`fold::search_key`]), bytewise.
    Name,
}

/// Which end of a list comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest or newest first.
    #[default]
    Descending,
}

/// Order of a list; the default is newest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Order {
    /// What is compared.
    pub key: SortKey,
    /// Which end comes first.
    pub direction: Direction,
}

/// How many records one page may hold: 1 to 1,000, 100 if nothing is said.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PageLimit(u16);

impl PageLimit {
    /// The most that one page holds.
    pub const MAX: u16 = 1000;

    /// The limit, unless `raw` is out of range.
    pub const fn new(raw: u16) -> Option<Self> {
        if raw >= 1 && raw <= Self::MAX { Some(Self(raw)) } else { None }
    }

    /// The plain number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self(100)
    }
}

/// The last record of a page: the next page begins right after it.
///
/// It holds no name, even in a list ordered by name: positions travel in URLs, and URLs are logged on
/// their way. The repository reads the name of the record itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position<Id> {
    /// When the record was made.
    pub created_at: Timestamp,
    /// Its id.
    pub id: Id,
}

/// Which part of a list is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page<Id> {
    /// At most so many records.
    pub limit: PageLimit,
    /// In this order.
    pub order: Order,
    /// Only what comes after this record.
    pub after: Option<Position<Id>>,
    /// Count all records that match, too.
    pub count: bool,
}

impl<Id> Default for Page<Id> {
    fn default() -> Self {
        Self { limit: PageLimit::default(), order: Order::default(), after: None, count: false }
    }
}

/// One page of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing<T, Id> {
    /// The records of this page.
    pub items: Vec<T>,
    /// Where the next page begins; `None` when this is the last one.
    pub next: Option<Position<Id>>,
    /// How many records match on all pages, if that was asked.
    pub total: Option<u64>,
}

impl<T, Id> Listing<T, Id> {
    /// The same page with each record turned into something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Listing<U, Id> {
        Listing { items: self.items.into_iter().map(f).collect(), next: self.next, total: self.total }
    }
}

/// The words of a search: a record matches when each of them begins a word of its name.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchTerms(Vec<String>);

crate::macros::redacted_debug!(SearchTerms);

impl SearchTerms {
    /// More words than this are cut off: no name has them.
    const MAX_TERMS: usize = 8;

    /// The folded words of what was typed, or nothing when it holds none.
    pub fn parse(typed: &str) -> Option<Self> {
        let mut words = fold::words(typed);
        words.truncate(Self::MAX_TERMS);
        if words.is_empty() { None } else { Some(Self(words)) }
    }

    /// Each word, folded as in [`fold::words`]; never empty.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether a name is found by these words. Repositories answer the same by indexes and patterns.
    pub fn matches(&self, name: &str) -> bool {
        let words = fold::words(name);
        self.words().all(|term| words.iter().any(|word| word.starts_with(term)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_matches_the_start_of_any_word_whatever_case_and_accent() {
        let terms = SearchTerms::parse("ALV jo").unwrap();
        assert!(terms.matches("José Álvarez"));
        assert!(!terms.matches("José Calvarez"));
    }

    #[test]
    fn a_search_without_a_word_is_no_search() {
        assert!(SearchTerms::parse(" -' ").is_none());
    }

    #[test]
    fn a_page_holds_one_to_a_thousand_records() {
        assert!(PageLimit::new(0).is_none());
        assert!(PageLimit::new(1001).is_none());
        assert_eq!(PageLimit::default().get(), 100);
    }
}
