//! Responses: what OpenAI's own models speak.

use serde_json::{Value, json};

use super::{ChatRequest, Delta, FinishReason, Finished, Item, Reader, ToolCall, Usage, failed};
use crate::error::Result;

/// Nothing is kept at the vendor: what the model thought comes back to us sealed, and goes out again with the next call.
pub(super) fn body(model: &str, request: &ChatRequest) -> Value {
    let mut body = json!({
        "model": model,
        "instructions": request.system,
        "input": request.items.iter().flat_map(items).collect::<Vec<Value>>(),
        "store": false,
        "include": ["reasoning.encrypted_content"],
        "stream": true,
        "stream_options": { "include_obfuscation": false },
    });
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|tool| {
            json!({
                "type": "function", "name": tool.name, "description": tool.description,
                "parameters": tool.parameters, "strict": true,
            })
        });
        body["tools"] = tools.collect();
    }
    if let Some(most) = request.max_output_tokens {
        body["max_output_tokens"] = json!(most.max(16));
    }
    if let Some(key) = &request.cache_key {
        body["prompt_cache_key"] = json!(key);
    }
    body
}

fn items(item: &Item) -> Vec<Value> {
    match item {
        Item::User(text) => vec![json!({ "role": "user", "content": text })],
        Item::Assistant(text) => vec![json!({ "role": "assistant", "content": text })],
        Item::ToolCalls { text, calls, opaque } => {
            let said = (!text.is_empty()).then(|| json!({ "role": "assistant", "content": text }));
            let calls = calls.iter().map(|call| {
                json!({ "type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments })
            });
            opaque.iter().cloned().chain(said).chain(calls).collect()
        }
        Item::ToolResult { call_id, output } => {
            vec![json!({ "type": "function_call_output", "call_id": call_id, "output": output })]
        }
    }
}

/// A response as far as it has come.
#[derive(Default)]
pub(super) struct Response {
    calls: Vec<ToolCall>,
    opaque: Vec<Value>,
}

impl Reader for Response {
    fn read(&mut self, event: &Value) -> Result<Vec<Delta>> {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        match event["type"].as_str().unwrap_or_default() {
            "response.output_text.delta" => Ok(vec![Delta::Text(text("delta"))]),
            "response.refusal.delta" => Ok(vec![Delta::Refusal(text("delta"))]),
            "response.output_item.done" => {
                self.take(&event["item"]);
                Ok(Vec::new())
            }
            "response.completed" | "response.incomplete" => {
                Ok(vec![Delta::Finished(self.finished(&event["response"]))])
            }
            "response.failed" => Err(failed(&event["response"]["error"])),
            "error" => Err(failed(if event["error"].is_object() { &event["error"] } else { event })),
            _ => Ok(Vec::new()),
        }
    }
}

impl Response {
    fn take(&mut self, item: &Value) {
        let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
        match item["type"].as_str().unwrap_or_default() {
            "function_call" => {
                self.calls.push(ToolCall { id: text("call_id"), name: text("name"), arguments: text("arguments") });
            }
            "reasoning" => self.opaque.push(item.clone()),
            _ => {}
        }
    }

    fn finished(&mut self, response: &Value) -> Finished {
        if self.calls.is_empty() && self.opaque.is_empty() {
            // Some servers tell what was done only at the end.
            response["output"].as_array().into_iter().flatten().for_each(|item| self.take(item));
        }
        let reason = match response["incomplete_details"]["reason"].as_str() {
            Some("max_output_tokens") => FinishReason::Length,
            Some("content_filter") => FinishReason::ContentFilter,
            _ if self.calls.is_empty() => FinishReason::Stop,
            _ => FinishReason::ToolCalls,
        };
        let count = |place: &str| response.pointer(place).and_then(Value::as_u64).unwrap_or(0);
        Finished {
            calls: std::mem::take(&mut self.calls),
            reason,
            usage: Usage {
                input: count("/usage/input_tokens"),
                cached: count("/usage/input_tokens_details/cached_tokens"),
                output: count("/usage/output_tokens"),
            },
            opaque: std::mem::take(&mut self.opaque),
            model: response["model"].as_str().unwrap_or_default().to_owned(),
        }
    }
}
