//! Errors on the wire: `application/problem+json` (RFC 9457), with the `detail` the seed's clients read.

use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};

use super::reply::Reply;
use super::route::Access;
use crate::error::{Error, Kind};

#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    /// A sentence; for a request with wrong fields the list FastAPI's clients expect.
    detail: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    correlation_id: &'a str,
    #[serde(flatten)]
    beside: Option<&'a Value>,
}

/// The only place that logs an HTTP failure and the only place that chooses its status.
pub(super) fn reply(error: &Error, access: Access, correlation_id: &str) -> Reply {
    let status = error.kind.status();
    if status.is_server_error() {
        tracing::error!(error = ?error, kind = error.kind.code(), "request failed");
    } else {
        tracing::info!(kind = error.kind.code(), "request refused");
    }

    let retry_after =
        error.retry_after.map(|wait| wait.as_secs().max(1)).or((error.kind == Kind::Unavailable).then_some(5));
    let problem = Problem {
        kind: error.kind.code(),
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail: detail(error),
        retry_after,
        correlation_id,
        beside: error.beside.as_deref(),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut reply = Reply::body(status, "application/problem+json", body);
    if let Some(seconds) = retry_after {
        reply = reply.with_header(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED {
        let scheme = if access == Access::Operator { "Bearer" } else { "Cookie realm=\"session\"" };
        reply = reply.with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
    }
    reply
}

fn detail(error: &Error) -> Value {
    if error.kind != Kind::Invalid {
        return json!(error.detail);
    }
    let fields = error.fields.iter().map(|field| {
        let path = field.path.split('.').filter(|part| !part.is_empty());
        let location = [field.place].into_iter().chain(path).collect::<Vec<_>>();
        json!({ "type": "value_error", "loc": location, "msg": field.message })
    });
    fields.collect()
}
