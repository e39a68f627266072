//! A build without the feature `otel` tells nobody of traces.

use http_api::TraceLink;
use tracing::Subscriber;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::StartError;
use crate::settings::TracesSettings;

/// What would send spans to a collector.
#[derive(Clone)]
pub(crate) struct Exporter;

impl Exporter {
    pub(crate) const fn none() -> Self {
        Self
    }

    /// Refuses a setting that asks for a collector.
    pub(crate) fn start(settings: &TracesSettings) -> Result<Self, StartError> {
        if settings.otlp_endpoint.is_empty() {
            return Ok(Self);
        }
        Err(StartError::Traces { reason: "this build is without the feature `otel`".to_owned() })
    }

    pub(crate) const fn stop(self) {
        let Self = self;
    }

    pub(crate) fn install(self, lines: impl Subscriber + Send + Sync + 'static) {
        let Self = self;
        // It fails where logging was started before, and then that is good.
        let _ = lines.try_init();
    }
}

/// Tells a collector of each request, where there is one.
pub(crate) const fn link(_: &TracesSettings) -> Option<TraceLink> {
    None
}
