//! Rules of the service of doctors.

use domain::ports::{Constraint, MockDoctorRepository, MockHistory, MockUserRepository, RepositoryError};
use domain::{Act, Change, ChangedFields, IdempotencyKey, Stamp, User, UserId};
use mockall::predicate::{always, eq, function};
use testkit::builders::{self, doctor_id, phone, user_id, version};
use testkit::fixed::{self, FixedClock};

use super::*;

const ME: UserId = user_id(7);
const SOMEBODY_ELSE: UserId = user_id(8);
const ID: DoctorId = doctor_id(21);

fn actor() -> Actor {
    Actor { user: ME, session: builders::session().done().id, call: testkit::fixed::call() }
}

/// The stamp of the actor, by the clock.
fn is_mine_and_now(stamp: &Stamp) -> bool {
    (stamp.user, stamp.at) == (Some(ME), fixed::instant())
}

fn details() -> DoctorDetails {
    builders::doctor().done()
}

fn change() -> DoctorChange {
    DoctorChange { phone: Change::Set(phone("+91 22 1234 5678")), ..DoctorChange::default() }
}

fn doctor() -> Doctor {
    builders::doctor().stored(ID, ME)
}

fn page_of_one() -> Listing<Doctor, DoctorId> {
    Listing { items: vec![doctor()], next: None, total: None }
}

/// A service in the making. Its stores expect just what is said.
#[derive(Default)]
struct Setup {
    rules: DoctorRules,
    directory: MockDoctorRepository,
    history: MockHistory,
    users: MockUserRepository,
}

fn under(write: DoctorsWrite) -> Setup {
    Setup { rules: DoctorRules { write, ..DoctorRules::default() }, ..Setup::default() }
}

impl Setup {
    /// The actor's account.
    fn account(mut self, account: Option<User>) -> Self {
        self.users.expect_find().with(eq(ME)).returning(move |_| Ok(account.clone()));
        self
    }

    fn acting_as(self, role: Role) -> Self {
        self.account(Some(builders::user().role(role).stored(ME)))
    }

    /// The entry that writes are about.
    fn entry(mut self, entry: Option<Doctor>) -> Self {
        self.directory.expect_find().with(eq(ID)).returning(move |_| Ok(entry.clone()));
        self
    }

    fn entry_of(self, creator: UserId) -> Self {
        self.entry(Some(builders::doctor().stored(ID, creator)))
    }

    /// Each kind of write succeeds. Without this a write fails the test.
    fn writable(mut self) -> Self {
        self.directory.expect_insert().returning(|_, _, _, _| Ok(doctor()));
        self.directory.expect_update().returning(|_, _, _, _, _| Ok(doctor()));
        self.directory.expect_retire().returning(|_, _, _| Ok(()));
        self
    }

    fn expect(mut self, expect: impl FnOnce(&mut MockDoctorRepository)) -> Self {
        expect(&mut self.directory);
        self
    }

    fn service(self) -> Doctors {
        let clock = Arc::new(FixedClock::default());
        Doctors::new(
            Arc::new(self.directory),
            Arc::new(self.history),
            Arc::new(self.users),
            clock,
            self.rules,
        )
    }

    async fn create(self) -> Result<Doctor, Error> {
        self.service().create(&actor(), &details(), None).await
    }

    async fn update(self) -> Result<Doctor, Error> {
        self.service().update(&actor(), ID, None, &change()).await
    }

    async fn retire(self) -> Result<(), Error> {
        self.service().retire(&actor(), ID, None).await
    }

    /// A retired doctor whom `creator` has added, and others have written since.
    fn retired_of(mut self, creator: UserId) -> Self {
        let past = [entry(3, SOMEBODY_ELSE), entry(2, ME), entry(1, creator)];
        self.history.expect_of_doctor().with(eq(ID)).returning(move |_| Ok(Some(past.to_vec())));
        self
    }

    /// Bringing back succeeds. Without this it fails the test.
    fn restorable(mut self) -> Self {
        let restore = self.history.expect_restore_doctor();
        restore.with(eq(ID), always(), function(is_mine_and_now)).once().returning(|_, _, _| Ok(doctor()));
        self
    }

    async fn restore(self) -> Result<Doctor, Error> {
        self.service().restore(&actor(), ID).await
    }
}

fn entry(number: i32, by: UserId) -> VersionEntry {
    VersionEntry {
        version: version(number),
        at: fixed::instant(),
        by: Some(by),
        by_name: None,
        act: Act::Updated,
        fields: ChangedFields::NONE,
    }
}

#[tokio::test]
async fn under_any_no_role_and_no_creator_is_asked_for() {
    let mut setup = under(DoctorsWrite::Any).writable();
    setup.users.expect_find().never();
    setup.directory.expect_find().never();
    let doctors = setup.service();
    doctors.create(&actor(), &details(), None).await.unwrap();
    doctors.update(&actor(), ID, None, &change()).await.unwrap();
    doctors.retire(&actor(), ID, None).await.unwrap();
}

#[tokio::test]
async fn under_creator_everyone_may_add() {
    under(DoctorsWrite::Creator).acting_as(Role::Patient).writable().create().await.unwrap();
}

#[tokio::test]
async fn under_creator_the_creator_may_change_and_retire() {
    let setup = || under(DoctorsWrite::Creator).acting_as(Role::Patient).entry_of(ME).writable();
    setup().update().await.unwrap();
    setup().retire().await.unwrap();
}

#[tokio::test]
async fn under_creator_staff_may_change_and_retire() {
    for role in [Role::Staff, Role::Admin] {
        let setup = || under(DoctorsWrite::Creator).acting_as(role).entry_of(SOMEBODY_ELSE).writable();
        setup().update().await.unwrap();
        setup().retire().await.unwrap();
    }
}

#[tokio::test]
async fn under_creator_another_user_may_neither_change_nor_retire() {
    for role in [Role::Patient, Role::Doctor] {
        let setup = || under(DoctorsWrite::Creator).acting_as(role).entry_of(SOMEBODY_ELSE);
        assert!(matches!(setup().update().await, Err(Error::Forbidden)));
        assert!(matches!(setup().retire().await, Err(Error::Forbidden)));
    }
}

#[tokio::test]
async fn under_creator_an_unknown_doctor_is_missing() {
    let setup = || under(DoctorsWrite::Creator).acting_as(Role::Patient).entry(None);
    assert!(matches!(setup().update().await, Err(Error::Missing(Record::Doctor))));
    assert!(matches!(setup().retire().await, Err(Error::Missing(Record::Doctor))));
}

#[tokio::test]
async fn under_staff_only_staff_may_add() {
    under(DoctorsWrite::Staff).acting_as(Role::Staff).writable().create().await.unwrap();
    let refused = under(DoctorsWrite::Staff).acting_as(Role::Doctor).create().await;
    assert!(matches!(refused, Err(Error::Forbidden)));
}

#[tokio::test]
async fn under_staff_staff_may_change_and_retire() {
    let setup = || under(DoctorsWrite::Staff).acting_as(Role::Admin).entry_of(SOMEBODY_ELSE).writable();
    setup().update().await.unwrap();
    setup().retire().await.unwrap();
}

#[tokio::test]
async fn under_staff_not_even_the_creator_may_change_or_retire() {
    let setup = || under(DoctorsWrite::Staff).acting_as(Role::Doctor).entry_of(ME);
    assert!(matches!(setup().update().await, Err(Error::Forbidden)));
    assert!(matches!(setup().retire().await, Err(Error::Forbidden)));
}

#[tokio::test]
async fn the_token_of_an_inactive_or_vanished_user_does_not_count() {
    let inactive = User { is_active: false, ..builders::user().role(Role::Admin).stored(ME) };
    for account in [Some(inactive), None] {
        let setup = || under(DoctorsWrite::Creator).account(account.clone()).entry_of(ME);
        assert!(matches!(setup().create().await, Err(Error::BadToken)));
        assert!(matches!(setup().update().await, Err(Error::BadToken)));
        assert!(matches!(setup().retire().await, Err(Error::BadToken)));
    }
}

#[tokio::test]
async fn everyone_may_read_whatever_the_rule_for_writes() {
    let setup = under(DoctorsWrite::Staff).entry_of(SOMEBODY_ELSE).expect(|directory| {
        directory.expect_list().returning(|_, _| Ok(page_of_one()));
    });
    let doctors = setup.service();
    doctors.get(ID).await.unwrap();
    doctors.list(&DoctorFilter::default(), Page::default()).await.unwrap();
}

#[tokio::test]
async fn a_doctor_who_is_not_found_is_missing() {
    let doctors = Setup::default().entry(None).service();
    assert!(matches!(doctors.get(ID).await, Err(Error::Missing(Record::Doctor))));
}

#[tokio::test]
async fn a_list_is_the_page_and_the_filter_that_were_asked_for() {
    let filter = DoctorFilter { created_after: Some(fixed::instant()), ..DoctorFilter::default() };
    let page = Page { count: true, ..Page::default() };
    let setup = Setup::default().expect(|directory| {
        directory.expect_list().with(eq(filter.clone()), eq(page)).returning(|_, _| Ok(page_of_one()));
    });
    assert_eq!(setup.service().list(&filter, page).await.unwrap(), page_of_one());
}

#[tokio::test]
async fn the_creator_is_the_actor() {
    let setup = Setup::default().expect(|directory| {
        let insert = directory.expect_insert().with(eq(ME), eq(details()), always(), always());
        insert.once().returning(|_, _, _, _| Ok(doctor()));
    });
    assert_eq!(setup.create().await.unwrap(), doctor());
}

#[tokio::test]
async fn a_change_is_of_the_doctor_that_was_named() {
    let setup = Setup::default().expect(|directory| {
        let update = directory.expect_update().with(eq(ID), always(), eq(change()), always(), always());
        update.once().returning(|_, _, _, _, _| Ok(doctor()));
    });
    assert_eq!(setup.update().await.unwrap(), doctor());
}

#[tokio::test]
async fn retiring_is_one_call_of_retire_and_no_change() {
    let setup = Setup::default().expect(|directory| {
        directory.expect_update().never();
        directory.expect_retire().with(eq(ID), always(), always()).once().returning(|_, _, _| Ok(()));
    });
    setup.retire().await.unwrap();
}

#[tokio::test]
async fn the_email_rule_is_passed_on() {
    for email in [EmailRule::Unique, EmailRule::Shared] {
        let rules = DoctorRules { email, ..DoctorRules::default() };
        let setup = Setup { rules, ..Setup::default() }.expect(|directory| {
            let insert = directory.expect_insert().with(always(), always(), eq(email), always());
            insert.once().returning(|_, _, _, _| Ok(doctor()));
            let update = directory.expect_update().with(always(), always(), always(), eq(email), always());
            update.once().returning(|_, _, _, _, _| Ok(doctor()));
        });
        let doctors = setup.service();
        doctors.create(&actor(), &details(), None).await.unwrap();
        doctors.update(&actor(), ID, None, &change()).await.unwrap();
    }
}

#[tokio::test]
async fn the_expected_version_is_passed_on() {
    let expected = Some(version(3));
    let setup = Setup::default().expect(|directory| {
        let update = directory.expect_update().with(always(), eq(expected), always(), always(), always());
        update.once().returning(|_, _, _, _, _| Ok(doctor()));
        directory.expect_retire().with(always(), eq(expected), always()).once().returning(|_, _, _| Ok(()));
    });
    let doctors = setup.service();
    doctors.update(&actor(), ID, expected, &change()).await.unwrap();
    doctors.retire(&actor(), ID, expected).await.unwrap();
}

#[tokio::test]
async fn a_write_is_stamped_with_the_actor_and_the_time_of_the_clock() {
    let setup = Setup::default().expect(|directory| {
        let insert = directory.expect_insert().with(always(), always(), always(), function(is_mine_and_now));
        insert.once().returning(|_, _, _, _| Ok(doctor()));
        let update =
            directory.expect_update().with(always(), always(), always(), always(), function(is_mine_and_now));
        update.once().returning(|_, _, _, _, _| Ok(doctor()));
        directory
            .expect_retire()
            .with(always(), always(), function(is_mine_and_now))
            .once()
            .returning(|_, _, _| Ok(()));
    });
    let doctors = setup.service();
    doctors.create(&actor(), &details(), None).await.unwrap();
    doctors.update(&actor(), ID, None, &change()).await.unwrap();
    doctors.retire(&actor(), ID, None).await.unwrap();
}

#[tokio::test]
async fn a_license_that_another_doctor_has_is_a_duplicate() {
    let setup = Setup::default().expect(|directory| {
        let taken = || RepositoryError::Duplicate(Constraint::DoctorLicense);
        directory.expect_insert().returning(move |_, _, _, _| Err(taken()));
    });
    assert!(matches!(setup.create().await, Err(Error::Duplicate(Constraint::DoctorLicense))));
}

#[tokio::test]
async fn under_any_everyone_brings_a_doctor_back_and_nobody_is_asked_for() {
    let mut setup = under(DoctorsWrite::Any).restorable();
    setup.users.expect_find().never();
    setup.history.expect_of_doctor().never();
    assert_eq!(setup.restore().await.unwrap(), doctor());
}

#[tokio::test]
async fn under_creator_the_creator_and_staff_bring_a_doctor_back() {
    let setup = under(DoctorsWrite::Creator).acting_as(Role::Patient).retired_of(ME).restorable();
    setup.restore().await.unwrap();
    for role in [Role::Staff, Role::Admin] {
        let setup = under(DoctorsWrite::Creator).acting_as(role).retired_of(SOMEBODY_ELSE).restorable();
        setup.restore().await.unwrap();
    }
}

#[tokio::test]
async fn under_creator_who_has_only_changed_a_doctor_does_not_bring_them_back() {
    let setup = under(DoctorsWrite::Creator).acting_as(Role::Doctor).retired_of(SOMEBODY_ELSE);
    assert!(matches!(setup.restore().await, Err(Error::Forbidden)));
}

#[tokio::test]
async fn under_staff_only_staff_bring_a_doctor_back() {
    let staff = under(DoctorsWrite::Staff).acting_as(Role::Staff).retired_of(SOMEBODY_ELSE).restorable();
    staff.restore().await.unwrap();
    let creator = under(DoctorsWrite::Staff).acting_as(Role::Patient).retired_of(ME);
    assert!(matches!(creator.restore().await, Err(Error::Forbidden)));
}

#[tokio::test]
async fn under_creator_a_doctor_who_never_was_is_missing() {
    let mut setup = under(DoctorsWrite::Creator).acting_as(Role::Admin);
    setup.history.expect_of_doctor().returning(|_| Ok(None));
    assert!(matches!(setup.restore().await, Err(Error::Missing(Record::Doctor))));
}

#[tokio::test]
async fn the_email_rule_counts_for_who_comes_back() {
    for email in [EmailRule::Unique, EmailRule::Shared] {
        let mut setup = Setup { rules: DoctorRules { email, ..DoctorRules::default() }, ..Setup::default() };
        let restore = setup.history.expect_restore_doctor().with(always(), eq(email), always());
        restore.once().returning(|_, _, _| Err(RepositoryError::Duplicate(Constraint::DoctorEmail)));
        assert!(matches!(setup.restore().await, Err(Error::Duplicate(Constraint::DoctorEmail))));
    }
}

#[tokio::test]
async fn the_past_of_a_doctor_is_open_to_everyone() {
    let mut setup = under(DoctorsWrite::Staff).retired_of(SOMEBODY_ELSE);
    let snapshot = Snapshot { entry: entry(2, ME), record: doctor() };
    let found = snapshot.clone();
    let at = setup.history.expect_doctor_at().with(eq(ID), eq(version(2)));
    at.returning(move |_, _| Ok(Some(found.clone())));
    let doctors = setup.service();
    assert_eq!(doctors.history(ID).await.unwrap().len(), 3);
    assert_eq!(doctors.version(ID, version(2)).await.unwrap(), snapshot);
}

#[tokio::test]
async fn a_past_that_is_not_found_is_missing() {
    let mut setup = Setup::default();
    setup.history.expect_of_doctor().returning(|_| Ok(None));
    setup.history.expect_doctor_at().returning(|_, _| Ok(None));
    let doctors = setup.service();
    assert!(matches!(doctors.history(ID).await, Err(Error::Missing(Record::Doctor))));
    assert!(matches!(doctors.version(ID, version(1)).await, Err(Error::Missing(Record::Doctor))));
}

#[tokio::test]
async fn what_is_to_be_done_once_is_part_of_the_stamp() {
    let once = Once { key: IdempotencyKey::parse("k").unwrap(), fingerprint: [7; 32] };
    let wanted = Some(once.clone());
    let setup = Setup::default().expect(|directory| {
        let insert = directory.expect_insert().withf(move |_, _, _, stamp| stamp.once == wanted);
        insert.once().returning(|_, _, _, _| Ok(doctor()));
    });
    setup.service().create(&actor(), &details(), Some(once)).await.unwrap();
}
