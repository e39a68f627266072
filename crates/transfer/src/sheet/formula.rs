//! Spreadsheets run what looks like a formula. In CSV such a text gets an apostrophe in front, and loses it on its way
//! back.

/// What a formula begins with (OWASP, "CSV Injection"), in full width too.
const BEGINNINGS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(BEGINNINGS)
}

/// The text as it is written into CSV.
pub(super) fn defused(text: &str) -> String {
    if is_formula(text) { format!("'{text}") } else { text.to_owned() }
}

/// The text that [`defused`] was given.
pub(super) fn plain(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_none_and_comes_back_as_it_was() {
        for text in ["=1+1", "+91 22", "-x", "@x", "\t=1", "'=1", "''+1", "'plain", "O'Neil", "", "plain"] {
            let written = defused(text);
            assert!(!written.starts_with(BEGINNINGS), "{text}");
            assert_eq!(plain(&written), text);
        }
        assert_eq!(defused("=1"), "'=1");
        assert_eq!(defused("'plain"), "'plain");
    }
}
