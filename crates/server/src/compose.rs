//! Puts the services together over their adapters.

use std::num::NonZeroU32;
use std::sync::Arc;

use application::{AccountPorts, Accounts, DoctorRules, Doctors, Health, Mappings, Patients};
use domain::EmailRule;
use domain::ports::{Clock, Random};
use http_api::{AppState, Draining, HttpSettings};
use persistence::{DatabaseSettings, Stores};
use security::{
    BcryptHasher, HashingSettings, KeyRing, SecretKey, Signer, Strength, SystemClock, SystemRandom,
};

use crate::settings::Settings;
use crate::{StartError, data_dir};

/// Opens the database, applies missing migrations unless the settings say no, and builds every service.
///
/// Makes the data folder and the signing secret where they are needed and missing. Blocks.
pub fn compose(settings: &Settings) -> Result<AppState, StartError> {
    compose_with(settings, &data_dir::secret(settings)?)
}

/// The same with the signing secret at hand.
pub(crate) fn compose_with(settings: &Settings, secret: &SecretKey) -> Result<AppState, StartError> {
    data_dir::prepare(settings)?;
    let url = settings.database_url.expose();
    if settings.database.migrate {
        for migration in persistence::migrate(url)? {
            tracing::info!(migration, "a migration was applied");
        }
    }
    let stores = Stores::connect(&database(settings))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let signer = Signer::new(KeyRing::new(secret), settings.auth.access_lifetime(), Arc::clone(&random))?;
    let ports = AccountPorts {
        users: Arc::clone(&stores.users),
        sessions: stores.sessions,
        hasher: Arc::new(BcryptHasher::new(&hashing(settings))?),
        strength: Arc::new(Strength),
        signer: Arc::new(signer),
        clock: Arc::clone(&clock),
        random: Arc::clone(&random),
    };
    Ok(AppState {
        accounts: Accounts::new(ports, settings.auth.session_rules()),
        patients: Patients::new(stores.patients, Arc::clone(&clock)),
        doctors: Doctors::new(stores.doctors, stores.users, Arc::clone(&clock), doctor_rules(settings)),
        mappings: Mappings::new(stores.mappings, Arc::clone(&clock)),
        health: Health::new(stores.probe),
        clock,
        random,
        draining: Draining::default(),
        settings: http(settings),
    })
}

/// What the settings decide about the interface.
pub(crate) fn http(settings: &Settings) -> HttpSettings {
    HttpSettings {
        mapping_detail: settings.api.mapping_detail.into(),
        require_if_match: settings.api.require_if_match,
    }
}

fn database(settings: &Settings) -> DatabaseSettings {
    let defaults = DatabaseSettings::new(settings.database_url.expose());
    let connections = NonZeroU32::new(settings.database.connections).unwrap_or(defaults.connections);
    DatabaseSettings { connections, ..defaults }
}

fn hashing(settings: &Settings) -> HashingSettings {
    HashingSettings {
        cost: settings.auth.password_cost,
        pepper: settings.password_pepper.clone(),
        ..HashingSettings::default()
    }
}

fn doctor_rules(settings: &Settings) -> DoctorRules {
    let email = if settings.doctors.unique_email { EmailRule::Unique } else { EmailRule::Shared };
    DoctorRules { write: settings.access.doctors_write.into(), email }
}
