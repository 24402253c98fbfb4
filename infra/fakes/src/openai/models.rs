//! Which models there are, and what is special about some. `GET /v1/models`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::Shared;
use super::refusal::Refusal;

/// Listed by default. Chat requests may name any other model too and are answered by the same rules under that name.
pub const DEFAULT: &[&str] =
    &["stand-in", "text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002"];

/// The most tokens a prompt may have.
const WINDOW: usize = 128_000;

pub async fn list(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({ "object": "list", "data": shared.models.iter().map(|id| model(id)).collect::<Vec<_>>() }))
}

pub async fn get(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    if !shared.models.contains(&id) {
        return Err(Refusal::no_such_model(&id).about("model"));
    }
    Ok(Json(model(&id)))
}

fn model(id: &str) -> Value {
    json!({ "id": id, "object": "model", "created": 1_767_225_600, "owned_by": "stand-in" })
}

pub fn check_chat(model: &str, endpoint: &str) -> Result<(), Refusal> {
    if model.starts_with("text-embedding") {
        let message = format!("This is not a chat model and thus not supported in the {endpoint} endpoint.");
        return Err(Refusal::no_such_model(model).reworded(message).about("model"));
    }
    Ok(())
}

pub fn check_window(tokens: usize, param: &str) -> Result<(), Refusal> {
    if tokens <= WINDOW {
        return Ok(());
    }
    let message = format!(
        "This model's maximum context length is {WINDOW} tokens. However, your messages resulted in {tokens} tokens. Please \
         reduce the length of the messages."
    );
    Err(Refusal::invalid(message).about(param).coded("context_length_exceeded"))
}

/// OpenAI's reasoning families, by name.
pub fn reasons(model: &str) -> bool {
    ["o1", "o3", "o4", "gpt-5", "gpt-6"].iter().any(|family| model.starts_with(family))
}

/// Families that have never reasoned: what concerns reasoning is unknown to them.
pub fn never_reasons(model: &str) -> bool {
    ["gpt-3.5", "gpt-4", "chatgpt"].iter().any(|family| model.starts_with(family))
}

/// From GPT-5.4 on, function tools and reasoning go together in the Responses API only.
pub fn needs_responses_for_tools(model: &str) -> bool {
    let minor =
        model.strip_prefix("gpt-5.").map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
    model.starts_with("gpt-6") || minor.and_then(|minor| minor.parse::<u32>().ok()).is_some_and(|minor| minor >= 4)
}
