//! One attempt after the other, all of them wrong.

use std::time::Duration;

use super::{QUARTER_OF_AN_HOUR, numbered};
use crate::contract::Throttles;
use crate::contract::sample::LINES;
use crate::fixed::{instant, seconds_later};

const MICROSECOND: Duration = Duration::from_micros(1);

pub async fn five_attempts_pass_and_each_further_one_waits_twice_as_long(store: &Throttles) {
    store.pass_times(5, "ann", "home", instant()).await;
    let mut now = instant();
    for seconds in [1, 2, 4, 8, 16, 32, 64] {
        let wait = Duration::from_secs(seconds);
        assert_eq!(store.admit("ann", "home", now).await, Err(wait));
        let next = now.plus(wait);
        assert_eq!(store.admit("ann", "home", next.minus(MICROSECOND)).await, Err(MICROSECOND));
        store.pass("ann", "home", next).await;
        now = next;
    }
}

pub async fn no_wait_is_longer_than_a_quarter_of_an_hour(store: &Throttles) {
    store.pass_times(5, "ann", "home", instant()).await;
    let mut now = instant();
    for exponent in 0..10 {
        now = now.plus(Duration::from_secs(1 << exponent));
        store.pass("ann", "home", now).await;
    }
    for _ in 0..2 {
        assert_eq!(store.admit("ann", "home", now).await, Err(QUARTER_OF_AN_HOUR));
        now = now.plus(QUARTER_OF_AN_HOUR);
        store.pass("ann", "home", now).await;
    }
}

pub async fn a_refused_attempt_counts_against_nothing(store: &Throttles) {
    store.pass_times(5, "ann", "home", instant()).await;
    for _ in 0..60 {
        assert!(store.admit("ann", "home", instant()).await.is_err());
    }
    // Not against the pair,
    store.pass("ann", "home", seconds_later(1)).await;
    assert_eq!(store.admit("ann", "home", seconds_later(1)).await, Err(Duration::from_secs(2)));
    // nor the address,
    for account in numbered("account", 44) {
        store.pass(&account, "home", seconds_later(1)).await;
    }
    assert!(store.admit("one more", "home", seconds_later(1)).await.is_err());
    // nor the account.
    for address in numbered("address", 14) {
        store.pass("ann", &address, seconds_later(1)).await;
    }
    assert!(store.admit("ann", "one more", seconds_later(1)).await.is_err());
}

pub async fn an_account_has_twenty_attempts_from_all_addresses(store: &Throttles) {
    for address in numbered("address", 20) {
        store.pass("ann", &address, instant()).await;
    }
    for address in ["address-0", "another"] {
        assert_eq!(store.admit("ann", address, instant()).await, Err(QUARTER_OF_AN_HOUR));
        assert_eq!(store.admit("ann", address, seconds_later(899)).await, Err(Duration::from_secs(1)));
    }
    store.pass("eve", "address-0", instant()).await;
    store.pass("ann", "another", seconds_later(900)).await;
}

pub async fn an_address_has_fifty_attempts_on_all_accounts(store: &Throttles) {
    for account in numbered("account", 50) {
        store.pass(&account, "home", instant()).await;
    }
    for account in ["account-0", "another"] {
        assert_eq!(store.admit(account, "home", instant()).await, Err(QUARTER_OF_AN_HOUR));
        assert_eq!(store.admit(account, "home", seconds_later(899)).await, Err(Duration::from_secs(1)));
    }
    store.pass("account-0", "elsewhere", instant()).await;
    store.pass("another", "home", seconds_later(900)).await;
}

pub async fn the_longest_wait_is_told(store: &Throttles) {
    store.pass_times(5, "ann", "home", instant()).await;
    assert_eq!(store.admit("ann", "home", instant()).await, Err(Duration::from_secs(1)));
    for address in numbered("address", 15) {
        store.pass("ann", &address, instant()).await;
    }
    assert_eq!(store.admit("ann", "home", instant()).await, Err(QUARTER_OF_AN_HOUR));
}

pub async fn attempts_are_forgotten_after_their_window(store: &Throttles) {
    store.pass_times(4, "ann", "home", instant()).await;
    store.pass_times(5, "ann", "home", seconds_later(3600)).await;
    assert!(store.admit("ann", "home", seconds_later(3600)).await.is_err());
}

/// The throttle knows no accounts: a name that nobody has is one like any other.
pub async fn any_name_is_counted_alike(store: &Throttles) {
    let long = "x".repeat(100_000);
    let names = LINES.iter().copied().chain([" ", "\0", "a\0b", "a\0c", "Ann", "ann", &long]);
    for (name, address) in names.zip(numbered("address", 100)) {
        store.pass_times(5, name, &address, instant()).await;
        assert_eq!(store.admit(name, &address, instant()).await, Err(Duration::from_secs(1)), "{name:.20}");
    }
    // Where one name ends and the address begins makes a difference.
    store.pass_times(5, "ab", "c", instant()).await;
    store.pass_times(5, "a", "bc", instant()).await;
}

pub async fn an_account_that_is_called_like_an_address_is_none(store: &Throttles) {
    for address in numbered("address", 20) {
        store.pass("192.0.2.1", &address, instant()).await;
    }
    store.pass("ann", "192.0.2.1", instant()).await;
}

pub async fn a_name_that_nobody_can_have_counts_against_its_address_only(store: &Throttles) {
    store.pass_times(50, "", "home", instant()).await;
    for account in ["", "ann"] {
        assert_eq!(store.admit(account, "home", instant()).await, Err(QUARTER_OF_AN_HOUR));
    }
    store.pass("", "elsewhere", instant()).await;
}
