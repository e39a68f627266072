//! What the clinic's own people see, the same on both databases.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod administration {
    pub(super) mod counts;
    pub(super) mod handover;
    pub(super) mod links;
}

use std::time::Duration;

use administration::counts::*;
use administration::handover::*;
use administration::links::*;
use domain::ports::RepositoryError;
use domain::{
    AdminKey, AllMappings, AllPatients, Direction, NewMapping, NewSession, Order, Page, PageLimit, Patient,
    Position, Role, SearchTerms, SessionId, SortKey, StandingChange, User, UserFilter, UserName,
};
use persistence::{DatabaseSettings, Stores};
use testkit::builders;
use testkit::fixed::{PlainHasher, instant, seconds_later, stamped};
use testkit::postgres::{self, Template};

/// Makes two tests of each function that takes the stores.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            #[tokio::test]
            async fn sqlite() {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite://{}", folder.path().join("test.db").display());
                persistence::migrate(&url).unwrap();
                super::$test(super::stores(&url)).await;
            }

            #[tokio::test]
            async fn postgres() {
                let migrate = |url: &str| persistence::migrate(url).map(drop).map_err(Into::into);
                let template = super::Template::new("administration", migrate);
                let database = super::postgres::database(&template).await.unwrap();
                super::$test(super::stores(database.url())).await;
            }
        }
    )+};
}

on_both_databases!(
    sessions_are_known_by_their_key,
    lists_show_the_records_of_all_owners,
    pages_repeat_and_omit_nothing,
    users_are_found_by_the_beginning_of_their_names,
    filters_are_counted_as_far_as_it_is_worth_it,
    lists_of_one_gender_or_blood_group_are_whole_and_in_order,
    doctors_are_counted_and_found_also_when_they_have_retired,
    what_a_check_found_is_kept,
    chosen_patients_go_with_all_that_belongs_to_them,
    all_patients_go_also_those_who_were_deleted,
    the_past_tells_who_has_made_a_record_for_another,
    nobody_moves_where_something_is_missing,
    a_request_that_is_repeated_does_not_show_a_record_that_has_moved,
    whoever_writes_meanwhile_comes_first_or_fails,
    a_link_sets_a_password_once_and_ends_all_sessions,
    a_link_does_not_outlive_a_change_of_the_account,
    a_link_outlives_a_save_that_changes_nothing,
    there_is_one_first_administrator,
);

const IDLE: Duration = Duration::from_mins(30);

fn stores(url: &str) -> Stores {
    Stores::connect(&DatabaseSettings::new(url)).unwrap()
}

async fn user(stores: &Stores, name: &str, role: Role) -> User {
    let mut user = builders::user().username(name).hash(PlainHasher::hash_of("secret")).done();
    user.role = role;
    stores.users.insert(&user, None, &stamped(instant())).await.unwrap()
}

async fn patient(stores: &Stores, owner: &User, name: &str) -> Patient {
    let details = builders::patient().named(name).done();
    stores.patients.insert(owner.id, &details, &stamped(instant())).await.unwrap()
}

fn key(number: u8) -> AdminKey {
    AdminKey::generate([[number; 10]; 3])
}

async fn open(stores: &Stores, user: &User, number: u8) -> Result<User, RepositoryError> {
    let id = SessionId::generate(instant(), [number; 10]);
    let expires_at = seconds_later(12 * 3600);
    let session = NewSession { id, expires_at, address: None, user_agent: None };
    let hash = PlainHasher::hash_of("secret");
    stores.admin_sessions.open(user.id, &session, &key(number), &hash, None, &stamped(instant())).await
}

async fn sessions_are_known_by_their_key(stores: Stores) {
    let sam = user(&stores, "sam", Role::Staff).await;
    open(&stores, &sam, 1).await.unwrap();
    let sessions = &stores.admin_sessions;
    let found = sessions.find(&key(1), IDLE, seconds_later(1800)).await.unwrap().unwrap();
    assert_eq!((found.user.id, found.last_used_at), (sam.id, instant()));
    assert!(sessions.find(&key(2), IDLE, instant()).await.unwrap().is_none());
    assert!(sessions.find(&key(1), IDLE, seconds_later(1801)).await.unwrap().is_none());
    sessions.touch(found.id, seconds_later(1800)).await.unwrap();
    assert!(sessions.find(&key(1), IDLE, seconds_later(3600)).await.unwrap().is_some());
    assert!(
        sessions.find(&key(1), Duration::from_hours(24), seconds_later(12 * 3600)).await.unwrap().is_none()
    );
    // Whatever ends the sessions of a user ends this one.
    let change = StandingChange { is_active: None, role: Some(Role::Admin) };
    stores.users.set_standing(sam.id, change, &stamped(instant())).await.unwrap();
    assert!(sessions.find(&key(1), IDLE, instant()).await.unwrap().is_none());
    open(&stores, &sam, 3).await.unwrap();
    let change = StandingChange { is_active: Some(false), role: Some(Role::Staff) };
    user(&stores, "root", Role::Admin).await;
    stores.users.set_standing(sam.id, change, &stamped(instant())).await.unwrap();
    assert!(sessions.find(&key(3), IDLE, instant()).await.unwrap().is_none());
    assert!(matches!(open(&stores, &sam, 4).await, Err(RepositoryError::Missing(_))));
}

async fn lists_show_the_records_of_all_owners(stores: Stores) {
    let (ann, bob) = (user(&stores, "ann", Role::Patient).await, user(&stores, "bob", Role::Patient).await);
    let first = patient(&stores, &ann, "José Álvarez").await;
    let second = patient(&stores, &bob, "Ann Smith").await;
    let doctor = builders::doctor().done();
    let stamp = stamped(instant());
    let doctor = stores.doctors.insert(ann.id, &doctor, domain::EmailRule::Unique, &stamp).await.unwrap();
    let new = NewMapping { patient: second.id, doctor: doctor.id, notes: None };
    let mapping = stores.mappings.assign(bob.id, &new, &stamp).await.unwrap();
    let records = &stores.admin_records;
    let census = records.census(2).await.unwrap();
    let counted = (census.patients, census.doctors, census.mappings, census.users);
    assert_eq!(counted, (Some(2), Some(1), Some(1), Some(2)));
    let census = records.census(1).await.unwrap();
    let counted = (census.patients, census.doctors, census.mappings, census.users);
    assert_eq!(counted, (None, Some(1), Some(1), None));
    let names = async |filter: AllPatients| {
        let page = Page { count: true, ..Page::default() };
        let found = records.patients(&filter, page).await.unwrap();
        assert_eq!(found.total, u64::try_from(found.items.len()).ok());
        found.items.iter().map(|patient| patient.details.name.full().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(AllPatients::default()).await, ["Ann Smith", "José Álvarez"]);
    let mut search = AllPatients::default();
    search.filter.search = SearchTerms::parse("alv");
    assert_eq!(names(search).await, ["José Álvarez"]);
    let owner = Some(UserName::parse("BOB").unwrap());
    assert_eq!(names(AllPatients { owner, ..AllPatients::default() }).await, ["Ann Smith"]);
    let all = AllMappings { search: SearchTerms::parse("smi"), ..AllMappings::default() };
    let found = records.mappings(&all, Page::default()).await.unwrap().items;
    assert_eq!((found.len(), found[0].mapping.id), (1, mapping.mapping.id));
    stores.mappings.end(bob.id, mapping.mapping.id, None, &stamp).await.unwrap();
    assert!(records.mappings(&AllMappings::default(), Page::default()).await.unwrap().items.is_empty());
    let ended = AllMappings { is_ended: true, ..AllMappings::default() };
    assert_eq!(records.mappings(&ended, Page::default()).await.unwrap().items.len(), 1);
    stores.patients.delete(ann.id, first.id, None, &stamp).await.unwrap();
    assert_eq!(names(AllPatients::default()).await, ["Ann Smith"]);
    assert_eq!(names(AllPatients { is_deleted: true, ..AllPatients::default() }).await, ["José Álvarez"]);
}

async fn pages_repeat_and_omit_nothing(stores: Stores) {
    let owners = [user(&stores, "ann", Role::Patient).await, user(&stores, "bob", Role::Patient).await];
    for number in 0..7 {
        patient(&stores, &owners[number % 2], ["Same Name", "Other Name"][number % 2]).await;
    }
    for key in [SortKey::CreatedAt, SortKey::Name] {
        for direction in [Direction::Ascending, Direction::Descending] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let limit = PageLimit::new(2).unwrap();
                let page = Page { limit, order: Order { key, direction }, after, count: false };
                let found = stores.admin_records.patients(&AllPatients::default(), page).await.unwrap();
                seen.extend(found.items.iter().map(|patient| patient.id.get()));
                after = found.next;
                if after.is_none() {
                    break;
                }
            }
            if key == SortKey::CreatedAt {
                assert!(seen.is_sorted_by(|a, b| (a < b) == (direction == Direction::Ascending)), "{seen:?}");
            }
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), 7, "{key:?} {direction:?}");
        }
    }
    let nowhere = Position { created_at: instant(), id: builders::patient_id(999) };
    let order = Order { key: SortKey::Name, direction: Direction::Ascending };
    let page = Page { order, after: Some(nowhere), ..Page::default() };
    let lost = stores.admin_records.patients(&AllPatients::default(), page).await;
    assert!(matches!(lost, Err(RepositoryError::BadPosition)));
}

async fn users_are_found_by_the_beginning_of_their_names(stores: Stores) {
    for (name, role) in [("ann", Role::Patient), ("anton", Role::Staff), ("bob", Role::Patient)] {
        user(&stores, name, role).await;
    }
    let names = async |filter: UserFilter, order: Order, after| {
        let page = Page { limit: PageLimit::new(2).unwrap(), order, after, count: true };
        let found = stores.admin_records.users(&filter, page).await.unwrap();
        let names: Vec<_> = found.items.iter().map(|user| user.username.as_str().to_owned()).collect();
        (names.join(" "), found.total.unwrap(), found.next)
    };
    let by_name = Order { key: SortKey::Name, direction: Direction::Ascending };
    for (order, pages) in [(Order::default(), ["bob anton", "ann"]), (by_name, ["ann anton", "bob"])] {
        let (first, total, next) = names(UserFilter::default(), order, None).await;
        assert_eq!((first.as_str(), total), (pages[0], 3));
        assert_eq!(names(UserFilter::default(), order, next).await.0, pages[1]);
    }
    let newest = async |filter| names(filter, Order::default(), None).await;
    let search = UserFilter { search: Some("an".to_owned()), ..UserFilter::default() };
    assert_eq!(newest(search.clone()).await.0, "anton ann");
    assert_eq!(newest(UserFilter { role: Some(Role::Staff), ..search }).await.0, "anton");
    assert_eq!(newest(UserFilter { is_active: Some(false), ..UserFilter::default() }).await.1, 0);
}
