//! Logs: JSON lines, a message that reads alone with dotted fields beside it ([`line`]); and numbers: counted in a [`Trail`],
//! shown by `/metrics` ([`family`]) and told to CloudWatch ([`emf`]).
//!
//! Never logged: tokens, cookies, addresses, names, subjects, bodies, prompts, query strings. Ids and counts are enough
//! to find everything else. `error` is for what needs a person, `warn` for what healed itself, `info` for what happened.
//!
//! Three things see to it: an error's `Debug` ([`crate::Error`]), types that print nothing of what they hold
//! (`SecretString`, [`crate::model::user::Tokens`]), and the filter here, which lets no library trace what it carries.

#[cfg(feature = "sentry")]
mod bugs;
#[cfg(all(test, any(feature = "otel", feature = "sentry")))]
mod collector;
pub mod emf;
pub mod family;
mod line;
#[cfg(feature = "otel")]
mod spans;
mod trail;

pub use trail::{Count, Queries, Trail};

use std::backtrace::Backtrace;
use std::panic::PanicHookInfo;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, FilterFn, filter_fn};
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

/// Crates of this repository; a program's own code has the program's name and logs nothing.
const OURS: [&str; 5] = ["shared", "functions", "local", "fakes", emf::TARGET];

/// `LOG_LEVEL` (or Lambda's own `AWS_LAMBDA_LOG_LEVEL`) says how much; default `info`, and `warn` for libraries.
pub fn init() {
    #[expect(clippy::disallowed_methods, reason = "before there is a configuration that could fail to be read")]
    let level = ["LOG_LEVEL", "AWS_LAMBDA_LOG_LEVEL", "RUST_LOG"].iter().find_map(|name| std::env::var(name).ok());
    let subscriber = subscriber(level, std::io::stdout);
    #[cfg(feature = "otel")]
    let subscriber = subscriber.with(spans::layer());
    #[cfg(feature = "sentry")]
    let subscriber = subscriber.with(bugs::layer());
    // A second initialisation in one process is a test's; the first stays.
    let _ = tracing::subscriber::set_global_default(subscriber);
    log_panics();
}

/// A line is written when it is written, whatever the product's clock says.
#[expect(clippy::disallowed_methods, reason = "the log is where time is only told")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// An invocation is over: what is to be told elsewhere is told before the process is frozen.
fn flush() {
    #[cfg(feature = "otel")]
    spans::flush();
    #[cfg(feature = "sentry")]
    bugs::flush();
}

/// Every panic is logged with its place and its stack, and without its message, which can hold anybody's data.
pub fn log_panics() {
    std::panic::set_hook(Box::new(panicked));
}

/// What is logged of one panic.
pub fn panicked(info: &PanicHookInfo<'_>) {
    let place = info.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
    tracing::error!(panic.place = place, panic.stack = %Backtrace::force_capture(), "a panic");
}

fn filter(level: Option<String>) -> EnvFilter {
    let level = level.unwrap_or_else(|| "info".into()).to_ascii_lowercase();
    let filter = if level.contains('=') { level } else { format!("warn,shared={level},functions={level}") };
    // Numbers are no matter of how much is said.
    let numbers = |filter: &str| format!("{filter},{}=error", emf::TARGET);
    EnvFilter::try_new(numbers(&filter)).unwrap_or_else(|_| EnvFilter::new(numbers("info")))
}

/// Whatever the level: libraries write what they carry at `debug` and `trace` (the Lambda runtime the whole event, the
/// database driver its statements), so of them only warnings and errors pass.
pub fn quiet_libraries() -> FilterFn {
    filter_fn(is_fit)
}

fn is_fit(about: &Metadata<'_>) -> bool {
    let name = about.target().split("::").next().unwrap_or_default();
    *about.level() <= Level::WARN || OURS.contains(&name)
}

/// What the functions log with, at this level.
pub fn subscriber<W>(
    level: Option<String>,
    writer: W,
) -> impl tracing::Subscriber + for<'a> LookupSpan<'a> + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = fmt::layer().fmt_fields(JsonFields::new()).event_format(line::Line).with_writer(writer);
    tracing_subscriber::registry().with(filter(level)).with(quiet_libraries()).with(lines)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::panic::{catch_unwind, set_hook, take_hook};
    use std::sync::{Arc, Mutex};

    use serde_json::Value;

    use super::*;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn written(level: &str, act: impl FnOnce()) -> Vec<Value> {
        let paper = Paper::default();
        let writer = paper.clone();
        let subscriber = subscriber(Some(level.into()), move || writer.clone());
        tracing::subscriber::with_default(subscriber, act);
        let text = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_is_json_with_a_time_a_level_and_the_request_it_belongs_to() {
        let lines = written("info", || {
            let user = tracing::field::Empty;
            let request = tracing::info_span!("request", correlation_id = "c-1", request.id = "r-1", user.id = user);
            let _entered = request.entered();
            tracing::Span::current().record("user.id", 5);
            let _entered = tracing::info_span!("task", task.id = "7", correlation_id = "c-0").entered();
            tracing::info!(task.kind = "embed", "task done");
        });

        assert_eq!(lines.len(), 1);
        let line = &lines[0];
        assert!(line["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{line}");
        for (name, value) in [
            ("level", "INFO"),
            ("message", "task done"),
            ("task.kind", "embed"),
            ("task.id", "7"),
            ("request.id", "r-1"),
            ("correlation_id", "c-0"),
        ] {
            assert_eq!(line[name], value, "{line}");
        }
        assert_eq!(line["user.id"], 5, "{line}");
    }

    #[test]
    fn log_level_says_how_much() {
        let act = || {
            tracing::debug!("how");
            tracing::warn!("healed");
        };

        assert_eq!(written("info", act).len(), 1);
        assert_eq!(written("DEBUG", act).len(), 2);
        assert_eq!(written("error", act).len(), 0);
    }

    #[test]
    fn a_library_cannot_be_made_to_tell_what_it_carries() {
        for level in ["trace", "info,hyper=trace", "hyper=debug,lambda_runtime=trace"] {
            let lines = written(level, || {
                tracing::trace!(target: "hyper::proto", "a header");
                tracing::debug!(target: "lambda_runtime::layers", "an event");
                tracing::info!(target: "sharedness", "not ours");
                tracing::warn!(target: "hyper::proto", "a connection was lost");
            });
            assert_eq!(lines.len(), 1, "{level}: {lines:?}");
        }
        assert_eq!(written("shared=trace", || tracing::trace!(target: "shared::store", "ours")).len(), 1);
    }

    #[test]
    fn numbers_are_printed_as_they_are_whatever_the_level() {
        for level in ["off", "error", "shared=error"] {
            let lines = written(level, || {
                let _entered = tracing::info_span!("request", correlation_id = "c-1").entered();
                let trail = Trail::begin(None, Some("stack"));
                trail.measure(emf::Metric::Requests, 1.0);
                trail.beside("route", "/api/chat");
                let kept = trail.clone();
                drop(trail);
                kept.measure(emf::Metric::Requests, 1.0);
            });
            assert_eq!(lines.len(), 1, "{level}: {lines:?}");
            assert_eq!((&lines[0]["Requests"], &lines[0]["route"]), (&2.0.into(), &"/api/chat".into()));
            assert!(lines[0].get("level").is_none() && lines[0].get("correlation_id").is_none(), "{lines:?}");
        }
        let silent = written("info", || Trail::begin(None, None).measure(emf::Metric::Requests, 1.0));
        assert!(silent.is_empty(), "{silent:?}");
    }

    #[test]
    fn a_panic_leaves_its_stack_and_not_its_message() {
        let before = take_hook();
        let lines = written("info", || {
            log_panics();
            let _ = catch_unwind(|| panic!("nora@ellison.example"));
        });
        set_hook(before);

        let line = lines.iter().find(|line| line["message"] == "a panic").unwrap();
        assert!(line["panic.place"].as_str().unwrap().contains("telemetry/mod.rs"), "{line}");
        assert!(line["panic.stack"].as_str().unwrap().contains("a_panic_leaves_its_stack"), "{line}");
        assert!(!line.to_string().contains("ellison"), "{line}");
    }
}
