//! Rules of the service of doctors.

use domain::ports::{Constraint, MockDoctorRepository, MockUserRepository, RepositoryError};
use domain::{Change, User, UserId};
use mockall::predicate::{always, eq};
use testkit::builders::{self, doctor_id, phone, user_id, version};
use testkit::fixed::{self, FixedClock};

use super::*;

const ME: UserId = user_id(7);
const SOMEBODY_ELSE: UserId = user_id(8);
const ID: DoctorId = doctor_id(21);

fn actor() -> Actor {
    Actor { user: ME, session: builders::session().done().id }
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
        Doctors::new(Arc::new(self.directory), Arc::new(self.users), clock, self.rules)
    }

    async fn create(self) -> Result<Doctor, Error> {
        self.service().create(actor(), &details()).await
    }

    async fn update(self) -> Result<Doctor, Error> {
        self.service().update(actor(), ID, None, &change()).await
    }

    async fn retire(self) -> Result<(), Error> {
        self.service().retire(actor(), ID, None).await
    }
}

#[tokio::test]
async fn under_any_no_role_and_no_creator_is_asked_for() {
    let mut setup = under(DoctorsWrite::Any).writable();
    setup.users.expect_find().never();
    setup.directory.expect_find().never();
    let doctors = setup.service();
    doctors.create(actor(), &details()).await.unwrap();
    doctors.update(actor(), ID, None, &change()).await.unwrap();
    doctors.retire(actor(), ID, None).await.unwrap();
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
        doctors.create(actor(), &details()).await.unwrap();
        doctors.update(actor(), ID, None, &change()).await.unwrap();
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
    doctors.update(actor(), ID, expected, &change()).await.unwrap();
    doctors.retire(actor(), ID, expected).await.unwrap();
}

#[tokio::test]
async fn the_time_of_a_write_comes_from_the_clock() {
    let setup = Setup::default().expect(|directory| {
        let insert = directory.expect_insert().with(always(), always(), always(), eq(fixed::instant()));
        insert.once().returning(|_, _, _, _| Ok(doctor()));
        let update =
            directory.expect_update().with(always(), always(), always(), always(), eq(fixed::instant()));
        update.once().returning(|_, _, _, _, _| Ok(doctor()));
        directory
            .expect_retire()
            .with(always(), always(), eq(fixed::instant()))
            .once()
            .returning(|_, _, _| Ok(()));
    });
    let doctors = setup.service();
    doctors.create(actor(), &details()).await.unwrap();
    doctors.update(actor(), ID, None, &change()).await.unwrap();
    doctors.retire(actor(), ID, None).await.unwrap();
}

#[tokio::test]
async fn a_license_that_another_doctor_has_is_a_duplicate() {
    let setup = Setup::default().expect(|directory| {
        let taken = || RepositoryError::Duplicate(Constraint::DoctorLicense);
        directory.expect_insert().returning(move |_, _, _, _| Err(taken()));
    });
    assert!(matches!(setup.create().await, Err(Error::Duplicate(Constraint::DoctorLicense))));
}
