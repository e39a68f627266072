//! The plans of the queries that the stores really send: owned tables are read by an index only, lists come in
//! the order of an index, and each is one query.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod plans {
    pub(super) mod recorder;
    pub(super) mod seed;
}

use domain::{
    AuditEventId, AuditFilter, BloodGroup, Direction, DoctorFilter, Gender, MappingFilter, MappingId, Order,
    Page, PageLimit, PatientFilter, PatientId, Position, SearchTerms, SortKey, UserId,
};
use persistence::{DatabaseSettings, Stores};
use plans::recorder::{self, Recorded};
use plans::seed;

/// The index by which each list of events is read; all of them is a walk along one of them.
const TRAIL: [(&str, &str); 3] = [
    ("list events", "audit_events_at_idx"),
    ("list events of a patient", "audit_events_patient_id_idx"),
    ("list events of a user", "audit_events_user_id_idx"),
];

/// Tables that grow with the number of patients. The directory of doctors is small, and shared.
const OWNED: [&str; 3] = ["patients", "patient_words", "mappings"];

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
            assert!(!plan.contains(&scan), "{}\n{plan}\n{}", query.name, query.sql);
        }
        by_its_index(query, &plan);
        if query.in_index_order {
            assert!(!plan.contains("FOR ORDER BY"), "{}\n{plan}\n{}", query.name, query.sql);
        }
    }
}

#[tokio::test]
async fn postgres_reads_owned_tables_by_index_only() {
    let database = testkit::postgres::database(&testkit::postgres::Template::empty()).await.unwrap();
    persistence::migrate(database.url()).unwrap();
    seed::postgres(database.url());
    let recorded = record(database.url()).await;
    for query in recorded.iter().filter(|query| query.name == "find a patient") {
        let plan = seed::explain_postgres(database.url(), &query.sql);
        assert!(plan.contains("patients_pkey"), "without statistics\n{plan}");
    }
    seed::postgres_statistics(database.url());
    for query in &recorded {
        let plan = seed::explain_postgres(database.url(), &query.sql);
        for table in OWNED {
            let scan = format!("Seq Scan on {table}");
            assert!(!plan.contains(&scan), "{}\n{plan}\n{}", query.name, query.sql);
        }
        by_its_index(query, &plan);
        if query.in_index_order {
            assert!(!plan.contains("Sort"), "{}\n{plan}\n{}", query.name, query.sql);
        }
    }
}

fn by_its_index(query: &Recorded, plan: &str) {
    for (_, index) in TRAIL.into_iter().filter(|(name, _)| *name == query.name) {
        assert!(plan.contains(index), "{}\n{plan}\n{}", query.name, query.sql);
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
    all
}

async fn list_patients(stores: &Stores, owner: UserId, all: &mut Vec<Recorded>) {
    let everybody = PatientFilter::default();
    for page in pages(PatientId::new(100).unwrap()) {
        stores.patients.list(owner, &everybody, page).await.unwrap();
        keep_list(all, "list patients", page.after.is_some() && page.order.key == SortKey::Name);
    }
    for filter in [
        PatientFilter { search: SearchTerms::parse("ann 10"), ..everybody.clone() },
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
            for filter in [filter.clone(), AuditFilter { after, before, ..filter }] {
                stores.audit.list(&filter, page).await.unwrap();
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
