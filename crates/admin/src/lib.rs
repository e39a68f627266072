//! The admin panel: pages for the clinic's own people, made on the server over the services of [`application`].
//!
//! An endpoint is a line in the table of its module in `routes`; `gate` lets a request in, checks where a form comes
//! from, and puts the call on record. Every page works without script; htmx only makes it quicker.

mod asset;
mod cookie;
mod csv;
mod deeds;
mod details;
mod form;
mod gate;
mod list;
mod page;
mod panel;
mod query;
mod refusal;
mod routes;
mod token;
mod view;
mod zone;

pub use panel::{Panel, PanelLimits, PanelParts, Peer, System};
pub use zone::Zone;
