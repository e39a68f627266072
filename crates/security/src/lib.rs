//! Adapters for the domain's ports of time, chance, passwords, tokens and rates of requests.
//!
//! * [`SystemClock`] and [`SystemRandom`]: the operating system's clock and source of chance.
//! * [`BcryptHasher`]: bcrypt without its 72-byte limit, on threads of its own.
//! * [`Strength`]: how easily a password is guessed, by zxcvbn.
//! * [`Signer`]: access tokens (JSON Web Tokens) and opaque refresh tokens, from one [`KeyRing`].
//! * [`KeyFile`]: keys with the time of each, as a file holds them.
//! * [`LocalRateLimiter`]: rates of requests, counted in this process.

mod clock;
mod key_file;
mod keys;
mod limits;
mod passwords;
mod random;
mod strength;
mod tokens;

pub use clock::SystemClock;
pub use key_file::{Algorithm, KeyFile, KeyFileError};
pub use keys::KeyRing;
pub use keys::private::{PrivateKey, PrivateKeyError};
pub use keys::secret::{SecretKey, SecretKeyError};
pub use limits::LocalRateLimiter;
pub use passwords::{BcryptHasher, HasherError, HashingLoad, HashingSettings};
pub use random::SystemRandom;
pub use strength::Strength;
pub use tokens::Signer;
