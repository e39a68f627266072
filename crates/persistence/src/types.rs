//! SQL types that both databases keep in their own way, and what they are in Rust.

mod instant;
mod key;

pub(crate) use self::instant::{At, Instant};
pub(crate) use self::key::{SessionKey, Uid};
