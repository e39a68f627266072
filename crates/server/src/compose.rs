//! Puts the services together over their adapters.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use admin::Panel;
use application::{
    AccountPorts, Accounts, Audit, AuditLog, DoctorRules, Doctors, Health, Mappings, Patients, Sheets,
};
use domain::EmailRule;
use domain::ports::{Clock, Random, RateLimiter};
use http_api::{AppState, Draining, HttpSettings, Limits, Load, TrustedProxies};
use persistence::{DatabaseSettings, Stores};
use security::{BcryptHasher, HashingSettings, LocalRateLimiter, Strength, SystemClock, SystemRandom};
use transfer::sheet::OwnPatients;

use crate::audit::{Trail, anchor_file};
use crate::keys::Keys;
use crate::metrics::Watched;
use crate::settings::Settings;
use crate::{StartError, data_dir, panel};

/// Opens the database, applies missing migrations unless the settings say no, and builds every service.
///
/// Makes the data folder and the signing secret where they are needed and missing. Blocks.
pub fn compose(settings: &Settings) -> Result<AppState, StartError> {
    Ok(compose_with(settings, &Keys::open(settings)?)?.state)
}

/// Everything that a server consists of.
pub(crate) struct Composed {
    /// The services, as the interface has them.
    pub(crate) state: AppState,
    /// The admin panel over the same services.
    pub(crate) panel: Panel,
    /// What keeps the audit trail.
    pub(crate) trail: Trail,
    /// What whoever asks for metrics is told of.
    pub(crate) watched: Watched,
}

/// The same with the keys at hand.
pub(crate) fn compose_with(settings: &Settings, keys: &Keys) -> Result<Composed, StartError> {
    data_dir::prepare(settings)?;
    let url = settings.database_url.expose();
    if settings.database.migrate {
        for migration in persistence::migrate(url)? {
            tracing::info!(migration, "a migration was applied");
        }
    }
    let stores = Stores::connect(&database(settings))?;
    let all = stores.clone();
    let hasher = Arc::new(BcryptHasher::new(&hashing(settings))?);
    let passwords = Arc::clone(&hasher);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let ports = AccountPorts {
        users: Arc::clone(&stores.users),
        sessions: stores.sessions,
        invitations: stores.invitations,
        hasher: passwords,
        strength: Arc::new(Strength),
        signer: keys.signer(),
        clock: Arc::clone(&clock),
        random: Arc::clone(&random),
    };
    let (audit, writer) =
        Audit::new(Arc::clone(&stores.audit), Arc::clone(&clock), settings.audit.reads.into());
    let (store, anchors) = (Arc::clone(&stores.audit), anchor_file(settings));
    let trail = Trail { writer, store, clock: Arc::clone(&clock), anchors };
    let accounts =
        Accounts::new(ports, settings.auth.session_rules()).registering(settings.access.registration.into());
    let is_limited = settings.limits.enabled;
    let state = AppState {
        accounts: if is_limited { accounts.throttled(stores.throttle) } else { accounts },
        patients: Patients::new(stores.patients, Arc::clone(&stores.history), Arc::clone(&clock)),
        sheets: sheets(settings, &all, Arc::clone(&clock)),
        doctors: Doctors::new(
            stores.doctors,
            Arc::clone(&stores.history),
            Arc::clone(&stores.users),
            Arc::clone(&clock),
            doctor_rules(settings),
        ),
        audit,
        audit_log: AuditLog::new(stores.audit, Arc::clone(&stores.history), stores.users),
        mappings: Mappings::new(stores.mappings, stores.history, Arc::clone(&clock)),
        health: Health::new(stores.probe),
        clock,
        random,
        draining: Draining::default(),
        limits: is_limited.then(|| limits(settings, stores.limiter)),
        trusted_proxies: TrustedProxies::new(settings.server.trusted_proxies.clone()),
        load: Load::new(settings.server.max_in_flight),
        cors_origins: settings.api.cors_origins.clone(),
        settings: http(settings),
    };
    let watched =
        Watched { database: stores.load, audit: state.audit.clone(), hasher, load: state.load.clone() };
    let panel = panel::over(settings, all, &state);
    Ok(Composed { state, panel, trail, watched })
}

fn sheets(settings: &Settings, stores: &Stores, clock: Arc<dyn Clock>) -> Sheets {
    let own = OwnPatients {
        intake: Arc::clone(&stores.intake),
        users: Arc::clone(&stores.users),
        patients: Arc::clone(&stores.patients),
        doctors: Arc::clone(&stores.doctors),
        mappings: Arc::clone(&stores.mappings),
    };
    let (patients, users) = (Arc::clone(&stores.patients), Arc::clone(&stores.users));
    Sheets::new(Arc::new(own), patients, users, clock, settings.sheets.limits())
}

/// What the settings decide about the interface.
pub(crate) fn http(settings: &Settings) -> HttpSettings {
    HttpSettings {
        mapping_detail: settings.api.mapping_detail.into(),
        require_if_match: settings.api.require_if_match,
        is_tls: settings.server.tls_files().is_some(),
    }
}

/// What the settings say about the database.
pub(crate) fn database(settings: &Settings) -> DatabaseSettings {
    let defaults = DatabaseSettings::new(settings.database_url.expose());
    let connections = NonZeroU32::new(settings.database.connections).unwrap_or(defaults.connections);
    DatabaseSettings { connections, seal_key: settings.seal_key.clone(), ..defaults }
}

/// What the settings say about hashing passwords.
pub(crate) fn hashing(settings: &Settings) -> HashingSettings {
    let defaults = HashingSettings::default();
    HashingSettings {
        cost: settings.auth.password_cost,
        threads: NonZeroUsize::new(settings.auth.password_threads.into()).unwrap_or(defaults.threads),
        pepper: settings.password_pepper.clone(),
        ..defaults
    }
}

/// Replicas count in their database together, a process alone by itself.
fn limits(settings: &Settings, shared: Option<Arc<dyn RateLimiter>>) -> Limits {
    Limits {
        limiter: shared.unwrap_or_else(|| Arc::new(LocalRateLimiter::new())),
        anonymous: settings.limits.anonymous,
        user: settings.limits.user,
        sign_in: settings.limits.sign_in,
    }
}

fn doctor_rules(settings: &Settings) -> DoctorRules {
    let email = if settings.doctors.unique_email { EmailRule::Unique } else { EmailRule::Shared };
    DoctorRules { write: settings.access.doctors_write.into(), email }
}
