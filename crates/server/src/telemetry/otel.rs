//! Spans of requests, to an OpenTelemetry collector by OTLP over HTTP.
//!
//! They carry what log lines carry: route templates, methods, ids, durations; nothing of a patient.

use std::fmt;

use actix_web::http::header::{HeaderMap, HeaderName};
use http_api::TraceLink;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::StartError;
use crate::settings::TracesSettings;

/// What the spans are told to come from.
const SERVICE: &str = "healthcore";
/// Where a collector takes spans (OTLP 1, "OTLP/HTTP Request").
const PATH: &str = "v1/traces";

/// Sends spans to a collector, in batches, from a thread of its own.
#[derive(Clone)]
pub(crate) struct Exporter(Option<SdkTracerProvider>);

impl Exporter {
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// Starts the thread, where a collector is configured. Whether one is there is not looked at: a server does not
    /// wait for who watches it.
    pub(crate) fn start(settings: &TracesSettings) -> Result<Self, StartError> {
        if settings.otlp_endpoint.is_empty() {
            return Ok(Self::none());
        }
        let endpoint = format!("{}/{PATH}", settings.otlp_endpoint.trim_end_matches('/'));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint)
            .build()
            .map_err(|error| StartError::Traces { reason: error.to_string() })?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(Resource::builder().with_service_name(SERVICE).build())
            .build();
        Ok(Self(Some(provider)))
    }

    pub(crate) fn install<S>(self, lines: S)
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync + 'static,
    {
        let tracer = self.0.as_ref().map(|provider| provider.tracer(SERVICE));
        let layer = tracer.map(|tracer| tracing_opentelemetry::layer().with_tracer(tracer));
        // It fails where logging was started before, and then that is good.
        let _ = lines.with(layer).try_init();
    }

    /// Sends what was not sent yet.
    pub(crate) fn stop(self) {
        if let Some(Err(error)) = self.0.map(|provider| provider.shutdown()) {
            tracing::warn!(%error, "the last spans could not be sent");
        }
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exporter(…)")
    }
}

/// Makes the span of a request continue the trace that its headers name.
pub(crate) fn link(settings: &TracesSettings) -> Option<TraceLink> {
    let propagator = TraceContextPropagator::new();
    (!settings.otlp_endpoint.is_empty()).then(|| {
        TraceLink::new(move |span, headers| {
            let parent = propagator.extract(&Headers(headers));
            if parent.span().span_context().is_valid() {
                // It fails only where no layer listens, and then there is nothing to tell.
                let _ = span.set_parent(parent);
            }
        })
    })
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}
