//! Counts by what filters offer, retired doctors, and what checks of the trail found.

use domain::{
    AllDoctors, AllMappings, AllPatients, AuditCheck, AuditEventId, BloodGroup, Broken, EmailRule, Fault,
    Gender, NewMapping, Page, Role, SearchTerms, Specialization, UserFilter,
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
    let tally = records.tally_patients(&filter, 4).await.unwrap().unwrap();
    let female: u64 = tally
        .iter()
        .filter(|tally| tally.gender == Gender::parse("female").ok())
        .map(|tally| tally.count)
        .sum();
    assert_eq!((tally.len(), female, tally.iter().map(|tally| tally.count).sum::<u64>()), (4, 2, 4));
    assert_eq!(records.tally_patients(&filter, 3).await.unwrap(), None);
    let users = records.tally_users(&UserFilter { role: Some(Role::Admin), ..Default::default() }, 2).await;
    let users = users.unwrap().unwrap();
    assert_eq!(users.len(), 2);
    assert!(users.iter().all(|tally| tally.is_active && tally.count == 1));
    assert_eq!(records.tally_users(&UserFilter::default(), 1).await.unwrap(), None);
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
    let tally = records.tally_doctors(&AllDoctors::default(), 10).await.unwrap().unwrap();
    let counts: Vec<_> = tally.iter().map(|tally| (tally.specialization.is_some(), tally.count)).collect();
    assert_eq!(counts, [(true, 2), (false, 1)]);
    assert_eq!(records.tally_mappings(&AllMappings::default(), 1).await.unwrap(), Some(1));
    assert_eq!(records.tally_mappings(&AllMappings::default(), 0).await.unwrap(), None);
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
    assert_eq!(records.tally_mappings(&ended, 9).await.unwrap(), Some(1));
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
