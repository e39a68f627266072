//! Two servers on one PostgreSQL.

use std::fs;
use std::process::Output;

use serde_json::{Value, json};
use testkit::postgres::{self, Template};

use crate::clinic::{Clinic, done};
use crate::place::{Place, err, mode};

const READS: usize = 40;
const WRITES: usize = 20;

#[test]
fn two_servers_make_one_chain_and_a_purge_says_what_is_left() {
    let database = postgres::database_blocking(&Template::empty()).unwrap();
    let places = [Place::new(), Place::new()];
    let heads = places[0].path("heads");
    let settings =
        [("DATABASE_URL", database.url()), ("HEALTHCORE__AUDIT__ANCHOR_FILE", heads.to_str().unwrap())];
    let run = |arguments: &[&str]| -> Output {
        places[0].command(arguments).envs(settings.iter().copied()).output().unwrap()
    };
    let clinics =
        [(&places[0], "ann"), (&places[1], "bob")].map(|(place, user)| Clinic::open(place, user, &settings));
    std::thread::scope(|scope| {
        for clinic in &clinics {
            scope.spawn(|| clinic.read(READS));
            scope.spawn(|| {
                for _ in 0..WRITES {
                    clinic.make("/api/patients/", &json!({"name": "Eve"}));
                }
            });
        }
    });
    let under_load = done(&run(&["audit", "verify"]));
    assert!(under_load.contains(" pruned=0 "), "{under_load}");
    clinics.into_iter().for_each(Clinic::stop);
    let calls = 2 * (1 + READS + WRITES);
    done(&run(&["audit", "head"]));
    let found = run(&["audit", "verify"]);
    let expected = format!("events={calls} ");
    assert!(done(&found).starts_with(&expected) && done(&found).contains(" unsealed=0 "), "{}", done(&found));
    assert_eq!(err(&found), "");
    assert!(fs::read_to_string(&heads).unwrap().lines().count() >= 2);
    assert_eq!(mode(&heads), 0o600);

    let lines = done(&run(&["audit", "export"]));
    let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let reads = events.iter().filter(|event| event["operation"] == "patients_list").count();
    assert_eq!((events.len(), reads), (calls, 2 * READS));

    let purged = run(&["purge", "1", "--reason", "request 114", "--yes"]);
    assert_eq!(done(&purged), "patient 1 was erased\n");
    assert!(err(&purged).contains("pg_wal"), "{}", err(&purged));
    done(&run(&["audit", "verify"]));
}
