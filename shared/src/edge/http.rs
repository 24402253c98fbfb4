//! The call an endpoint gets, and the way from a request to its answer.

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use garde::Validate;
use http::{HeaderValue, Method, Response, header};
use jiff::Timestamp;
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt};
use serde::de::DeserializeOwned;
use tracing::Instrument;
use uuid::Uuid;

use super::reply::ReplyBody;
use super::route::Route;
use super::{headers, problem};
use crate::App;
use crate::error::{Error, Field, Kind, Result};

/// Larger than any question; smaller than what could hurt.
const MAX_BODY: usize = 1 << 20;

/// One request.
pub struct Call {
    request: Request,
    pub correlation_id: String,
    cookies: Cookies,
}

/// `Set-Cookie` values that go out with the answer, whatever it is.
#[derive(Clone, Default)]
pub(super) struct Cookies(Arc<Mutex<Vec<String>>>);

impl Cookies {
    fn push(&self, cookie: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(cookie);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Call {
    pub fn method(&self) -> &Method {
        self.request.method()
    }

    pub fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.request.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// A part of the path, such as `id` of `/api/tasks/{id}`. What cannot be an id is nobody's.
    pub fn path<T: FromStr>(&self, name: &str, what: &str) -> Result<T> {
        let parameters = self.request.path_parameters();
        parameters.first(name).and_then(|text| text.parse().ok()).ok_or_else(|| Error::not_found(what))
    }

    pub fn query(&self, name: &str) -> Option<String> {
        let parameters = self.request.query_string_parameters();
        parameters.first(name).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// A number of the query string; 422 names it when it is none or out of range.
    pub fn query_number(&self, name: &str, range: std::ops::RangeInclusive<i64>, default: i64) -> Result<i64> {
        let Some(text) = self.query(name) else { return Ok(default) };
        text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            Error::invalid(name, format!("must be a whole number from {} to {}.", range.start(), range.end()))
        })
    }

    /// The value of the first cookie of this name.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let headers =
            self.request.headers().get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        headers
            .flat_map(cookie::Cookie::split_parse)
            .filter_map(|cookie| cookie.ok())
            .find(|cookie| cookie.name() == name)
            .map(|cookie| cookie.value().to_owned())
    }

    /// Sends a cookie with the answer, whatever the answer is.
    pub fn set_cookie(&self, cookie: &cookie::Cookie<'_>) {
        self.cookies.push(cookie.to_string());
    }

    /// The body as it came.
    pub fn bytes(&self) -> Result<&[u8]> {
        let bytes = match self.request.body() {
            Body::Text(text) => text.as_bytes(),
            Body::Binary(bytes) => bytes,
            _ => &[],
        };
        if bytes.len() > MAX_BODY {
            return Err(Error::new(Kind::TooLarge, "The request is larger than 1 MiB."));
        }
        Ok(bytes)
    }

    /// The JSON body; 422 names the field that is wrong.
    pub fn json<T>(&self) -> Result<T>
    where
        T: DeserializeOwned + Validate<Context = ()>,
    {
        let mut json = serde_json::Deserializer::from_slice(self.bytes()?);
        let value: T = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            let path = if path == "." { String::new() } else { path };
            Error::invalid(path, sentence(&error.inner().to_string()))
        })?;
        json.end().map_err(|_| Error::invalid("", "There is something after the JSON value."))?;
        value.validate().map_err(|report| {
            let fields = report.iter().map(|(path, problem)| Field {
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

    /// How long Lambda lets this call run on; a minute where there is no Lambda.
    pub fn time_left(&self, now: Timestamp) -> Duration {
        let deadline = self.request.lambda_context_ref().map_or(0, |context| context.deadline);
        let left = i64::try_from(deadline).unwrap_or(i64::MAX).saturating_sub(now.as_millisecond());
        u64::try_from(left).ok().filter(|ms| *ms > 0).map_or(Duration::from_secs(60), Duration::from_millis)
    }

    /// An endpoint that answers with and without a body: the body, or nothing.
    pub fn has_body(&self) -> bool {
        self.bytes().is_ok_and(|bytes| !bytes.is_empty())
    }
}

/// A library's message as a sentence.
fn sentence(text: &str) -> String {
    let text = text.split(" at line ").next().unwrap_or(text).trim_end_matches('.');
    format!("{text}.")
}

/// Answers one request: the handler's reply or its error, with what every answer carries.
pub async fn respond(app: &App, route: &Route, request: Request) -> Response<ReplyBody> {
    let correlation_id = correlation_id(&request);
    let origin = request.headers().get(header::ORIGIN).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let cookies = Cookies::default();
    let call = Call { request, correlation_id: correlation_id.clone(), cookies: cookies.clone() };

    let span = tracing::info_span!("request", route = route.path, method = route.method, correlation_id);
    let answered = AssertUnwindSafe((route.handler)(app, call)).catch_unwind().instrument(span.clone()).await;
    let _entered = span.enter();
    let reply = match answered {
        Ok(Ok(reply)) => reply,
        Ok(Err(error)) => problem::reply(&error, &correlation_id),
        Err(_) => problem::reply(&Error::internal("Something went wrong on our side."), &correlation_id),
    };

    let mut response: Response<ReplyBody> = reply.into();
    for cookie in cookies.take() {
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    headers::finish(&app.config, origin.as_deref(), &correlation_id, response.headers_mut());
    response
}

/// An answer under way.
pub type Served = Pin<Box<dyn Future<Output = Result<Response<ReplyBody>, Infallible>> + Send>>;

/// The same as the service Lambda's adapters want.
pub fn service(app: &App, route: Route) -> impl Fn(Request) -> Served + Clone + Send + use<> {
    let app = app.clone();
    move |request| {
        let app = app.clone();
        Box::pin(async move { Ok(respond(&app, &route, request).await) })
    }
}

/// The caller's, if it is fit to stand in a log, else a new one.
fn correlation_id(request: &Request) -> String {
    let given = request.headers().get(headers::CORRELATION_ID).and_then(|value| value.to_str().ok());
    let fit = |id: &&str| {
        (8..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    given.filter(fit).map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}
