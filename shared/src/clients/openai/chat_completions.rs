//! Chat Completions: what every compatible server speaks.

use serde::Deserialize;
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
    // Fields only OpenAI itself is sure to know.
    if config.base_url.starts_with("https://api.openai.com") {
        body["reasoning_effort"] = json!("none");
        body["stream_options"]["include_obfuscation"] = json!(false);
        if let Some(most) = request.max_output_tokens {
            body["max_completion_tokens"] = json!(most);
        }
        if let Some(key) = &request.cache_key {
            body["prompt_cache_key"] = json!(key);
        }
    } else if let Some(most) = request.max_output_tokens {
        body["max_tokens"] = json!(most);
    }
    body
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
pub(super) struct Completion {
    /// By the index the server gave.
    calls: Vec<(u64, ToolCall)>,
    reason: Option<String>,
    usage: Usage,
    model: String,
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    model: String,
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Used>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: ChoiceDelta,
    finish_reason: Option<String>,
}

#[derive(Deserialize, Default)]
struct ChoiceDelta {
    content: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Deserialize)]
struct CallDelta {
    index: Option<u64>,
    id: Option<String>,
    function: Option<FunctionDelta>,
}

#[derive(Deserialize)]
struct FunctionDelta {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct Used {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    prompt_tokens_details: Option<PromptDetails>,
}

#[derive(Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
}

impl Reader for Completion {
    fn read(&mut self, data: &str) -> Result<Vec<Delta>> {
        if data.trim() == "[DONE]" {
            return Ok(vec![Delta::Finished(self.finished())]);
        }
        // A line we cannot read is a server's own addition.
        let Ok(chunk) = serde_json::from_str::<Chunk>(data) else { return Ok(Vec::new()) };
        if let Some(error) = chunk.error {
            return Err(failed(&error));
        }
        if !chunk.model.is_empty() {
            self.model = chunk.model;
        }
        if let Some(used) = chunk.usage {
            let cached = used.prompt_tokens_details.and_then(|details| details.cached_tokens).unwrap_or(0);
            self.usage = Usage { input: used.prompt_tokens, cached, output: used.completion_tokens };
        }
        let mut deltas = Vec::new();
        for choice in chunk.choices {
            let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
            deltas.extend(filled(choice.delta.content).map(Delta::Text));
            deltas.extend(filled(choice.delta.refusal).map(Delta::Refusal));
            choice.delta.tool_calls.into_iter().flatten().for_each(|call| self.take(call));
            self.reason = choice.finish_reason.or(self.reason.take());
        }
        Ok(deltas)
    }

    /// Some servers leave `[DONE]` out; one that gave a reason has said everything.
    fn end(&mut self) -> Result<Vec<Delta>> {
        if self.reason.is_some() { Ok(vec![Delta::Finished(self.finished())]) } else { Err(broken()) }
    }
}

impl Completion {
    /// A piece of a call. Servers repeat ids and names, or leave the index out: a new id begins a new call.
    fn take(&mut self, piece: CallDelta) {
        let id = piece.id.filter(|id| !id.is_empty());
        let known = match piece.index {
            Some(index) => self.calls.iter().position(|(i, _)| *i == index),
            None => match &id {
                Some(id) => self.calls.iter().position(|(_, call)| call.id == *id),
                None => self.calls.len().checked_sub(1),
            },
        };
        let at = known.unwrap_or_else(|| {
            let next = self.calls.iter().map(|(index, _)| index + 1).max().unwrap_or(0);
            self.calls.push((piece.index.unwrap_or(next), ToolCall::default()));
            self.calls.len() - 1
        });
        let call = &mut self.calls[at].1;
        if let Some(id) = id {
            call.id = id;
        }
        let Some(function) = piece.function else { return };
        if let Some(name) = function.name.filter(|name| !name.is_empty()) {
            call.name = name;
        }
        call.arguments.push_str(&function.arguments.unwrap_or_default());
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
