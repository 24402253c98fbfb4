//! Spans to an OpenTelemetry collector: OTLP over HTTP, for builds with the feature `otel`, and only where
//! `OTEL_EXPORTER_OTLP_ENDPOINT` says where. The SDK reads its own other variables (`OTEL_SERVICE_NAME`,
//! `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_TRACES_SAMPLER`).
//!
//! A span has the fields its lines in the log have: ids, routes, kinds. Nothing else is known here.

use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use super::emf;

/// A collector that is slower is not waited for: somebody waits for the next answer.
const PATIENCE: Duration = Duration::from_secs(1);

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// None where no collector is named.
pub fn layer<S>() -> Option<impl Layer<S>>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    #[expect(clippy::disallowed_methods, reason = "the SDK's own variables, which no other build knows")]
    let endpoint = std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT").ok().filter(|url| !url.is_empty())?;
    let provider = provider(&endpoint)?;
    Some(of(PROVIDER.get_or_init(|| provider)))
}

fn provider(endpoint: &str) -> Option<SdkTracerProvider> {
    let address = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let exporter = SpanExporter::builder().with_http().with_endpoint(address).with_timeout(PATIENCE).build().ok()?;
    // On a thread of its own, so that no answer waits for a span.
    Some(SdkTracerProvider::builder().with_batch_exporter(exporter).build())
}

fn of<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("financial-advisor"));
    layer
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(|about| about.target() != emf::TARGET))
}

/// An invocation is over, and the process may be frozen now.
pub fn flush() {
    if let Some(provider) = PROVIDER.get() {
        let _ = provider.force_flush();
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::super::collector::Collector;
    use super::*;

    #[test]
    fn a_collector_hears_of_a_request_and_its_task_and_of_nobodys_name() {
        let collector = Collector::start();
        let provider = provider(&collector.url).unwrap();
        let subscriber = super::super::subscriber(Some("info".into()), std::io::sink).with(of(&provider));

        tracing::subscriber::with_default(subscriber, || {
            let request = tracing::info_span!("request", correlation_id = "a-call-0001", user.id = 5);
            let _entered = request.entered();
            let _task = tracing::info_span!("task", task.kind = "embed").entered();
            tracing::info!("task done");
            tracing::debug!(target: "hyper::proto", mail = "nora@ellison.example", "carries");
            tracing::error!(target: emf::TARGET, "{{}}");
        });
        provider.force_flush().unwrap();

        let (path, body) = collector.received();
        assert_eq!(path, "/v1/traces");
        for said in ["request", "a-call-0001", "task.kind", "embed", "task done"] {
            assert!(body.contains(said), "{said} is not in {body}");
        }
        assert!(!body.contains("ellison"), "{body}");
    }
}
