//! Rules of this service.
