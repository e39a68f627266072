//! The audit trail on both databases: the contract of its port, what nobody may do to its tables, and what is found
//! out when somebody does it all the same.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod audit {
    mod contract;
    mod database;
    mod late;
    mod rates;
    mod slices;
    mod tampering;
    mod triggers;
    mod written;
}
