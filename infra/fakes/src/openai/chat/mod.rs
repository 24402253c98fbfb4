//! `POST /v1/chat/completions`.

mod read;
mod stream;

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::answer::Answer;
use super::refusal::Refusal;
use super::{Shared, request};

pub async fn create(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Response, Refusal> {
    let body = request::parse(&body)?;
    let turn = read::turn(&body)?;
    shared.limits.charge(shared.control.clock.now(), turn.tokens)?;

    let answer = Answer::to(&shared, &turn).await?;
    if body.flag("stream", false)? {
        let include_usage = body.0.get("stream_options").is_some_and(|options| options["include_usage"] == true);
        return Ok(stream::response(&answer, include_usage));
    }
    Ok(Json(whole(&answer)).into_response())
}

fn whole(answer: &Answer) -> Value {
    let calls: Vec<Value> = answer
        .calls
        .iter()
        .map(|call| {
            json!({ "id": call.id, "type": "function", "function": { "name": call.name, "arguments": call.arguments } })
        })
        .collect();
    let mut message = json!({
        "role": "assistant",
        "content": Some(&answer.text).filter(|text| !text.is_empty()),
        "refusal": answer.refusal,
        "annotations": [],
    });
    if !calls.is_empty() {
        message["tool_calls"] = json!(calls);
    }
    json!({
        "id": answer.id("chatcmpl-"),
        "object": "chat.completion",
        "created": answer.created,
        "model": answer.model,
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason(answer) }],
        "usage": usage(answer),
        "service_tier": "default",
        "system_fingerprint": null,
    })
}

fn finish_reason(answer: &Answer) -> &'static str {
    if answer.cut_short {
        "length"
    } else if answer.calls.is_empty() {
        "stop"
    } else {
        "tool_calls"
    }
}

fn usage(answer: &Answer) -> Value {
    json!({
        "prompt_tokens": answer.tokens_in,
        "completion_tokens": answer.tokens_out,
        "total_tokens": answer.tokens_in + answer.tokens_out,
        "prompt_tokens_details": { "cached_tokens": 0, "cache_write_tokens": 0, "audio_tokens": 0 },
        "completion_tokens_details": {
            "reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    })
}
