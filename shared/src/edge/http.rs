//! The way from a request to its answer, which is the same for every endpoint.

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Instant;

use futures::FutureExt;
use http::{Response, header};
use jiff::Timestamp;
use lambda_http::RequestExt;
use tracing::Instrument;
use tracing::field::Empty;

use super::call::{Call, Outgoing};
use super::reply::{Reply, ReplyBody};
use super::route::{Admission, Route};
use super::{admission, headers, idempotency, numbers, problem};
use crate::App;
use crate::error::{Error, Result};
use crate::store::metrics::Request;

/// Answers one request: the handler's reply or its error, with what every answer carries.
pub async fn respond(app: &App, route: &Route, request: lambda_http::Request) -> Response<ReplyBody> {
    let (began, timer) = (app.now(), Instant::now());
    let given = request.headers().get(headers::CORRELATION_ID).and_then(|value| value.to_str().ok());
    let app = &app.invoked(given);
    let correlation_id = app.trail().correlation_id().unwrap_or_default().to_owned();
    let origin = request.headers().get(header::ORIGIN).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let context = request.lambda_context_ref();
    let request_id = context.map(|context| context.request_id.clone()).unwrap_or_default();
    let app = &app.until_deadline(context.map_or(0, |context| context.deadline));
    let outgoing = Outgoing::default();
    let call = Call::new(request, correlation_id.clone(), outgoing.clone());

    let span = tracing::info_span!(
        "request",
        route = route.path,
        method = route.method,
        correlation_id,
        request.id = request_id,
        user.id = Empty,
    );
    let answering = Box::pin(answer(app, route, call, began));
    let answered = AssertUnwindSafe(answering).catch_unwind().instrument(span.clone()).await;
    let answered = answered.unwrap_or_else(|_| Err(Error::internal("Something went wrong on our side.")));
    let reply = span.in_scope(|| match answered {
        Ok(reply) => reply,
        Err(error) => {
            numbers::failed(app.trail(), "http", &error);
            problem::reply(&error, route.doc.access, &correlation_id)
        }
    });

    let mut response: Response<ReplyBody> = reply.into();
    for (name, value) in outgoing.take() {
        response.headers_mut().append(name, value);
    }
    headers::finish(&app.config, origin.as_deref(), &correlation_id, response.headers_mut());
    numbers::answered(app, route, response.status(), timer.elapsed(), outgoing.is_counted());
    if outgoing.is_counted() {
        let request = Request { method: route.method, endpoint: route.path, began };
        app.write_counts(Some(&request)).instrument(span).await;
    }
    response
}

async fn answer(app: &App, route: &Route, mut call: Call, began: Timestamp) -> Result<Reply> {
    if route.doc.admission != Admission::Open {
        admission::admit(app, route, &mut call, began).await?;
    }
    if route.doc.idempotent {
        return idempotency::once(app, route, call).await;
    }
    (route.handler)(app, call).await
}

/// An answer under way.
pub type Served = Pin<Box<dyn Future<Output = Result<Response<ReplyBody>, Infallible>> + Send>>;

/// The same as the service Lambda's adapters want.
pub fn service(app: &App, route: Route) -> impl Fn(lambda_http::Request) -> Served + Clone + Send + use<> {
    let app = app.clone();
    move |request| {
        let app = app.clone();
        Box::pin(async move { Ok(respond(&app, &route, request).await) })
    }
}
