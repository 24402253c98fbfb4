//! Chat Completions: what every compatible server speaks.

use serde_json::{Value, json};

use super::{ChatRequest, Delta, FinishReason, Finished, Item, Reader, ToolCall, Usage, broken, failed};
use crate::config;
use crate::error::Result;

pub(super) fn body(config: &config::OpenAi, request: &ChatRequest) -> Value {
    let system = json!({ "role": "system", "content": request.system });
    let messages: Vec<Value> = std::iter::once(system).chain(request.items.iter().map(message)).collect();
    let mut body = json!({
        "model": config.chat_model,
        "messages": messages,
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|tool| {
            json!({ "type": "function", "function": {
                "name": tool.name, "description": tool.description, "parameters": tool.parameters, "strict": true,
            } })
        });
        body["tools"] = tools.collect();
    }
    if let Some(name) = &request.tool_choice {
        body["tool_choice"] = json!({ "type": "function", "function": { "name": name } });
    }
    let reasons = is_gpt_5_4_or_later(&config.chat_model);
    if reasons && !request.tools.is_empty() {
        // Tools and reasoning go together in Responses only, and reasoning is the default.
        body["reasoning_effort"] = json!("none");
    }
    let is_openai = config.base_url.starts_with("https://api.openai.com/");
    if let Some(most) = request.max_output_tokens {
        // The older name is refused by the newer models, and the newer one not known to every other server.
        body[if is_openai || reasons { "max_completion_tokens" } else { "max_tokens" }] = json!(most);
    }
    // What only OpenAI itself is sure to know.
    if is_openai {
        body["stream_options"]["include_obfuscation"] = json!(false);
        if let Some(key) = &request.cache_key {
            body["prompt_cache_key"] = json!(key);
        }
    }
    body
}

/// The name decides and not the server: whoever passes such a model on passes its refusals on too.
fn is_gpt_5_4_or_later(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or_default();
    let Some(version) = name.strip_prefix("gpt-").and_then(|rest| rest.split('-').next()) else { return false };
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(5), minor) => minor.is_some_and(|minor| minor >= 4),
        (Some(major), _) => major > 5,
        (None, _) => false,
    }
}

fn message(item: &Item) -> Value {
    match item {
        Item::User(text) => json!({ "role": "user", "content": text }),
        Item::Assistant(text) => json!({ "role": "assistant", "content": text }),
        Item::ToolCalls { text, calls, .. } => {
            let content = if text.is_empty() { Value::Null } else { json!(text) };
            let calls = calls.iter().map(|call| {
                json!({ "id": call.id, "type": "function", "function": { "name": call.name, "arguments": call.arguments } })
            });
            json!({ "role": "assistant", "content": content, "tool_calls": calls.collect::<Vec<_>>() })
        }
        Item::ToolResult { call_id, output } => json!({ "role": "tool", "tool_call_id": call_id, "content": output }),
    }
}

/// A completion as far as it has come.
#[derive(Default)]
pub(crate) struct Completion {
    /// By the index the server gave.
    calls: Vec<(u64, ToolCall)>,
    reason: Option<String>,
    usage: Usage,
    model: String,
}

impl Reader for Completion {
    /// Field by field, because servers differ in what they leave out, send empty or send as null.
    fn read(&mut self, chunk: &Value) -> Result<Vec<Delta>> {
        if !chunk["error"].is_null() {
            return Err(failed(&chunk["error"]));
        }
        if let Some(model) = filled(&chunk["model"]) {
            self.model = model.to_owned();
        }
        if chunk["usage"].is_object() {
            let count = |place: &str| chunk["usage"].pointer(place).and_then(Value::as_u64).unwrap_or(0);
            self.usage = Usage {
                input: count("/prompt_tokens"),
                cached: count("/prompt_tokens_details/cached_tokens"),
                output: count("/completion_tokens"),
            };
        }
        let mut deltas = Vec::new();
        // None in the chunk that tells the usage.
        for choice in chunk["choices"].as_array().into_iter().flatten() {
            let delta = &choice["delta"];
            deltas.extend(filled(&delta["content"]).map(|text| Delta::Text(text.to_owned())));
            deltas.extend(filled(&delta["refusal"]).map(|text| Delta::Refusal(text.to_owned())));
            delta["tool_calls"].as_array().into_iter().flatten().for_each(|piece| self.take(piece));
            if let Some(reason) = filled(&choice["finish_reason"]) {
                self.reason = Some(reason.to_owned());
            }
        }
        Ok(deltas)
    }

    fn done(&mut self) -> Result<Vec<Delta>> {
        Ok(vec![Delta::Finished(self.finished())])
    }

    /// Some servers leave `[DONE]` out; one that gave a reason has said everything.
    fn end(&mut self) -> Result<Vec<Delta>> {
        if self.reason.is_some() { Ok(vec![Delta::Finished(self.finished())]) } else { Err(broken()) }
    }
}

/// A text that is there and not empty.
fn filled(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

impl Completion {
    /// A piece of a call, which belongs to the call with its index.
    ///
    /// Servers repeat ids and names in every piece, give every piece an id of its own, give all calls index 0, or leave
    /// the index or the id out. A name under another id, or under none where nothing else tells calls apart, begins a new
    /// call.
    fn take(&mut self, piece: &Value) {
        let (index, id) = (piece["index"].as_u64(), filled(&piece["id"]));
        let (name, arguments) = (filled(&piece["function"]["name"]), filled(&piece["function"]["arguments"]));
        let known = match (index, id) {
            (Some(index), _) => self.calls.iter().rposition(|(i, _)| *i == index),
            (None, Some(id)) => self.calls.iter().rposition(|(_, call)| call.id == id),
            (None, None) if name.is_some() => None,
            (None, None) => self.calls.len().checked_sub(1),
        };
        let is_another = |at: &usize| {
            let begun = &self.calls[*at].1;
            name.is_some() && id.is_some_and(|id| !begun.id.is_empty() && begun.id != id)
        };
        let at = known.filter(|at| !is_another(at)).unwrap_or_else(|| {
            let next = self.calls.iter().map(|(index, _)| index + 1).max().unwrap_or(0);
            self.calls.push((index.unwrap_or(next), ToolCall::default()));
            self.calls.len() - 1
        });
        let call = &mut self.calls[at].1;
        for (field, value) in [(&mut call.id, id), (&mut call.name, name)] {
            if field.is_empty() {
                value.unwrap_or_default().clone_into(field);
            }
        }
        call.arguments.push_str(arguments.unwrap_or_default());
    }

    fn finished(&mut self) -> Finished {
        let mut calls: Vec<ToolCall> = std::mem::take(&mut self.calls).into_iter().map(|(_, call)| call).collect();
        for (at, call) in calls.iter_mut().enumerate() {
            if call.id.is_empty() {
                call.id = format!("call_{at}");
            }
        }
        let reason = match self.reason.as_deref() {
            // Some servers say `stop` with calls.
            _ if !calls.is_empty() => FinishReason::ToolCalls,
            Some("length") => FinishReason::Length,
            Some("content_filter") => FinishReason::ContentFilter,
            _ => FinishReason::Stop,
        };
        Finished { calls, reason, usage: self.usage, opaque: Vec::new(), model: self.model.clone() }
    }
}
