//! Attempts that turned out to be right.

use std::time::Duration;

use super::{QUARTER_OF_AN_HOUR, numbered};
use crate::contract::Throttles;
use crate::fixed::instant;

pub async fn the_right_password_starts_the_pair_afresh(store: &Throttles) {
    store.pass_times(5, "ann", "home", instant()).await;
    store.pass_times(5, "ann", "work", instant()).await;
    store.forgive("ann", "home", instant()).await;
    store.pass_times(5, "ann", "home", instant()).await;
    for address in ["home", "work"] {
        assert_eq!(store.admit("ann", address, instant()).await, Err(Duration::from_secs(1)), "{address}");
    }
}

/// More than one, and whoever has an account of his own could guess at others for ever.
pub async fn the_right_password_gives_the_account_one_attempt_back(store: &Throttles) {
    for address in numbered("address", 20) {
        store.pass("ann", &address, instant()).await;
    }
    store.forgive("ann", "address-19", instant()).await;
    store.pass("ann", "another", instant()).await;
    assert_eq!(store.admit("ann", "another", instant()).await, Err(QUARTER_OF_AN_HOUR));
}

pub async fn the_right_password_gives_the_address_one_attempt_back(store: &Throttles) {
    for account in numbered("account", 50) {
        store.pass(&account, "home", instant()).await;
    }
    store.forgive("account-49", "home", instant()).await;
    store.pass("another", "home", instant()).await;
    assert_eq!(store.admit("another", "home", instant()).await, Err(QUARTER_OF_AN_HOUR));
    store.forgive("", "home", instant()).await;
    store.pass("", "home", instant()).await;
    assert_eq!(store.admit("another", "home", instant()).await, Err(QUARTER_OF_AN_HOUR));
}

pub async fn forgiving_what_was_never_tried_changes_nothing(store: &Throttles) {
    for (account, address) in [("ann", "home"), ("", "home"), ("eve", "work")] {
        store.forgive(account, address, instant()).await;
    }
    store.pass_times(5, "ann", "home", instant()).await;
    store.forgive("eve", "work", instant()).await;
    assert_eq!(store.admit("ann", "home", instant()).await, Err(Duration::from_secs(1)));
}
