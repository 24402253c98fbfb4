//! The shapes a question comes in: the seed's, with `message`, and the AI SDK's, with `messages`. The latter also carries
//! answers to approvals: then the last message is the assistant's, and goes on.

use std::time::Duration;

use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use shared::domain::chat::decide::{Response, Responses};
use shared::domain::chat::history::{Conversation, Said};
use shared::domain::chat::turn::Asked;
use shared::edge::encode::{Client, Protocol};
use shared::edge::{Advisor, Call};
use shared::model::{ActionId, ConversationId};
use shared::{Error, Result};

use crate::knowledge::search::kinds;

/// Passages an AI SDK client begins with; the seed's clients say how many they want.
const CONTEXT: i64 = 8;

/// The state of a tool part whose approval was given or refused.
const ANSWERED: &str = "approval-responded";

/// What is asked, and how the answer is to be told.
pub struct Question {
    pub what: What,
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

pub enum What {
    Asks(Asked),
    /// Yes or no to what waits, and how much time there is.
    Answers(Responses, Duration),
}

/// <https://ai-sdk.dev/docs/ai-sdk-ui/transport>: what `DefaultChatTransport` sends.
#[derive(Deserialize, Validate, JsonSchema)]
pub struct UiBody {
    #[garde(length(chars, min = 1, max = 200))]
    id: String,
    #[garde(length(min = 1, max = 1000), dive)]
    messages: Vec<UiMessage>,
    /// Ours: the client is one of version 6 or later, which knows approval parts.
    #[garde(skip)]
    #[serde(default)]
    approvals: bool,
}

#[derive(Deserialize, Validate, JsonSchema)]
struct UiMessage {
    #[garde(length(chars, max = 200))]
    #[serde(default)]
    id: String,
    #[garde(custom(asked_or_answered))]
    role: String,
    #[garde(length(max = 1000))]
    #[serde(default)]
    parts: Vec<Value>,
}

/// A tool part that was answered: <https://ai-sdk.dev/docs/ai-sdk-ui/chatbot-tool-usage>.
#[derive(Deserialize)]
struct Answered {
    #[serde(rename = "toolCallId")]
    call_id: String,
    input: Value,
    approval: Approval,
}

#[derive(Deserialize)]
struct Approval {
    id: ActionId,
    approved: bool,
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
        what: What::Asks(Asked {
            owner: advisor.id,
            session: advisor.session,
            conversation: body.conversation_id.map_or(Conversation::New, Conversation::Known),
            message: said(body.message, "message")?,
            history: history.collect(),
            kinds: kinds(body.source_type.as_deref())?,
            context: body.max_context_chunks,
            time_left,
        }),
    })
}

fn ui(call: &Call, advisor: Advisor, time_left: Duration) -> Result<Question> {
    let mut body: UiBody = call.json()?;
    let conversation = ConversationId::named(advisor.id, &body.id);
    let mut client = Client { approvals: body.approvals, continues: None };
    let last = body.messages.pop().filter(|last| last.role == "user" || is_answered(&last.parts));
    let last = last.ok_or_else(|| Error::invalid("messages", "must end with a message of the user."))?;
    let what = if last.role == "user" {
        let history = body.messages.into_iter().map(|m| Said { content: text(&m.parts), role: m.role });
        What::Asks(Asked {
            owner: advisor.id,
            session: advisor.session,
            conversation: Conversation::Named(conversation),
            message: said(text(&last.parts), "messages")?,
            history: history.collect(),
            kinds: Vec::new(),
            context: CONTEXT,
            time_left,
        })
    } else {
        let responses = answers(&last.parts)?;
        // It is the client's message, under the client's id.
        client.continues = Some(last.id).filter(|id| !id.is_empty());
        What::Answers(Responses { owner: advisor.id, conversation, responses }, time_left)
    };
    Ok(Question { what, protocol: Protocol::UiStream(client), stream: true })
}

fn is_answered(parts: &[Value]) -> bool {
    parts.iter().any(|part| part["state"] == ANSWERED)
}

/// What the advisor said to each part that waited. The rest of the message is the client's own.
fn answers(parts: &[Value]) -> Result<Vec<Response>> {
    let answered = parts.iter().filter(|part| part["state"] == ANSWERED);
    let answers = answered.map(|part| {
        let Answered { call_id, input, approval } = Answered::deserialize(part)
            .map_err(|_| Error::invalid("messages", "must end with parts that name toolCallId, input and approval."))?;
        Ok(Response { approval: approval.id, call_id, input, yes: approval.approved })
    });
    answers.collect()
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
