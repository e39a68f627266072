#![allow(clippy::all, clippy::pedantic, clippy::restriction, missing_docs)]
use domain::{Change, PatientChange};
use persistence::{DatabaseSettings, Stores};
use std::sync::Arc;
use std::time::Instant;
use testkit::{
    builders::{self, phone},
    fixed::{instant, stamped},
};
async fn run(stores: Arc<Stores>, n: u64, clients: u64) -> (f64, f64) {
    let owner = stores.users.insert(&builders::user().done(), None, instant()).await.unwrap().id;
    let d = builders::patient()
        .named("Asha Rao")
        .phone("12345")
        .address("12 High Street")
        .medical_history(&"asthma ".repeat(30))
        .done();
    let t = Instant::now();
    let mut hs = vec![];
    for k in 0..clients {
        let (s, d) = (Arc::clone(&stores), d.clone());
        hs.push(tokio::spawn(async move {
            let mut ids = vec![];
            for _ in 0..n / clients {
                ids.push(s.patients.insert(owner, &d, &stamped(instant())).await.unwrap().id)
            }
            let _ = k;
            ids
        }));
    }
    let mut all = vec![];
    for h in hs {
        all.push(h.await.unwrap())
    }
    let a = n as f64 / t.elapsed().as_secs_f64();
    let t = Instant::now();
    let hs: Vec<_> = all
        .into_iter()
        .map(|ids| {
            let s = Arc::clone(&stores);
            tokio::spawn(async move {
                for (i, id) in ids.into_iter().enumerate() {
                    let c = PatientChange {
                        phone: Change::Set(phone(&format!("555{i}"))),
                        ..PatientChange::default()
                    };
                    s.patients.update(owner, id, None, &c, &stamped(instant())).await.unwrap();
                }
            })
        })
        .collect();
    for h in hs {
        h.await.unwrap()
    }
    (a, n as f64 / t.elapsed().as_secs_f64())
}
#[test]
fn cost() {
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = testkit::postgres::PostgresServer::start(&testkit::postgres::Options::durable()).unwrap();
    for round in 0..4 {
        for mode in ["full", "no versions", "none"] {
            unsafe {
                for v in ["HC_X_AUDIT", "HC_X_KEEP"] {
                    std::env::remove_var(v)
                }
                if mode != "full" {
                    std::env::set_var("HC_X_KEEP", "1")
                }
                if mode == "none" {
                    std::env::set_var("HC_X_AUDIT", "1")
                }
            }
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite://{}", folder.path().join("t.db").display());
            persistence::migrate(&url).unwrap();
            let (c, u) =
                rt.block_on(run(Arc::new(Stores::connect(&DatabaseSettings::new(&url)).unwrap()), 20000, 32));
            println!("sqlite {round} {mode}: create {c:.0}/s update {u:.0}/s");
            let db = server.database(&testkit::postgres::Template::empty()).unwrap();
            persistence::migrate(db.url()).unwrap();
            let (c, u) = rt.block_on(run(
                Arc::new(Stores::connect(&DatabaseSettings::new(db.url())).unwrap()),
                6400,
                32,
            ));
            println!("postgres {round} {mode}: create {c:.0}/s update {u:.0}/s");
        }
    }
}
