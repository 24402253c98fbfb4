//! The event stream of the existing frontend: lines `data: {"type": …, "data": …}`, text as HTML.
//!
//! It knows `sources` (first, once), `function_call`, `content`, `hubspot_reconnect_required`, `finish` and `error`
//! (the last), and skips the types that are ours: `conversation`, `notice`, `tool_result`, `approval_required`,
//! `approval_decided`, `reconnect_required`, `citations` and `usage`.

use serde_json::{Value, json};

use super::html::Html;
use super::{frame, shown, waiting};
use crate::domain::chat::event::Event;

/// One answer's stream.
#[derive(Debug, Default)]
pub struct Seed {
    html: Html,
    /// `sources` has been told.
    begun: bool,
    ended: bool,
    /// What has to wait for `sources`.
    waiting: String,
}

impl Seed {
    pub fn new() -> Self {
        Self::default()
    }

    /// The frames for `event`: none, one, or more. Nothing follows the last event.
    pub fn encode(&mut self, event: &Event) -> String {
        if self.ended {
            return String::new();
        }
        let content = self.content(event);
        let mut out = if content.is_empty() { String::new() } else { told("content", &json!(content)) };
        out += &match event {
            Event::Sources(_) | Event::Piece(_) => String::new(),
            Event::Notice(notice) => told("notice", &json!(notice)),
            Event::Conversation { id } => told("conversation", &json!({ "id": id })),
            Event::ToolCall { id, name, arguments } => {
                told("function_call", &json!({ "id": id, "name": name, "arguments": arguments }))
            }
            Event::ToolResult { id, name, ok, output } => {
                told("tool_result", &json!({ "id": id, "name": name, "ok": ok, "output": output }))
            }
            Event::ApprovalRequested { approval } => {
                let result = json!({
                    "id": approval.call_id, "name": approval.tool, "ok": true, "output": waiting(approval),
                });
                told("tool_result", &result) + &told("approval_required", &json!(approval))
            }
            Event::ApprovalDecided { approval } => told("approval_decided", &json!(approval)),
            Event::ReconnectNeeded { provider: "hubspot", text } => told("hubspot_reconnect_required", &json!(text)),
            Event::ReconnectNeeded { provider, text } => {
                told("reconnect_required", &json!({ "provider": provider, "text": text }))
            }
            Event::Citations(citations) => told("citations", &json!(citations)),
            Event::Usage { input_tokens, output_tokens } => {
                told("usage", &json!({ "input_tokens": input_tokens, "output_tokens": output_tokens }))
            }
            Event::Finished { reason } => told("finish", &json!(reason)),
            Event::Failed { text } => told("error", &json!(text)),
        };
        self.in_order(event, out)
    }

    /// The HTML that `event` adds to the answer: what is left open is closed with the last one.
    pub fn content(&mut self, event: &Event) -> String {
        match event {
            Event::Piece(piece) => self.html.render(piece),
            Event::Finished { .. } | Event::Failed { .. } => self.html.close(),
            _ => String::new(),
        }
    }

    /// Puts `sources` first: early frames wait for it, and an answer begun without any has none.
    fn in_order(&mut self, event: &Event, frames: String) -> String {
        self.ended = matches!(event, Event::Finished { .. } | Event::Failed { .. });
        if self.begun {
            return frames;
        }
        let sources: Value = match event {
            Event::Conversation { .. } | Event::Notice(_) | Event::Usage { .. } | Event::ReconnectNeeded { .. } => {
                self.waiting += &frames;
                return String::new();
            }
            Event::Failed { .. } => return std::mem::take(&mut self.waiting) + &frames,
            Event::Sources(hits) => hits.iter().map(shown).collect(),
            _ => json!([]),
        };
        self.begun = true;
        told("sources", &sources) + &std::mem::take(&mut self.waiting) + &frames
    }
}

fn told(kind: &str, data: &Value) -> String {
    frame(&json!({ "type": kind, "data": data }))
}
