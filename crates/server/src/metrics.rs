//! What a server tells Prometheus, on a listener of its own.

mod process;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use application::Audit;
use http_api::{Load, RequestMetrics};
use persistence::LoadGauge;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use security::BcryptHasher;
use tokio::task::JoinHandle;

use crate::StartError;

/// OpenMetrics 1.0, which Prometheus asks for by itself.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is looked at when somebody asks; until then it costs nothing.
pub(crate) struct Watched {
    pub(crate) database: Arc<dyn LoadGauge>,
    pub(crate) audit: Audit,
    pub(crate) hasher: Arc<BcryptHasher>,
    pub(crate) load: Load,
}

/// The listener.
pub(crate) struct MetricsServer {
    /// Where it listens; with the real port when the settings said 0.
    pub(crate) addr: SocketAddr,
    handle: ServerHandle,
    task: JoinHandle<io::Result<()>>,
}

impl MetricsServer {
    /// Listens, if there is an address. Needs a tokio runtime.
    pub(crate) fn start(
        address: Option<SocketAddr>,
        requests: &RequestMetrics,
        watched: Watched,
    ) -> Result<Option<Self>, StartError> {
        let Some(address) = address else { return Ok(None) };
        let registry = Data::new(registry(requests, watched));
        let server = HttpServer::new(move || {
            App::new().app_data(registry.clone()).route("/metrics", web::get().to(tell))
        });
        let bound = server.workers(1).disable_signals().shutdown_timeout(1).bind(address);
        let server = bound.map_err(|source| StartError::Metrics { address, source })?;
        let addr = server.addrs().first().copied().unwrap_or(address);
        let server = server.run();
        Ok(Some(Self { addr, handle: server.handle(), task: tokio::spawn(server) }))
    }

    pub(crate) async fn stop(self) {
        self.handle.stop(false).await;
        self.task.abort();
    }
}

async fn tell(registry: Data<Registry>) -> HttpResponse {
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, TEXT))
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(text),
        Err(fmt::Error) => HttpResponse::InternalServerError().finish(),
    }
}

fn registry(requests: &RequestMetrics, watched: Watched) -> Registry {
    let mut registry = Registry::default();
    let build = vec![("version", env!("CARGO_PKG_VERSION").to_owned()), ("features", features())];
    registry.register("healthcore_build", "What runs here", Info::new(build));
    requests.register(registry.sub_registry_with_prefix("healthcore"));
    registry.register_collector(Box::new(watched));
    registry.register_collector(Box::new(process::Process));
    registry
}

/// What this build was made with.
fn features() -> String {
    let all = [
        (cfg!(feature = "sqlite"), "sqlite"),
        (cfg!(feature = "postgres"), "postgres"),
        (cfg!(feature = "postgres-tls"), "postgres-tls"),
        (cfg!(feature = "otel"), "otel"),
    ];
    all.into_iter().filter(|(is_in, _)| *is_in).map(|(_, name)| name).collect::<Vec<_>>().join(",")
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched(…)")
    }
}

impl Collector for Watched {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let lanes = self.database.lanes();
        let of = |value: fn(&persistence::LaneLoad) -> usize| -> Vec<(&str, usize)> {
            lanes.iter().map(|lane| (lane.name, value(lane))).collect()
        };
        let e = &mut encoder;
        by_pool(
            e,
            "healthcore_database_waiting",
            "Calls that wait for a connection",
            &of(|lane| lane.waiting),
        )?;
        by_pool(e, "healthcore_database_waiting_max", "Calls that may wait", &of(|lane| lane.capacity))?;
        by_pool(e, "healthcore_database_busy", "Connections that are at work", &of(|lane| lane.busy))?;
        by_pool(e, "healthcore_database_connections", "Connections there are", &of(|lane| lane.threads))?;
        let sharing = self.database.sharing();
        gauge(e, "healthcore_database_sharing", "Calls that wait to share a statement", sharing)?;
        let (backlog, most) = self.audit.backlog();
        gauge(e, "healthcore_audit_backlog", "Events that are not written yet", backlog)?;
        gauge(e, "healthcore_audit_backlog_max", "Events that may wait", most)?;
        let hashing = self.hasher.load();
        gauge(e, "healthcore_passwords_waiting", "Passwords that wait to be hashed", hashing.waiting)?;
        gauge(e, "healthcore_passwords_waiting_max", "Passwords that may wait", hashing.capacity)?;
        gauge(e, "healthcore_passwords_busy", "Passwords that are hashed now", hashing.busy)?;
        gauge(e, "healthcore_passwords_threads", "Passwords that can be hashed at a time", hashing.threads)?;
        let under_way = self.load.under_way();
        gauge(e, "healthcore_http_requests_in_flight", "Requests that are under way", under_way)?;
        let refused = ConstCounter::new(self.load.refused());
        let help = "Requests that were refused because too many were under way";
        refused.encode(e.encode_descriptor(
            "healthcore_http_requests_shed",
            help,
            None,
            MetricType::Counter,
        )?)
    }
}

/// One number.
fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: usize) -> fmt::Result {
    number(value).encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
}

/// A number for each kind of connection.
fn by_pool(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: &[(&str, usize)],
) -> fmt::Result {
    let mut encoder: MetricEncoder<'_> = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    values
        .iter()
        .try_for_each(|(pool, value)| number(*value).encode(encoder.encode_family(&[("pool", *pool)])?))
}

fn number(value: usize) -> ConstGauge<i64> {
    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX))
}
