//! Builders, repository contracts and servers for tests. A dev-dependency only: never part of the product.
//!
//! * [`builders`] make records in one line: `builders::patient().named("Ann").done()`.
//! * [`fixed`] holds a clock that stands still and other adapters without surprises.
//! * [`contract`] has a test for every "must" of the repository ports, for any store to run.
//! * [`fuzz`] feeds fuzz targets, in `cargo test` and under libFuzzer.
//! * `postgres` (feature `postgres`, on by default) starts a PostgreSQL and clones a database for each test.

pub mod builders;
pub mod contract;
pub mod fixed;
pub mod fuzz;
#[cfg(feature = "postgres")]
pub mod postgres;
