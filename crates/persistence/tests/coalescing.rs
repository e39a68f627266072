//! Calls that share statements and transactions: each gets what it would have got alone, and never what is another
//! owner's; whatever comes at the same time, fails, or leaves.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

#[path = "coalescing/hurt.rs"]
mod hurt;
#[path = "coalescing/lists.rs"]
mod lists;
#[path = "coalescing/mix.rs"]
mod mix;
#[path = "coalescing/world.rs"]
mod world;

use std::ops::Range;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use testkit::postgres::{self, Template};

use self::world::World;

/// As many calls may wait as there are.
const WIDE: usize = 1000;
/// Some are refused.
const NARROW: usize = 20;

/// Mixes of calls, one after the other on the same database: what they leave behind is part of the next one.
fn check_mixes(url: &str, queue: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let world = runtime.block_on(World::new(url, queue));
    let config = Config { cases: 40, failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    let mixes = prop::collection::vec(mix::call(), 1..200);
    TestRunner::new(config)
        .run(&mixes, |calls| runtime.block_on(mix::run(&world, calls)).map_err(TestCaseError::fail))
        .unwrap();
}

#[test]
fn every_call_is_answered_as_if_it_were_alone_on_sqlite() {
    for queue in [WIDE, NARROW] {
        let folder = tempfile::tempdir().unwrap();
        check_mixes(&format!("sqlite://{}", folder.path().join("test.db").display()), queue);
    }
    check_shared(world::ON_SQLITE);
}

/// The statements with these numbers were sent by this process.
fn check_shared(numbers: Range<usize>) {
    let sent = world::shared_so_far();
    let never: Vec<_> = numbers.filter(|number| !sent[*number]).map(|number| world::SHARED[number]).collect();
    assert!(never.is_empty(), "no calls ever shared {never:#?}");
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many words of patients bear another time than their records.
fn words_out_of_time(url: &str) -> i64 {
    let sql = "SELECT count(*) AS count FROM patient_words JOIN patients ON patients.id = patient_id
        WHERE created_micros <> (extract(epoch FROM created_at) * 1000000)::bigint";
    let mut connection = PgConnection::establish(url).unwrap();
    diesel::sql_query(sql).get_result::<Count>(&mut connection).unwrap().count
}

#[test]
fn every_call_is_answered_as_if_it_were_alone_on_postgres() {
    for queue in [WIDE, NARROW] {
        let database = postgres::database_blocking(&Template::empty()).unwrap();
        check_mixes(database.url(), queue);
        assert_eq!(words_out_of_time(database.url()), 0);
    }
    check_shared(world::ON_POSTGRES);
}
