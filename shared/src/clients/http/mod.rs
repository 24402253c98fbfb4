//! The one door out to the providers: time-outs, repeats, what an answer means, and the log.

mod answer;
mod client;
mod lanes;
pub(super) mod oauth;
pub(super) mod reason;
#[cfg(test)]
pub(super) mod tests;
mod tries;
mod wait;

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::Stream;
use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::error::{Cause, Error, Kind, Result};
use crate::model::untrusted;
use crate::telemetry::Trail;
use crate::telemetry::emf::Metric;
use crate::telemetry::family::{PROVIDER_DURATION, PROVIDER_REQUESTS};
use tries::Tries;

pub use client::{Call, Client, TIMEOUT, TO_ANSWER, client};

/// Who has begun to answer and then says nothing for so long has stopped.
pub const SILENCE: Duration = Duration::from_secs(45);
/// A mail with everything in it stays far below.
const MOST: usize = 50 << 20;
/// A claimed length is believed up to here; more is taken as it comes.
const FIRST: usize = 1 << 20;

/// What every call of a provider ends with.
///
/// `op` is `provider.operation`, such as `gmail.get`: the name in the log, and the provider the advisor is told about.
/// Failures are [`Kind::Upstream`] (worth another try; also a 401, so that the caller can replace its token),
/// [`Kind::RateLimited`] (with how long to wait, if the provider said so) or [`Kind::Refused`] (for good); the status and
/// the provider's own code are in `upstream`.
///
/// None takes longer than its policy, nor than whoever waits for it has time; see [`Client::until`]. A provider that has
/// failed several times in a row is not asked for a while, and an account that was asked to wait is not asked before.
impl Call {
    /// The body of the answer, as JSON.
    pub async fn send_json<T: DeserializeOwned>(self, op: &'static str) -> Result<T> {
        json(&Box::pin(self.body(op)).await?, op)
    }

    /// Success, whatever the body.
    pub async fn send_empty(self, op: &'static str) -> Result<()> {
        Box::pin(self.body(op)).await.map(drop)
    }

    /// The whole body. Half a body is no answer, so reading it is part of the try.
    async fn body(self, op: &'static str) -> Result<Vec<u8>> {
        let mut tries = Tries::of(self, op)?;
        loop {
            let (request, leave) = tries.next()?;
            let asked = Instant::now();
            let answer = match once(tries.trail(), request, op).await {
                Ok(response) => read(response, op).await,
                Err(error) => Err(error),
            };
            tries.note(leave, answer.as_ref().err(), asked.elapsed());
            match answer {
                Ok(body) => return Ok(body),
                Err(error) => tries.pause_after(error).await?,
            }
        }
    }

    /// An answer whose status is good and whose body is still to come; see [`pieces`].
    pub async fn send_stream(self, op: &'static str) -> Result<Response> {
        let mut tries = Tries::of(self, op)?;
        loop {
            let (request, leave) = tries.next()?;
            let asked = Instant::now();
            let answer = match tokio::time::timeout(SILENCE, once(tries.trail(), request, op)).await {
                Ok(answer) => answer,
                Err(_) => Err(silent(op)),
            };
            tries.note(leave, answer.as_ref().err(), asked.elapsed());
            match answer {
                Ok(response) => return Ok(response),
                Err(error) => tries.pause_after(error).await?,
            }
        }
    }
}

/// Why the pieces of an answer stopped coming.
#[derive(Debug)]
pub enum Stopped {
    Broken,
    Silent,
}

/// The body of an answer as it comes. One that says nothing for as long as `silence` has ended.
pub fn pieces(response: Response, silence: Duration) -> impl Stream<Item = Result<Bytes, Stopped>> {
    futures::stream::unfold(Some(response), move |response| async move {
        let mut response = response?;
        match tokio::time::timeout(silence, response.chunk()).await {
            Ok(Ok(Some(piece))) => Some((Ok(piece), Some(response))),
            Ok(Ok(None)) => None,
            Ok(Err(_)) => Some((Err(Stopped::Broken), None)),
            Err(_) => Some((Err(Stopped::Silent), None)),
        }
    })
}

async fn once(trail: &Trail, request: RequestBuilder, op: &'static str) -> Result<Response> {
    let asked = Instant::now();
    #[expect(clippy::disallowed_methods, reason = "this is the one door out")]
    let answer = request.send().await;
    let took = asked.elapsed();
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    count(trail, op, answer.as_ref().ok().map(Response::status), took);
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

/// Counts a request by its provider, and by what came of it.
fn count(trail: &Trail, op: &'static str, status: Option<StatusCode>, took: Duration) {
    let provider = op.split('.').next().unwrap_or_default();
    let outcome = match status {
        Some(status) if status.is_success() => "success",
        Some(StatusCode::TOO_MANY_REQUESTS) => "rate_limited",
        Some(status) if status.is_server_error() => "error",
        Some(_) => "refused",
        None => "no_answer",
    };
    trail.count(&PROVIDER_REQUESTS, &[provider, outcome]);
    trail.observe(&PROVIDER_DURATION, &[provider], took);
    if !matches!(outcome, "success" | "refused") {
        trail.measure(Metric::ProviderErrors, 1.0);
    }
}

/// The whole body of an answer of [`Call::send_stream`]; not more than any provider sends.
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

/// The same, when that is not known from the connection.
fn silent(op: &'static str) -> Error {
    Error::new(Kind::Upstream, format!("{} did not answer. Please try again in a moment.", title(op)))
}

/// The provider of an operation, as people call it.
fn title(op: &str) -> &'static str {
    match op.split('.').next() {
        Some("gmail") => "Gmail",
        Some("calendar") => "Google Calendar",
        Some("google_oauth") => "Google",
        Some("hubspot" | "hubspot_oauth") => "HubSpot",
        Some("openai") => "The language model",
        Some("cloudformation") => "CloudFormation",
        _ => "A connected service",
    }
}

/// A header's text, trimmed, when it is there and not empty.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}
