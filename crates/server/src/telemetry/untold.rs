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

    /// A setting that asks for a collector is refused where settings are checked.
    #[expect(clippy::unnecessary_wraps, reason = "as with the feature")]
    pub(crate) const fn start(_: &TracesSettings) -> Result<Self, StartError> {
        Ok(Self)
    }

    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(crate) const fn stop(self) {}

    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(crate) fn install(self, lines: impl Subscriber + Send + Sync + 'static) {
        // It fails where logging was started before, and then that is good.
        let _ = lines.try_init();
    }
}

/// Tells a collector of each request, where there is one.
pub(crate) const fn link(_: &TracesSettings) -> Option<TraceLink> {
    None
}
