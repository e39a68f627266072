//! Adapters for the domain's ports of time, chance, passwords and tokens.
//!
//! * [`SystemClock`] and [`SystemRandom`]: the operating system's clock and source of chance.
//! * [`BcryptHasher`]: bcrypt without its 72-byte limit, on threads of its own.
//! * [`Strength`]: how easily a password is guessed, by zxcvbn.
//! * [`Signer`]: access tokens (JSON Web Tokens) and opaque refresh tokens, from one [`KeyRing`].

mod clock;
mod keys;
mod passwords;
mod random;
mod strength;
mod tokens;

pub use clock::SystemClock;
pub use keys::{KeyRing, SecretKey, SecretKeyError};
pub use passwords::{BcryptHasher, HasherError, HashingSettings};
pub use random::SystemRandom;
pub use strength::Strength;
pub use tokens::Signer;
