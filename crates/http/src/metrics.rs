//! What is counted of requests: how many, how long they took, by route template, method and class of the status.
//!
//! Nothing of a request itself gets in: no path, no query, no address. A request costs two looks at the clock and two
//! counters that are found once for each route; nothing is formatted.

use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use actix_web::Error;
use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::span;

/// The upper ends of the classes of times, in seconds.
const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What reached no route.
const NO_ROUTE: &str = "none";

/// Classes of status codes (RFC 9110, section 15).
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Answered {
    route: String,
    method: &'static str,
    status: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Taken {
    route: String,
    method: &'static str,
}

/// Makes the histogram of a route.
#[derive(Clone, Debug)]
struct Times;

impl MetricConstructor<Histogram> for Times {
    fn new_metric(&self) -> Histogram {
        Histogram::new(SECONDS)
    }
}

/// The counters of a server. Clones count together.
#[derive(Clone, Debug)]
pub struct RequestMetrics {
    answered: Family<Answered, Counter>,
    times: Family<Taken, Histogram, Times>,
}

impl Default for RequestMetrics {
    fn default() -> Self {
        Self { answered: Family::default(), times: Family::new_with_constructor(Times) }
    }
}

impl RequestMetrics {
    /// Tells them by this registry: `…http_requests_total` and `…http_request_duration_seconds`.
    pub fn register(&self, registry: &mut Registry) {
        let help = "Requests that were answered, by route template, method and class of the status";
        registry.register("http_requests", help, self.answered.clone());
        let help = "Time from the head of a request to the head of its answer";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, self.times.clone());
    }

    /// The counters of one method of a route.
    pub(crate) fn of(&self, route: &str, method: &'static str) -> RouteMetrics {
        RouteMetrics {
            all: self.clone(),
            route: route.to_owned(),
            method,
            classes: [const { OnceLock::new() }; CLASSES.len()],
            times: OnceLock::new(),
        }
    }
}

/// The counters of one method of a route, each found at the first request that needs it.
pub(crate) struct RouteMetrics {
    all: RequestMetrics,
    route: String,
    method: &'static str,
    classes: [OnceLock<Counter>; CLASSES.len()],
    times: OnceLock<Histogram>,
}

impl RouteMetrics {
    fn note(&self, status: StatusCode, time: Duration) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let (Some(counter), Some(status)) = (self.classes.get(class), CLASSES.get(class)) {
            let found = || {
                let (route, method) = (self.route.clone(), self.method);
                self.all.answered.get_or_create_owned(&Answered { route, method, status })
            };
            counter.get_or_init(found).inc();
        }
        let found = || {
            let (route, method) = (self.route.clone(), self.method);
            self.all.times.get_or_create_owned(&Taken { route, method })
        };
        self.times.get_or_init(found).observe(time.as_secs_f64());
    }
}

/// The counters of a route, one for each of its methods.
pub(crate) type Counters = Arc<[Arc<RouteMetrics>]>;

/// Notes which route a request has taken and which counters it is for.
pub(crate) fn note_route(counters: &Counters, request: &ServiceRequest) {
    let found = counters.iter().find(|counter| Method::as_str(request.method()) == counter.method);
    if let Some(found) = found {
        span::found_route(request, &found.route);
        request.extensions_mut().insert(Arc::clone(found));
    }
}

/// Whether a request has come to a route that counts it.
pub(crate) fn is_noted(request: &HttpRequest) -> bool {
    request.extensions().contains::<Arc<RouteMetrics>>()
}

/// Counts a request when it is answered, whatever has answered it.
pub(crate) async fn count<B>(
    metrics: Rc<RequestMetrics>,
    answer: impl Future<Output = Result<ServiceResponse<B>, Error>>,
) -> Result<ServiceResponse<B>, Error> {
    let begun = Instant::now();
    let response = answer.await?;
    let (status, time) = (response.status(), begun.elapsed());
    let request = response.request();
    let found = request.extensions().get::<Arc<RouteMetrics>>().cloned();
    if let Some(counters) = found {
        counters.note(status, time);
    } else {
        // Pages, unknown paths, refused methods: seldom enough to look for the template.
        let route = request.match_pattern();
        let method = span::known_method(request.method());
        metrics.of(route.as_deref().unwrap_or(NO_ROUTE), method).note(status, time);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;

    use super::*;

    fn told(metrics: &RequestMetrics) -> String {
        let mut registry = Registry::with_prefix("healthcore");
        metrics.register(&mut registry);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        text
    }

    #[test]
    fn requests_are_told_by_route_method_and_class() {
        let metrics = RequestMetrics::default();
        let patients = metrics.of("/api/patients", "GET");
        patients.note(StatusCode::OK, Duration::from_millis(2));
        patients.note(StatusCode::NOT_MODIFIED, Duration::from_millis(2));
        // Another worker counts the same.
        metrics.of("/api/patients", "GET").note(StatusCode::OK, Duration::from_secs(3));
        let text = told(&metrics);
        for line in [
            r#"healthcore_http_requests_total{route="/api/patients",method="GET",status="2xx"} 2"#,
            r#"healthcore_http_requests_total{route="/api/patients",method="GET",status="3xx"} 1"#,
            r#"healthcore_http_request_duration_seconds_count{route="/api/patients",method="GET"} 3"#,
            r#"healthcore_http_request_duration_seconds_bucket{le="0.0025",route="/api/patients",method="GET"} 2"#,
        ] {
            assert!(text.contains(line), "{text}");
        }
    }

    /// Not a test of time: `cargo test --release -p healthcore-http -- --ignored --nocapture what_counting_costs`.
    #[test]
    #[ignore = "measures, and tells the time of one request"]
    fn what_counting_costs() {
        const TIMES: u32 = 5_000_000;
        let counters = RequestMetrics::default().of("/api/patients", "GET");
        let begun = Instant::now();
        for _ in 0..TIMES {
            let request = Instant::now();
            counters.note(StatusCode::OK, request.elapsed());
        }
        println!("{} ns a request", begun.elapsed().as_nanos() / u128::from(TIMES));
    }
}
