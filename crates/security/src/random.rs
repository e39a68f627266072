//! Chance from the operating system.

use domain::ports::Random;

/// The operating system's source of chance, good enough for keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl SystemRandom {
    /// 32 random bytes: a signing secret.
    ///
    /// # Panics
    /// When the operating system gives none: without chance nothing that follows would be safe.
    pub fn secret_bytes(self) -> [u8; 32] {
        bytes()
    }
}

impl Random for SystemRandom {
    fn ten_bytes(&self) -> [u8; 10] {
        bytes()
    }
}

/// Random bytes.
#[expect(clippy::disallowed_methods, reason = "this is the adapter that the port `Random` is made by")]
#[expect(clippy::expect_used, reason = "without chance nothing that follows would be safe")]
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        assert_ne!(SystemRandom.ten_bytes(), SystemRandom.ten_bytes());
        assert_ne!(SystemRandom.secret_bytes(), SystemRandom.secret_bytes());
    }
}
