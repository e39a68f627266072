//! Rates of requests in one process.

use security::LocalRateLimiter;
use testkit::contract::Limiters;

testkit::rate_limit_contract!(async { Limiters::alone(LocalRateLimiter::new()) });
