//! The one error type. `detail` is written for the advisor and may be shown; the cause is for the log and never leaves the
//! process. Errors are translated to HTTP once, in `edge::problem`.
//!
//! Its `Debug` is what a log gets: the kind, codes, the words of a [`Cause`], and the detail where it is a constant of ours.
//! A detail that was put together can name anybody, and stays out.

mod cause;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

pub use cause::{Cause, aws};

pub type Result<T, E = Error> = std::result::Result<T, E>;

pub struct Error {
    pub kind: Kind,
    pub detail: Cow<'static, str>,
    /// Which fields of the request are wrong, when `kind` is [`Kind::Invalid`].
    pub fields: Vec<Field>,
    /// What the provider said, when it answered at all.
    pub upstream: Option<Box<Upstream>>,
    /// How long to wait before trying again.
    pub retry_after: Option<Duration>,
    /// An object whose members go out with the sentence: what there is in place of what was asked for.
    pub beside: Option<Box<Value>>,
    cause: Option<Box<Cause>>,
}

/// One wrong field of a request.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Field {
    /// `body`, `query` or `header`.
    pub place: &'static str,
    /// Dotted path, such as `conversation_history.0.role`.
    pub path: String,
    /// A sentence for the person who sent it.
    pub message: String,
}

/// A provider's refusal in its own words, for decisions and the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    pub status: u16,
    /// The vendor's code, such as `invalid_grant`, `rateLimitExceeded` or `insufficient_quota`; empty when it gave none.
    pub reason: String,
    /// The vendor's id of the record that is there already, when it says which.
    pub existing: Option<String>,
    /// What was asked, such as `gmail.get`; empty when nobody else has to know.
    pub op: &'static str,
}

/// The reason of an error about a provider that was not even asked.
const UNASKED: &str = "not_asked";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request makes no sense here.
    BadRequest,
    /// A field is missing or wrong.
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    PreconditionFailed,
    TooLarge,
    RateLimited,
    /// The advisor has to connect Google or HubSpot again.
    Reconnect,
    /// Google, HubSpot or OpenAI refused for good: trying again changes nothing.
    Refused,
    /// Google, HubSpot or OpenAI let us down.
    Upstream,
    /// Something of ours is out of reach for now.
    Unavailable,
    /// We let the advisor down.
    Internal,
}

impl Kind {
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict | Self::Reconnect => StatusCode::CONFLICT,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Refused | Self::Upstream => StatusCode::BAD_GATEWAY,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable name on the wire and in the log.
    pub fn code(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::Invalid => "invalid",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::PreconditionFailed => "precondition-failed",
            Self::TooLarge => "too-large",
            Self::RateLimited => "rate-limited",
            Self::Reconnect => "reconnect",
            Self::Refused => "refused-upstream",
            Self::Upstream => "upstream",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// Whether a task that failed like this should be tried again.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::Upstream | Self::Unavailable | Self::Internal)
    }
}

impl Error {
    pub fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            fields: Vec::new(),
            upstream: None,
            retry_after: None,
            beside: None,
            cause: None,
        }
    }

    pub fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::BadRequest, detail)
    }

    /// One wrong field. `message` is a sentence.
    pub fn invalid(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid_fields(vec![Field { place: "body", path: path.into(), message: message.into() }])
    }

    pub fn invalid_fields(fields: Vec<Field>) -> Self {
        let detail = fields.iter().map(|f| format!("{}: {}", f.path, f.message)).collect::<Vec<_>>().join(" ");
        Self { fields, ..Self::new(Kind::Invalid, detail) }
    }

    /// A parameter of the query string that is wrong. `message` is a sentence.
    pub fn invalid_query(name: &str, message: impl Into<String>) -> Self {
        Self::invalid_fields(vec![Field { place: "query", path: name.into(), message: message.into() }])
    }

    /// A header that is wrong. `message` is a sentence.
    pub fn invalid_header(name: &str, message: &str) -> Self {
        Self::invalid_fields(vec![Field { place: "header", path: name.into(), message: message.into() }])
    }

    /// What a change is meant for is not what there is any more.
    pub fn changed() -> Self {
        Self::new(Kind::PreconditionFailed, "This was changed in the meantime. Please look at it again.")
    }

    pub fn unauthenticated() -> Self {
        Self::new(Kind::Unauthenticated, "Not authenticated")
    }

    pub fn forbidden(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Forbidden, detail)
    }

    /// There is no such `what`; also what somebody else's row answers.
    pub fn not_found(what: &str) -> Self {
        Self::new(Kind::NotFound, format!("There is no such {what}."))
    }

    pub fn reconnect(provider: &str) -> Self {
        Self::new(Kind::Reconnect, format!("The connection to {provider} has ended. Please connect {provider} again."))
    }

    pub fn internal(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Internal, detail)
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Cause>) -> Self {
        self.cause = Some(Box::new(cause.into()));
        self
    }

    #[must_use]
    pub fn answered(mut self, status: u16, reason: impl Into<String>) -> Self {
        self.upstream = Some(Box::new(Upstream { status, reason: reason.into(), existing: None, op: "" }));
        self
    }

    /// Says whose answer it was.
    #[must_use]
    pub fn by(mut self, op: &'static str) -> Self {
        if let Some(upstream) = &mut self.upstream {
            upstream.op = op;
        }
        self
    }

    /// Nothing was sent.
    #[must_use]
    pub fn unasked(self) -> Self {
        self.answered(0, UNASKED)
    }

    /// Whether nothing was sent: then nothing can have happened.
    pub fn is_unasked(&self) -> bool {
        self.upstream.as_ref().is_some_and(|upstream| upstream.reason == UNASKED)
    }

    /// Names the record that is in the way.
    #[must_use]
    pub fn existing(mut self, existing: Option<String>) -> Self {
        if let Some(upstream) = &mut self.upstream {
            upstream.existing = existing;
        }
        self
    }

    #[must_use]
    pub fn after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    #[must_use]
    pub fn beside(mut self, members: Value) -> Self {
        self.beside = Some(Box::new(members));
        self
    }

    /// The HTTP status a provider answered with, if one answered; 0 when it was not asked.
    pub fn upstream_status(&self) -> Option<u16> {
        self.upstream.as_ref().map(|u| u.status)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Error");
        shown.field("kind", &self.kind);
        if let Cow::Borrowed(detail) = self.detail {
            shown.field("detail", &detail);
        }
        if !self.fields.is_empty() {
            shown.field("fields", &self.fields.len());
        }
        if let Some(upstream) = &self.upstream {
            shown.field("status", &upstream.status).field("reason", &upstream.reason);
        }
        if let Some(wait) = self.retry_after {
            shown.field("retry_after", &wait);
        }
        if let Some(cause) = &self.cause {
            shown.field("cause", &cause.words());
        }
        shown.finish_non_exhaustive()
    }
}

impl Error {
    /// Why, in words that are fit for a log.
    pub fn cause_words(&self) -> Option<&str> {
        self.cause.as_deref().map(Cause::words)
    }
}

/// Kind and detail, for whoever may read the detail. A log gets `Debug`.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.code(), self.detail)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref()?.error()
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let gone = error.is_closed() || error.code().is_some_and(|code| code.code().starts_with("57P"));
        let kind = if gone { Kind::Unavailable } else { Kind::Internal };
        Self::new(kind, "The database did not answer as it should.").because(error)
    }
}

impl From<deadpool_postgres::PoolError> for Error {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        Self::new(Kind::Unavailable, "The database is out of reach. Please try again in a moment.").because(error)
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        Self::new(Kind::Upstream, "A connected service did not answer.").because(error)
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::internal("Stored data could not be read.").because(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a log and as the runtime's own lines would have it.
    fn logged(error: &Error) -> String {
        format!("{error:?} {error:#?}")
    }

    #[test]
    fn a_log_gets_constants_codes_and_kinds() {
        let error = Error::new(Kind::Upstream, "A constant.").answered(503, "backendError").because("a place");

        let logged = logged(&error);
        for part in ["Upstream", "A constant.", "503", "backendError", "a place"] {
            assert!(logged.contains(part), "{part} is not in {logged}");
        }
    }

    #[tokio::test]
    async fn a_log_gets_nothing_that_was_put_into_an_error() {
        const NORA: &str = "nora@ellison.example";
        let json = serde_json::from_value::<i64>(serde_json::json!(NORA)).unwrap_err();
        assert!(json.to_string().contains(NORA), "it would be told");
        let panic = tokio::spawn(async { std::panic::panic_any(NORA.to_owned()) }).await.unwrap_err();
        assert!(panic.to_string().contains(NORA), "it would be told");
        let url =
            reqwest::Client::builder().build().unwrap().get("http://nora.ellison.example:99999").build().unwrap_err();

        let errors = [
            Error::not_found(NORA),
            Error::invalid(NORA, NORA),
            Error::internal(format!("{NORA} is missing.")),
            Error::from(json),
            Error::internal("").because(panic),
            Error::internal("").because(url),
            Error::internal("").because(std::io::Error::other(NORA)),
            Error::internal("").because(sqlx::Error::Protocol(NORA.into())),
            Error::internal("").because(sqlx::migrate::MigrateError::Source(NORA.into())),
        ];
        for error in errors {
            let logged = logged(&error);
            assert!(!logged.contains("nora") && !logged.contains("ellison"), "{logged}");
        }
    }

    /// Under row-level security Postgres keeps the row to itself, but not everywhere is row-level security.
    #[tokio::test]
    async fn a_log_gets_nothing_that_the_database_quotes() {
        let cluster = fakes::world::shared_test_cluster().await.unwrap();
        let url = cluster.fresh_database(None).await.unwrap();
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
            .batch_execute("create table t (email text primary key); insert into t values ('nora@ellison.example')")
            .await
            .unwrap();

        for (statement, code) in [
            ("insert into t values ('nora@ellison.example')", "23505 in t t_pkey"),
            ("select 'nora@ellison.example'::integer", "22P02"),
            ("select 1 as a from \"nora@ellison.example\"", "42P01"),
            ("do $$ begin raise exception 'nora@ellison.example'; end $$", "P0001"),
        ] {
            let refused = client.batch_execute(statement).await.unwrap_err();
            let told = logged(&Error::from(refused));
            assert!(told.contains(code) && !told.contains("ellison"), "{statement}: {told}");
        }
    }
}
