//! Guessing of passwords, made slow.

use std::time::Duration;

use crate::macros::redacted_debug;
use crate::{LoginName, Timestamp, User};

/// How many failures are borne, and what comes then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ThrottleRule {
    /// So many attempts pass.
    pub attempts: u32,
    /// Failures older than this do not count any more.
    pub window: Duration,
    /// The wait after the last attempt that passes; it doubles with each further one. Without it, nothing
    /// passes until the window is over.
    pub first_wait: Option<Duration>,
    /// The longest wait.
    pub longest_wait: Duration,
}

impl ThrottleRule {
    /// For one account from one address: five attempts, then a second, doubling to 15 minutes.
    pub const PAIR: Self = Self {
        attempts: 5,
        window: Duration::from_hours(1),
        first_wait: Some(Duration::from_secs(1)),
        longest_wait: Duration::from_mins(15),
    };
    /// For one account from everywhere: 20 in 15 minutes.
    pub const ACCOUNT: Self = Self::per_window(20);
    /// For one address, whatever the account: 50 in 15 minutes.
    pub const ADDRESS: Self = Self::per_window(50);

    const fn per_window(attempts: u32) -> Self {
        let window = Duration::from_mins(15);
        Self { attempts, window, first_wait: None, longest_wait: window }
    }
}

/// Who tries to sign in: an account, known or not, from an address.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// The account, or the key of the name that was typed; empty where no account is named.
    pub account: String,
    /// The client's address; of IPv6 the first 64 bits, which belong to one customer.
    pub address: String,
}

redacted_debug!(Attempt);

impl Attempt {
    /// An attempt at the password of `user`, or of the name `typed` that nobody has. One account has two names to
    /// sign in with, so known ones are counted by the account itself.
    pub fn at_password(user: Option<&User>, typed: Option<&LoginName>, address: &str) -> Self {
        let typed = || typed.map_or_else(String::new, |typed| format!("name {}", typed.user_name_key()));
        let account = user.map_or_else(typed, |user| format!("user {}", user.id));
        Self { account, address: address.to_owned() }
    }

    /// An attempt to refresh. It is counted apart from passwords: a forgotten client that shows its dead token again
    /// and again must not keep its neighbors from signing in.
    pub fn at_refresh(address: &str) -> Self {
        Self { account: String::new(), address: format!("refresh {address}") }
    }
}

/// The attempts that count against one account, one address, or one of each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attempts {
    /// How many there were since `since`.
    pub count: u32,
    /// When the first of them was.
    pub since: Timestamp,
    /// No attempt passes before this.
    pub blocked_until: Timestamp,
}

impl Attempts {
    /// None so far.
    pub const fn none(now: Timestamp) -> Self {
        Self { count: 0, since: now, blocked_until: now }
    }

    /// Counts one more attempt, before it is known whether it succeeds.
    ///
    /// # Errors
    /// It may not pass; how long to wait. It is not counted then: waiting is enough.
    pub fn admitted(self, rule: ThrottleRule, now: Timestamp) -> Result<Self, Duration> {
        if self.blocked_until > now {
            return Err(self.blocked_until.since(now));
        }
        let is_over = now.since(self.since) >= rule.window;
        let before = if is_over { Self::none(now) } else { self };
        let count = before.count.saturating_add(1);
        Ok(Self { count, blocked_until: before.block(count, rule, now), ..before })
    }

    /// Takes one attempt back that turned out to be the right password.
    pub const fn forgiven(self, now: Timestamp) -> Self {
        Self { count: self.count.saturating_sub(1), since: self.since, blocked_until: now }
    }

    fn block(self, count: u32, rule: ThrottleRule, now: Timestamp) -> Timestamp {
        if count < rule.attempts {
            return now;
        }
        let Some(first) = rule.first_wait else { return self.since.plus(rule.window) };
        let doublings = count.saturating_sub(rule.attempts).min(31);
        now.plus(first.saturating_mul(1 << doublings).min(rule.longest_wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000).unwrap()
    }

    /// The attempts after `count` of them at once.
    fn after(count: u32, rule: ThrottleRule) -> Attempts {
        (0..count).fold(Attempts::none(at(0)), |attempts, _| attempts.admitted(rule, at(0)).unwrap())
    }

    #[test]
    fn five_attempts_pass_and_then_each_waits_twice_as_long() {
        let mut attempts = after(5, ThrottleRule::PAIR);
        let mut now = 0;
        for wait in [1, 2, 4, 8] {
            assert_eq!(attempts.admitted(ThrottleRule::PAIR, at(now)), Err(Duration::from_secs(wait)));
            now += i64::try_from(wait).unwrap();
            attempts = attempts.admitted(ThrottleRule::PAIR, at(now)).unwrap();
        }
    }

    #[test]
    fn nobody_waits_longer_than_15_minutes() {
        let attempts = Attempts { count: 4_000_000_000, ..Attempts::none(at(0)) };
        let blocked = attempts.admitted(ThrottleRule::PAIR, at(1)).unwrap();
        assert_eq!(blocked.blocked_until, at(1 + 15 * 60));
    }

    #[test]
    fn without_waits_nothing_passes_until_the_window_is_over() {
        let attempts = after(20, ThrottleRule::ACCOUNT);
        assert_eq!(attempts.admitted(ThrottleRule::ACCOUNT, at(60)), Err(Duration::from_mins(14)));
        assert_eq!(attempts.admitted(ThrottleRule::ACCOUNT, at(900)).map(|attempts| attempts.count), Ok(1));
    }

    #[test]
    fn failures_are_forgotten_after_the_window() {
        let attempts = after(4, ThrottleRule::PAIR);
        let later = at(3600);
        assert_eq!(attempts.admitted(ThrottleRule::PAIR, later).map(|attempts| attempts.count), Ok(1));
    }

    #[test]
    fn the_right_password_takes_its_attempt_back() {
        let attempts = after(5, ThrottleRule::PAIR).forgiven(at(0));
        assert_eq!(attempts.count, 4);
        assert!(attempts.admitted(ThrottleRule::PAIR, at(0)).is_ok());
    }
}
