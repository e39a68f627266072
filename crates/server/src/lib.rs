//! The server as a program: settings, command line, telemetry, and what puts the parts together.
//!
//! No rules live here. [`Settings::load`](settings::Settings::load) reads the settings once, [`compose`] builds
//! the services over their adapters, [`Server::start`] serves them; [`cli`] is the command line on top. Tests use
//! the same parts.

mod audit;
mod banner;
pub mod cli;
mod clients;
mod compose;
mod connections;
mod data_dir;
mod doctor;
mod key_store;
mod keys;
mod metrics;
mod output;
mod panel;
mod probe;
mod progress;
mod running;
mod seed;
pub mod settings;
mod start_error;
mod telemetry;
mod tls;

pub use compose::compose;
pub use running::{Running, Server};
pub use start_error::StartError;
