//! Why something failed, in words that are fit for a log.
//!
//! Errors of libraries quote what they could not take: the database the values of a row, a JSON parser the text it stumbled
//! over, a client its URL. So each kind of error says here what a log may know of it, which is codes, kinds and places. An
//! error of a library that is not listed cannot be kept at all, until somebody has looked at what it says.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::io;

use deadpool_postgres::{BuildError, PoolError};
use sqlx::migrate::MigrateError;
use tokio::task::JoinError;

/// A cause: the words for the log, and the error itself, if there is one, for whoever decides by it.
pub struct Cause {
    words: Cow<'static, str>,
    error: Option<Box<dyn StdError + Send + Sync>>,
}

impl Cause {
    /// Words made of codes, numbers and names of our own. Nothing that came from outside goes in here.
    pub fn codes(words: String) -> Self {
        Self { words: words.into(), error: None }
    }

    fn of(words: impl Into<Cow<'static, str>>, error: impl StdError + Send + Sync + 'static) -> Self {
        Self { words: words.into(), error: Some(Box::new(error)) }
    }

    pub fn words(&self) -> &str {
        &self.words
    }

    pub(super) fn error(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.as_deref().map(|error| error as _)
    }
}

impl From<&'static str> for Cause {
    fn from(words: &'static str) -> Self {
        Self { words: words.into(), error: None }
    }
}

impl From<tokio_postgres::Error> for Cause {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::of(postgres(&error), error)
    }
}

/// What the server says quotes the values of the row: only its codes and names go into a log.
fn postgres(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => refusal(db.code().code(), db.table(), db.constraint()),
        // The driver's own words name the step; what stopped it is a level below.
        None => match error.source().and_then(io_kind) {
            Some(kind) => format!("{error} ({kind})"),
            None => error.to_string(),
        },
    }
}

fn refusal(code: &str, table: Option<&str>, constraint: Option<&str>) -> String {
    format!("{code} in {} {}", table.unwrap_or("no table"), constraint.unwrap_or_default()).trim_end().to_owned()
}

impl From<PoolError> for Cause {
    fn from(error: PoolError) -> Self {
        let words = match &error {
            PoolError::Backend(error) => postgres(error),
            PoolError::Timeout(step) => format!("no connection in time: {step:?}"),
            PoolError::Closed => "the pool is closed".into(),
            PoolError::NoRuntimeSpecified => "the pool has no runtime".into(),
            PoolError::PostCreateHook(_) => "a new connection was refused".into(),
        };
        Self::of(words, error)
    }
}

impl From<BuildError> for Cause {
    fn from(error: BuildError) -> Self {
        Self::of("the pool has no runtime", error)
    }
}

impl From<sqlx::Error> for Cause {
    fn from(error: sqlx::Error) -> Self {
        Self::of(migrator(&error), error)
    }
}

fn migrator(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(db) => refusal(&db.code().unwrap_or_default(), db.table(), db.constraint()),
        sqlx::Error::Io(error) => error.kind().to_string(),
        sqlx::Error::Configuration(_) => "the address cannot be understood".into(),
        sqlx::Error::Tls(_) => "no TLS".into(),
        _ => "the driver gave up".into(),
    }
}

impl From<MigrateError> for Cause {
    fn from(error: MigrateError) -> Self {
        let words = match &error {
            MigrateError::Execute(error) => migrator(error),
            MigrateError::ExecuteMigration(error, version) => format!("migration {version}: {}", migrator(error)),
            // These speak of numbers only.
            MigrateError::VersionMissing(_)
            | MigrateError::VersionMismatch(_)
            | MigrateError::VersionNotPresent(_)
            | MigrateError::VersionTooOld(..)
            | MigrateError::VersionTooNew(..)
            | MigrateError::Dirty(_) => error.to_string(),
            _ => "the migrator gave up".into(),
        };
        Self::of(words, error)
    }
}

impl From<reqwest::Error> for Cause {
    fn from(error: reqwest::Error) -> Self {
        let step = match () {
            () if error.is_timeout() => "it took too long",
            () if error.is_connect() => "no connection",
            () if error.is_builder() => "the request cannot be made",
            () if error.is_body() => "the body broke off",
            () if error.is_decode() => "the answer cannot be read",
            () => "the request broke off",
        };
        let words = error.source().and_then(io_kind).map_or(step.into(), |kind| format!("{step} ({kind})"));
        // Its URL can carry an address or a token.
        Self::of(words, error.without_url())
    }
}

/// The kind of the input or output error at the bottom.
fn io_kind(error: &(dyn StdError + 'static)) -> Option<io::ErrorKind> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        cause = error.source();
    }
    None
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Self {
        Self::of(error.kind().to_string(), error)
    }
}

impl From<serde_json::Error> for Cause {
    fn from(error: serde_json::Error) -> Self {
        let what = match error.classify() {
            serde_json::error::Category::Io => "it broke off",
            serde_json::error::Category::Syntax => "it is no JSON",
            serde_json::error::Category::Data => "it is not of the form that is expected",
            serde_json::error::Category::Eof => "it ends too early",
        };
        Self::codes(format!("{what}, at line {}, column {}", error.line(), error.column()))
    }
}

impl From<JoinError> for Cause {
    fn from(error: JoinError) -> Self {
        let words = if error.is_panic() { "it panicked" } else { "it was cancelled" };
        // The error itself holds what was said in the panic.
        words.into()
    }
}

impl From<http::header::InvalidHeaderValue> for Cause {
    fn from(error: http::header::InvalidHeaderValue) -> Self {
        Self::of("a character that no header may hold", error)
    }
}

impl From<rustls::Error> for Cause {
    fn from(error: rustls::Error) -> Self {
        Self::of("TLS refuses it", error)
    }
}

impl From<rustls::pki_types::pem::Error> for Cause {
    fn from(error: rustls::pki_types::pem::Error) -> Self {
        Self::of("it is no PEM", error)
    }
}

/// Of a refusal by AWS its code; the message can quote what was sent.
pub fn aws(error: &impl aws_sdk_sqs::error::ProvideErrorMetadata) -> Cause {
    Cause::codes(format!("AWS: {}", error.code().unwrap_or("no answer")))
}
