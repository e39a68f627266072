//! A file of keys: which one signs, which ones still count, and since and until when.
//!
//! With HS256 each line is a secret; with EdDSA each PEM block is a private key. The last key that has begun
//! signs. `from=` and `until=` with a time (RFC 3339) say when a key begins to sign and when its last token has
//! expired: behind the secret on its line, or on a line `# …` before the PEM block. A file with one secret, or
//! with one PEM block, is such a file.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use domain::ports::TokenError;
use secrecy::SecretString;

use crate::KeyRing;
use crate::keys::private::{BEGIN, END, PrivateKey, PrivateKeyError};
use crate::keys::secret::{SecretKey, SecretKeyError};

/// How tokens are signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Algorithm {
    /// HMAC-SHA-256 with a secret (RFC 7518, section 3.2): who verifies can sign.
    #[default]
    Hs256,
    /// Ed25519 with a private key (RFC 8037): others verify with the public key.
    EdDsa,
}

/// The keys of one file, the oldest first, all of one algorithm. There is at least one.
#[derive(Clone, Debug)]
pub struct KeyFile {
    keys: Keys,
}

#[derive(Clone, Debug)]
enum Keys {
    Hs256(Vec<Timed<SecretKey>>),
    EdDsa(Vec<Timed<PrivateKey>>),
}

/// A key and its time.
#[derive(Clone, Debug)]
struct Timed<K> {
    key: K,
    /// When it begins to sign; it verifies before, so that no replica is surprised by it.
    from: Option<Timestamp>,
    /// When the last token that it has signed has expired.
    until: Option<Timestamp>,
}

/// The text is no file of keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It holds no key, or only keys whose time is over.
    #[error("it holds no key")]
    Empty,
    /// A secret is no secret.
    #[error(transparent)]
    Secret(#[from] SecretKeyError),
    /// A private key is none.
    #[error(transparent)]
    Private(#[from] PrivateKeyError),
    /// `from=` or `until=` is no time.
    #[error("`from=` and `until=` must be times such as 2026-01-31T12:00:00Z")]
    Time,
}

impl KeyFile {
    /// Reads the text of a file.
    pub fn parse(text: &str, algorithm: Algorithm) -> Result<Self, KeyFileError> {
        let keys = match algorithm {
            Algorithm::Hs256 => Keys::Hs256(some(secrets(text)?)?),
            Algorithm::EdDsa => Keys::EdDsa(some(private_keys(text)?)?),
        };
        Ok(Self { keys })
    }

    /// A file with one new key, made of random bytes.
    pub fn generate(algorithm: Algorithm, random: [u8; 32]) -> Result<Self, KeyFileError> {
        Self::parse(&new_key(algorithm, random), algorithm)
    }

    /// The same file with a new key that signs from `from` on. The keys that signed until then count for
    /// `tail` longer: the longest time that one of their tokens may still be good. Keys whose time is over at
    /// `now` are left out.
    pub fn rotated(
        mut self,
        random: [u8; 32],
        now: Timestamp,
        from: Timestamp,
        tail: Duration,
    ) -> Result<Self, KeyFileError> {
        let until = from.plus(tail);
        let new = Self::generate(self.algorithm(), random)?;
        match (&mut self.keys, new.keys) {
            (Keys::Hs256(keys), Keys::Hs256(new)) => append(keys, new, now, from, until),
            (Keys::EdDsa(keys), Keys::EdDsa(new)) => append(keys, new, now, from, until),
            _ => {}
        }
        Ok(self)
    }

    /// How its keys sign.
    pub const fn algorithm(&self) -> Algorithm {
        match self.keys {
            Keys::Hs256(_) => Algorithm::Hs256,
            Keys::EdDsa(_) => Algorithm::EdDsa,
        }
    }

    /// How many keys it has.
    pub const fn len(&self) -> usize {
        match &self.keys {
            Keys::Hs256(keys) => keys.len(),
            Keys::EdDsa(keys) => keys.len(),
        }
    }

    /// Always false: a file without keys is refused.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether one of its secrets is known or can be guessed.
    pub fn is_well_known(&self) -> bool {
        match &self.keys {
            Keys::Hs256(keys) => keys.iter().any(|timed| timed.key.is_well_known()),
            Keys::EdDsa(_) => false,
        }
    }

    /// The text of the file, for nobody else to see.
    pub fn to_text(&self) -> SecretString {
        let text: String = match &self.keys {
            Keys::Hs256(keys) => keys.iter().map(secret_line).collect(),
            Keys::EdDsa(keys) => keys.iter().map(private_block).collect(),
        };
        text.into()
    }

    /// The ring at `now`, with these further secrets whose tokens count; EdDSA has no use for secrets.
    ///
    /// # Errors
    /// [`TokenError::Unsigned`] when no key can sign.
    pub fn ring(&self, now: Timestamp, others: &[SecretKey]) -> Result<KeyRing, TokenError> {
        match &self.keys {
            Keys::Hs256(keys) => {
                let (current, rest) = at(keys, now).ok_or(TokenError::Unsigned)?;
                Ok(KeyRing::hs256(current, rest.into_iter().chain(others)))
            }
            Keys::EdDsa(keys) => {
                let (current, rest) = at(keys, now).ok_or(TokenError::Unsigned)?;
                KeyRing::eddsa(current, rest)
            }
        }
    }
}

/// A new key in the form that the file has it in.
fn new_key(algorithm: Algorithm, random: [u8; 32]) -> String {
    match algorithm {
        Algorithm::Hs256 => STANDARD.encode(random),
        Algorithm::EdDsa => PrivateKey::from_bytes(random).to_pem(),
    }
}

fn some<K>(keys: Vec<Timed<K>>) -> Result<Vec<Timed<K>>, KeyFileError> {
    if keys.is_empty() { Err(KeyFileError::Empty) } else { Ok(keys) }
}

fn append<K>(
    keys: &mut Vec<Timed<K>>,
    new: Vec<Timed<K>>,
    now: Timestamp,
    from: Timestamp,
    until: Timestamp,
) {
    keys.retain(|key| key.counts(now));
    for key in keys.iter_mut() {
        key.until.get_or_insert(until);
    }
    keys.extend(new.into_iter().map(|new| Timed { from: Some(from), ..new }));
}

/// The key that signs at `now`, and the others that count.
fn at<K>(keys: &[Timed<K>], now: Timestamp) -> Option<(&K, Vec<&K>)> {
    let live: Vec<&Timed<K>> = keys.iter().filter(|key| key.counts(now)).collect();
    // A file whose keys have all still to begin signs with the first.
    let signs = live.iter().rposition(|key| key.from.is_none_or(|from| from <= now)).unwrap_or(0);
    let current = &live.get(signs)?.key;
    let others = live.iter().enumerate().filter(|(position, _)| *position != signs);
    Some((current, others.map(|(_, timed)| &timed.key).collect()))
}

impl<K> Timed<K> {
    fn counts(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    fn times(&self) -> String {
        let from = self.from.map(|from| format!(" from={from}"));
        let until = self.until.map(|until| format!(" until={until}"));
        [from, until].into_iter().flatten().collect()
    }
}

fn secret_line(timed: &Timed<SecretKey>) -> String {
    format!("{}{}\n", timed.key.expose(), timed.times())
}

fn private_block(timed: &Timed<PrivateKey>) -> String {
    let when = timed.times();
    let note = if when.is_empty() { String::new() } else { format!("#{when}\n") };
    format!("{note}{}", timed.key.to_pem())
}

fn secrets(text: &str) -> Result<Vec<Timed<SecretKey>>, KeyFileError> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let read = |line| {
        let (secret, from, until) = times(line)?;
        Ok(Timed { key: SecretKey::parse(secret.to_owned().into())?, from, until })
    };
    lines.map(read).collect()
}

fn private_keys(text: &str) -> Result<Vec<Timed<PrivateKey>>, KeyFileError> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (body, next) = after.split_once(END).ok_or(PrivateKeyError)?;
        let note = before.lines().rev().find(|line| line.starts_with('#')).unwrap_or_default();
        let (_, from, until) = times(note)?;
        keys.push(Timed { key: PrivateKey::parse_pem(&format!("{BEGIN}{body}{END}"))?, from, until });
        rest = next;
    }
    if keys.is_empty() && !text.trim().is_empty() {
        return Err(PrivateKeyError.into());
    }
    Ok(keys)
}

/// A line without the times at its end, and the times.
fn times(line: &str) -> Result<(&str, Option<Timestamp>, Option<Timestamp>), KeyFileError> {
    let (mut rest, mut from, mut until) = (line, None, None);
    while let Some((before, word)) = rest.rsplit_once(' ') {
        let (time, text) = match (word.strip_prefix("from="), word.strip_prefix("until=")) {
            (Some(text), _) => (&mut from, text),
            (_, Some(text)) => (&mut until, text),
            _ => break,
        };
        *time = Some(Timestamp::parse(text).ok_or(KeyFileError::Time)?);
        rest = before;
    }
    Ok((rest, from, until))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn at_second(second: u64) -> Timestamp {
        Timestamp::parse("2026-01-01T00:00:00Z").unwrap().plus(Duration::from_secs(second))
    }

    fn ids(file: &KeyFile, second: u64) -> Vec<[u8; 6]> {
        file.ring(at_second(second), &[]).unwrap().iter().map(crate::keys::Key::id).collect()
    }

    #[test]
    fn a_rotation_announces_the_key_then_signs_with_it_then_forgets_the_old_one() {
        for algorithm in [Algorithm::Hs256, Algorithm::EdDsa] {
            let old = KeyFile::generate(algorithm, [1; 32]).unwrap();
            let new = KeyFile::generate(algorithm, [2; 32]).unwrap();
            let (old_id, new_id) = (ids(&old, 0)[0], ids(&new, 0)[0]);
            let file = old.rotated([2; 32], at_second(0), at_second(5), DAY).unwrap();
            let file = KeyFile::parse(file.to_text().expose_secret(), algorithm).unwrap();
            assert_eq!(ids(&file, 0), [old_id, new_id]);
            assert_eq!(ids(&file, 4), [old_id, new_id]);
            assert_eq!(ids(&file, 5), [new_id, old_id]);
            assert_eq!(ids(&file, 86_404), [new_id, old_id]);
            assert_eq!(ids(&file, 86_405), [new_id]);
        }
    }

    #[test]
    fn a_second_rotation_keeps_what_still_counts() {
        for algorithm in [Algorithm::Hs256, Algorithm::EdDsa] {
            let file = KeyFile::generate(algorithm, [1; 32]).unwrap();
            let file = file.rotated([2; 32], at_second(0), at_second(5), DAY).unwrap();
            // While the second key has not yet begun.
            let soon = file.clone().rotated([3; 32], at_second(1), at_second(6), DAY).unwrap();
            assert_eq!((soon.len(), ids(&soon, 5)[0]), (3, ids(&file, 5)[0]));
            assert_eq!(ids(&soon, 6).len(), 3);
            let late = file.rotated([3; 32], at_second(100_000), at_second(100_005), DAY).unwrap();
            assert_eq!(late.len(), 2);
        }
    }

    #[test]
    fn a_file_with_one_secret_is_read_and_written_as_it_is() {
        let text = "one secret with blanks, 32 bytes or more\n";
        let file = KeyFile::parse(text, Algorithm::Hs256).unwrap();
        assert_eq!((file.len(), file.is_empty(), file.to_text().expose_secret()), (1, false, text));
    }

    #[test]
    fn what_is_no_file_of_keys_is_refused() {
        let error = |text: &str, algorithm| KeyFile::parse(text, algorithm).unwrap_err();
        let secret = "x".repeat(32);
        for algorithm in [Algorithm::Hs256, Algorithm::EdDsa] {
            assert_eq!(error(" \n", algorithm), KeyFileError::Empty);
        }
        assert_eq!(error("short", Algorithm::Hs256), SecretKeyError::TooShort.into());
        assert_eq!(error(&format!("{secret}\nshort"), Algorithm::Hs256), SecretKeyError::TooShort.into());
        assert_eq!(error(&format!("{secret} until=soon"), Algorithm::Hs256), KeyFileError::Time);
        assert_eq!(error(&secret, Algorithm::EdDsa), PrivateKeyError.into());
        let block = private_block(&Timed { key: PrivateKey::from_bytes([1; 32]), from: None, until: None });
        assert_eq!(error(&format!("# until=x\n{block}"), Algorithm::EdDsa), KeyFileError::Time);
        assert_eq!(error(block.trim_end_matches("-\n"), Algorithm::EdDsa), PrivateKeyError.into());
    }

    #[test]
    fn debug_tells_no_secret() {
        let file = KeyFile::generate(Algorithm::Hs256, [65; 32]).unwrap();
        assert!(!format!("{file:?}").contains("QUFB"));
    }
}
