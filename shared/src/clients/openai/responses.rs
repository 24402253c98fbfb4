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
        "stream": true,
        "stream_options": { "include_obfuscation": false },
    });
    // Asked of a model that does not reason, it is refused.
    if reasons(model) {
        body["include"] = json!(["reasoning.encrypted_content"]);
    }
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|tool| {
            json!({
                "type": "function", "name": tool.name, "description": tool.description,
                "parameters": tool.parameters, "strict": true,
            })
        });
        body["tools"] = tools.collect();
    }
    if let Some(name) = &request.tool_choice {
        body["tool_choice"] = json!({ "type": "function", "name": name });
    }
    if let Some(most) = request.max_output_tokens {
        body["max_output_tokens"] = json!(most.max(16));
    }
    if let Some(key) = &request.cache_key {
        body["prompt_cache_key"] = json!(key);
    }
    body
}

/// OpenAI's models do, but for the old and the chatty ones.
fn reasons(model: &str) -> bool {
    !["gpt-3.5", "gpt-4", "chatgpt"].iter().any(|family| model.starts_with(family)) && !model.contains("-chat")
}

fn items(item: &Item) -> Vec<Value> {
    match item {
        Item::User(text) => vec![json!({ "role": "user", "content": text })],
        Item::Assistant(text) => vec![json!({ "role": "assistant", "content": text })],
        Item::ToolCalls { text, calls, opaque } => {
            let is_said = opaque.iter().any(|item| item["type"] == "message");
            let said = (!text.is_empty() && !is_said).then(|| json!({ "role": "assistant", "content": text }));
            let is_new = |call: &&ToolCall| !opaque.iter().any(|item| item["call_id"] == *call.id);
            let calls = calls.iter().filter(is_new).map(|call| {
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
pub(crate) struct Response {
    calls: Vec<ToolCall>,
    /// All it did, in its order.
    output: Vec<Value>,
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
        if item["type"] == "function_call" {
            self.calls.push(ToolCall { id: text("call_id"), name: text("name"), arguments: text("arguments") });
        }
        self.output.push(item.clone());
    }

    fn finished(&mut self, response: &Value) -> Finished {
        if !self.output.iter().any(|item| item["type"] == "function_call" || item["type"] == "reasoning") {
            // Some servers tell what was done only at the end.
            self.output.clear();
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
            opaque: self.opaque(),
            model: response["model"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// The reasoning, and what came between: a thought without the deed that followed it is refused. What came after the last
    /// thought is told by the calls.
    fn opaque(&mut self) -> Vec<Value> {
        let end = self.output.iter().rposition(|item| item["type"] == "reasoning").map_or(0, |last| last + 1);
        self.output.truncate(end);
        std::mem::take(&mut self.output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(items: Vec<Item>) -> ChatRequest {
        ChatRequest {
            system: "Be brief.".into(),
            items,
            tools: Vec::new(),
            tool_choice: None,
            max_output_tokens: None,
            cache_key: None,
        }
    }

    #[test]
    fn every_thought_goes_back_before_the_deed_it_led_to() {
        let thought = |id: &str| json!({ "type": "reasoning", "id": id, "encrypted_content": "sealed", "summary": [] });
        let deed =
            |id: &str| json!({ "type": "function_call", "id": "fc", "call_id": id, "name": "f", "arguments": "{}" });
        let mut response = Response::default();
        for item in [thought("1"), deed("a"), thought("2"), deed("b"), deed("c")] {
            response.read(&json!({ "type": "response.output_item.done", "item": item })).unwrap();
        }
        let Finished { calls, opaque, .. } = response.finished(&Value::Null);

        let sent = body("gpt-5.4-mini", &request(vec![Item::ToolCalls { text: String::new(), calls, opaque }]));

        let ids = sent["input"].as_array().unwrap().iter().map(|item| item["call_id"].as_str().or(item["id"].as_str()));
        assert_eq!(ids.map(Option::unwrap).collect::<Vec<_>>(), ["1", "a", "2", "b", "c"]);
    }

    #[test]
    fn only_models_that_reason_are_asked_for_their_reasoning() {
        for (model, reasons) in [
            ("gpt-5.4-mini", true),
            ("gpt-6-astra", true),
            ("o3", true),
            ("gpt-4o-mini", false),
            ("gpt-4.1", false),
            ("gpt-5-chat-latest", false),
        ] {
            assert_eq!(body(model, &request(Vec::new())).get("include").is_some(), reasons, "{model}");
        }
    }
}
