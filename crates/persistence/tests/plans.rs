//! The plans of the queries that the stores really send: owned tables are read by an index only, lists come in
//! the order of an index, and each is one query.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod plans {
    pub(super) mod recorder;
    pub(super) mod seed;
}

use domain::{
    AllMappings, AllPatients, AuditEventId, AuditFilter, BloodGroup, Direction, DoctorFilter, EmailRule,
    Gender, MappingFilter, MappingId, Order, Page, PageLimit, PatientFilter, PatientId, Position,
    SearchTerms, SortKey, UserId,
};
use persistence::{DatabaseSettings, Stores};
use plans::recorder::{self, Recorded};
use plans::seed;
use testkit::{builders, fixed};

/// The index by which each list of events is read; all of them is a walk along one of them.
const TRAIL: [(&str, &str); 3] = [
    ("list events", "audit_events_at_idx"),
    ("list events of a patient", "audit_events_slice_patient_id_idx"),
    ("list events of a user", "audit_events_slice_user_id_idx"),
];

/// What a search asks: through the names of the newest records, if the word is common; else by the words alone which records
/// it finds. And what shows it in the plans of SQLite and PostgreSQL.
const SEARCH: [(&str, &[&str], &[&str]); 2] = [
    (
        "search names",
        &[
            "SEARCH patients USING INTEGER PRIMARY KEY (rowid=?)",
            "USING COVERING INDEX patients_owner_id_created_at_idx (owner_id=?)",
            "PRIMARY KEY (owner_id=? AND word>? AND word<?)",
        ],
        &["Index Only Scan Backward using patients_owner_id_created_at_idx", "using patient_words_pkey"],
    ),
    (
        "search words",
        &[
            "SEARCH patients USING INTEGER PRIMARY KEY (rowid=?)",
            "PRIMARY KEY (owner_id=? AND word>? AND word<?)",
        ],
        &["using patient_words_pkey"],
    ),
];

/// A list of everybody's patients who have something in common.
const KIND: &str = "list patients of a kind";

/// The indexes by which records are found when many calls share a statement: those of a single call.
const TOGETHER: [(&str, &[&str]); 8] = [
    ("find patients together", &["patients_pkey"]),
    ("find doctors together", &["doctors_pkey"]),
    ("find mappings together", &["mappings_pkey", "patients_pkey", "doctors_pkey"]),
    ("list patients together", &["patients_owner_id_created_at_idx"]),
    ("list doctors together", &["mappings_owner_id_patient_id_idx", "doctors_pkey"]),
    ("make patients together", &[]),
    ("add doctors together", &[]),
    ("assign doctors together", &["patients_pkey", "doctors_pkey"]),
];

/// Tables that grow with the number of patients, or with use. The directory of doctors is small, and shared.
const OWNED: [&str; 4] = ["patients", "patient_words", "mappings", "audit_events"];

#[tokio::test]
async fn sqlite_reads_owned_tables_by_index_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let url = format!("sqlite://{}", path.display());
    persistence::migrate(&url).unwrap();
    seed::sqlite(&path);
    let recorded = record(&url).await;
    for query in &recorded {
        let plan = seed::explain_sqlite(&path, &query.sql);
        for table in OWNED {
            let scan = format!("SCAN {table}");
            // The whole trail is the whole of its index, and everybody's patients are a walk along the ids.
            let is_everybody = query.name.starts_with("list everybody's") && query.in_index_order;
            let is_walk = |line: &str| line.contains(TRAIL[0].1) || is_everybody;
            let is_scan = plan.lines().any(|line| line.contains(&scan) && !is_walk(line));
            assert!(!is_scan, "{}\n{plan}\n{}", query.name, query.sql);
        }
        by_its_index(query, &plan);
        if query.in_index_order {
            assert!(!plan.contains("FOR ORDER BY"), "{}\n{plan}\n{}", query.name, query.sql);
        }
        // Not by all that the owner has assigned.
        if query.name == "doctors of a patient" {
            assert!(plan.contains("mappings_owner_id_patient_id_idx"), "{plan}\n{}", query.sql);
        }
        for (_, steps, _) in SEARCH.into_iter().filter(|(name, ..)| *name == query.name) {
            assert!(steps.iter().all(|step| plan.contains(step)), "{plan}\n{}", query.sql);
        }
        // Not by what half of all patients have in common.
        if query.name == "filter patients" {
            assert!(plan.contains("USING INDEX patients_owner_id"), "{plan}\n{}", query.sql);
        }
    }
}

#[tokio::test]
async fn postgres_reads_owned_tables_by_index_only() {
    let database = testkit::postgres::database(&testkit::postgres::Template::empty()).await.unwrap();
    persistence::migrate(database.url()).unwrap();
    seed::postgres(database.url());
    let recorded = record(database.url()).await;
    let together = record_together(database.url()).await;
    for query in recorded.iter().filter(|query| query.name == "find a patient") {
        let plan = seed::explain_postgres(database.url(), &query.sql);
        assert!(plan.contains("patients_pkey"), "without statistics\n{plan}");
    }
    by_their_indexes(database.url(), &together);
    for query in recorded.iter().filter(|query| SEARCH.iter().any(|(name, ..)| *name == query.name)) {
        let plan = seed::explain_postgres(database.url(), &query.sql);
        assert!(
            plan.contains("patients_pkey") || plan.contains("patients_id_idx"),
            "without statistics\n{plan}"
        );
    }
    seed::postgres_statistics(database.url());
    by_their_indexes(database.url(), &together);
    for query in &recorded {
        let plan = seed::explain_postgres(database.url(), &query.sql);
        for table in OWNED {
            let scan = format!("Seq Scan on {table}");
            assert!(!plan.contains(&scan), "{}\n{plan}\n{}", query.name, query.sql);
        }
        by_its_index(query, &plan);
        for (.., steps) in SEARCH.into_iter().filter(|(name, ..)| *name == query.name) {
            assert!(steps.iter().all(|step| plan.contains(step)), "{plan}\n{}", query.sql);
            let is_by_id = |line: &str| line.contains("Index Cond") && line.contains("id = ANY");
            assert!(plan.lines().any(is_by_id), "{plan}\n{}", query.sql);
        }
        if query.in_index_order {
            assert!(!plan.contains("Sort"), "{}\n{plan}\n{}", query.name, query.sql);
        }
    }
}

fn by_its_index(query: &Recorded, plan: &str) {
    if query.name == KIND {
        let is_by_kind = plan.contains("patients_gender_") || plan.contains("patients_blood_group_");
        assert!(is_by_kind, "{plan}\n{}", query.sql);
    }
    for (_, index) in TRAIL.into_iter().filter(|(name, _)| *name == query.name) {
        assert!(plan.contains(index), "{}\n{plan}\n{}", query.name, query.sql);
    }
}

fn by_their_indexes(url: &str, together: &[Recorded]) {
    for (query, (_, indexes)) in together.iter().zip(TOGETHER) {
        let plan = seed::explain_postgres(url, &query.sql);
        for index in indexes {
            let is_by_index =
                |line: &str| line.contains("Index Scan") && line.contains(&format!("using {index} "));
            assert!(plan.lines().any(is_by_index), "{}\n{plan}\n{}", query.name, query.sql);
        }
        for table in OWNED {
            assert!(!plan.contains(&format!("Seq Scan on {table}")), "{}\n{plan}\n{}", query.name, query.sql);
        }
    }
}

/// Makes many calls of each kind at once, over one connection, and keeps the statement that they share.
async fn record_together(url: &str) -> Vec<Recorded> {
    let _only = recorder::start().await;
    let one = DatabaseSettings { connections: std::num::NonZeroU32::MIN, ..DatabaseSettings::new(url) };
    let stores = Stores::connect(&one).unwrap();
    let owner = UserId::new(1).unwrap();
    let mut all = Vec::new();
    for (name, _) in TOGETHER {
        recorder::take();
        let mut calls = tokio::task::JoinSet::new();
        for number in 1..=50 {
            let stores = stores.clone();
            calls.spawn(async move { together(&stores, name, owner, number).await });
        }
        calls.join_all().await;
        let sql = recorder::take().into_iter().find(|sql| sql.contains("unnest("));
        let sql = sql.unwrap_or_else(|| panic!("{name}: nothing was shared"));
        all.push(Recorded { name, sql, in_index_order: false });
    }
    all
}

/// A call. Whatever it comes to: records of others are asked for as well.
async fn together(stores: &Stores, name: &str, owner: UserId, number: i64) {
    let (patient, doctor) = (builders::patient_id(number), builders::doctor_id(number));
    let stamp = fixed::stamped(fixed::instant());
    match name {
        "find patients together" => drop(stores.patients.find(owner, patient).await.unwrap()),
        "find doctors together" => drop(stores.doctors.find(doctor).await.unwrap()),
        "find mappings together" => {
            drop(stores.mappings.find(owner, builders::mapping_id(number), false).await.unwrap());
        }
        "list patients together" => {
            drop(stores.patients.list(owner, &PatientFilter::default(), Page::default()).await.unwrap());
        }
        "list doctors together" => {
            // Who is nobody's patient has none.
            drop(stores.mappings.doctors_of(owner, patient, Page::default()).await);
        }
        "make patients together" => {
            stores
                .patients
                .insert(owner, &builders::patient().done(), &stamp)
                .await
                .map(drop)
                .unwrap_or_default();
        }
        "add doctors together" => {
            let new = builders::doctor().done();
            stores.doctors.insert(owner, &new, EmailRule::Unique, &stamp).await.map(drop).unwrap_or_default();
        }
        _ => {
            let new = builders::mapping(patient, doctor).done();
            stores.mappings.assign(owner, &new, &stamp).await.map(drop).unwrap_or_default();
        }
    }
}

/// Asks everything that reads, and keeps what was sent. Each question must be one query.
async fn record(url: &str) -> Vec<Recorded> {
    let _only = recorder::start().await;
    let stores = Stores::connect(&DatabaseSettings::new(url)).unwrap();
    let owner = UserId::new(1).unwrap();
    let mut all = Vec::new();
    recorder::take();

    stores.patients.find(owner, PatientId::new(100).unwrap()).await.unwrap().unwrap();
    keep(&mut all, "find a patient", false);
    stores.mappings.find(owner, MappingId::new(100).unwrap(), true).await.unwrap().unwrap();
    keep(&mut all, "find a mapping", false);
    list_patients(&stores, owner, &mut all).await;
    list_doctors(&stores, &mut all).await;
    list_mappings(&stores, owner, &mut all).await;
    list_audit(&stores, owner, &mut all).await;
    list_everything(&stores, &mut all).await;
    all
}

/// The lists of all owners: the first pages, later ones, and what is counted for them.
async fn list_everything(stores: &Stores, all: &mut Vec<Recorded>) {
    let records = &stores.admin_records;
    let owner = domain::UserName::parse("u1").ok();
    let mut found = AllPatients::default();
    found.filter.search = SearchTerms::parse("100");
    for page in pages(PatientId::new(100).unwrap()) {
        records.patients(&AllPatients::default(), page).await.unwrap();
        keep_list(all, "list everybody's patients", page.after.is_some() && page.order.key == SortKey::Name);
    }
    for filter in [found.clone(), AllPatients { owner, ..AllPatients::default() }] {
        records.patients(&filter, Page::default()).await.unwrap();
        records.tally_patients(&filter, 100).await.unwrap();
        let sent = recorder::take();
        all.extend(sent.into_iter().map(|sql| Recorded { name: "narrow", sql, in_index_order: false }));
    }
    list_kinds(stores, all).await;
    // Who is not there is looked for among the present and the gone.
    records.owner_of_patient(PatientId::new(9_999_999).unwrap()).await.unwrap();
    records.owner_of_mapping(MappingId::new(9_999_999).unwrap()).await.unwrap();
    let sent = recorder::take();
    assert_eq!(sent.len(), 4, "{sent:#?}");
    all.extend(sent.into_iter().map(|sql| Recorded { name: "owner now", sql, in_index_order: false }));
    for page in pages(MappingId::new(100).unwrap()) {
        for is_ended in [false, true] {
            let filter = AllMappings { is_ended, ..AllMappings::default() };
            records.mappings(&filter, page).await.unwrap();
            keep(all, "list everybody's mappings", true);
        }
    }
    for filter in [
        AllMappings { patient: PatientId::new(100), ..AllMappings::default() },
        AllMappings { patient: PatientId::new(100), is_ended: true, ..AllMappings::default() },
        AllMappings { doctor: domain::DoctorId::new(100), ..AllMappings::default() },
        AllMappings { doctor: domain::DoctorId::new(100), is_ended: true, ..AllMappings::default() },
    ] {
        records.mappings(&filter, Page::default()).await.unwrap();
        keep(all, "filter everybody's mappings", false);
    }
}

/// Everybody's patients of a gender, a blood group, or both: found by an index, and put in order of their names where
/// they are few.
async fn list_kinds(stores: &Stores, all: &mut Vec<Recorded>) {
    let (gender, group) = (Gender::parse("other").ok(), BloodGroup::parse("A+").ok());
    for (gender, blood_group) in [(gender, None), (None, group), (gender, group)] {
        let filter = PatientFilter { gender, blood_group, ..PatientFilter::default() };
        let filter = AllPatients { filter, ..AllPatients::default() };
        for page in pages(PatientId::new(100).unwrap()) {
            stores.admin_records.patients(&filter, page).await.unwrap();
            let by_name = page.order.key == SortKey::Name;
            let mut sent = recorder::take();
            if by_name && page.after.is_some() {
                sent.remove(0);
            }
            assert_eq!(sent.len(), 1, "{sent:#?}");
            let kept = sent.into_iter().map(|sql| Recorded { name: KIND, sql, in_index_order: !by_name });
            all.extend(kept);
        }
    }
}

async fn list_patients(stores: &Stores, owner: UserId, all: &mut Vec<Recorded>) {
    let everybody = PatientFilter::default();
    for page in pages(PatientId::new(100).unwrap()) {
        stores.patients.list(owner, &everybody, page).await.unwrap();
        keep_list(all, "list patients", page.after.is_some() && page.order.key == SortKey::Name);
    }
    let search = PatientFilter { search: SearchTerms::parse("ann 10"), ..everybody.clone() };
    let [(names, ..), (words, ..)] = SEARCH;
    // On a page of one record, "ann" and "zoe" are common. No name holds "zoe": so the words are asked after all.
    for (typed, limit, asked) in [
        ("ann", 1, &[names][..]),
        ("zoe", 1, &[names, words]),
        ("10", 20, &[names, words]),
        ("ann 10", 20, &[words]),
    ] {
        let filter = PatientFilter { search: SearchTerms::parse(typed), ..everybody.clone() };
        let page = Page { limit: PageLimit::new(limit).unwrap(), ..Page::default() };
        stores.patients.list(owner, &filter, page).await.unwrap();
        let sent = recorder::take();
        assert_eq!(sent.len(), asked.len(), "{sent:#?}");
        let asked = sent.into_iter().zip(asked);
        all.extend(asked.map(|(sql, name)| Recorded { name, sql, in_index_order: *name == names }));
    }
    for filter in [
        PatientFilter { gender: Some(Gender::Other), ..search },
        PatientFilter {
            gender: Some(Gender::Other),
            blood_group: BloodGroup::parse("A+").ok(),
            created_after: domain::Timestamp::parse("2026-01-01T00:00:00Z"),
            created_before: domain::Timestamp::parse("2027-01-01T00:00:00Z"),
            ..everybody.clone()
        },
    ] {
        let first = stores.patients.list(owner, &filter, Page::default()).await.unwrap();
        keep(all, "filter patients", false);
        let page = Page { count: true, after: first.next, ..Page::default() };
        stores.patients.list(owner, &filter, page).await.unwrap();
        let sent = recorder::take();
        all.extend(sent.into_iter().map(|sql| Recorded { name: "count", sql, in_index_order: false }));
    }
}

async fn list_doctors(stores: &Stores, all: &mut Vec<Recorded>) {
    for page in pages(domain::DoctorId::new(100).unwrap()) {
        stores.doctors.list(&DoctorFilter::default(), page).await.unwrap();
        keep_list(all, "list doctors", page.after.is_some() && page.order.key == SortKey::Name);
    }
    let found = DoctorFilter { search: SearchTerms::parse("10"), ..DoctorFilter::default() };
    stores.doctors.list(&found, Page::default()).await.unwrap();
    keep(all, "search doctors", false);
}

async fn list_mappings(stores: &Stores, owner: UserId, all: &mut Vec<Recorded>) {
    for page in pages(MappingId::new(100).unwrap()) {
        for include_ended in [false, true] {
            let filter = MappingFilter { include_ended, ..MappingFilter::default() };
            stores.mappings.list(owner, filter, page).await.unwrap();
            keep(all, "list mappings", true);
        }
    }
    let patient = PatientId::new(100);
    for filter in [
        MappingFilter { patient, ..MappingFilter::default() },
        MappingFilter { patient, include_ended: true, ..MappingFilter::default() },
        MappingFilter { doctor: domain::DoctorId::new(101), ..MappingFilter::default() },
    ] {
        stores.mappings.list(owner, filter, Page::default()).await.unwrap();
        keep(all, "filter mappings", false);
    }
    stores.mappings.doctors_of(owner, patient.unwrap(), Page::default()).await.unwrap();
    keep(all, "doctors of a patient", false);
}

async fn list_audit(stores: &Stores, owner: UserId, all: &mut Vec<Recorded>) {
    let after = domain::Timestamp::parse("2026-01-01T00:05:00Z");
    let before = domain::Timestamp::parse("2026-01-01T00:20:00Z");
    for page in pages(AuditEventId::new(100).unwrap()) {
        let [everything, patient, user] = [
            AuditFilter::default(),
            AuditFilter { patient: PatientId::new(100), ..AuditFilter::default() },
            AuditFilter { user: Some(owner), ..AuditFilter::default() },
        ];
        let operation = Some("patients_get".to_owned());
        let narrow = AuditFilter { operation, ..everything.clone() };
        for ((name, _), filter) in
            TRAIL.into_iter().zip([everything, patient, user]).chain([(TRAIL[0], narrow)])
        {
            let is_of_one = filter.patient.is_some() || filter.user.is_some();
            stores.audit.list(&filter, page).await.unwrap();
            keep_slices(all, name, true);
            stores.audit.list(&AuditFilter { after, before, ..filter }, page).await.unwrap();
            // Which of two indexes says more depends on how long the time is.
            if is_of_one {
                keep_slices(all, "list events of one in a time", false);
            } else {
                keep(all, name, true);
            }
        }
    }
}

/// First and later pages in all orders.
fn pages<Id: Copy>(id: Id) -> Vec<Page<Id>> {
    let created_at = domain::Timestamp::parse("2026-01-01T00:10:00Z").unwrap();
    let limit = PageLimit::new(20).unwrap();
    let mut pages = Vec::new();
    for key in [SortKey::CreatedAt, SortKey::Name] {
        for direction in [Direction::Ascending, Direction::Descending] {
            for after in [None, Some(Position { created_at, id })] {
                pages.push(Page { limit, order: Order { key, direction }, after, count: false });
            }
        }
    }
    pages
}

/// The one query that was just sent.
fn keep(all: &mut Vec<Recorded>, name: &'static str, in_index_order: bool) {
    let sent = recorder::take();
    let [sql] = &sent[..] else { panic!("{name} took {} queries: {sent:#?}", sent.len()) };
    all.push(Recorded { name, sql: sql.clone(), in_index_order });
}

/// The query for the first slice of the trail, and those for several more where there are, whose rows are sorted.
fn keep_slices(all: &mut Vec<Recorded>, name: &'static str, is_first_in_order: bool) {
    let sent = recorder::take();
    assert!(!sent.is_empty(), "{name}");
    all.extend(sent.into_iter().enumerate().map(|(number, sql)| {
        let in_index_order = is_first_in_order && number == 0;
        Recorded { name, sql, in_index_order }
    }));
}

/// A list, after a look at the name where it goes on.
fn keep_list(all: &mut Vec<Recorded>, name: &'static str, begins_by_name: bool) {
    let mut sent = recorder::take();
    if begins_by_name {
        let sql = sent.remove(0);
        all.push(Recorded { name: "where a list by name goes on", sql, in_index_order: false });
    }
    assert_eq!(sent.len(), 1, "{name}: {sent:#?}");
    all.extend(sent.into_iter().map(|sql| Recorded { name, sql, in_index_order: true }));
}
