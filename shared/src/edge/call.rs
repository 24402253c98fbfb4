//! One request, and what is sent along with its answer.

use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use garde::Validate;
use http::{HeaderName, HeaderValue, Method, header};
use jiff::Timestamp;
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt};
use serde::de::DeserializeOwned;

use super::session::Advisor;
use crate::error::{Error, Field, Kind, Result};
use crate::model::untrusted;
use crate::store::sessions::Token;

/// Larger than any question; smaller than what could hurt.
const MAX_BODY: usize = 1 << 20;

/// One request.
pub struct Call {
    request: Request,
    pub correlation_id: String,
    outgoing: Outgoing,
    /// The session token as the database knows it, once it was looked up.
    token: Option<Option<Token>>,
    /// Who it is, once that was checked.
    pub(super) advisor: OnceLock<Advisor>,
}

/// Headers that go out with the answer, whatever it is. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Outgoing(Arc<Sent>);

#[derive(Default)]
struct Sent {
    headers: Mutex<Vec<(HeaderName, HeaderValue)>>,
    counted: AtomicBool,
}

impl Outgoing {
    pub(super) fn send(&self, name: HeaderName, value: HeaderValue) {
        self.0.headers.lock().unwrap_or_else(PoisonError::into_inner).push((name, value));
    }

    /// In place of a cookie of this name that was to be sent before: a browser gets one or the other.
    fn send_cookie(&self, name: &str, value: HeaderValue) {
        let mut headers = self.0.headers.lock().unwrap_or_else(PoisonError::into_inner);
        let start = format!("{name}=");
        headers
            .retain(|(header, known)| header != header::SET_COOKIE || !known.as_bytes().starts_with(start.as_bytes()));
        headers.push((header::SET_COOKIE, value));
    }

    pub(super) fn take(&self) -> Vec<(HeaderName, HeaderValue)> {
        std::mem::take(&mut *self.0.headers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The call was counted when it came, and its answer has to be, too.
    pub(super) fn counted(&self) {
        self.0.counted.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_counted(&self) -> bool {
        self.0.counted.load(Ordering::Relaxed)
    }
}

impl Call {
    pub(super) fn new(request: Request, correlation_id: String, outgoing: Outgoing) -> Self {
        Self { request, correlation_id, outgoing, token: None, advisor: OnceLock::new() }
    }

    pub(super) fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    /// Remembers what the database knows of the session token.
    pub(super) fn found(&mut self, token: Option<Token>) {
        self.token = Some(token);
    }

    /// What the database knows of the session token; None when it was not asked yet.
    pub(super) fn known_token(&self) -> Option<Option<Token>> {
        self.token.clone()
    }

    pub fn method(&self) -> &Method {
        self.request.method()
    }

    /// Path and query, as they came.
    pub(super) fn uri(&self) -> String {
        self.request.uri().path_and_query().map(ToString::to_string).unwrap_or_default()
    }

    pub fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.request.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// A part of the path, such as `id` of `/api/tasks/{id}`. What cannot be an id is nobody's.
    pub fn path<T: FromStr>(&self, name: &str, what: &str) -> Result<T> {
        let parameters = self.request.path_parameters();
        parameters.first(name).and_then(|text| text.parse().ok()).ok_or_else(|| Error::not_found(what))
    }

    /// Whether the path has such a part: a function may answer to several paths.
    pub fn has_path(&self, name: &str) -> bool {
        self.request.path_parameters().first(name).is_some()
    }

    pub fn query(&self, name: &str) -> Option<String> {
        let parameters = self.request.query_string_parameters();
        // No text the database keeps or compares with holds NUL.
        parameters.first(name).map(|value| value.replace('\0', "")).filter(|value| !value.is_empty())
    }

    /// A number of the query string; 422 names it when it is none or out of range.
    pub fn query_number(&self, name: &str, range: std::ops::RangeInclusive<i64>, default: i64) -> Result<i64> {
        let Some(text) = self.query(name) else { return Ok(default) };
        text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            Error::invalid_query(name, format!("must be a whole number from {} to {}.", range.start(), range.end()))
        })
    }

    /// The values of all cookies of this name, each once.
    pub(super) fn cookies(&self, name: &str) -> Vec<String> {
        let headers =
            self.request.headers().get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let all = headers.flat_map(cookie::Cookie::split_parse).filter_map(|cookie| cookie.ok());
        let mut values: Vec<String> = Vec::new();
        for cookie in all.filter(|cookie| cookie.name() == name) {
            if !values.iter().any(|known| known == cookie.value()) {
                values.push(cookie.value().to_owned());
            }
        }
        values
    }

    /// The value of the cookie of this name. Of two that differ a neighbour of our domain may have set one: neither is taken.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let mut values = self.cookies(name);
        if values.len() > 1 { None } else { values.pop() }
    }

    /// Sends a cookie with the answer, whatever the answer is.
    pub fn set_cookie(&self, cookie: &cookie::Cookie<'_>) {
        if let Ok(value) = HeaderValue::try_from(cookie.to_string()) {
            self.outgoing.send_cookie(cookie.name(), value);
        }
    }

    /// The body as it came.
    pub fn bytes(&self) -> Result<&[u8]> {
        let bytes = self.raw();
        if bytes.len() > MAX_BODY {
            return Err(Error::new(Kind::TooLarge, "The request is larger than 1 MiB."));
        }
        Ok(bytes)
    }

    fn raw(&self) -> &[u8] {
        match self.request.body() {
            Body::Text(text) => text.as_bytes(),
            Body::Binary(bytes) => bytes,
            _ => &[],
        }
    }

    /// The JSON body; 422 names the field that is wrong.
    pub fn json<T>(&self) -> Result<T>
    where
        T: DeserializeOwned + Validate<Context = ()>,
    {
        let body = self.bytes()?;
        let mut json = serde_json::Deserializer::from_slice(body);
        let clean = if untrusted::may_hold_nul(body) { untrusted::json(body).ok() } else { None };
        let is_read = clean.is_some();
        let read = match clean {
            Some(clean) => serde_path_to_error::deserialize(clean),
            None => serde_path_to_error::deserialize(&mut json),
        };
        let value: T = read.map_err(|error| {
            let path = error.path().to_string();
            let path = if path == "." { String::new() } else { path };
            Error::invalid(path, sentence(&error.inner().to_string()))
        })?;
        if !is_read {
            json.end().map_err(|_| Error::invalid("", "There is something after the JSON value."))?;
        }
        value.validate().map_err(|report| {
            let fields = report.iter().map(|(path, problem)| Field {
                place: "body",
                path: path.to_string().replace(['[', ']'], ".").replace("..", ".").trim_matches('.').to_owned(),
                message: sentence(&problem.to_string()),
            });
            Error::invalid_fields(fields.collect())
        })?;
        Ok(value)
    }

    /// The address API Gateway saw; what the client claims about itself is not looked at.
    pub fn source_ip(&self) -> String {
        let ip = match self.request.request_context_ref() {
            Some(RequestContext::ApiGatewayV1(context)) => context.identity.source_ip.clone(),
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
            _ => None,
        };
        ip.unwrap_or_default()
    }

    /// The version a change is meant for, by `If-Match`; None for whichever there is. A tag that is none of ours matches none.
    pub fn if_match(&self) -> Result<Option<i32>> {
        let Some(tag) = self.header(header::IF_MATCH).map(str::trim).filter(|tag| *tag != "*") else { return Ok(None) };
        let version = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).and_then(|tag| tag.parse().ok());
        version.map(Some).ok_or_else(Error::changed)
    }

    /// How long Lambda lets this call run on; a minute where there is no Lambda.
    pub fn time_left(&self, now: Timestamp) -> Duration {
        let deadline = self.request.lambda_context_ref().map_or(0, |context| context.deadline);
        let left = i64::try_from(deadline).unwrap_or(i64::MAX).saturating_sub(now.as_millisecond());
        u64::try_from(left).ok().filter(|ms| *ms > 0).map_or(Duration::from_secs(60), Duration::from_millis)
    }

    /// An endpoint that answers with and without a body: the body, or nothing.
    pub fn has_body(&self) -> bool {
        !self.raw().is_empty()
    }
}

/// A library's message as a sentence.
fn sentence(text: &str) -> String {
    let text = text.split(" at line ").next().unwrap_or(text).trim_end_matches('.');
    format!("{text}.")
}
