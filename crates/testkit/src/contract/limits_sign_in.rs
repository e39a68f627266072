//! The contract of [`SignInThrottle`].

mod attempts;
mod forgiving;
mod parallel;

use std::sync::Arc;
use std::time::Duration;

use domain::ports::SignInThrottle;
use domain::{Attempt, Timestamp};

pub use attempts::*;
pub use forgiving::*;
pub use parallel::*;

use super::Throttles;
use super::check::at_once;

/// How long an account or an address is blocked that has had all of its attempts.
const QUARTER_OF_AN_HOUR: Duration = Duration::from_mins(15);

fn attempt(account: &str, address: &str) -> Attempt {
    Attempt { account: account.to_owned(), address: address.to_owned() }
}

/// As many texts that differ.
fn numbered(what: &str, count: u32) -> Vec<String> {
    (0..count).map(|number| format!("{what}-{number}")).collect()
}

impl Throttles {
    async fn admit(&self, account: &str, address: &str, now: Timestamp) -> Result<(), Duration> {
        self.one.admit(&attempt(account, address), now).await.unwrap()
    }

    /// An attempt that must pass.
    async fn pass(&self, account: &str, address: &str, now: Timestamp) {
        let admitted = self.admit(account, address, now).await;
        assert_eq!(admitted, Ok(()), "{account:.20} from {address:.20}");
    }

    /// As many attempts that must pass.
    async fn pass_times(&self, times: u32, account: &str, address: &str, now: Timestamp) {
        for _ in 0..times {
            self.pass(account, address, now).await;
        }
    }

    async fn forgive(&self, account: &str, address: &str, now: Timestamp) {
        self.one.forgive(&attempt(account, address), now).await.unwrap();
    }

    /// How many of these attempts pass when they come at once, to the replicas by turns.
    async fn at_once(&self, attempts: impl IntoIterator<Item = Attempt>, now: Timestamp) -> usize {
        let calls = attempts.into_iter().zip(0..).map(|(attempt, number)| {
            let replica: Arc<dyn SignInThrottle> = Arc::clone(self.replica(number));
            async move { replica.admit(&attempt, now).await.unwrap().is_ok() }
        });
        at_once(calls).await.into_iter().filter(|passed| *passed).count()
    }
}

/// The list of rules; a test holds it against the functions.
#[doc(hidden)]
#[macro_export]
macro_rules! sign_in_rules {
    ($store:expr) => {
        $crate::rules_as_tests! { limits_sign_in, $store,
            five_attempts_pass_and_each_further_one_waits_twice_as_long
            no_wait_is_longer_than_a_quarter_of_an_hour
            a_refused_attempt_counts_against_nothing
            an_account_has_twenty_attempts_from_all_addresses
            an_address_has_fifty_attempts_on_all_accounts
            the_longest_wait_is_told
            attempts_are_forgotten_after_their_window
            any_name_is_counted_alike
            an_account_that_is_called_like_an_address_is_none
            a_name_that_nobody_can_have_counts_against_its_address_only
            the_right_password_starts_the_pair_afresh
            the_right_password_gives_the_account_one_attempt_back
            the_right_password_gives_the_address_one_attempt_back
            forgiving_what_was_never_tried_changes_nothing
            of_100_parallel_attempts_on_an_account_from_an_address_five_pass
            of_100_parallel_attempts_on_an_account_twenty_pass
            of_100_parallel_attempts_from_an_address_fifty_pass
            parallel_attempts_that_cross_all_get_an_answer
            replicas_count_attempts_together
        }
    };
}
