//! Several replicas start at once on an empty database.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Instant;

use serde_json::Value;
use testkit::postgres::{self, Template};

use crate::program::{Program, Setup};
use crate::turns;
use crate::wire::Request;

const REPLICAS: usize = 4;

/// The names of the migrations that this server says it has applied.
fn applied_by(server: &Program) -> Vec<String> {
    let log = server.log();
    let events = log.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let names = events.filter_map(|event| {
        let name = event.get("migration").or_else(|| event["fields"].get("migration"));
        name.and_then(Value::as_str).map(str::to_owned)
    });
    names.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_replicas_on_an_empty_database_apply_each_migration_once() {
    let _turn = turns::alone().await;
    let database = postgres::database_blocking(&Template::empty()).unwrap();
    let setup = Setup::new(&[("database.url", database.url()), ("database.connections", "2")]);
    let begun = Instant::now();
    let starting: Vec<_> = (0..REPLICAS)
        .map(|_| {
            let setup = setup.clone();
            thread::spawn(move || Program::start(&setup))
        })
        .collect();
    let replicas: Vec<Program> = starting.into_iter().map(|one| one.join().unwrap()).collect();
    for replica in &replicas {
        Request::get("/readyz").send(replica.address()).await.is(200);
    }
    let took = begun.elapsed();

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/postgres");
    let all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let all = all.filter(|entry| entry.path().is_dir());
    let once: BTreeMap<String, usize> =
        all.map(|entry| (entry.file_name().into_string().unwrap(), 1)).collect();
    let mut counted = BTreeMap::new();
    for name in replicas.iter().flat_map(applied_by) {
        *counted.entry(name).or_insert(0) += 1;
    }
    assert_eq!(counted, once);
    println!("{REPLICAS} replicas were ready after {took:.1?}; {} migrations, each applied once", once.len());
}
