//! `POST /v1/responses`. Nothing is stored: `previous_response_id` and `conversation` are refused.

mod read;
mod stream;

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::answer::{Answer, id};
use super::refusal::Refusal;
use super::turn::Call;
use super::{Shared, request};

/// `GET` and `DELETE /v1/responses/{id}`: nothing was stored.
pub async fn find(Path(id): Path<String>) -> Refusal {
    Refusal::invalid(format!("Response with id '{id}' not found.")).with_status(StatusCode::NOT_FOUND)
}

/// `POST /v1/responses/input_tokens`: how much of the window a request takes.
pub async fn count(body: Bytes) -> Result<Json<Value>, Refusal> {
    let turn = read::turn(&request::parse(&body)?)?;
    Ok(Json(json!({ "object": "response.input_tokens", "input_tokens": turn.tokens })))
}

pub async fn create(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Response, Refusal> {
    let body = request::parse(&body)?;
    let turn = read::turn(&body)?;
    shared.limits.charge(shared.control.clock.now(), turn.tokens)?;

    let answer = Answer::to(&shared, &turn).await?;
    let response = Given { answer: &answer, asked: &body.0, id: answer.id("resp_"), items: items(&answer) };
    if body.flag("stream", false)? {
        return Ok(stream::response(&response));
    }
    Ok(Json(response.finished()).into_response())
}

/// One item of the output.
enum Item<'a> {
    Message { id: String, kind: &'static str, text: &'a str },
    Call { id: String, call: &'a Call },
}

fn items(answer: &Answer) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    if let Some(text) = &answer.refusal {
        items.push(Item::Message { id: id("msg_"), kind: "refusal", text });
    } else if !answer.text.is_empty() || answer.calls.is_empty() {
        items.push(Item::Message { id: id("msg_"), kind: "output_text", text: &answer.text });
    }
    items.extend(answer.calls.iter().map(|call| Item::Call { id: id("fc_"), call }));
    items
}

impl Item<'_> {
    /// With what it holds so far: nothing at first, all of it at the end.
    fn json(&self, done: bool) -> Value {
        let status = if done { "completed" } else { "in_progress" };
        match self {
            Self::Message { id, kind, text } => {
                let content = if done { vec![part(kind, text)] } else { Vec::new() };
                json!({ "id": id, "type": "message", "status": status, "role": "assistant", "content": content })
            }
            Self::Call { id, call } => {
                let arguments = if done { call.arguments.as_str() } else { "" };
                json!({
                    "id": id, "type": "function_call", "status": status,
                    "call_id": call.id, "name": call.name, "arguments": arguments,
                })
            }
        }
    }
}

fn part(kind: &str, text: &str) -> Value {
    if kind == "refusal" {
        json!({ "type": kind, "refusal": text })
    } else {
        json!({ "type": kind, "text": text, "annotations": [], "logprobs": [] })
    }
}

/// The response object in its several states.
struct Given<'a> {
    answer: &'a Answer,
    asked: &'a Map<String, Value>,
    id: String,
    items: Vec<Item<'a>>,
}

impl Given<'_> {
    fn json(&self, status: &str) -> Value {
        let asked = |name: &str, default: Value| self.asked.get(name).cloned().unwrap_or(default);
        json!({
            "id": self.id,
            "object": "response",
            "created_at": self.answer.created,
            "status": status,
            "background": false,
            "error": null,
            "incomplete_details": null,
            "instructions": asked("instructions", Value::Null),
            "max_output_tokens": asked("max_output_tokens", Value::Null),
            "metadata": asked("metadata", json!({})),
            "model": self.answer.model,
            "output": [],
            "parallel_tool_calls": asked("parallel_tool_calls", json!(true)),
            "previous_response_id": null,
            "reasoning": asked("reasoning", json!({ "effort": null, "summary": null })),
            "store": asked("store", json!(true)),
            "temperature": asked("temperature", json!(1.0)),
            "text": self.text(),
            "tool_choice": asked("tool_choice", json!("auto")),
            "tools": asked("tools", json!([])),
            "top_p": asked("top_p", json!(1.0)),
            "truncation": "disabled",
            "usage": null,
        })
    }

    /// As it was asked for, with what goes without saying.
    fn text(&self) -> Value {
        let mut text = self.asked.get("text").filter(|text| text.is_object()).cloned().unwrap_or_else(|| json!({}));
        for (name, usual) in [("format", json!({ "type": "text" })), ("verbosity", json!("medium"))] {
            if text[name].is_null() {
                text[name] = usual;
            }
        }
        text
    }

    fn finished(&self) -> Value {
        let mut response = self.json(if self.answer.cut_short { "incomplete" } else { "completed" });
        if self.answer.cut_short {
            response["incomplete_details"] = json!({ "reason": "max_output_tokens" });
        }
        response["output"] = self.items.iter().map(|item| item.json(true)).collect();
        response["usage"] = json!({
            "input_tokens": self.answer.tokens_in,
            "input_tokens_details": { "cached_tokens": 0, "cache_write_tokens": 0 },
            "output_tokens": self.answer.tokens_out,
            "output_tokens_details": { "reasoning_tokens": 0 },
            "total_tokens": self.answer.tokens_in + self.answer.tokens_out,
        });
        response
    }

    fn failed(&self, message: &str) -> Value {
        let mut response = self.json("failed");
        response["error"] = json!({ "code": "server_error", "message": message });
        response
    }
}
