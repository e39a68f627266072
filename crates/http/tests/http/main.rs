//! The REST interface over mocked stores: status, headers and body of every route, and what the stores are asked.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod answer;
mod caller;
mod clinic;
mod conformance;
mod documented;
mod samples;

mod accounts;
mod addresses;
mod audit;
mod authentication;
mod bodies;
mod browsers;
mod conditions;
mod cursors;
mod doctors;
mod document;
mod echoes;
mod envelope;
mod error_table;
mod fields;
mod filters;
mod history;
mod limits;
mod load;
mod logs;
mod mappings;
mod methods;
mod once;
mod own_account;
mod owners;
mod pages;
mod password;
mod patients;
mod probes;
mod public_keys;
mod sessions;
mod sheets;
mod signing_in;
mod throttle;
mod trail;
