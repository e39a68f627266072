//! Rates, over any text and any debt.

use std::time::Duration;

use testkit::fuzz::Parts;

use crate::Quota;

/// A rate reads back from its own parts, and what a caller is told is never more than the rate.
fn quotas(bytes: &[u8]) {
    let mut parts = Parts::of(bytes);
    let raw = parts.line();
    let owed = Duration::from_micros(parts.number().unsigned_abs());
    let Ok(quota) = Quota::parse(&raw) else { return };
    let unit = match quota.per().as_secs() {
        1 => "second",
        60 => "minute",
        3600 => "hour",
        86400 => "day",
        other => panic!("a rate per {other} seconds"),
    };
    assert_eq!(Quota::parse(&format!("{}/{unit}", quota.requests())), Ok(quota));
    assert!(quota.whole() >= quota.per() && !quota.interval().is_zero());

    let told = quota.allowance(owed, true);
    assert!(told.remaining <= quota.requests().get());
    assert!(told.reset <= owed.max(quota.whole()), "{told:?}");
    assert!(quota.allowance(owed.saturating_add(quota.interval()), true).remaining <= told.remaining);
}

mod target {
    testkit::fuzz_target!(quotas, 20_000);
}
