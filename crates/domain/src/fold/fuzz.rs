//! Folding, over any text.

use unicode_normalization::UnicodeNormalization;

use crate::SearchTerms;
use crate::fold::{identifier_key, search_key, words};

/// Keys are fixed points, the same for every form of the text; a name is found by itself.
fn folding(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let decomposed: String = text.nfd().collect();

    let key = identifier_key(&text);
    assert_eq!(identifier_key(&key), key);
    assert_eq!(identifier_key(&decomposed), key);

    let key = search_key(&text);
    assert_eq!(search_key(&key), key);
    assert_eq!(search_key(&decomposed), key);
    assert_eq!(key.trim(), key);

    let found = words(&text);
    assert!(found.is_sorted_by(|one, next| one < next));
    assert_eq!(words(&key), found);
    for word in &found {
        assert_eq!(words(word), [word.as_str()]);
    }
    assert_eq!(SearchTerms::parse(&text).is_some(), !found.is_empty());
    assert!(SearchTerms::parse(&text).is_none_or(|terms| terms.matches(&text)));
}

mod target {
    testkit::fuzz_target!(folding, 20_000);
}
