//! One call that has to wait for a lock holds up nobody who shares its transaction.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use persistence::{DatabaseSettings, Stores};
use testkit::postgres::{self, Template};
use testkit::{builders, fixed};
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_lock_holds_up_nobody_else() {
    let database = postgres::database(&Template::empty()).await.unwrap();
    persistence::migrate(database.url()).unwrap();
    let connections = NonZeroU32::new(2).unwrap();
    let settings = DatabaseSettings { connections, ..DatabaseSettings::new(database.url()) };
    let stores = Arc::new(Stores::connect(&settings).unwrap());
    let mut owners = Vec::new();
    for name in ["held", "free"] {
        let user = builders::user().username(name).done();
        let stamp = fixed::stamped(fixed::instant());
        owners.push(stores.users.insert(&user, None, &stamp).await.unwrap().id);
    }
    let (held, free) = (owners[0], owners[1]);
    let mut lock = PgConnection::establish(database.url()).unwrap();
    lock.batch_execute(&format!("BEGIN; SELECT id FROM users WHERE id = {held} FOR UPDATE")).unwrap();
    let insert = |owner| {
        let stores = Arc::clone(&stores);
        async move {
            let stamp = fixed::stamped(fixed::instant());
            stores.patients.insert(owner, &builders::patient().done(), &stamp).await
        }
    };
    let start = Instant::now();
    let mut all = JoinSet::new();
    for number in 0..60 {
        if number != 20 {
            all.spawn(insert(free));
        }
    }
    let waits = tokio::spawn(insert(held));
    for made in all.join_all().await {
        assert_eq!(made.unwrap().owner, free);
    }
    // Less than a statement may wait for a lock.
    assert!(start.elapsed() < Duration::from_millis(1800), "{:?}", start.elapsed());
    assert!(!waits.is_finished());
    lock.batch_execute("ROLLBACK").unwrap();
    assert_eq!(waits.await.unwrap().unwrap().owner, held);
}
