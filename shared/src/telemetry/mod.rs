//! Logs: JSON lines, a message that reads alone with dotted fields beside it.
//!
//! Never logged: tokens, cookies, addresses, names, subjects, bodies, prompts, query strings. Ids and counts are enough
//! to find everything else. `error` is for what needs a person, `warn` for what healed itself, `info` for what happened.

use tracing_subscriber::EnvFilter;

/// `LOG_LEVEL` (or Lambda's own `AWS_LAMBDA_LOG_LEVEL`) says how much; default `info`, and `warn` for libraries.
pub fn init() {
    #[expect(clippy::disallowed_methods, reason = "before there is a configuration that could fail to be read")]
    let level = ["LOG_LEVEL", "AWS_LAMBDA_LOG_LEVEL", "RUST_LOG"].iter().find_map(|name| std::env::var(name).ok());
    let level = level.unwrap_or_else(|| "info".into()).to_ascii_lowercase();
    let filter = if level.contains('=') { level } else { format!("warn,shared={level},functions={level}") };
    // A second initialisation in one process is a test's; the first stays.
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info")))
        .try_init();
}
