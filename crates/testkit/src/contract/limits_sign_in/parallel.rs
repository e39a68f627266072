//! Many attempts at the same time.

use std::sync::Arc;
use std::time::Duration;

use super::{at_once, attempt, numbered};
use crate::contract::Throttles;
use crate::fixed::{instant, seconds_later};

pub async fn of_100_parallel_attempts_on_an_account_from_an_address_five_pass(store: &Throttles) {
    let attempts = || (0..100).map(|_| attempt("ann", "home"));
    assert_eq!(store.at_once(attempts(), instant()).await, 5);
    assert_eq!(store.at_once(attempts(), seconds_later(1)).await, 1);
}

pub async fn of_100_parallel_attempts_on_an_account_twenty_pass(store: &Throttles) {
    let attempts = numbered("address", 100).into_iter().map(|address| attempt("ann", &address));
    assert_eq!(store.at_once(attempts, instant()).await, 20);
}

pub async fn of_100_parallel_attempts_from_an_address_fifty_pass(store: &Throttles) {
    let attempts = numbered("account", 100).into_iter().map(|account| attempt(&account, "home"));
    assert_eq!(store.at_once(attempts, instant()).await, 50);
}

/// None may wait for another one that waits for it.
pub async fn parallel_attempts_that_cross_all_get_an_answer(store: &Throttles) {
    let calls = (0..180_u32).map(|number| {
        let replica = Arc::clone(store.replica(number));
        let attempt = attempt(&format!("account-{}", number % 6), &format!("address-{}", number % 5));
        async move {
            let admitted = replica.admit(&attempt, instant()).await.unwrap().is_ok();
            if admitted && number % 3 == 0 {
                replica.forgive(&attempt, instant()).await.unwrap();
            }
            admitted
        }
    });
    assert!(at_once(calls).await.contains(&true));
}

pub async fn replicas_count_attempts_together(store: &Throttles) {
    for number in 0..5 {
        let admitted = store.replica(number).admit(&attempt("ann", "home"), instant()).await.unwrap();
        assert_eq!(admitted, Ok(()));
    }
    for number in 0..2 {
        let admitted = store.replica(number).admit(&attempt("ann", "home"), instant()).await.unwrap();
        assert_eq!(admitted, Err(Duration::from_secs(1)));
    }
}
