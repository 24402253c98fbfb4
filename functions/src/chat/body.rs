//! The two shapes a question comes in: the seed's, with `message`, and the AI SDK's, with `messages`.

use std::time::Duration;

use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use shared::domain::chat::history::{Conversation, Said};
use shared::domain::chat::turn::Asked;
use shared::edge::encode::Protocol;
use shared::edge::{Advisor, Call};
use shared::model::ConversationId;
use shared::{Error, Result};

use crate::knowledge::search::kinds;

/// Passages an AI SDK client begins with; the seed's clients say how many they want.
const CONTEXT: i64 = 8;

/// What is asked, and how the answer is to be told.
pub struct Question {
    pub asked: Asked,
    pub protocol: Protocol,
    /// Piece by piece, or whole.
    pub stream: bool,
}

/// One of the two.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only described: a body is read as what it is")]
pub enum Asking {
    Seed(SeedBody),
    AiSdk(UiBody),
}

/// <https://ai-sdk.dev/docs/ai-sdk-ui/transport>: what `DefaultChatTransport` sends.
#[derive(Deserialize, Validate, JsonSchema)]
pub struct UiBody {
    #[garde(length(chars, min = 1, max = 200))]
    id: String,
    #[garde(length(min = 1, max = 1000), dive)]
    messages: Vec<UiMessage>,
}

#[derive(Deserialize, Validate, JsonSchema)]
struct UiMessage {
    #[garde(custom(asked_or_answered))]
    role: String,
    #[garde(length(max = 1000))]
    #[serde(default)]
    parts: Vec<Value>,
}

#[derive(Deserialize, Validate, JsonSchema)]
pub struct SeedBody {
    #[garde(length(chars, min = 1, max = 10_000))]
    message: String,
    #[garde(length(max = 100), dive)]
    #[serde(default)]
    conversation_history: Vec<SeedMessage>,
    #[garde(skip)]
    #[serde(default)]
    source_type: Option<String>,
    #[garde(skip)]
    #[serde(default = "yes")]
    stream: bool,
    #[garde(range(min = 1, max = 20))]
    #[serde(default = "two")]
    max_context_chunks: i64,
    /// Ours: the conversation to go on with.
    #[garde(skip)]
    #[serde(default)]
    conversation_id: Option<ConversationId>,
}

#[derive(Deserialize, Validate, JsonSchema)]
struct SeedMessage {
    #[garde(custom(asked_or_answered))]
    role: String,
    #[garde(length(chars, max = 100_000))]
    content: String,
}

fn yes() -> bool {
    true
}

fn two() -> i64 {
    2
}

/// Nobody but us gives the model instructions.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde passes the context by reference")]
fn asked_or_answered(role: &str, _: &()) -> garde::Result {
    match role {
        "user" | "assistant" => Ok(()),
        _ => Err(garde::Error::new("must be user or assistant")),
    }
}

pub fn question(call: &Call, advisor: Advisor, time_left: Duration) -> Result<Question> {
    let body: Value = serde_json::from_slice(call.bytes()?).unwrap_or_default();
    if body.get("messages").is_some() { ui(call, advisor, time_left) } else { seed(call, advisor, time_left) }
}

fn seed(call: &Call, advisor: Advisor, time_left: Duration) -> Result<Question> {
    let body: SeedBody = call.json()?;
    let history = body.conversation_history.into_iter().map(|m| Said { role: m.role, content: m.content });
    Ok(Question {
        protocol: Protocol::Seed,
        stream: body.stream,
        asked: Asked {
            owner: advisor.id,
            conversation: body.conversation_id.map_or(Conversation::New, Conversation::Known),
            message: said(body.message, "message")?,
            history: history.collect(),
            kinds: kinds(body.source_type.as_deref())?,
            context: body.max_context_chunks,
            time_left,
        },
    })
}

fn ui(call: &Call, advisor: Advisor, time_left: Duration) -> Result<Question> {
    let body: UiBody = call.json()?;
    let mut history: Vec<Said> =
        body.messages.into_iter().map(|m| Said { content: text(&m.parts), role: m.role }).collect();
    let last = history.pop().filter(|last| last.role == "user");
    let last = last.ok_or_else(|| Error::invalid("messages", "must end with a message of the user."))?;
    Ok(Question {
        protocol: Protocol::UiStream,
        stream: true,
        asked: Asked {
            owner: advisor.id,
            conversation: Conversation::Named(ConversationId::named(advisor.id, &body.id)),
            message: said(last.content, "messages")?,
            history,
            kinds: Vec::new(),
            context: CONTEXT,
            time_left,
        },
    })
}

fn text(parts: &[Value]) -> String {
    let texts = parts.iter().filter(|part| part["type"] == "text").filter_map(|part| part["text"].as_str());
    texts.collect::<Vec<_>>().join("\n")
}

fn said(message: String, field: &str) -> Result<String> {
    match message.trim() {
        "" => Err(Error::invalid(field, "must not be blank.")),
        text if text.chars().count() > 10_000 => {
            Err(Error::invalid(field, "must not be longer than 10,000 characters."))
        }
        _ => Ok(message),
    }
}
