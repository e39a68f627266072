//! What every repository must keep: each "must" of [`domain::ports`] as a function that panics when it is broken.
//!
//! Nobody calls the functions by hand. [`repository_contract!`](crate::repository_contract) makes a `#[test]` of
//! each for a store with all repositories, [`patient_contract!`](crate::patient_contract) for one with patients
//! only. A function's name is its rule; each gets a fresh, empty store.
#![expect(missing_docs, reason = "the name of a rule says it")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a broken rule fails the test by a panic"
)]

mod check;
mod sample;

pub mod audit;
pub mod doctors;
pub mod eraser;
pub mod history;
pub mod intake;
pub mod invitations;
pub mod limits_rate;
pub mod limits_sign_in;
pub mod mappings;
pub mod once;
pub mod patients;
pub mod sessions;
pub mod users;

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;

use domain::ports::{
    AuditTrail, DoctorRepository, Eraser, History, Intake, InvitationRepository, MappingRepository,
    PatientRepository, RateLimiter, SessionRepository, SignInThrottle, UserRepository,
};
use domain::{Doctor, EmailRule, MappingView, NewMapping, Patient, User, UserId, UserName};

use crate::{builders, fixed};

/// A fresh, empty store and everything that it needs to live.
pub struct Repositories {
    /// Its users.
    pub users: Arc<dyn UserRepository>,
    /// Their sessions.
    pub sessions: Arc<dyn SessionRepository>,
    /// Invitations to become one.
    pub invitations: Arc<dyn InvitationRepository>,
    /// Their patients.
    pub patients: Arc<dyn PatientRepository>,
    /// The doctors.
    pub doctors: Arc<dyn DoctorRepository>,
    /// Which doctor is assigned to which patient.
    pub mappings: Arc<dyn MappingRepository>,
    /// The past of all of these.
    pub history: Arc<dyn History>,
    /// What erases people for good.
    pub eraser: Arc<dyn Eraser>,
    /// What takes in records from elsewhere.
    pub intake: Arc<dyn Intake>,
    /// Who did what.
    pub audit: Arc<dyn AuditTrail>,
    /// What no port can do but rules are about.
    pub deactivate: Deactivate,
    /// Dropped last: a database, a folder. `Box::new(())` when there is nothing to keep.
    pub guard: Box<dyn Any + Send>,
}

/// Makes a user inactive, behind the back of the ports.
pub struct Deactivate(Box<dyn Fn(UserId) -> BoxFuture>);

type BoxFuture = Pin<Box<dyn Future<Output = ()>>>;

impl Deactivate {
    /// By a function, such as one that runs `UPDATE users SET is_active = …`.
    pub fn by<F: Future<Output = ()> + 'static>(deactivate: impl Fn(UserId) -> F + 'static) -> Self {
        Self(Box::new(move |user| Box::pin(deactivate(user))))
    }
}

/// A fresh, empty store of patients and two users who may own some.
pub struct PatientStore {
    patients: Arc<dyn PatientRepository>,
    /// Whose records most rules are about.
    ann: (UserId, UserName),
    /// A stranger to Ann's records.
    eve: (UserId, UserName),
    _guard: Box<dyn Any + Send>,
}

impl PatientStore {
    /// A store that knows exactly these two users.
    pub fn new(patients: impl PatientRepository + 'static, owners: [(UserId, UserName); 2]) -> Self {
        Self::over(Arc::new(patients), owners, Box::new(()))
    }

    /// The patients of a store with all repositories.
    pub async fn of(store: Repositories) -> Self {
        let [ann, eve] = [store.user().await, store.user().await].map(|user| (user.id, user.username));
        Self::over(Arc::clone(&store.patients), [ann, eve], store.guard)
    }

    fn over(
        patients: Arc<dyn PatientRepository>,
        [ann, eve]: [(UserId, UserName); 2],
        guard: Box<dyn Any + Send>,
    ) -> Self {
        Self { patients, ann, eve, _guard: guard }
    }
}

/// An adapter whose state is fresh, as two replicas of the server see it.
pub struct Replicas<T: ?Sized> {
    /// What the one sees.
    pub one: Arc<T>,
    /// What the other sees; the same where there is one process only.
    pub other: Arc<T>,
    /// Dropped last: a database, a folder. `Box::new(())` when there is nothing to keep.
    pub guard: Box<dyn Any + Send>,
}

/// Counters of requests.
pub type Limiters = Replicas<dyn RateLimiter>;
/// Counters of attempts to sign in.
pub type Throttles = Replicas<dyn SignInThrottle>;
/// The audit trail.
pub type Trails = Replicas<dyn AuditTrail>;

impl<T: ?Sized> Replicas<T> {
    /// The one for even numbers, the other for odd ones.
    fn replica(&self, number: u32) -> &Arc<T> {
        if number.is_multiple_of(2) { &self.one } else { &self.other }
    }
}

impl Limiters {
    /// An adapter that counts for its own process only.
    pub fn alone(limiter: impl RateLimiter + 'static) -> Self {
        let one: Arc<dyn RateLimiter> = Arc::new(limiter);
        Self { other: Arc::clone(&one), one, guard: Box::new(()) }
    }
}

/// Runs one rule to its end on several threads. For the macros.
#[doc(hidden)]
pub fn run(rule: Pin<Box<dyn Future<Output = ()> + '_>>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
    runtime.unwrap().block_on(rule);
}

impl Repositories {
    /// A new user with a password.
    async fn user(&self) -> User {
        let new = builders::user().hash(fixed::PlainHasher::hash_of("first")).done();
        self.users.insert(&new, None, &fixed::stamped(fixed::instant())).await.unwrap()
    }

    /// A new doctor.
    async fn doctor(&self) -> Doctor {
        let creator = self.user().await.id;
        let details = builders::doctor().done();
        self.doctors
            .insert(creator, &details, EmailRule::Unique, &fixed::stamped(fixed::instant()))
            .await
            .unwrap()
    }

    /// A new patient of `owner`.
    async fn patient(&self, owner: UserId) -> Patient {
        self.patients
            .insert(owner, &builders::patient().done(), &fixed::stamped(fixed::instant()))
            .await
            .unwrap()
    }

    /// A new mapping between a new patient of a new owner and a new doctor.
    async fn mapping(&self) -> MappingView {
        let owner = self.user().await.id;
        let mapping = self.pair(owner).await;
        self.mappings.assign(owner, &mapping, &fixed::stamped(fixed::instant())).await.unwrap()
    }

    /// A new patient of `owner` and a new doctor, not assigned yet.
    async fn pair(&self, owner: UserId) -> NewMapping {
        builders::mapping(self.patient(owner).await.id, self.doctor().await.id).done()
    }
}

/// Makes a `#[test]` of every rule of every repository port, in the modules `users`, `invitations`,
/// `sessions`, `patients`, `doctors`, `mappings`, `once`, `history`, `eraser` and `intake`.
///
/// The argument is a future that gives a fresh [`Repositories`](crate::contract::Repositories); it is evaluated
/// anew for each test, inside a multi-threaded tokio runtime. Names in it are those of the module around it.
///
/// ```ignore
/// // tests/contract.rs
/// mod sqlite {
///     use testkit::contract::{Deactivate, Repositories};
///
///     async fn fresh() -> Repositories {
///         let folder = tempfile::tempdir().unwrap();
///         let store = Arc::new(open(folder.path()).await);
///         Repositories {
///             users: store.clone(), // … and the others
///             deactivate: Deactivate::by({
///                 let store = Arc::clone(&store);
///                 move |user| { let store = Arc::clone(&store); async move { store.deactivate(user).await } }
///             }),
///             guard: Box::new(folder),
///         }
///     }
///
///     testkit::repository_contract!(fresh());
/// }
/// ```
///
/// One rule alone: `cargo test sqlite::patients::delete_hides_the_record_everywhere`.
#[macro_export]
macro_rules! repository_contract {
    ($store:expr $(,)?) => {
        $crate::user_rules!($store);
        $crate::invitation_rules!($store);
        $crate::session_rules!($store);
        $crate::patient_rules!(async { $crate::contract::PatientStore::of($store.await).await });
        $crate::doctor_rules!($store);
        $crate::mapping_rules!($store);
        $crate::once_rules!($store);
        $crate::history_rules!($store);
        $crate::eraser_rules!($store);
        $crate::intake_rules!($store);
    };
}

/// Makes a `#[test]` of every rule of the port `PatientRepository`, in the module `patients`.
///
/// The argument is a future that gives a fresh [`PatientStore`](crate::contract::PatientStore); it is evaluated
/// anew for each test. `cargo run -p healthcore-domain --example in_memory` shows a store that passes.
///
/// ```ignore
/// testkit::patient_contract!(async { PatientStore::new(MyPatients::new(), [(ann, ann_name), (eve, eve_name)]) });
/// ```
#[macro_export]
macro_rules! patient_contract {
    ($store:expr $(,)?) => {
        $crate::patient_rules!($store);
    };
}

/// Makes a `#[test]` of every rule of the port `RateLimiter`, in the module `limits_rate`.
///
/// The argument is a future that gives fresh [`Limiters`](crate::contract::Limiters); it is evaluated anew for each
/// test.
#[macro_export]
macro_rules! rate_limit_contract {
    ($store:expr $(,)?) => {
        $crate::rate_rules!($store);
    };
}

/// Makes a `#[test]` of every rule of the port `SignInThrottle`, in the module `limits_sign_in`.
///
/// The argument is a future that gives fresh [`Throttles`](crate::contract::Throttles); it is evaluated anew for
/// each test.
#[macro_export]
macro_rules! sign_in_contract {
    ($store:expr $(,)?) => {
        $crate::sign_in_rules!($store);
    };
}

/// Makes a `#[test]` of every rule of the port `AuditTrail`, in the module `audit`.
///
/// The argument is a future that gives fresh [`Trails`](crate::contract::Trails); it is evaluated anew for each test.
#[macro_export]
macro_rules! audit_contract {
    ($store:expr $(,)?) => {
        $crate::audit_rules!($store);
    };
}

/// A module of tests, one for each rule.
#[doc(hidden)]
#[macro_export]
macro_rules! rules_as_tests {
    ($module:ident, $store:expr, $($rule:ident)+) => {
        mod $module {
            #[allow(unused_imports, clippy::wildcard_imports, reason = "the store is made by names from around")]
            use super::*;

            $(
                #[test]
                fn $rule() {
                    $crate::contract::run(::std::boxed::Box::pin(async {
                        let store = $store.await;
                        $crate::contract::$module::$rule(&store).await;
                    }));
                }
            )+
        }
    };
}

#[cfg(test)]
mod tests {
    /// The rules of a port as the macro lists them and as its files define them.
    fn listed_and_defined(port: &str, parts: &[&str]) -> (Vec<String>, Vec<String>) {
        let list = port.split_once("$store,").unwrap().1.split_once('}').unwrap().0;
        let mut listed: Vec<String> = list.split_whitespace().map(String::from).collect();
        let functions = parts.iter().flat_map(|part| part.split("pub async fn ").skip(1));
        let mut defined: Vec<String> =
            functions.map(|rest| rest.split_once('(').unwrap().0.to_owned()).collect();
        listed.sort();
        defined.sort();
        (listed, defined)
    }

    macro_rules! lists_each_rule {
        ($($port:ident: $($part:ident)*;)+) => {$(
            #[test]
            fn $port() {
                let (listed, defined) = listed_and_defined(
                    include_str!(concat!("contract/", stringify!($port), ".rs")),
                    &[$(include_str!(concat!("contract/", stringify!($port), "/", stringify!($part), ".rs"))),*],
                );
                assert_eq!(listed, defined, "a rule that the macro does not list is never tested");
            }
        )+};
    }

    lists_each_rule! {
        users: accounts changes standing;
        invitations: keeps uses;
        sessions: open rotate list end password;
        patients: records changes lists search;
        doctors: records unique changes lists;
        audit: appends lists seals prunes;
        limits_rate: takes parallel;
        limits_sign_in: attempts forgiving parallel;
        mappings: assign reads changes ends;
        once: records keys;
        history: steps versions restore events;
        eraser: erases;
        intake: batches looks;
    }
}
