//! Chat Completions as server-sent events: `data: {chunk}` lines, then `data: [DONE]`.

use axum::response::Response;
use serde_json::{Value, json};

use super::{finish_reason, usage};
use crate::openai::answer::Answer;
use crate::openai::sse::{self, Frame};

pub fn response(answer: &Answer, include_usage: bool) -> Response {
    let mut chunks = Chunks { answer, id: answer.id("chatcmpl-"), include_usage, frames: Vec::new() };
    chunks.delta(&json!({ "role": "assistant", "content": first_content(answer), "refusal": null }), false);
    for piece in answer.pieces(&answer.text) {
        chunks.delta(&json!({ "content": piece }), true);
    }
    for piece in answer.refusal.iter().flat_map(|text| answer.pieces(text)) {
        chunks.delta(&json!({ "refusal": piece }), true);
    }
    for (index, call) in answer.calls.iter().enumerate() {
        let function = json!({ "name": call.name, "arguments": "" });
        let opening = json!({ "index": index, "id": call.id, "type": "function", "function": function });
        chunks.delta(&json!({ "tool_calls": [opening] }), false);
        for piece in answer.pieces(&call.arguments) {
            chunks.delta(&json!({ "tool_calls": [{ "index": index, "function": { "arguments": piece } }] }), true);
        }
    }
    chunks.push(&json!([{ "index": 0, "delta": {}, "logprobs": null, "finish_reason": finish_reason(answer) }]), None);
    if include_usage {
        chunks.push(&json!([]), Some(usage(answer)));
    }

    let mut frames = chunks.frames;
    sse::interrupt(&mut frames, answer.breaks, |refusal, _| format!("data: {}\n\n", refusal.body()));
    if answer.breaks.is_none() {
        frames.push(Frame::Rest("data: [DONE]\n\n".to_owned()));
    }
    sse::response(frames, answer.pace)
}

fn first_content(answer: &Answer) -> Option<&'static str> {
    (answer.calls.is_empty() && answer.refusal.is_none()).then_some("")
}

struct Chunks<'a> {
    answer: &'a Answer,
    id: String,
    include_usage: bool,
    frames: Vec<Frame>,
}

impl Chunks<'_> {
    fn delta(&mut self, delta: &Value, is_piece: bool) {
        self.push(&json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": null }]), None);
        if is_piece && let Some(frame) = self.frames.last_mut() {
            frame.mark_as_piece();
        }
    }

    fn push(&mut self, choices: &Value, usage: Option<Value>) {
        let mut chunk = json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.answer.created,
            "model": self.answer.model,
            "service_tier": "default",
            "system_fingerprint": null,
            "choices": choices,
        });
        if self.include_usage {
            chunk["usage"] = usage.unwrap_or_default();
        }
        self.frames.push(Frame::Rest(format!("data: {chunk}\n\n")));
    }
}
