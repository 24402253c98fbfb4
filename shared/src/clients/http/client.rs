//! The client all providers are called with, and one call as it is put together.

use std::fmt::Display;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use reqwest::header::HeaderName;
use reqwest::redirect::Policy;
use reqwest::{IntoUrl, Method, RequestBuilder};
use serde::Serialize;

use super::lanes::Lanes;
use crate::chaos;
use crate::error::{Cause, Error, Result};
use crate::model::Clock;
use crate::telemetry::Trail;

const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
const CONNECT: Duration = Duration::from_secs(2);
/// A whole call with its repeats, unless the request says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(20);
/// What is left of a function's time when it must not wait for a provider any more, but answer.
pub const TO_ANSWER: Duration = Duration::from_secs(2);

/// It follows no redirect, keeps no cookie and takes no proxy from the environment: a token goes where the configuration says
/// and nowhere else. Clones share what they know of the providers.
#[derive(Clone)]
pub struct Client {
    /// Made when somebody is first called: it reads the machine's certificates, and many functions call nobody.
    http: Arc<OnceLock<reqwest::Result<reqwest::Client>>>,
    pub(super) lanes: Arc<Lanes>,
    pub(super) clock: Clock,
    /// When whoever waits for it has to have an answer.
    ends: Option<Instant>,
    /// What it is asked for.
    pub(super) trail: Trail,
}

pub fn client(clock: Clock) -> Client {
    Client { http: Arc::default(), lanes: Arc::default(), clock, ends: None, trail: Trail::default() }
}

fn http() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .timeout(chaos::scaled(TIMEOUT))
        .redirect(Policy::none())
        .no_proxy()
        .user_agent(concat!("financial-advisor/", env!("CARGO_PKG_VERSION")))
        .build()
}

impl Client {
    /// The same, for work that has to be over at `ends`.
    #[must_use]
    pub fn until(&self, ends: Instant) -> Self {
        Self { ends: Some(self.ends.map_or(ends, |known| known.min(ends))), ..self.clone() }
    }

    /// The same, on this trail: its id goes along with every request, and each is counted.
    #[must_use]
    pub fn on(&self, trail: Trail) -> Self {
        Self { trail, ..self.clone() }
    }

    pub fn trail(&self) -> &Trail {
        &self.trail
    }

    pub fn ends(&self) -> Option<Instant> {
        self.ends
    }

    pub fn get(&self, url: impl IntoUrl) -> Call {
        self.request(Method::GET, url)
    }

    pub fn post(&self, url: impl IntoUrl) -> Call {
        self.request(Method::POST, url)
    }

    pub fn patch(&self, url: impl IntoUrl) -> Call {
        self.request(Method::PATCH, url)
    }

    pub fn delete(&self, url: impl IntoUrl) -> Call {
        self.request(Method::DELETE, url)
    }

    /// A `GET` may be repeated, anything else not.
    pub fn request(&self, method: Method, url: impl IntoUrl) -> Call {
        let repeatable = method == Method::GET;
        let no_client = |error: &reqwest::Error| {
            Error::internal("The HTTP client could not be built.").because(Cause::codes(error.to_string()))
        };
        let request = self.http.get_or_init(http).as_ref().map(|http| http.request(method, url)).map_err(no_client);
        let call = Call { client: self.clone(), request, repeatable, policy: chaos::scaled(TIMEOUT) };
        match self.trail.correlation_id() {
            Some(id) => call.header(CORRELATION_ID, id),
            None => call,
        }
    }
}

/// A request, how long its answer may take, and whether it may be sent again when it is not known what became of it.
pub struct Call {
    pub(super) client: Client,
    /// The error when nobody can be called at all.
    pub(super) request: Result<RequestBuilder>,
    pub(super) repeatable: bool,
    pub(super) policy: Duration,
}

impl Call {
    /// Marks a `POST` that only reads, or that does no harm twice.
    #[must_use]
    pub fn retrying(self) -> Self {
        Self { repeatable: true, ..self }
    }

    /// The whole call, repeats and body included.
    #[must_use]
    pub fn timeout(self, policy: Duration) -> Self {
        Self { policy, ..self }
    }

    #[must_use]
    pub fn bearer_auth(self, token: impl Display) -> Self {
        self.with(|request| request.bearer_auth(token))
    }

    #[must_use]
    pub fn header(self, name: HeaderName, value: &str) -> Self {
        self.with(|request| request.header(name, value))
    }

    #[must_use]
    pub fn query(self, query: &(impl Serialize + ?Sized)) -> Self {
        self.with(|request| request.query(query))
    }

    #[must_use]
    pub fn json(self, body: &(impl Serialize + ?Sized)) -> Self {
        self.with(|request| request.json(body))
    }

    /// As it is, without a word about its kind.
    #[must_use]
    pub fn bytes(self, body: Vec<u8>) -> Self {
        self.with(|request| request.body(body))
    }

    #[must_use]
    pub fn form(self, body: &(impl Serialize + ?Sized)) -> Self {
        self.with(|request| request.form(body))
    }

    fn with(self, change: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Self {
        Self { request: self.request.map(change), ..self }
    }

    /// How long the call may take in all: what its policy says, and no longer than whoever waits for it has time.
    pub(super) fn patience(&self, now: Instant) -> Duration {
        let left = self.client.ends.map(|ends| ends.saturating_duration_since(now).saturating_sub(TO_ANSWER));
        left.map_or(self.policy, |left| left.min(self.policy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_call_outlives_whoever_waits_for_it() {
        let (client, now) = (client(Clock::default()), Instant::now());
        let patience = |client: &Client| client.get("http://localhost/").patience(now);
        let after = |seconds| client.until(now + Duration::from_secs(seconds));

        assert_eq!(patience(&client), TIMEOUT);
        assert_eq!(patience(&after(60)), TIMEOUT);
        assert_eq!(patience(&after(9)), Duration::from_secs(7));
        assert_eq!(patience(&after(1)), Duration::ZERO);
        assert_eq!(patience(&after(9).until(now + Duration::from_secs(60))), Duration::from_secs(7), "never longer");
        let long = after(600).get("http://localhost/").timeout(Duration::from_secs(120));
        assert_eq!(long.patience(now), Duration::from_secs(120));
    }
}
