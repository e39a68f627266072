//! The contract of [`RateLimiter`].

mod parallel;
mod takes;

use std::sync::Arc;

use domain::ports::RateLimiter;
use domain::{Allowance, Quota, Timestamp};

pub use parallel::*;
pub use takes::*;

use super::Limiters;
use super::check::at_once;

fn quota(text: &str) -> Quota {
    Quota::parse(text).unwrap()
}

impl Limiters {
    async fn take(&self, who: &str, quota: Quota, now: Timestamp) -> Allowance {
        self.one.take(who, quota, now).await.unwrap()
    }

    async fn granted(&self, who: &str, quota: Quota, now: Timestamp) -> bool {
        self.take(who, quota, now).await.is_granted
    }

    /// Takes everything there is.
    async fn exhaust(&self, who: &str, quota: Quota, now: Timestamp) {
        while self.granted(who, quota, now).await {}
    }

    /// How many of as many requests at once are granted, when they come to the replicas by turns.
    async fn at_once(&self, requests: u32, who: &'static str, quota: Quota, now: Timestamp) -> u32 {
        let takes = (0..requests).map(|number| {
            let replica: Arc<dyn RateLimiter> = Arc::clone(self.replica(number));
            async move { replica.take(who, quota, now).await.unwrap().is_granted }
        });
        let granted = at_once(takes).await.into_iter().filter(|granted| *granted).count();
        u32::try_from(granted).unwrap()
    }
}

/// The list of rules; a test holds it against the functions.
#[doc(hidden)]
#[macro_export]
macro_rules! rate_rules {
    ($store:expr) => {
        $crate::rules_as_tests! { limits_rate, $store,
            as_many_as_the_quota_pass_at_once_and_no_more
            one_comes_back_after_each_interval
            the_reset_tells_when_the_next_one_comes_back
            a_refused_request_costs_nothing
            a_pause_gives_back_all_and_no_more
            steady_requests_pass_at_the_rate_of_the_quota
            a_clock_that_is_behind_gets_nothing_more
            each_caller_and_each_quota_counts_by_itself
            any_text_is_a_caller
            parallel_requests_never_exceed_the_quota
            parallel_requests_of_many_callers_all_count
            replicas_count_together
        }
    };
}
