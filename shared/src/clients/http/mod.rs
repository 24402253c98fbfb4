//! The one door out to the providers: time-outs, repeats, what an answer means, and the log.

mod answer;
pub(super) mod oauth;
pub(super) mod reason;
#[cfg(test)]
pub(super) mod tests;
mod wait;

use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Request, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::error::{Cause, Error, Kind, Result};
use crate::model::untrusted;

const CONNECT: Duration = Duration::from_secs(2);
/// A whole call, unless the request says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(20);
/// Repeats of one request, if it may be repeated at all.
const REPEATS: u32 = 2;
/// Whoever asks for more patience than this is waited for by the task, not by the call.
const PATIENCE: Duration = Duration::from_secs(2);
/// A call that took this long already is not repeated: somebody is waiting.
const LATE: Duration = Duration::from_secs(8);
/// A mail with everything in it stays far below.
const MOST: usize = 50 << 20;
/// A claimed length is believed up to here; more is taken as it comes.
const FIRST: usize = 1 << 20;

/// The client all providers are called with. It follows no redirect, keeps no cookie and takes no proxy from the
/// environment: a token goes where the configuration says and nowhere else.
pub fn client() -> Result<Client> {
    Client::builder()
        .connect_timeout(CONNECT)
        .timeout(TIMEOUT)
        .redirect(Policy::none())
        .no_proxy()
        .user_agent(concat!("financial-advisor/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| Error::internal("The HTTP client could not be built.").because(error))
}

/// What every call of a provider ends with.
///
/// `op` is `provider.operation`, such as `gmail.get`: the name in the log, and the provider the advisor is told about.
/// Failures are [`Kind::Upstream`] (worth another try; also a 401, so that the caller can replace its token),
/// [`Kind::RateLimited`] (with how long to wait, if the provider said so) or [`Kind::Refused`] (for good); the status and
/// the provider's own code are in `upstream`.
pub trait Outgoing: Sized + Send {
    fn into_call(self) -> Call;

    /// The body of the answer, as JSON.
    fn send_json<T: DeserializeOwned>(self, op: &'static str) -> impl Future<Output = Result<T>> + Send {
        async move { json(&self.into_call().body(op).await?, op) }
    }

    /// Success, whatever the body.
    fn send_empty(self, op: &'static str) -> impl Future<Output = Result<()>> + Send {
        async move { self.into_call().body(op).await.map(drop) }
    }

    /// An answer whose status is good and whose body is still to come.
    fn send_stream(self, op: &'static str) -> impl Future<Output = Result<Response>> + Send {
        async move { self.into_call().response(op).await }
    }
}

/// A request, and whether it may be sent again when it is not known what became of it.
pub struct Call {
    request: RequestBuilder,
    repeatable: bool,
}

impl Outgoing for RequestBuilder {
    /// A `GET` may be repeated, anything else not.
    fn into_call(self) -> Call {
        Call { request: self, repeatable: false }
    }
}

impl Outgoing for Call {
    fn into_call(self) -> Call {
        self
    }
}

/// Marks a `POST` that only reads.
pub trait Retrying {
    fn retrying(self) -> Call;
}

impl Retrying for RequestBuilder {
    fn retrying(self) -> Call {
        Call { request: self, repeatable: true }
    }
}

impl Call {
    /// The whole body. Half a body is no answer, so reading it is part of the try.
    async fn body(self, op: &'static str) -> Result<Vec<u8>> {
        let mut tries = Tries::of(self, op)?;
        loop {
            let answer = match once(tries.next()?, op).await {
                Ok(response) => read(response, op).await,
                Err(error) => Err(error),
            };
            match answer {
                Ok(body) => return Ok(body),
                Err(error) => tries.pause_after(error).await?,
            }
        }
    }

    async fn response(self, op: &'static str) -> Result<Response> {
        let mut tries = Tries::of(self, op)?;
        loop {
            match once(tries.next()?, op).await {
                Ok(response) => return Ok(response),
                Err(error) => tries.pause_after(error).await?,
            }
        }
    }
}

/// The tries of one call.
struct Tries {
    client: Client,
    /// What the next try sends; none when the last one is under way.
    request: Option<Request>,
    repeats: u32,
    done: u32,
    begun: Instant,
}

impl Tries {
    fn of(call: Call, op: &'static str) -> Result<Self> {
        let (client, request) = call.request.build_split();
        let request = request.map_err(|error| lost(op, error, Kind::Internal))?;
        let repeats = if call.repeatable || request.method() == Method::GET { REPEATS } else { 0 };
        Ok(Self { client, request: Some(request), repeats, done: 0, begun: Instant::now() })
    }

    fn next(&mut self) -> Result<RequestBuilder> {
        let request = self.request.take().ok_or_else(|| Error::internal("A request cannot be sent again."))?;
        self.request = if self.done < self.repeats { request.try_clone() } else { None };
        Ok(RequestBuilder::from_parts(self.client.clone(), request))
    }

    /// Waits before another try, or gives the error back when there is none.
    async fn pause_after(&mut self, error: Error) -> Result<()> {
        let pause =
            wait::before_repeat(&error, self.done).filter(|_| self.request.is_some() && self.begun.elapsed() <= LATE);
        let Some(pause) = pause else { return Err(error) };
        tokio::time::sleep(pause).await;
        self.done += 1;
        Ok(())
    }
}

async fn once(request: RequestBuilder, op: &'static str) -> Result<Response> {
    let asked = Instant::now();
    #[expect(clippy::disallowed_methods, reason = "this is the one door out")]
    let answer = request.send().await;
    let duration_ms = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
    match answer {
        Ok(response) if response.status().is_success() => {
            tracing::debug!(op, status = response.status().as_u16(), duration_ms, "a provider answered");
            Ok(response)
        }
        Ok(response) => {
            tracing::info!(op, status = response.status().as_u16(), duration_ms, "a provider refused");
            Err(answer::refusal(response, op).await)
        }
        Err(error) => {
            tracing::info!(op, status = 0, duration_ms, "a provider did not answer");
            Err(lost(op, error, Kind::Upstream))
        }
    }
}

/// The whole body of an answer of [`Outgoing::send_stream`]; not more than any provider sends.
pub(super) async fn read(mut response: Response, op: &'static str) -> Result<Vec<u8>> {
    let status = response.status().as_u16();
    let mut body = Vec::with_capacity(usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(0).min(FIRST));
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(op, error, Kind::Upstream))? {
        if body.len() + chunk.len() > MOST {
            let detail = format!("{} sent more than can be taken.", title(op));
            return Err(Error::new(Kind::Refused, detail).answered(status, "too_large"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Reads JSON. The error names the place and never the content, which can be anybody's mail.
pub(super) fn json<T: DeserializeOwned>(body: &[u8], op: &'static str) -> Result<T> {
    let read = match untrusted::may_hold_nul(body).then(|| untrusted::json(body)) {
        Some(Ok(value)) => serde_path_to_error::deserialize(value),
        _ => serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(body)),
    };
    read.map_err(|error| {
        let place = format!("{op}: unexpected JSON at `{}`, line {}", place(error.path()), error.inner().line());
        let detail = format!("{} answered something we do not understand.", title(op));
        Error::new(Kind::Upstream, detail).because(Cause::codes(place))
    })
}

/// The way to a value. A key can be an address as well as a name of the vendor's: it is only told when it is like a name.
fn place(path: &Path) -> String {
    let is_name = |key: &str| key.len() <= 40 && key.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let steps = path.iter().map(|step| match step {
        Segment::Seq { index } => index.to_string(),
        Segment::Map { key: name } | Segment::Enum { variant: name } if is_name(name) => name.clone(),
        _ => "?".to_owned(),
    });
    steps.collect::<Vec<_>>().join(".")
}

/// There was no answer, or only a part of one.
pub(super) fn lost(op: &'static str, error: reqwest::Error, kind: Kind) -> Error {
    let detail = format!("{} did not answer. Please try again in a moment.", title(op));
    Error::new(kind, detail).because(error)
}

/// The provider of an operation, as people call it.
fn title(op: &str) -> &'static str {
    match op.split('.').next() {
        Some("gmail") => "Gmail",
        Some("calendar") => "Google Calendar",
        Some("google_oauth") => "Google",
        Some("hubspot" | "hubspot_oauth") => "HubSpot",
        Some("openai") => "The language model",
        _ => "A connected service",
    }
}

/// A header's text, trimmed, when it is there and not empty.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}
