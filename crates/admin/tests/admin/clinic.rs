//! A clinic with a panel, an administrator, somebody of the staff, and an ordinary user.

use std::sync::Arc;
use std::time::Duration;

use actix_web::App;
use actix_web::body::to_bytes;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service};
use admin::{Panel, PanelLimits, PanelParts, Peer, System, Zone};
use application::{
    AccountPorts, Accounts, Administration, AdministrationPorts, Audit, AuditLog, DoctorRules, Doctors,
    Health, PanelRules, ReadAudit, SessionRules,
};
use domain::ports::{Clock, MockPasswordStrength, MockTokenSigner, Random};
use domain::{
    AuditFilter, Doctor, DoctorDetails, EmailRule, Mapping, NewMapping, Page, Patient, PatientDetails, Role,
    RotationRule, StoredEvent, User,
};
use persistence::{DatabaseSettings, Stores};
use tempfile::TempDir;
use testkit::builders;
use testkit::fixed::{FixedClock, FixedRandom, PlainHasher, stamped};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// Where the browser of a test believes to be.
const HOST: &str = "clinic.example";

pub(crate) struct Clinic {
    pub(crate) stores: Stores,
    pub(crate) clock: FixedClock,
    pub(crate) ann: User,
    panel: Panel,
    _folder: TempDir,
}

/// What came of a request.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// A browser that has signed in.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) cookie: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// The first token that stands on the page.
    pub(crate) fn token(&self) -> String {
        let (_, rest) = self.body.split_once("name=\"token\" value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }
}

impl Clinic {
    pub(crate) async fn open() -> Self {
        Self::limited(None).await
    }

    pub(crate) async fn limited(limits: Option<PanelLimits>) -> Self {
        let clinic = Self::without_admin(limits).await;
        add_user(&clinic.stores, "root", Role::Admin).await;
        clinic
    }

    /// A clinic that nobody administers yet.
    pub(crate) async fn without_admin(limits: Option<PanelLimits>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("clinic.db").display());
        persistence::migrate(&url).unwrap();
        let stores = Stores::connect(&DatabaseSettings::new(url)).unwrap();
        let clock = FixedClock::default();
        let panel = panel(&stores, &clock, limits);
        let ann = add_user(&stores, "ann", Role::Patient).await;
        add_user(&stores, "sam", Role::Staff).await;
        Self { stores, clock, ann, panel, _folder: folder }
    }

    pub(crate) async fn answer(&self, request: TestRequest) -> Answer {
        self.answer_at(request, HOST).await
    }

    /// The same by another name of the server.
    pub(crate) async fn answer_at(&self, request: TestRequest, host: &'static str) -> Answer {
        let app = init_service(App::new().configure(|config| self.panel.configure(config))).await;
        let request = request.insert_header(("host", host)).to_request();
        let response = call_service(&app, request).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = to_bytes(response.into_body()).await.unwrap_or_else(|_| panic!("the body broke off"));
        Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// What comes of a sign-in.
    pub(crate) async fn sign_in(&self, username: &str, password: &str) -> Answer {
        let form = [("username", username), ("password", password)];
        let request =
            TestRequest::post().uri("/admin/sign-in").insert_header(("sec-fetch-site", "same-origin"));
        self.answer(request.set_form(form)).await
    }

    /// A browser of this user.
    pub(crate) async fn browser(&self, username: &str) -> Browser {
        let answer = self.sign_in(username, PASSWORD).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let cookie = answer.header("set-cookie");
        Browser { cookie: cookie.split(';').next().unwrap().to_owned() }
    }

    pub(crate) async fn get(&self, browser: &Browser, path: &str) -> Answer {
        self.answer(TestRequest::get().uri(path).insert_header(("cookie", browser.cookie.as_str()))).await
    }

    /// Sends a form from a page that the browser has open.
    pub(crate) async fn post(&self, browser: &Browser, path: &str, form: &[(&str, &str)]) -> Answer {
        let token = self.get(browser, "/admin").await.token();
        self.post_with(browser, path, form, &token, ("origin", "http://clinic.example")).await
    }

    pub(crate) async fn post_with(
        &self,
        browser: &Browser,
        path: &str,
        form: &[(&str, &str)],
        token: &str,
        header: (&'static str, &'static str),
    ) -> Answer {
        let form: Vec<_> = form.iter().copied().chain([("token", token)]).collect();
        let request = TestRequest::post().uri(path).insert_header(("cookie", browser.cookie.as_str()));
        self.answer(request.insert_header(header).set_form(form)).await
    }

    /// A doctor of the directory.
    pub(crate) async fn doctor(&self, details: &DoctorDetails) -> Doctor {
        let stamp = stamped(self.clock.now());
        self.stores.doctors.insert(self.ann.id, details, EmailRule::Shared, &stamp).await.unwrap()
    }

    /// That doctor assigned to a patient.
    pub(crate) async fn assign(&self, patient: &Patient, doctor: &Doctor) -> Mapping {
        let new = NewMapping { patient: patient.id, doctor: doctor.id, notes: None };
        let stamp = stamped(self.clock.now());
        self.stores.mappings.assign(patient.owner, &new, &stamp).await.unwrap().mapping
    }

    /// The path by which the first administrator is made.
    pub(crate) async fn set_up(&self) -> Option<String> {
        self.panel.offer_set_up().await.unwrap()
    }

    /// A patient of Ann's.
    pub(crate) async fn patient(&self, details: &PatientDetails) -> Patient {
        let stamp = stamped(self.clock.now());
        self.stores.patients.insert(self.ann.id, details, &stamp).await.unwrap()
    }

    /// Patients of these names; how each is selected in a list.
    pub(crate) async fn patients(&self, names: [&str; 3]) -> Vec<String> {
        let mut keys = Vec::new();
        for name in names {
            let patient = self.patient(&builders::patient().named(name).done()).await;
            keys.push(format!("{}/{}", patient.owner, patient.id));
        }
        keys
    }

    /// Where that patient's page is.
    pub(crate) fn page_of(patient: &Patient) -> String {
        format!("/admin/patients/{}/{}", patient.owner, patient.id)
    }

    /// What is on record of an operation, newest first.
    pub(crate) async fn events(&self, operation: &str) -> Vec<StoredEvent> {
        let filter = AuditFilter { operation: Some(operation.to_owned()), ..AuditFilter::default() };
        self.stores.audit.list(&filter, Page::default()).await.unwrap().items
    }
}

async fn add_user(stores: &Stores, name: &str, role: Role) -> User {
    let mut user = builders::user().username(name).hash(PlainHasher::hash_of(PASSWORD)).done();
    user.role = role;
    stores.users.insert(&user, None, &stamped(FixedClock::default().now())).await.unwrap()
}

fn panel(stores: &Stores, clock: &FixedClock, limits: Option<PanelLimits>) -> Panel {
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let random: Arc<dyn Random> = Arc::new(FixedRandom::default());
    let accounts = accounts(stores, &clock, &random);
    let (audit, writer) = Audit::new(Arc::clone(&stores.audit), Arc::clone(&clock), ReadAudit::Strict);
    actix_web::rt::spawn(writer.run());
    let ports = AdministrationPorts {
        sessions: Arc::clone(&stores.admin_sessions),
        records: Arc::clone(&stores.admin_records),
        patients: Arc::clone(&stores.patients),
        mappings: Arc::clone(&stores.mappings),
        history: Arc::clone(&stores.history),
        users: Arc::clone(&stores.users),
        resets: Arc::clone(&stores.resets),
        mover: Arc::clone(&stores.mover),
        clock: Arc::clone(&clock),
        random: Arc::clone(&random),
    };
    Panel::new(PanelParts {
        administration: Administration::new(ports, accounts, PanelRules::default()),
        doctors: Doctors::new(
            Arc::clone(&stores.doctors),
            Arc::clone(&stores.history),
            Arc::clone(&stores.users),
            Arc::clone(&clock),
            DoctorRules::default(),
        ),
        audit,
        audit_log: AuditLog::new(
            Arc::clone(&stores.audit),
            Arc::clone(&stores.history),
            Arc::clone(&stores.users),
        ),
        health: Health::new(Arc::clone(&stores.probe)),
        clock,
        random,
        limits,
        peer: Arc::new(|request| {
            let address = request.peer_addr().map(|address| address.ip());
            Peer { address, customer: "192.0.2.1".to_owned() }
        }),
        is_tls: true,
        zone: Zone::UTC,
        noted: Arc::new(Vec::new),
        system: System {
            environment: "test",
            database: "SQLite clinic.db".to_owned(),
            warnings: vec!["the seals have no <key>".to_owned()],
        },
    })
}

fn accounts(stores: &Stores, clock: &Arc<dyn Clock>, random: &Arc<dyn Random>) -> Accounts {
    let mut strength = MockPasswordStrength::new();
    strength.expect_is_guessable().returning(|password, _| password.password().expose() == "password");
    let ports = AccountPorts {
        users: Arc::clone(&stores.users),
        sessions: Arc::clone(&stores.sessions),
        invitations: Arc::clone(&stores.invitations),
        hasher: Arc::new(PlainHasher),
        strength: Arc::new(strength),
        signer: Arc::new(MockTokenSigner::new()),
        clock: Arc::clone(clock),
        random: Arc::clone(random),
    };
    let day = Duration::from_hours(24);
    let rotation = RotationRule { rotates: true, grace: Duration::ZERO, idle: day };
    let accounts = Accounts::new(ports, SessionRules { rotation, lifetime: day, access: day });
    accounts.throttled(Arc::clone(&stores.throttle))
}
