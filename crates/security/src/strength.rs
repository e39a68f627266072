//! Which passwords are too easy to guess.

use domain::NewPassword;
use domain::ports::PasswordStrength;
use zxcvbn::Score;

/// Judges by zxcvbn, which knows common passwords, names, dates, keyboard walks and the words of the user.
///
/// A password passes from score 2 ("somewhat guessable") on; score 3 would refuse passwords that clients in
/// use give as examples.
#[derive(Clone, Copy, Debug, Default)]
pub struct Strength;

/// The cost grows with the number and the length of the words.
const MOST_WORDS: usize = 32;
const MOST_CHARS: usize = 128;
/// Shorter parts of a name ("de", "@") are in too many good passwords.
const SHORTEST_PART: usize = 3;

impl PasswordStrength for Strength {
    fn is_guessable(&self, password: &NewPassword, own_words: &[String]) -> bool {
        let password: String = password.password().expose().chars().take(MOST_CHARS).collect();
        let words: Vec<&str> = own_words
            .iter()
            .flat_map(|word| parts(word))
            .filter(|part| !part.is_empty())
            .take(MOST_WORDS)
            .collect();
        zxcvbn::zxcvbn(&password, &words).score() < Score::Two
    }
}

/// A word as it is, and its parts: nobody's password is safer for leaving out the domain of the address.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    let whole = (word.chars().count() <= MOST_CHARS).then_some(word);
    let pieces = word
        .split(|c: char| !c.is_alphanumeric())
        .filter(move |piece| piece.len() >= SHORTEST_PART && piece.len() <= MOST_CHARS && *piece != word);
    whole.into_iter().chain(pieces)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn is_guessable(password: &str, own_words: &[&str]) -> bool {
        let words: Vec<String> = own_words.iter().map(|&word| word.to_owned()).collect();
        Strength.is_guessable(&NewPassword::parse(password).unwrap(), &words)
    }

    #[test]
    fn common_passwords_are_guessable() {
        for password in ["password", "12345678", "qwertyuiop", "aaaaaaaaaaaa", "iloveyou", "letmein1"] {
            assert!(is_guessable(password, &[]), "{password}");
        }
    }

    #[test]
    fn passwords_that_clients_give_as_examples_pass() {
        for password in ["Password@123", "StrongPass123!", "correct horse battery staple", "s3cure-Passw0rd"]
        {
            assert!(!is_guessable(password, &[]), "{password}");
        }
    }

    #[test]
    fn own_names_are_guessable_and_so_are_parts_of_them() {
        assert!(!is_guessable("brunhildegard", &[]));
        assert!(is_guessable("brunhildegard", &["Brunhildegard"]));
        assert!(is_guessable("brunhildegard1", &["brunhildegard@example.org"]));
    }

    #[test]
    fn an_empty_word_changes_nothing() {
        assert!(!is_guessable("brunhildegard", &[""]));
    }

    #[test]
    fn the_worst_input_takes_no_time_to_speak_of() {
        let words: Vec<String> = (0..40).map(|n| format!("word{n}").repeat(25)).collect();
        for password in ["a1".repeat(64), "é".repeat(128), "19901990".repeat(16), "p4ssw0rd".repeat(16)] {
            let begun = Instant::now();
            Strength.is_guessable(&NewPassword::parse(&password).unwrap(), &words);
            assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        }
    }
}
