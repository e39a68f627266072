//! What stands behind the interface: mocked stores, and time, chance, passwords and tokens without surprises.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{MessageBody, to_bytes};
use actix_web::http::header::ACCESS_CONTROL_REQUEST_METHOD;
use actix_web::test::{TestRequest, call_service, init_service};
use application::{
    AccountPorts, Accounts, Audit, AuditLog, AuditWriter, DoctorRules, Doctors, Health, Mappings, Patients,
    ReadAudit, SessionRules, SheetLimits, Sheets,
};
use domain::ports::{
    AccessClaims, AuditTrail, Clock, History, IssuedToken, MockAuditTrail, MockDatabaseProbe,
    MockDoctorRepository, MockHistory, MockInvitationRepository, MockMappingRepository,
    MockPatientRepository, MockPatientSheets, MockSessionRepository, MockSignInThrottle, MockUserRepository,
    PasswordStrength, PatientRepository, Random, RefreshClaims, TokenError, TokenSigner, UserRepository,
};
use domain::{
    Credentials, Listing, NewPassword, RefreshCounter, Registration, Rotation, RotationRule, SessionId,
    Snapshot, Timestamp, UserId,
};
use http_api::{
    AppState, Document, Draining, HttpSettings, Limits, Load, PublicKeys, Shared, TrustedProxies,
};
use serde_json::Value;
use testkit::fixed::{FixedClock, FixedRandom, PlainHasher, instant};

use crate::answer::{Answer, SEAL};
use crate::caller::{ANN_ID, BOB_ID};
use crate::{conformance, logs, samples};

pub(crate) const ROTATION: RotationRule =
    RotationRule { rotates: true, grace: Duration::from_secs(10), idle: Duration::from_hours(168) };

/// A server in the making. A store that the test did not prepare for a question fails the request.
#[derive(Default)]
pub(crate) struct Clinic {
    pub(crate) users: MockUserRepository,
    pub(crate) sessions: MockSessionRepository,
    pub(crate) patients: MockPatientRepository,
    pub(crate) sheets: MockPatientSheets,
    pub(crate) sheet_limits: SheetLimits,
    pub(crate) doctors: MockDoctorRepository,
    pub(crate) mappings: MockMappingRepository,
    pub(crate) history: MockHistory,
    pub(crate) trail: MockAuditTrail,
    pub(crate) probe: MockDatabaseProbe,
    pub(crate) settings: HttpSettings,
    pub(crate) registration: Registration,
    pub(crate) rules: DoctorRules,
    pub(crate) draining: Draining,
    pub(crate) limits: Option<Limits>,
    pub(crate) throttle: Option<MockSignInThrottle>,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) load: Load,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) public_keys: PublicKeys,
    /// Unless reads are to be on record before they are answered, nobody writes what is put on record.
    pub(crate) reads: ReadAudit,
}

impl Clinic {
    /// Every store answers every question with one of the samples. The only user is an administrator.
    pub(crate) fn working() -> Self {
        Self::default().answering()
    }

    /// The same, where the test has not prepared the store for a question.
    pub(crate) fn answering(self) -> Self {
        let mut clinic = self;
        let users = &mut clinic.users;
        users.expect_insert().returning(|_, _, _| Ok(samples::user()));
        users.expect_insert_invited().returning(|_, _, _, _| Ok(samples::user()));
        users.expect_find().returning(|_| Ok(Some(samples::admin())));
        users.expect_update().returning(|_, _, _, _| Ok(samples::user()));
        let hash = PlainHasher::hash_of(samples::PASSWORD);
        users.expect_find_credentials().returning(move |_| {
            Ok(Some(Credentials { user: samples::user(), password_hash: Some(hash.clone()) }))
        });
        let sessions = &mut clinic.sessions;
        sessions.expect_open().returning(|_, _, _, _, _| Ok(samples::user()));
        sessions.expect_list().returning(|_, _, _| Ok(vec![samples::session()]));
        sessions.expect_end().returning(|_, _, _| Ok(()));
        sessions.expect_end_all().returning(|_, _| Ok(vec![]));
        let change = sessions.expect_change_password();
        change.returning(|_, _, _, _, _| Ok((RefreshCounter::FIRST.next(), vec![])));
        let rotate = sessions.expect_rotate();
        rotate.returning(|_, _, _, _| Ok(Rotation::Granted { user: ANN_ID, counter: RefreshCounter::FIRST }));
        let patients = &mut clinic.patients;
        patients.expect_insert().returning(|_, _, _| Ok(samples::patient()));
        patients.expect_find().returning(|_, _| Ok(Some(samples::patient())));
        patients.expect_list().returning(|_, _, _| Ok(only(samples::patient())));
        patients.expect_update().returning(|_, _, _, _, _| Ok(samples::patient()));
        patients.expect_delete().returning(|_, _, _, _| Ok(()));
        let sheets = &mut clinic.sheets;
        sheets.expect_count().returning(|_| Ok(2));
        sheets.expect_take_in().returning(|_, _, _| Ok(samples::sheet_report()));
        sheets.expect_header().returning(|_| Ok("name\r\n".to_owned()));
        sheets.expect_line().returning(|_, patient| Ok(format!("{}\r\n", patient.details.name.full())));
        let doctors = &mut clinic.doctors;
        doctors.expect_insert().returning(|_, _, _, _| Ok(samples::doctor()));
        doctors.expect_find().returning(|_| Ok(Some(samples::doctor())));
        doctors.expect_list().returning(|_, _| Ok(only(samples::doctor())));
        doctors.expect_update().returning(|_, _, _, _, _| Ok(samples::doctor()));
        doctors.expect_retire().returning(|_, _, _| Ok(()));
        let mappings = &mut clinic.mappings;
        mappings.expect_assign().returning(|_, _, _| Ok(samples::mapping()));
        mappings.expect_find().returning(|_, _, _| Ok(Some(samples::mapping())));
        mappings.expect_list().returning(|_, _, _| Ok(only(samples::mapping())));
        mappings.expect_doctors_of().returning(|_, _, _| Ok(only(samples::assigned_doctor())));
        mappings.expect_update_notes().returning(|_, _, _, _, _| Ok(samples::mapping()));
        mappings.expect_end().returning(|_, _, _, _| Ok(()));
        let history = &mut clinic.history;
        history.expect_of_patient().returning(|_, _| Ok(Some(vec![samples::version_entry()])));
        history.expect_of_doctor().returning(|_| Ok(Some(vec![samples::version_entry()])));
        history.expect_of_mapping().returning(|_, _| Ok(Some(vec![samples::version_entry()])));
        history.expect_patient_at().returning(|_, _, _| Ok(Some(as_it_was(samples::patient()))));
        history.expect_doctor_at().returning(|_, _| Ok(Some(as_it_was(samples::doctor()))));
        history.expect_mapping_at().returning(|_, _, _| Ok(Some(as_it_was(samples::mapping()))));
        history.expect_restore_patient().returning(|_, _, _| Ok(samples::patient()));
        history.expect_restore_doctor().returning(|_, _, _| Ok(samples::doctor()));
        clinic.trail.expect_list().returning(|_, _| Ok(only(samples::event())));
        clinic.probe.expect_check().returning(|| Ok(()));
        clinic.public_keys = PublicKeys::new(|| Some(samples::PUBLIC_KEYS.to_owned()));
        clinic
    }

    /// The server.
    pub(crate) fn open(mut self) -> Open {
        logs::switch_on();
        // Nobody has asked yet which sessions have ended, so each request asks for its own.
        self.sessions.expect_is_live().returning(|_| Ok(true));
        let clock: Arc<dyn Clock> = Arc::new(FixedClock::default());
        let random: Arc<dyn Random> = Arc::new(FixedRandom::default());
        let users: Arc<dyn UserRepository> = Arc::new(self.users);
        let ports = ports(&users, self.sessions, &clock, &random);
        let rules = SessionRules {
            rotation: ROTATION,
            lifetime: Duration::from_hours(720),
            access: Duration::from_mins(15),
        };
        let history: Arc<dyn History> = Arc::new(self.history);
        let trail: Arc<dyn AuditTrail> = Arc::new(self.trail);
        let (audit, writer) = Audit::new(Arc::clone(&trail), Arc::clone(&clock), self.reads);
        let writer = if self.reads == ReadAudit::Strict {
            actix_web::rt::spawn(writer.run());
            None
        } else {
            Some(writer)
        };
        let accounts = Accounts::new(ports, rules).registering(self.registration);
        let patients: Arc<dyn PatientRepository> = Arc::new(self.patients);
        let sheets = Sheets::new(
            Arc::new(self.sheets),
            Arc::clone(&patients),
            Arc::clone(&users),
            Arc::clone(&clock),
            self.sheet_limits,
        );
        let shared = Shared::new(AppState {
            accounts: match self.throttle {
                Some(throttle) => accounts.throttled(Arc::new(throttle)),
                None => accounts,
            },
            patients: Patients::new(patients, Arc::clone(&history), Arc::clone(&clock)),
            sheets,
            audit_log: AuditLog::new(trail, Arc::clone(&history), Arc::clone(&users)),
            doctors: Doctors::new(
                Arc::new(self.doctors),
                Arc::clone(&history),
                users,
                Arc::clone(&clock),
                self.rules,
            ),
            mappings: Mappings::new(Arc::new(self.mappings), Arc::clone(&history), Arc::clone(&clock)),
            audit: audit.clone(),
            health: Health::new(Arc::new(self.probe)),
            clock,
            random,
            draining: self.draining,
            limits: self.limits,
            trusted_proxies: self.trusted_proxies,
            load: self.load,
            cors_origins: self.cors_origins,
            settings: self.settings,
        })
        .publishing(self.public_keys);
        let document = serde_json::from_str(&Document::new(self.settings).json).unwrap();
        Open { shared, document, audit, _writer: writer }
    }
}

/// What accounts need.
fn ports(
    users: &Arc<dyn UserRepository>,
    sessions: MockSessionRepository,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> AccountPorts {
    AccountPorts {
        users: Arc::clone(users),
        sessions: Arc::new(sessions),
        invitations: Arc::new(MockInvitationRepository::new()),
        hasher: Arc::new(PlainHasher),
        strength: Arc::new(OwnWords),
        signer: Arc::new(PlainTokens::default()),
        clock: Arc::clone(clock),
        random: Arc::clone(random),
    }
}

/// The sample of a version of `record`.
pub(crate) fn as_it_was<T>(record: T) -> Snapshot<T> {
    Snapshot { entry: samples::version_entry(), record }
}

/// A list that ends with its only record.
pub(crate) fn only<T, Id>(item: T) -> Listing<T, Id> {
    Listing { items: vec![item], next: None, total: None }
}

/// A server.
pub(crate) struct Open {
    pub(crate) shared: Shared,
    pub(crate) document: Value,
    /// What the server puts calls on record by.
    pub(crate) audit: Audit,
    /// Takes what is put on record, where nobody writes it; without it nothing is answered.
    _writer: Option<AuditWriter>,
}

impl Open {
    /// What comes of one request.
    pub(crate) async fn answer(&self, request: TestRequest) -> Answer {
        self.answers([request]).await.remove(0)
    }

    /// What comes of requests, one after another. Each answer has to be as the document says.
    pub(crate) async fn answers(&self, requests: impl IntoIterator<Item = TestRequest>) -> Vec<Answer> {
        let app = init_service(http_api::app(&self.shared)).await;
        let mut answers = Vec::new();
        for request in requests {
            let request = request.to_request();
            let (method, path) = (request.method().clone(), request.path().to_owned());
            // What browsers ask before a request is no operation of the document.
            let is_preflight = request.head().headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
            let response = call_service(&app, request).await;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let body = to_bytes(response.into_body().boxed()).await.unwrap().to_vec();
            let answer = Answer { status, headers, body };
            for name in SEAL {
                assert!(!answer.header(name).is_empty(), "{method} {path}: {status} without {name}");
            }
            if !is_preflight {
                conformance::check(&self.document, &method, &path, &answer);
            }
            answers.push(answer);
        }
        answers
    }
}

/// The session of the token `ann-here` and of every refresh token.
pub(crate) fn session_id() -> SessionId {
    SessionId::generate(instant(), [9; 10])
}

/// Tokens that can be read: `ann`, `bob` and `ann-here` are good, `late` was, and nothing else is.
#[derive(Default)]
struct PlainTokens(FixedRandom);

impl TokenSigner for PlainTokens {
    fn access_token(&self, user: UserId, _: SessionId, now: Timestamp) -> Result<IssuedToken, TokenError> {
        let expires_at = now.plus(Duration::from_mins(15));
        Ok(IssuedToken { token: format!("access-{user}"), expires_at })
    }

    fn verify_access(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenError> {
        let another = || SessionId::generate(instant(), self.0.ten_bytes());
        let (user, session) = match token {
            "ann" => (ANN_ID, another()),
            "ann-here" => (ANN_ID, session_id()),
            "bob" => (BOB_ID, another()),
            "late" => return Err(TokenError::Expired),
            _ => return Err(TokenError::Forged),
        };
        Ok(AccessClaims { user, session, expires_at: now })
    }

    fn refresh_token(&self, _: SessionId, counter: RefreshCounter) -> Result<String, TokenError> {
        Ok(format!("refresh-{}", counter.get()))
    }

    fn verify_refresh(&self, token: &str) -> Result<RefreshClaims, TokenError> {
        let counter = token.strip_prefix("refresh-").and_then(|text| text.parse().ok());
        let counter = counter.and_then(RefreshCounter::new).ok_or(TokenError::Forged)?;
        Ok(RefreshClaims { session: session_id(), counter })
    }
}

/// Guesses nothing but the user's own words.
struct OwnWords;

impl PasswordStrength for OwnWords {
    fn is_guessable(&self, password: &NewPassword, own_words: &[String]) -> bool {
        own_words.iter().any(|word| password.password().expose().contains(word.as_str()))
    }
}
