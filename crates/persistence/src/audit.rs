//! What makes the audit trail provable: the hash of each event, and a chain of seals over them.
//!
//! A seal covers a run of events. Its hash is taken over the hashes of the events, the columns of the seal and the
//! hash of the seal before: SHA-256, or HMAC-SHA-256 under a key. So no event can be changed, deleted, put in or
//! moved without breaking a seal, and no seal without breaking all that follow.

mod chain;
mod check;
mod leaf;

pub(crate) use self::chain::Sealer;
pub(crate) use self::check::{Finding, Found, Progress, Run};
pub(crate) use self::leaf::{Digest, Leaf, unpacked};
