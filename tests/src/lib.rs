//! The tests of Healthcore as a product: the rules between its crates (`tests/architecture.rs`), and the real
//! server over real sockets on SQLite and on PostgreSQL (`tests/product`). The library itself is empty: what the
//! tests share needs crates that only tests may use.
