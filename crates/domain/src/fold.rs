//! Text made comparable: case, accents and Unicode forms folded away.
//!
//! Databases disagree on folding (SQLite folds ASCII only), so it is done here and stored as key
//! columns.

use unicode_normalization::UnicodeNormalization;

/// Key for identifiers: NFKC, default case folding, NFKC again (Unicode, section 5.18.4; UAX #31, R5).
///
/// Accents count: `rené` and `rene` are two users.
pub fn identifier_key(text: &str) -> String {
    // Most text; every record that is read has the user name of its maker.
    if text.is_ascii() { text.to_ascii_lowercase() } else { folded(text) }
}

fn folded(text: &str) -> String {
    let folded: String = caseless::default_case_fold_str(&text.nfkc().collect::<String>()).nfkc().collect();
    // Some letters fold only once they are composed; a second round is a fixed point.
    caseless::default_case_fold_str(&folded).nfkc().collect()
}

/// Key for finding and ordering names: case, accents and width folded, blanks collapsed.
///
/// Only the diacritics of European scripts are dropped. The vowel signs of Indic scripts are combining
/// marks too, but a name without them is another name.
pub fn search_key(text: &str) -> String {
    let folded = if text.is_ascii() {
        identifier_key(text)
    } else {
        identifier_key(&text.nfkd().filter(|c| !is_diacritic(*c)).collect::<String>())
    };
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The distinct folded words of a name, in alphabetical order.
///
/// Hyphens, apostrophes and dots end a word, so `brien` finds "O'Brien".
pub fn words(text: &str) -> Vec<String> {
    let key = search_key(text);
    let mut words: Vec<String> =
        key.split(is_word_break).filter(|word| !word.is_empty()).map(String::from).collect();
    words.sort_unstable();
    words.dedup();
    words
}

const fn is_diacritic(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{fe20}'..='\u{fe2f}')
}

fn is_word_break(c: char) -> bool {
    c.is_whitespace()
        || c.is_ascii_punctuation()
        || matches!(c, '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}')
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn identifiers_differ_by_accent_but_not_by_case_or_width() {
        assert_eq!(identifier_key("ＡＮＮ"), identifier_key("ann"));
        assert_eq!(identifier_key("STRASSE"), identifier_key("straße"));
        assert_ne!(identifier_key("rené"), identifier_key("rene"));
    }

    #[test]
    fn names_are_found_without_their_accents() {
        assert_eq!(search_key("  José   ÁLVAREZ "), "jose alvarez");
    }

    #[test]
    fn vowel_signs_of_indic_scripts_stay() {
        assert_ne!(search_key("किम"), search_key("काम"));
    }

    #[test]
    fn apostrophes_hyphens_and_dots_end_a_word() {
        assert_eq!(words("Dr. Ann-Marie O'Neil, O’Neil"), ["ann", "dr", "marie", "neil", "o"]);
    }

    proptest! {
        #[test]
        fn ascii_folds_as_everything_else_does(text in "[ -~]{0,40}") {
            prop_assert_eq!(identifier_key(&text), folded(&text));
        }

        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,40}") {
            let once = identifier_key(&text);
            prop_assert_eq!(identifier_key(&once), once);
            let key = search_key(&text);
            prop_assert_eq!(search_key(&key), key);
        }
    }
}
