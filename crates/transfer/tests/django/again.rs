//! Twice is once; broken off goes on; a dry run says what the real one says; ids collide with nobody's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use domain::ports::{Constraint, Intake, Record, RepositoryError};
use domain::{
    Batch, DoctorId, EmailRule, ExternalId, HumanName, IncomingDoctor, IncomingMapping, IncomingPatient,
    IncomingUser, Known, MappingId, NewUser, PatientDetails, PatientId, PersonName, RecordId, SourceName,
    Stamp, UserId, UserName,
};
use transfer::EmptyTarget;
use transfer::django::{self, Options, PlanError};

use crate::world::{Database, World, lines, options, origin, stamp, tallies};

const BOTH: [Database; 2] = [Database::Sqlite, Database::Postgres];

#[tokio::test]
async fn a_second_run_adds_nothing() {
    for database in BOTH {
        let (world, _) = World::with(database, "s1", "json").await;
        for kind in ["json", "sql", "sqlite3"] {
            let (report, map) = world.import(&origin("s1", kind), &options("s1")).await;
            assert_eq!(tallies(&report), ["0+0+0+12=12", "0+0+0+25=25", "0+0+0+60=60", "0+0+0+80=80"]);
            assert!(lines(&report).is_empty());
            assert_eq!((map.lines().count(), map.kept()), (177, 177));
        }
        world.counts([11, 10, 7, 3, 6, 5, 6, 3, 4, 1, 4], 77, 77, 3);
    }
}

#[tokio::test]
async fn a_dry_run_says_what_the_real_one_says_and_writes_nothing() {
    for database in BOTH {
        let world = World::new(database).await;
        let dry = world.plan(&origin("s2", "sql"), &options("s2")).await.report;
        let source = django::read(&origin("s2", "sql")).unwrap();
        let nowhere = django::plan(&source, &EmptyTarget, &options("s2")).await.unwrap().report;
        assert_eq!(world.count("users"), 0);
        let (real, _) = world.import(&origin("s2", "sql"), &options("s2")).await;
        assert!(dry == real && nowhere == real);
    }
}

#[tokio::test]
async fn new_records_get_ids_above_those_that_were_kept() {
    for database in BOTH {
        let (world, _) = World::with(database, "s0", "json").await;
        let name = HumanName::from_full(PersonName::parse("Ann").unwrap());
        let owner = UserId::new(2).unwrap();
        let stamp = Stamp { user: Some(owner), ..stamp() };
        let made = world.stores.patients.insert(owner, &PatientDetails::named(name), &stamp).await.unwrap();
        assert!(made.id.get() > 4_294_967_297);
        let user = NewUser::new(UserName::parse("new").ok(), None).unwrap();
        assert_eq!(world.stores.users.insert(&user, None, &stamp).await.unwrap().id.get(), 13);
    }
}

#[tokio::test]
async fn where_somebody_is_already_the_records_of_that_kind_get_new_ids() {
    for database in BOTH {
        let world = World::new(database).await;
        let admin = NewUser::new(UserName::parse("FRONT.desk").ok(), None).unwrap();
        world.stores.users.insert(&admin, None, &stamp()).await.unwrap();
        let (report, map) = world.import(&origin("s0", "sql"), &options("s0")).await;
        assert!(
            lines(&report)
                .iter()
                .any(|line| line.contains("auth_user 8 username") && line.contains("front.desk-8"))
        );
        let user =
            |id: i64| map.lines().find(|line| line.table == "auth_user" && line.source == id).unwrap().record;
        assert_ne!(user(1), RecordId::User(UserId::new(1).unwrap()));
        let RecordId::User(six) = user(6) else { panic!("a user") };
        assert_eq!(world.count(&format!("patients WHERE owner_id = {six}")), 7);
        // Nobody but a user was there.
        assert_eq!(map.kept(), 25 + 60 + 80);
        world.has("patients", &[(39, "owner_id", Some(&six.to_string()))]);
        let again = world.import(&origin("s0", "sql"), &options("s0")).await.0;
        assert_eq!(tallies(&again)[0], "0+0+0+12=12");
    }
}

#[tokio::test]
async fn another_clinic_under_the_same_name_is_refused_and_under_its_own_taken_in() {
    let (world, _) = World::with(Database::Sqlite, "s0", "json").await;
    let other = Options { source: SourceName::parse("django-s0").unwrap(), ..options("s1") };
    let source = django::read(&origin("s1", "json")).unwrap();
    let refused = django::plan(&source, world.stores.intake.as_ref(), &other).await;
    assert!(matches!(refused, Err(PlanError::OtherSource { .. })));
    let (report, map) = world.import(&origin("s1", "json"), &options("s1")).await;
    assert!(report.refused() == 0 && map.lines().count() == 177 && map.kept() == 0);
    assert_eq!((world.count("users"), world.count("patients"), world.count("mappings")), (24, 120, 160));
}

#[tokio::test]
async fn what_broke_off_goes_on() {
    for database in BOTH {
        for batches in 0..4 {
            let world = World::new(database).await;
            let plan = world.plan(&origin("s2", "json"), &options("s2")).await;
            let flaky = Flaky { inner: Arc::clone(&world.stores.intake), left: AtomicUsize::new(batches) };
            assert!(django::store(plan, &flaky, &stamp(), &|_, _, _| {}).await.is_err());
            let (_, map) = world.import(&origin("s2", "json"), &options("s2")).await;
            assert_eq!((map.lines().count(), map.kept()), (177, 177));
            world.counts([2, 8, 3, 5, 6, 8, 4, 10, 2, 6, 6], 80, 67, 13);
            world.has("users", &[(2, "email", None), (5, "email", Some("meera.iyer@example.com"))]);
        }
    }
}

#[tokio::test]
async fn each_batch_is_on_record_with_counts_and_without_values() {
    let (world, _) = World::with(Database::Sqlite, "s0", "json").await;
    let reasons =
        world.texts("SELECT reason AS line FROM audit_events WHERE operation = 'import_test' ORDER BY id");
    let expected = [
        "12 rows of auth_user from django-s0",
        "25 rows of clinical_doctor from django-s0",
        "60 rows of clinical_patient from django-s0",
        "80 rows of clinical_patientdoctor from django-s0",
    ];
    assert_eq!(reasons.into_iter().flatten().collect::<Vec<_>>(), expected);
}

/// Breaks after so many batches.
struct Flaky {
    inner: Arc<dyn Intake>,
    left: AtomicUsize,
}

impl Flaky {
    fn next(&self) -> Result<(), RepositoryError> {
        let left = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        left.map(drop).map_err(|_| RepositoryError::Unavailable("the test pulls the plug".into()))
    }
}

#[async_trait]
impl Intake for Flaky {
    async fn known(&self, source: &SourceName, kind: Record) -> Result<Vec<Known>, RepositoryError> {
        self.inner.known(source, kind).await
    }

    async fn known_among(
        &self,
        source: &SourceName,
        kind: Record,
        externals: Vec<ExternalId>,
    ) -> Result<Vec<Known>, RepositoryError> {
        self.inner.known_among(source, kind, externals).await
    }

    async fn owners(&self, patients: Vec<PatientId>) -> Result<Vec<(PatientId, UserId)>, RepositoryError> {
        self.inner.owners(patients).await
    }

    async fn count(&self, kind: Record) -> Result<u64, RepositoryError> {
        self.inner.count(kind).await
    }

    async fn taken(&self, rule: Constraint, keys: Vec<String>) -> Result<Vec<String>, RepositoryError> {
        self.inner.taken(rule, keys).await
    }

    async fn present(&self, records: Vec<RecordId>) -> Result<Vec<RecordId>, RepositoryError> {
        self.inner.present(records).await
    }

    async fn reserve(&self, up_to: RecordId) -> Result<(), RepositoryError> {
        self.inner.reserve(up_to).await
    }

    async fn add_users(
        &self,
        batch: Batch<IncomingUser>,
        stamp: &Stamp,
    ) -> Result<Vec<UserId>, RepositoryError> {
        self.next()?;
        self.inner.add_users(batch, stamp).await
    }

    async fn add_doctors(
        &self,
        batch: Batch<IncomingDoctor>,
        rule: EmailRule,
        stamp: &Stamp,
    ) -> Result<Vec<DoctorId>, RepositoryError> {
        self.next()?;
        self.inner.add_doctors(batch, rule, stamp).await
    }

    async fn add_patients(
        &self,
        batch: Batch<IncomingPatient>,
        stamp: &Stamp,
    ) -> Result<Vec<PatientId>, RepositoryError> {
        self.next()?;
        self.inner.add_patients(batch, stamp).await
    }

    async fn add_mappings(
        &self,
        batch: Batch<IncomingMapping>,
        stamp: &Stamp,
    ) -> Result<Vec<MappingId>, RepositoryError> {
        self.next()?;
        self.inner.add_mappings(batch, stamp).await
    }
}

#[tokio::test]
async fn a_kept_id_of_1_is_not_given_again() {
    for database in BOTH {
        let world = World::new(database).await;
        let one = UserId::new(1).unwrap();
        world.stores.intake.reserve(RecordId::User(one)).await.unwrap();
        let user = NewUser::new(UserName::parse("second").ok(), None).unwrap();
        assert_eq!(world.stores.users.insert(&user, None, &stamp()).await.unwrap().id.get(), 2);
    }
}
