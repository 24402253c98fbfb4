//! Answers every preflight: to the origins that are listed, and 400 to any other.

use http::{HeaderValue, StatusCode, header};
use shared::edge::{Call, Reply, Route};
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::options("/{proxy+}", |app, call| Box::pin(handler(app, call))).open();

async fn handler(app: &App, call: Call) -> Result<Reply> {
    if !call.is_from_allowed_origin(app) {
        return Err(Error::bad_request("Disallowed CORS origin"));
    }

    let fixed = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE, OPTIONS"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Content-Type, Authorization, X-Correlation-ID, X-Requested-With, Idempotency-Key, If-Match",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    let reply = Reply::body(StatusCode::OK, "text/plain; charset=utf-8", "OK");
    Ok(fixed.into_iter().fold(reply, |reply, (name, value)| reply.with_header(name, HeaderValue::from_static(value))))
}
