//! Chance from the operating system.

use std::cell::RefCell;

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

thread_local! {
    /// Chance for the next draws of this thread: each request draws, and to ask the system each time takes longer.
    static STOCK: RefCell<Vec<[u8; 10]>> = const { RefCell::new(Vec::new()) };
}

impl Random for SystemRandom {
    fn ten_bytes(&self) -> [u8; 10] {
        STOCK.with_borrow_mut(|stock| {
            if stock.is_empty() {
                stock.extend_from_slice(bytes::<1_000>().as_chunks().0);
            }
            stock.pop().unwrap_or_else(bytes)
        })
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
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn two_draws_differ() {
        let draws: Vec<_> = (0..1_000).map(|_| SystemRandom.ten_bytes()).collect();
        assert_eq!(draws.iter().collect::<HashSet<_>>().len(), draws.len());
        assert_ne!(SystemRandom.secret_bytes(), SystemRandom.secret_bytes());
    }
}
