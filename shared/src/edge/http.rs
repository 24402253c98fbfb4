//! The way from a request to its answer, which is the same for every endpoint.

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Instant;

use futures::FutureExt;
use http::{Response, header};
use jiff::Timestamp;
use lambda_http::{Request, RequestExt};
use tracing::Instrument;
use uuid::Uuid;

use super::call::{Call, Outgoing};
use super::reply::{Reply, ReplyBody};
use super::route::{Admission, Route};
use super::{admission, headers, idempotency, problem};
use crate::App;
use crate::error::{Error, Result};

/// Answers one request: the handler's reply or its error, with what every answer carries.
pub async fn respond(app: &App, route: &Route, request: Request) -> Response<ReplyBody> {
    let (began, timer) = (app.now(), Instant::now());
    let correlation_id = correlation_id(&request);
    let origin = request.headers().get(header::ORIGIN).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let deadline = request.lambda_context_ref().map_or(0, |context| context.deadline);
    let app = &app.until_deadline(deadline);
    let outgoing = Outgoing::default();
    let call = Call::new(request, correlation_id.clone(), outgoing.clone());

    let span = tracing::info_span!("request", route = route.path, method = route.method, correlation_id);
    let answering = answer(app, route, call, began);
    let answered = AssertUnwindSafe(answering).catch_unwind().instrument(span.clone()).await;
    let reply = span.in_scope(|| match answered {
        Ok(Ok(reply)) => reply,
        Ok(Err(error)) => problem::reply(&error, route.doc.access, &correlation_id),
        Err(_) => {
            let error = Error::internal("Something went wrong on our side.");
            problem::reply(&error, route.doc.access, &correlation_id)
        }
    });

    let mut response: Response<ReplyBody> = reply.into();
    for (name, value) in outgoing.take() {
        response.headers_mut().append(name, value);
    }
    headers::finish(&app.config, origin.as_deref(), &correlation_id, response.headers_mut());
    if outgoing.is_counted() {
        admission::answered(app, route, response.status(), began, timer.elapsed()).instrument(span).await;
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
