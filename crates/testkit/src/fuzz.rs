//! Fuzz targets: functions over bytes that panic when a rule is broken.
//!
//! [`fuzz_target!`](crate::fuzz_target) makes a test of one, beside the code that it is about, so that it reaches what
//! is private there. `cargo test` gives it the seeds in the folder `fuzz` of its crate and inputs made from them,
//! always the same ones. Built with `--cfg fuzzing`, as `scripts/fuzz.sh` does, the same test is handed to libFuzzer,
//! which looks for inputs that reach code no input has reached yet. An input that broke a rule becomes a seed.

use std::borrow::Cow;
use std::path::Path;

#[cfg(fuzzing)]
pub use bolero;

/// `fuzz_target!(name, rounds)`: a test that gives the function `name` its seeds and, under `cargo test`, so many
/// inputs made from them.
#[macro_export]
macro_rules! fuzz_target {
    ($name:ident, $rounds:expr) => {
        #[test]
        fn $name() {
            #[cfg(fuzzing)]
            $crate::fuzz::bolero::check!().for_each(super::$name);
            #[cfg(not(fuzzing))]
            $crate::fuzz::replay(
                concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/", stringify!($name)).as_ref(),
                $rounds,
                super::$name,
            );
        }
    };
}

/// Gives `target` each file in the folder `seeds`, then `rounds` inputs made from them.
///
/// # Panics
/// A rule of the target is broken, or there are no seeds.
pub fn replay(seeds: &Path, rounds: usize, target: impl Fn(&[u8])) {
    let seeds = read(seeds);
    for seed in &seeds {
        shown(seed, &target);
    }
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for _ in 0..rounds {
        let mut input = chance.one_of(&seeds).clone();
        for _ in 0..=chance.below(4) {
            let other = chance.one_of(&seeds);
            change(&mut input, other, &mut chance);
        }
        shown(&input, &target);
    }
}

/// The seeds in the order of their names.
fn read(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort_unstable();
    let seeds: Vec<_> = paths.iter().filter_map(|path| std::fs::read(path).ok()).collect();
    assert!(!seeds.is_empty(), "no seeds in {}", folder.display());
    seeds
}

/// Runs the target and tells the input when a rule is broken.
fn shown(input: &[u8], target: &impl Fn(&[u8])) {
    let told = Told(input);
    target(input);
    drop(told);
}

struct Told<'a>(&'a [u8]);

impl Drop for Told<'_> {
    #[expect(clippy::print_stderr, reason = "the output of a failed test")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the input was b\"{}\"", self.0.escape_ascii());
        }
    }
}

/// What breaks parsers more often than chance finds it.
const PIECES: [&str; 24] = [
    "\0",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "{",
    "}",
    "[",
    ",",
    ".",
    "@",
    "=",
    "\n",
    "-1",
    "9223372036854775807",
    "1e999",
    "null",
    "İ",
    "ß",
    "\u{345}",
    "\u{301}",
    "ﬃ",
    "\u{202e}",
    "＠",
];

/// One change at random: some bytes replaced by nothing, by noise, by themselves twice, by a piece of another input or
/// by one of [`PIECES`].
fn change(input: &mut Vec<u8>, other: &[u8], chance: &mut Chance) {
    let (from, to) = chance.range(input.len());
    let new: Cow<'_, [u8]> = match chance.below(8) {
        0 => Cow::default(),
        1 => Cow::Owned(chance.next().to_le_bytes().into_iter().take(chance.below(8)).collect()),
        2 => Cow::Owned(input.get(from..to).unwrap_or_default().repeat(2)),
        3 => {
            let (from, to) = chance.range(other.len());
            Cow::Borrowed(other.get(from..to).unwrap_or_default())
        }
        4 => Cow::Borrowed(chance.one_of(&PIECES).as_bytes()),
        _ => return change_bit(input, chance),
    };
    input.splice(from..to, new.into_owned());
}

fn change_bit(input: &mut [u8], chance: &mut Chance) {
    let at = chance.below(input.len());
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << chance.below(8);
    }
}

/// Chance that is the same in every run (xorshift, Marsaglia 2003).
struct Chance(u64);

impl Chance {
    const fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`; 0 where there is none.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(u64::MAX);
        usize::try_from((self.next() >> 8) % end).unwrap_or_default()
    }

    /// A short range within `len`.
    fn range(&mut self, len: usize) -> (usize, usize) {
        let from = self.below(len.saturating_add(1));
        let length = self.below(len.saturating_sub(from).min(16).saturating_add(1));
        (from, from.saturating_add(length))
    }

    fn one_of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let at = self.below(items.len());
        items.get(at).unwrap_or_else(|| unreachable!("there is one to choose"))
    }
}

/// Reads the parts of an input; behind its end everything is zero and empty.
pub struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    /// Of these bytes.
    pub const fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// The next eight bytes as a number.
    pub fn number(&mut self) -> i64 {
        i64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// The next line as text.
    pub fn line(&mut self) -> Cow<'a, str> {
        let end = self.0.iter().position(|byte| *byte == b'\n').unwrap_or(self.0.len());
        let (line, rest) = self.0.split_at_checked(end).unwrap_or_default();
        self.0 = rest.get(1..).unwrap_or_default();
        String::from_utf8_lossy(line)
    }

    /// Everything that is left.
    pub const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// `text` with some of its bytes changed: as many as the rest has pairs of a place and a byte.
    pub fn changed(self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        for pair in self.0.chunks_exact(2) {
            if let [at, new] = *pair
                && let Some(byte) = bytes.len().checked_sub(1).and_then(|last| {
                    // Places beyond 255 are reached from the end.
                    let at = usize::from(at);
                    bytes.get_mut(if at < 128 { at.min(last) } else { last.saturating_sub(at - 128) })
                })
            {
                *byte = new;
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn the_same_inputs_come_every_time() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let inputs = || {
            let seen = RefCell::new(Vec::new());
            replay(&folder, 50, |input| seen.borrow_mut().push(input.to_vec()));
            seen.into_inner()
        };
        assert_eq!(inputs(), inputs());
    }

    #[test]
    fn a_change_stays_within_the_text() {
        assert_eq!(Parts::of(&[0, b'x', 128, b'y']).changed("abc"), "xby");
        assert_eq!(Parts::of(&[9, b'x', 255, b'y']).changed("abc"), "ybx");
        assert_eq!(Parts::of(&[9, b'x']).changed(""), "");
    }
}
