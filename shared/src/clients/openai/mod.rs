//! OpenAI, and every server that speaks like it: <https://developers.openai.com/api/reference>.
//!
//! One set of neutral types, two protocols: Responses for OpenAI's own models, whose tools do not work with reasoning in Chat
//! Completions, and Chat Completions for all other servers, where Responses is patchy.

pub(crate) mod chat_completions;
mod embeddings;
pub(crate) mod responses;
mod sse;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::http::{self, Call, Client, reason};
use crate::config::{self, OpenAiApi};
use crate::error::{Error, Kind, Result};
use crate::model::untrusted;

pub use embeddings::Embedded;
use sse::Events;

/// Codes that mean the same request fails the same way again.
const FOR_GOOD: [&str; 7] = [
    "invalid_prompt",
    "invalid_request_error",
    "context_length_exceeded",
    "string_above_max_length",
    "model_not_found",
    "data_residency_mismatch",
    "bio_policy",
];
/// The longest a model may take for one answer.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct OpenAi<'a> {
    pub http: &'a Client,
    pub config: &'a config::OpenAi,
    pub api_key: &'a SecretString,
}

/// One call of a language model.
#[derive(Debug, Clone)]
pub struct ChatRequest {
    pub system: String,
    pub items: Vec<Item>,
    pub tools: Vec<ToolSpec>,
    /// The tool the model has to call, once; it may not answer in words.
    pub tool_choice: Option<String>,
    pub max_output_tokens: Option<u32>,
    /// Calls of one conversation share it, and with it the vendor's cache.
    pub cache_key: Option<String>,
}

/// What was said and done so far.
#[derive(Debug, Clone)]
pub enum Item {
    User(String),
    Assistant(String),
    ToolCalls {
        text: String,
        calls: Vec<ToolCall>,
        /// What the model wants back with its calls, unread.
        opaque: Vec<Value>,
    },
    ToolResult {
        call_id: String,
        output: String,
    },
}

impl Item {
    /// Bytes of text in it.
    pub fn len(&self) -> usize {
        match self {
            Self::User(text) | Self::Assistant(text) => text.len(),
            Self::ToolCalls { text, calls, .. } => text.len() + calls.iter().map(|c| c.arguments.len()).sum::<usize>(),
            Self::ToolResult { output, .. } => output.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A function the model may call. `parameters` is a strict JSON schema.
#[derive(Debug, Clone)]
pub struct ToolSpec {
    pub name: String,
    pub description: String,
    pub parameters: Value,
}

/// `arguments` is JSON, as the model wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    pub arguments: String,
}

/// An answer as it comes. `Finished` is the last of it.
#[derive(Debug, Clone)]
pub enum Delta {
    Text(String),
    Refusal(String),
    Finished(Finished),
}

#[derive(Debug, Clone)]
pub struct Finished {
    pub calls: Vec<ToolCall>,
    pub reason: FinishReason,
    pub usage: Usage,
    pub opaque: Vec<Value>,
    /// The model that answered.
    pub model: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    Stop,
    Length,
    ToolCalls,
    ContentFilter,
}

/// Tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub input: u64,
    pub cached: u64,
    pub output: u64,
}

/// Reads one protocol's events.
pub(crate) trait Reader: Send + 'static {
    /// What an event says; nothing for events that say nothing to us.
    fn read(&mut self, event: &Value) -> Result<Vec<Delta>>;

    /// `[DONE]`, which only one of the protocols has.
    fn done(&mut self) -> Result<Vec<Delta>> {
        self.end()
    }

    /// The connection has ended. What that means, if the protocol had not said yet that it is over.
    fn end(&mut self) -> Result<Vec<Delta>> {
        Err(broken())
    }
}

impl OpenAi<'_> {
    /// Asks the model. Dropping the stream ends the call.
    pub async fn stream(&self, request: &ChatRequest) -> Result<BoxStream<'static, Result<Delta>>> {
        match self.config.api {
            OpenAiApi::Responses => {
                let body = responses::body(&self.config.chat_model, request);
                self.events("responses", &body, responses::Response::default()).await
            }
            OpenAiApi::ChatCompletions => {
                let body = chat_completions::body(self.config, request);
                self.events("chat/completions", &body, chat_completions::Completion::default()).await
            }
        }
    }

    async fn events(&self, path: &str, body: &Value, reader: impl Reader) -> Result<BoxStream<'static, Result<Delta>>> {
        // Asking again before anything was said costs nothing and changes nothing.
        let response = self.post(path).timeout(PATIENCE).json(body).retrying().send_stream("openai.chat").await?;
        Ok(deltas(http::pieces(response, http::SILENCE), reader))
    }

    fn post(&self, path: &str) -> Call {
        self.http.post(format!("{}/{path}", self.config.base_url)).bearer_auth(self.api_key.expose_secret())
    }
}

/// The answer in a stream of server-sent events. Whatever happens, it ends with `Finished` or with an error.
pub(crate) fn deltas<E: Send + 'static>(
    bytes: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    reader: impl Reader,
) -> BoxStream<'static, Result<Delta>> {
    let state = (bytes.boxed(), Events::default(), reader, VecDeque::new(), false);
    let deltas = futures::stream::unfold(state, |(mut bytes, mut events, mut reader, mut ready, over)| async move {
        if over {
            return None;
        }
        loop {
            if let Some(delta) = ready.pop_front() {
                let over = is_end(&delta);
                return Some((delta, (bytes, events, reader, ready, over)));
            }
            match bytes.next().await {
                Some(Ok(piece)) => {
                    let read = events.read(&piece, |data| {
                        tell(&mut ready, understand(&mut reader, data.trim()));
                        !ready.back().is_some_and(is_end)
                    });
                    if read.is_err() {
                        ready.push_back(Err(broken()));
                    }
                }
                Some(Err(_)) => ready.push_back(Err(broken())),
                None => tell(&mut ready, reader.end()),
            }
        }
    });
    deltas.boxed()
}

fn tell(ready: &mut VecDeque<Result<Delta>>, read: Result<Vec<Delta>>) {
    match read {
        Ok(deltas) => ready.extend(deltas.into_iter().map(Ok)),
        Err(error) => ready.push_back(Err(error)),
    }
}

fn is_end(delta: &Result<Delta>) -> bool {
    matches!(delta, Ok(Delta::Finished(_)) | Err(_))
}

/// Text that is no JSON is no event we may pass over: a piece of the answer could have been in it.
fn understand(reader: &mut impl Reader, data: &str) -> Result<Vec<Delta>> {
    match data {
        "" => Ok(Vec::new()),
        "[DONE]" => reader.done(),
        _ => reader.read(&untrusted::json(data.as_bytes()).map_err(|_| broken())?),
    }
}

/// The stream ended before its end.
fn broken() -> Error {
    Error::new(Kind::Upstream, "The language model stopped in the middle of its answer.")
}

/// An error told inside a stream: a code by OpenAI, an HTTP status or nothing at all by others.
fn failed(error: &Value) -> Error {
    let reason = reason::of(&json!({ "error": error }));
    let status = error["code"].as_u64().and_then(|code| u16::try_from(code).ok());
    let (kind, status) = match (reason.as_str(), status) {
        ("rate_limit_exceeded", _) => (Kind::RateLimited, 429),
        (reason, _) if reason.starts_with("insufficient_") || reason.starts_with("billing_") => (Kind::Refused, 429),
        (reason, _) if FOR_GOOD.contains(&reason) => (Kind::Refused, 400),
        (_, Some(429)) => (Kind::RateLimited, 429),
        (_, Some(status @ 400..=499)) => (Kind::Refused, status),
        _ => (Kind::Upstream, 500),
    };
    Error::new(kind, "The language model gave up in the middle of its answer.").answered(status, reason)
}

#[cfg(test)]
mod tests;
