//! Errors to Sentry, for builds with the feature `sentry`, and only where `SENTRY_DSN` says where.
//!
//! Not Sentry's own integrations, which send what they find: panic messages, headers, names of machines. A line of level ERROR
//! becomes an event with the fields that are listed here, and with no others: no bodies, and nothing of whose it was.

use std::sync::OnceLock;
use std::time::Duration;

use sentry::protocol::{Event, Level as Gravity};
use sentry::{ClientInitGuard, ClientOptions};
use serde_json::{Map, Value};
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::FormattedFields;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::emf;
use super::line::Said;

const PATIENCE: Duration = Duration::from_secs(2);
/// What is told.
const TOLD: [&str; 13] = [
    "correlation_id",
    "request.id",
    "task.id",
    "task.kind",
    "task.attempt",
    "route",
    "method",
    "kind",
    "error",
    "op",
    "status",
    "panic.place",
    "panic.stack",
];

static CLIENT: OnceLock<ClientInitGuard> = OnceLock::new();

/// None where there is nobody to tell.
pub fn layer() -> Option<Bugs> {
    #[expect(clippy::disallowed_methods, reason = "Sentry's own variable, which no other build knows")]
    let dsn = std::env::var("SENTRY_DSN").ok().filter(|dsn| !dsn.is_empty())?;
    CLIENT.get_or_init(|| sentry::init((dsn, options())));
    Some(Bugs)
}

fn options() -> ClientOptions {
    ClientOptions::new()
        .default_integrations(false)
        .max_breadcrumbs(0)
        .send_default_pii(false)
        .attach_stacktrace(false)
        .release(concat!("financial-advisor@", env!("CARGO_PKG_VERSION")))
}

/// An invocation is over, and the process may be frozen now.
pub fn flush() {
    if let Some(client) = CLIENT.get() {
        client.flush(Some(PATIENCE));
    }
}

pub struct Bugs;

impl<S> Layer<S> for Bugs
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        if *event.metadata().level() != Level::ERROR || event.metadata().target() == emf::TARGET {
            return;
        }
        let mut fields = Map::new();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            let extensions = span.extensions();
            let known = extensions.get::<FormattedFields<JsonFields>>();
            if let Some(Ok(Value::Object(known))) = known.map(|known| serde_json::from_str(&known.fields)) {
                fields.extend(known);
            }
        }
        let mut said = Said::default();
        event.record(&mut said);
        fields.extend(said.0);
        let message = fields.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
        fields.retain(|name, _| TOLD.contains(&name.as_str()));
        sentry::capture_event(Event {
            fingerprint: vec![message.clone().into(), fields.get("kind").unwrap_or_default().to_string().into()].into(),
            message: Some(message),
            level: Gravity::Error,
            extra: fields.into_iter().collect(),
            ..Event::default()
        });
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::super::collector::Collector;
    use super::*;

    #[test]
    fn sentry_hears_of_an_error_and_of_nobody() {
        let collector = Collector::start();
        let dsn = format!("{}/42", collector.url.replace("http://", "http://key@"));
        let client = sentry::init((dsn, options()));
        let subscriber = super::super::subscriber(Some("info".into()), std::io::sink).with(Bugs);

        tracing::subscriber::with_default(subscriber, || {
            let request = tracing::info_span!("request", correlation_id = "a-call-0001", user.id = 777_001);
            let _entered = request.entered();
            tracing::info!("request refused");
            tracing::error!(target: emf::TARGET, "{{}}");
            tracing::error!(kind = "internal", mail = "nora@ellison.example", "request failed");
        });
        client.flush(Some(PATIENCE));

        let (path, body) = collector.received();
        assert!(path.starts_with("/api/42/envelope"), "{path}");
        for said in ["request failed", "a-call-0001", "internal"] {
            assert!(body.contains(said), "{said} is not in {body}");
        }
        for hidden in ["ellison", "777001", "request refused", "server_name"] {
            assert!(!body.contains(hidden), "{hidden} is in {body}");
        }
    }
}
