//! The admin panel, over the same services as the interface.

use std::sync::Arc;

use admin::{Panel, PanelLimits, PanelParts, Peer};
use application::{Administration, AdministrationPorts, PanelRules};
use http_api::{AppState, customer};
use persistence::Stores;

/// The panel of a server with these stores and services.
pub(crate) fn over(stores: Stores, state: &AppState) -> Panel {
    let ports = AdministrationPorts {
        sessions: stores.admin_sessions,
        records: stores.admin_records,
        patients: stores.patients,
        mappings: stores.mappings,
        history: stores.history,
        users: stores.users,
        clock: Arc::clone(&state.clock),
        random: Arc::clone(&state.random),
    };
    let proxies = state.trusted_proxies.clone();
    let peer = move |request: &_| {
        let address = proxies.client_of(request);
        Peer { address, customer: address.map(customer).unwrap_or_default() }
    };
    let limits = state.limits.as_ref().map(|limits| PanelLimits {
        limiter: Arc::clone(&limits.limiter),
        anonymous: limits.anonymous,
        user: limits.user,
        sign_in: limits.sign_in,
    });
    Panel::new(PanelParts {
        administration: Administration::new(ports, state.accounts.clone(), PanelRules::default()),
        doctors: state.doctors.clone(),
        audit: state.audit.clone(),
        audit_log: state.audit_log.clone(),
        health: state.health.clone(),
        clock: Arc::clone(&state.clock),
        random: Arc::clone(&state.random),
        limits,
        peer: Arc::new(peer),
        is_tls: state.settings.is_tls,
    })
}
