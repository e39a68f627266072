//! Users of a Django backend, imported: they sign in with the passwords that they had.
//!
//! Each hash has as many rounds as Django gave it, so a sign-in takes its time.

use std::path::Path;
use std::sync::Arc;

use domain::{Call, EmailRule, LoginName, Operation, SourceName, Stamp, Timestamp};
use security::BcryptHasher;
use serde_json::json;
use transfer::django::{self, Options, Origin};

use crate::api::{Database, TestApi};

/// A user: what they type, their password, whether it lets them in.
type Typed = (&'static str, &'static str, bool);

const LONG: &str =
    "Import#User11-01234567890123456789012345678901234567890123456789012345678901234567890123456789";

/// What differs from family to family is whose address is whose.
const EVERYWHERE: [Typed; 15] = [
    ("admin.one@example.org", "Import#User1", true),
    ("Admin.One", "Import#User1", true),
    ("Vikram_Joglekar", "Import#User3", true),
    ("v.joglekar.junior@example.net", "Import#User4", true),
    ("vikram_joglekar-4", "Import#User4", true),
    ("lalita.dsouza", "Import#User5", true),
    ("retired.user", "Import#User6", false),
    ("sso.only", "Import#User7", false),
    ("sso.only", "!", false),
    ("front.desk", "Import#User8", true),
    ("nine.nurse@example.net", "Import#User9", true),
    ("अनुपमा", "Import#User10", true),
    ("farah.c", LONG, true),
    ("ward12", "Import#User12-पासवर्ड-é", true),
    ("meera.iyer", "Import#User5", false),
];

fn options(family: &str) -> Options {
    Options {
        source: SourceName::parse(&format!("django-{family}")).unwrap(),
        keeps_rights: false,
        doctors_by: None,
        doctor_emails: EmailRule::Unique,
        now: Timestamp::parse("2026-11-21T12:00:00Z").unwrap(),
        verifies: BcryptHasher::verifies_foreign,
    }
}

/// A server over a database into which a family was imported.
async fn imported(database: Database, family: &str) -> TestApi {
    let api = TestApi::start(database).await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/transfer/tests/data");
    let source = django::read(&Origin::Dump(path.join(format!("{family}.json")))).unwrap();
    let stores = api.stores();
    let options = options(family);
    let plan = django::plan(&source, stores.intake.as_ref(), &options).await.unwrap();
    let stamp = Stamp::anonymous(options.now, Arc::new(Call::local(Operation::named("import_django"))));
    django::store(plan, stores.intake.as_ref(), &stamp, &|_, _, _| {}).await.unwrap();
    api
}

async fn sign_in(api: &TestApi, (name, password, is_right): Typed) {
    let answer =
        api.anonymous().post("/api/auth/login/", json!({"username": name, "password": password})).await;
    answer.is(if is_right { 200 } else { 401 });
}

/// The stored hash is ours after a sign-in, and the same password still counts.
async fn is_rehashed(api: &TestApi, name: &str, password: &'static str) {
    let stores = api.stores();
    let login = LoginName::parse(name).unwrap();
    let found = stores.users.find_credentials(&login).await.unwrap().unwrap();
    assert!(found.password_hash.unwrap().expose().starts_with("hc1$"), "{name}");
    let answer =
        api.anonymous().post("/api/auth/login/", json!({"username": name, "password": password})).await;
    answer.is(200);
}

async fn signs_in(database: Database, family: &str, own: &[Typed]) {
    let api = imported(database, family).await;
    let cut = LONG.get(..72).unwrap();
    let answer =
        api.anonymous().post("/api/auth/login/", json!({"username": "farah.c", "password": cut})).await;
    answer.is(401);
    for typed in EVERYWHERE.iter().chain(own) {
        sign_in(&api, *typed).await;
    }
    is_rehashed(&api, "farah.c", LONG).await;
    is_rehashed(&api, "ward12", "Import#User12-पासवर्ड-é").await;
}

#[tokio::test]
async fn users_of_s0_sign_in_as_before() {
    let own =
        [("Meera.Iyer@Example.com", "Import#User2", true), ("meera.iyer@example.com", "Import#User5", false)];
    signs_in(Database::Sqlite, "s0", &own).await;
}

#[tokio::test]
async fn users_of_s1_sign_in_as_before() {
    let own =
        [("MEERA.IYER@example.com", "Import#User2", true), ("VIKRAM.J@EXAMPLE.NET", "Import#User3", true)];
    signs_in(Database::Postgres, "s1", &own).await;
}

#[tokio::test]
async fn users_of_s2_sign_in_as_before() {
    let own = [
        ("meera.iyer@example.com", "Import#User5", true),
        ("meera.iyer", "Import#User2", true),
        ("anupama10@example.org", "Import#User10", true),
        ("vikram.j@example.net", "Import#User3", true),
    ];
    signs_in(Database::Sqlite, "s2", &own).await;
}

/// Who owns what is what it was, over the interface.
async fn owners_see_their_patients(database: Database) {
    let api = imported(database, "s2").await;
    let body = json!({"email": "meera.iyer@example.com", "password": "Import#User5"});
    let signed_in = api.anonymous().post("/api/auth/login/", body).await.is(200);
    assert_eq!(signed_in.json()["user"]["role"], "patient");
    let lalita = api.bearing(&signed_in.json()["access"]);
    let patients = lalita.all("/api/patients/?limit=2").await;
    assert_eq!(patients.len(), 6);
    assert!(patients.iter().all(|patient| patient["created_by"] == "lalita.dsouza"));
    let found = lalita.get(&format!("/api/patients/{}/", patients[0]["id"])).await.is(200);
    assert_eq!(found.json()["version"], 1);
    lalita.patch(&format!("/api/patients/{}/", patients[0]["id"]), json!({"phone": "999"})).await.is(200);
    lalita.get("/api/patients/1/").await.is(if patients.iter().any(|patient| patient["id"] == 1) {
        200
    } else {
        404
    });
    let doctors = lalita.all("/api/doctors/").await;
    assert_eq!(doctors.len(), 25);
    let active = lalita.all("/api/mappings/").await.len();
    let with_ended = lalita.all("/api/mappings/?include_inactive=true").await.len();
    assert!(active > 0 && with_ended >= active);
    let made = lalita.post("/api/patients/", json!({"name": "Ann New"})).await.is(201);
    assert!(made.id() > 4_294_967_297);
}

on_both_databases!(owners_see_their_patients);
