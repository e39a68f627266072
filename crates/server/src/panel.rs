//! The admin panel, over the same services as the interface.

use std::sync::Arc;

use admin::{Panel, PanelLimits, PanelParts, Peer, System};
use application::{Administration, AdministrationPorts};
use http_api::{AppState, customer};
use persistence::Stores;

use crate::audit::{anchor_file, noted};
use crate::settings::{Environment, Settings};

/// The panel of a server with these stores and services.
pub(crate) fn over(settings: &Settings, stores: Stores, state: &AppState) -> Panel {
    let ports = AdministrationPorts {
        sessions: stores.admin_sessions,
        records: stores.admin_records,
        patients: stores.patients,
        mappings: stores.mappings,
        history: stores.history,
        users: stores.users,
        resets: stores.resets,
        mover: stores.mover,
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
    let anchors = anchor_file(settings);
    let noted = move || {
        let noted = anchors.as_deref().filter(|file| file.exists()).map(noted);
        noted.transpose().map_or_else(
            |error| {
                tracing::error!(%error, "the noted heads of the audit trail cannot be read");
                Vec::new()
            },
            |noted| noted.map(|noted| noted.heads).unwrap_or_default(),
        )
    };
    Panel::new(PanelParts {
        administration: Administration::new(ports, state.accounts.clone(), settings.admin.rules()),
        doctors: state.doctors.clone(),
        audit: state.audit.clone(),
        audit_log: state.audit_log.clone(),
        health: state.health.clone(),
        clock: Arc::clone(&state.clock),
        random: Arc::clone(&state.random),
        limits,
        peer: Arc::new(peer),
        is_tls: state.settings.is_tls,
        zone: settings.admin.time_zone,
        noted: Arc::new(noted),
        system: System {
            environment: match settings.server.environment {
                Environment::Development => "development",
                Environment::Production => "production",
            },
            database: settings.database_url.describe(),
            warnings: settings.warnings(),
        },
    })
}
