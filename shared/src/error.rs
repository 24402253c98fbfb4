//! The one error type. `detail` is written for the advisor and may be shown; the source is for the log and never
//! leaves the process. Errors are translated to HTTP once, in `edge::problem`.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use http::StatusCode;
use serde::Serialize;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug)]
pub struct Error {
    pub kind: Kind,
    pub detail: Cow<'static, str>,
    /// Which fields of the request are wrong, when `kind` is [`Kind::Invalid`].
    pub fields: Vec<Field>,
    /// What the provider said, when it answered at all.
    pub upstream: Option<Box<Upstream>>,
    /// How long to wait before trying again.
    pub retry_after: Option<Duration>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
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
}

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
        Self { kind, detail: detail.into(), fields: Vec::new(), upstream: None, retry_after: None, source: None }
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
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    #[must_use]
    pub fn answered(mut self, status: u16, reason: impl Into<String>) -> Self {
        self.upstream = Some(Box::new(Upstream { status, reason: reason.into(), existing: None }));
        self
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

    /// The HTTP status a provider answered with, if one answered.
    pub fn upstream_status(&self) -> Option<u16> {
        self.upstream.as_ref().map(|u| u.status)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.code(), self.detail)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let gone = error.is_closed() || error.code().is_some_and(|code| code.code().starts_with("57P"));
        let kind = if gone { Kind::Unavailable } else { Kind::Internal };
        let failed = Self::new(kind, "The database did not answer as it should.");
        match error.as_db_error() {
            // What the server says quotes the values of the row: only its codes and names go into a log.
            Some(db) => failed.because(format!(
                "{} in {} {}",
                db.code().code(),
                db.table().unwrap_or("no table"),
                db.constraint().unwrap_or_default()
            )),
            None => failed.because(error),
        }
    }
}

impl From<deadpool_postgres::PoolError> for Error {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        Self::new(Kind::Unavailable, "The database is out of reach. Please try again in a moment.").because(error)
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        // A provider's URL can carry an e-mail address or a token.
        Self::new(Kind::Upstream, "A connected service did not answer.").because(error.without_url())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::internal("Stored data could not be read.").because(error)
    }
}
