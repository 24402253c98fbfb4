//! The batch endpoint: many calls in one `multipart/mixed` request, each answered on its own.
//!
//! Source: developers.google.com/workspace/gmail/api/guides/batch.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State as Extract};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;

use super::super::call::Call;
use super::super::keys;
use super::super::mime::Part;
use super::super::refusal::{Api, Refusal};

/// The most calls of one batch.
const MOST: usize = 100;

/// `POST /batch/gmail/v1`; `api` answers the inner calls.
pub(in super::super) async fn run(Extract(api): Extract<Router>, call: Call) -> Response {
    let kind = call.header(header::CONTENT_TYPE).unwrap_or_default().to_owned();
    let refuse = |message: &str| Refusal::new(StatusCode::BAD_REQUEST, "badRequest", message).into_response(Api::Gmail);
    if !kind.starts_with("multipart/mixed") {
        return refuse("Missing or invalid Content-Type: a batch is multipart/mixed");
    }
    let mut whole = format!("Content-Type: {kind}\r\n\r\n").into_bytes();
    whole.extend_from_slice(&call.body);
    let parts = Part::parse(&whole).parts;
    if parts.is_empty() {
        return refuse("Failed to parse batch request, error: no parts were found");
    }
    if parts.len() > MOST {
        return refuse("The batch request has too many calls: at most 100 are allowed");
    }
    let outer = call.header(header::AUTHORIZATION).map(str::to_owned);
    let boundary = format!("batch_{}", keys::secret(18));
    let mut body = Vec::new();
    for part in &parts {
        let id = part.header("Content-ID").unwrap_or_default();
        let id = id.strip_prefix('<').map_or_else(|| format!("response-{id}"), |rest| format!("<response-{rest}"));
        let head = format!("--{boundary}\r\nContent-Type: application/http\r\nContent-ID: {id}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend(one(&api, &part.body, outer.as_deref()).await);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    ([(header::CONTENT_TYPE, format!("multipart/mixed; boundary={boundary}"))], body).into_response()
}

/// Answers one inner call, as the bytes of an HTTP response.
async fn one(api: &Router, text: &[u8], authorization: Option<&str>) -> Vec<u8> {
    let answer = match read(text, authorization) {
        Some(request) => match api.clone().oneshot(request).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        },
        None => Refusal::new(StatusCode::BAD_REQUEST, "badRequest", "Bad Request").into_response(Api::Gmail),
    };
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let reason = parts.status.canonical_reason().unwrap_or_default();
    let mut out = format!("HTTP/1.1 {} {reason}\r\n", parts.status.as_u16());
    for (name, value) in &parts.headers {
        if name != header::CONTENT_LENGTH {
            out.push_str(&format!("{}: {}\r\n", title(name.as_str()), value.to_str().unwrap_or_default()));
        }
    }
    out.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    let mut out = out.into_bytes();
    out.extend_from_slice(&body);
    out
}

/// A request out of its text; the caller's token is used where a part has none.
fn read(text: &[u8], authorization: Option<&str>) -> Option<Request> {
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    let line = std::str::from_utf8(&text[..end]).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?, words.next()?);
    let rest = Part::parse(text.get(end + 1..).unwrap_or_default());
    // Some clients write the whole URL.
    let target = target.split_once("://").map_or(target, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).ok()?).uri(target);
    for (name, value) in &rest.headers {
        if !name.eq_ignore_ascii_case("content-length") {
            request = request.header(name, value);
        }
    }
    if let Some(value) = authorization.filter(|_| rest.header("Authorization").is_none()) {
        request = request.header(header::AUTHORIZATION, value);
    }
    request.body(Body::from(rest.body)).ok()
}

/// `content-type` as `Content-Type`.
fn title(name: &str) -> String {
    let pieces = name.split('-').map(|piece| {
        let (first, rest) = piece.split_at(piece.len().min(1));
        first.to_uppercase() + rest
    });
    pieces.collect::<Vec<_>>().join("-")
}
