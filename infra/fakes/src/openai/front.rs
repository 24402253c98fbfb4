//! The routes, the key at the door, and the headers every answer carries.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use uuid::Uuid;

use super::refusal::Refusal;
use super::script::Reply;
use super::{Adversary, Shared, chat, embeddings, models, responses};
use crate::server::lock;

pub fn routes(shared: &Arc<Shared>) -> Router {
    let api = Router::new()
        .route("/v1/embeddings", post(embeddings::create))
        .route("/v1/chat/completions", post(chat::create))
        .route("/v1/responses", post(responses::create))
        .route("/v1/responses/input_tokens", post(responses::count))
        .route("/v1/responses/{id}", get(responses::find).delete(responses::find))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{id}", get(models::get))
        .method_not_allowed_fallback(not_allowed)
        .fallback(no_such_url)
        .layer(middleware::from_fn_with_state(Arc::clone(shared), enter));
    let control = Router::new()
        .route("/_control/script", post(push_script).delete(clear_script))
        .route("/_control/hijack", post(hijack))
        .route("/_control/adversary", put(take_over).delete(give_back));
    api.merge(control).with_state(Arc::clone(shared))
}

async fn enter(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let mut answer = match check_key(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    let headers = answer.headers_mut();
    headers.insert("openai-version", HeaderValue::from_static("2020-10-01"));
    headers.insert("openai-organization", HeaderValue::from_static("stand-in"));
    headers.insert("openai-processing-ms", HeaderValue::from(started.elapsed().as_millis() as u64));
    if let Ok(id) = HeaderValue::try_from(format!("req_{}", Uuid::new_v4().simple())) {
        headers.insert("x-request-id", id);
    }
    shared.limits.tell(shared.control.clock.now(), headers);
    answer
}

/// Any key that looks like one will do.
fn check_key(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = given.strip_prefix("Bearer ").map(str::trim).unwrap_or_default();
    if key.is_empty() {
        let message = "You didn't provide an API key. You need to provide your API key in an Authorization header using \
                       Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
        return Err(Refusal::invalid(message).with_status(StatusCode::UNAUTHORIZED));
    }
    if key.starts_with("sk-") && key.len() > "sk-".len() {
        return Ok(());
    }
    let shown: String = key.chars().take(4).collect();
    let message = format!("Incorrect API key provided: {shown}***. Keys of this stand-in begin with sk-.");
    Err(Refusal::invalid(message).coded("invalid_api_key").with_status(StatusCode::UNAUTHORIZED))
}

async fn no_such_url(method: Method, uri: Uri) -> Refusal {
    Refusal::invalid(format!("Invalid URL ({method} {})", uri.path())).with_status(StatusCode::NOT_FOUND)
}

async fn not_allowed(method: Method) -> Refusal {
    let message = format!("Not allowed to {method} on this URL.");
    Refusal::invalid(message).coded("method_not_supported").with_status(StatusCode::METHOD_NOT_ALLOWED)
}

async fn push_script(State(shared): State<Arc<Shared>>, Json(replies): Json<Vec<Reply>>) -> StatusCode {
    shared.script.push(replies);
    StatusCode::NO_CONTENT
}

async fn clear_script(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.script.clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Hijack {
    on: bool,
}

async fn hijack(State(shared): State<Arc<Shared>>, Json(body): Json<Hijack>) -> StatusCode {
    shared.hijacked.store(body.on, Ordering::Relaxed);
    StatusCode::NO_CONTENT
}

async fn take_over(State(shared): State<Arc<Shared>>, Json(adversary): Json<Adversary>) -> StatusCode {
    *lock(&shared.adversary) = Some(adversary);
    StatusCode::NO_CONTENT
}

async fn give_back(State(shared): State<Arc<Shared>>) -> StatusCode {
    *lock(&shared.adversary) = None;
    StatusCode::NO_CONTENT
}
