//! Counts by what filters offer, retired doctors, and what checks of the trail found.

use domain::{
    AllDoctors, AllMappings, AllPatients, AuditCheck, AuditEventId, BloodGroup, Broken, Direction, EmailRule,
    Fault, Gender, NewMapping, Order, Page, PageLimit, PatientTally, Role, SearchTerms, SortKey,
    Specialization, Tally, UserFilter,
};
use persistence::Stores;
use testkit::builders;
use testkit::fixed::{instant, seconds_later, stamped};

use crate::{patient, user};

pub(crate) async fn filters_are_counted_as_far_as_it_is_worth_it(stores: Stores) {
    let ann = user(&stores, "ann", Role::Patient).await;
    user(&stores, "sam", Role::Staff).await;
    let stamp = stamped(instant());
    for (gender, group) in
        [(Some("female"), Some("A+")), (Some("female"), None), (Some("male"), Some("A+")), (None, None)]
    {
        let mut details = builders::patient().named("Cid Smith").done();
        details.gender = gender.map(|text| Gender::parse(text).unwrap());
        details.blood_group = group.map(|text| BloodGroup::parse(text).unwrap());
        stores.patients.insert(ann.id, &details, &stamp).await.unwrap();
    }
    let records = &stores.admin_records;
    let mut filter = AllPatients::default();
    filter.filter.gender = Gender::parse("male").ok();
    filter.filter.search = SearchTerms::parse("smi");
    let Tally { matching, kinds } = records.tally_patients(&filter, 4).await.unwrap();
    let tally = kinds.unwrap();
    let count = |gender: Option<&str>, group: Option<&str>| {
        let group = group.and_then(|text| BloodGroup::parse(text).ok());
        PatientTally::count(&tally, gender.and_then(|text| Gender::parse(text).ok()), group)
    };
    assert_eq!((tally.len(), count(None, None)), (4, 4));
    assert_eq!(
        (count(Some("female"), None), count(None, Some("A+")), count(Some("male"), Some("A+"))),
        (2, 2, 1)
    );
    assert_eq!(matching, Some(1));
    assert_eq!(records.count_patients(&filter, 1).await.unwrap(), Some(1));
    assert_eq!(records.count_patients(&AllPatients::default(), 4).await.unwrap(), Some(4));
    assert_eq!(records.count_patients(&AllPatients::default(), 3).await.unwrap(), None);
    // Where all are too many, those that are asked for are counted nevertheless, with words to find and without.
    let tally = |matching| Tally { matching, kinds: None };
    assert_eq!(records.tally_patients(&filter, 3).await.unwrap(), tally(Some(1)));
    filter.filter.search = None;
    assert_eq!(records.tally_patients(&filter, 3).await.unwrap(), tally(Some(1)));
    filter.filter.gender = Gender::parse("female").ok();
    assert_eq!(records.tally_patients(&filter, 1).await.unwrap(), tally(None));
    filter.filter.blood_group = BloodGroup::parse("A+").ok();
    assert_eq!(records.tally_patients(&filter, 1).await.unwrap(), tally(Some(1)));
    let users = records.tally_users(&UserFilter { role: Some(Role::Admin), ..Default::default() }, 2).await;
    let users = users.unwrap();
    assert_eq!(users.matching, Some(0));
    let kinds = users.kinds.unwrap();
    assert_eq!(kinds.len(), 2);
    assert!(kinds.iter().all(|tally| tally.is_active && tally.count == 1));
    let users = records.tally_users(&UserFilter::default(), 1).await.unwrap();
    assert_eq!(users, Tally { matching: None, kinds: None });
    let staff = UserFilter { role: Some(Role::Staff), ..Default::default() };
    assert_eq!(records.tally_users(&staff, 1).await.unwrap(), Tally { matching: Some(1), kinds: None });
}

pub(crate) async fn lists_of_one_gender_or_blood_group_are_whole_and_in_order(stores: Stores) {
    let (ann, bob) = (user(&stores, "ann", Role::Patient).await, user(&stores, "bob", Role::Patient).await);
    let stamp = stamped(instant());
    for number in 0..30 {
        let mut details = builders::patient().named(&format!("P{:02}", (number * 7) % 30)).done();
        details.gender = Gender::parse(if number % 3 == 0 { "other" } else { "female" }).ok();
        details.blood_group = BloodGroup::parse(if number % 2 == 0 { "A+" } else { "B-" }).ok();
        let owner = if number % 5 == 0 { bob.id } else { ann.id };
        let made = stores.patients.insert(owner, &details, &stamp).await.unwrap();
        if number == 0 {
            stores.patients.delete(owner, made.id, None, &stamp).await.unwrap();
        }
    }
    let names = async |gender: Option<&str>, group: Option<&str>, key| {
        let mut filter = AllPatients::default();
        filter.filter.gender = gender.and_then(|text| Gender::parse(text).ok());
        filter.filter.blood_group = group.and_then(|text| BloodGroup::parse(text).ok());
        let order = Order { key, direction: Direction::Ascending };
        let mut page = Page { order, limit: PageLimit::new(2).unwrap(), ..Page::default() };
        let mut names = Vec::new();
        loop {
            let found = stores.admin_records.patients(&filter, page).await.unwrap();
            names.extend(found.items.iter().map(|patient| patient.details.name.full().to_owned()));
            match found.next {
                Some(next) => page.after = Some(next),
                None => return names,
            }
        }
    };
    let numbered = |numbers: &[u8]| numbers.iter().map(|number| format!("P{number:02}")).collect::<Vec<_>>();
    let by_id = [21, 12, 3, 24, 15, 6, 27, 18, 9];
    assert_eq!(names(Some("other"), None, SortKey::CreatedAt).await, numbered(&by_id));
    let by_name = [3, 6, 9, 12, 15, 18, 21, 24, 27];
    assert_eq!(names(Some("other"), None, SortKey::Name).await, numbered(&by_name));
    assert_eq!(names(Some("other"), Some("A+"), SortKey::Name).await, numbered(&[6, 12, 18, 24]));
    assert_eq!(names(Some("other"), Some("A+"), SortKey::CreatedAt).await, numbered(&[12, 24, 6, 18]));
    assert_eq!(names(None, Some("B-"), SortKey::Name).await.len(), 15);
}

pub(crate) async fn doctors_are_counted_and_found_also_when_they_have_retired(stores: Stores) {
    let ann = user(&stores, "ann", Role::Patient).await;
    let patient = patient(&stores, &ann, "Cid").await;
    let stamp = stamped(instant());
    let mut made = Vec::new();
    for (name, specialization) in
        [("Eve 100%sure", Some("Cardiology")), ("Max", Some("cardiology")), ("Zoe", None)]
    {
        let mut details = builders::doctor().named(name).done();
        details.specialization = specialization.map(|text| Specialization::parse(text).unwrap());
        made.push(stores.doctors.insert(ann.id, &details, EmailRule::Shared, &stamp).await.unwrap());
    }
    let new = NewMapping { patient: patient.id, doctor: made[0].id, notes: None };
    stores.mappings.assign(ann.id, &new, &stamp).await.unwrap();
    let records = &stores.admin_records;
    assert_eq!(records.count_doctors(&AllDoctors::default(), 3).await.unwrap(), Some(3));
    assert_eq!(records.count_doctors(&AllDoctors::default(), 2).await.unwrap(), None);
    let all = records.tally_doctors(&AllDoctors::default(), 10).await.unwrap();
    assert_eq!(all.matching, Some(3));
    let tally = all.kinds.unwrap();
    let counts: Vec<_> = tally.iter().map(|tally| (tally.specialization.is_some(), tally.count)).collect();
    assert_eq!(counts, [(true, 2), (false, 1)]);
    let mut hearts = AllDoctors::default();
    hearts.filter.specialization = Specialization::parse("CARDIOLOGY").ok();
    assert_eq!(records.tally_doctors(&hearts, 10).await.unwrap().matching, Some(2));
    assert_eq!(records.count_doctors(&hearts, 2).await.unwrap(), Some(2));
    let few = records.tally_doctors(&hearts, 2).await.unwrap();
    assert_eq!((few.matching, few.kinds), (Some(2), None));
    assert_eq!(records.count_mappings(&AllMappings::default(), 1).await.unwrap(), Some(1));
    assert_eq!(records.count_mappings(&AllMappings::default(), 0).await.unwrap(), None);
    for doctor in &made[..2] {
        stores.doctors.retire(doctor.id, None, &stamp).await.unwrap();
    }
    let retired = async |search: &str| {
        let mut filter = AllDoctors { is_retired: true, ..AllDoctors::default() };
        filter.filter.search = SearchTerms::parse(search);
        let found = records.doctors(&filter, Page { count: true, ..Page::default() }).await.unwrap();
        assert_eq!(found.total, u64::try_from(found.items.len()).ok());
        found.items.iter().map(|doctor| doctor.id).collect::<Vec<_>>()
    };
    assert_eq!(retired("").await, [made[1].id, made[0].id]);
    assert_eq!(retired("100%").await, [made[0].id]);
    let there = records.doctors(&AllDoctors::default(), Page::default()).await.unwrap().items;
    assert_eq!(there.iter().map(|doctor| doctor.id).collect::<Vec<_>>(), [made[2].id]);
    let ended = AllMappings { is_ended: true, ..AllMappings::default() };
    assert_eq!(records.count_mappings(&ended, 9).await.unwrap(), Some(1));
}

pub(crate) async fn what_a_check_found_is_kept(stores: Stores) {
    let trail = &stores.audit;
    assert_eq!(trail.head().await.unwrap(), (None, 0));
    assert_eq!(trail.last_check().await.unwrap(), None);
    let ann = user(&stores, "ann", Role::Patient).await;
    assert_eq!(trail.head().await.unwrap(), (None, 1));
    // Transactions of other tests on the same server keep events from being settled.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let head = loop {
        match trail.seal(instant()).await.unwrap() {
            Some(head) => break head,
            None => assert!(std::time::Instant::now() < deadline),
        }
    };
    assert_eq!(trail.head().await.unwrap(), (Some(head), 0));
    let found = trail.verify(&[]).await.unwrap();
    let whole = AuditCheck::of(&found, Some(ann.id), instant());
    assert_eq!((whole.events, whole.seals, whole.broken), (1, 1, None));
    trail.note(&whole).await.unwrap();
    assert_eq!(trail.last_check().await.unwrap(), Some(whole));
    let broken = Broken { seal: 1, event: AuditEventId::new(1), fault: Fault::CutOff };
    let broken = AuditCheck { broken: Some(broken), user: None, at: seconds_later(1), ..whole };
    trail.note(&broken).await.unwrap();
    assert_eq!(trail.last_check().await.unwrap(), Some(broken));
}
