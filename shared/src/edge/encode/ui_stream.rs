//! The AI SDK's UI message stream, version 1, in the parts that its versions 5, 6 and 7 all know.
//!
//! Source: <https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol>. Text is Markdown with `[[n]](url)` for citations; a
//! cited source also comes as `source-url`, before its first citation (as `source-document` where it has no page).
//! Tools are dynamic parts: their names are not the client's to know. What has no part of its own comes as
//! `data-conversation`, `data-sources`, `data-notice`, `data-citations`, `data-approval`, `data-reconnect` and `data-usage`.
//!
//! The client ends a stream that breaks a rule: every text part is opened before and closed after its deltas, within
//! one step; a tool's output follows its input; one model call is one step; `finish` and `[DONE]` are last.
//!
//! A write that waits is a `data-approval`. A client that knows approval parts gets `tool-approval-request` too: the part's
//! input is then the exact action, which the client echoes with its answer. Such a client sends the answer by itself only if
//! the part is in the message's last step, so the step it is in is not left any more. The message goes on when the answer is
//! in: under the same id, with the output of the part that waited, and a step of its own for the text.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Client, frame, shown, waiting};
use crate::domain::chat::answer::{Markdown, Piece};
use crate::domain::chat::event::Event;
use crate::model::action::{Kept, State};

const DONE: &str = "data: [DONE]\n\n";

/// One answer's stream.
#[derive(Debug)]
pub struct UiStream {
    message_id: String,
    /// The client knows approval parts.
    approvals: bool,
    /// The message was begun by an earlier stream.
    continues: bool,
    begun: bool,
    step: bool,
    /// Something waits in this step, which therefore is the last.
    held: bool,
    ended: bool,
    /// Text parts so far: the last one's number is its id.
    texts: usize,
    text: Option<Markdown>,
    /// Tools that were called and whose output is to come.
    running: BTreeSet<String>,
    cited: BTreeSet<usize>,
}

impl UiStream {
    /// `message_id` is the id the answer has for the client, unless it goes on with one that has an id already.
    pub fn new(message_id: &str, client: Client) -> Self {
        Self {
            continues: client.continues.is_some(),
            message_id: client.continues.unwrap_or_else(|| message_id.to_owned()),
            approvals: client.approvals,
            begun: false,
            step: false,
            held: false,
            ended: false,
            texts: 0,
            text: None,
            running: BTreeSet::new(),
            cited: BTreeSet::new(),
        }
    }

    /// The frames for `event`: none, one, or more. Nothing follows the last event.
    pub fn encode(&mut self, event: &Event) -> String {
        if self.ended {
            return String::new();
        }
        let mut out = Frames(String::new());
        if !std::mem::replace(&mut self.begun, true) {
            out.part(&json!({ "type": "start", "messageId": self.message_id }));
        }
        match event {
            // The message has these already.
            Event::Conversation { .. } | Event::Sources(_) if self.continues => {}
            Event::Conversation { id } => out.data("conversation", &json!({ "id": id })),
            Event::Sources(hits) => out.data("sources", &hits.iter().map(shown).collect()),
            Event::Notice(notice) => out.data("notice", &json!(notice)),
            Event::Piece(piece) => self.piece(piece, &mut out),
            Event::ToolCall { id, name, arguments } => self.call(id, name, arguments, &mut out),
            Event::ToolResult { id, name, ok, output } => self.result(id, name, *ok, output, &mut out),
            Event::ApprovalRequested { approval } => self.ask(approval, &mut out),
            Event::ApprovalDecided { approval } => self.decided(approval, &mut out),
            Event::ReconnectNeeded { provider, text } => {
                out.data("reconnect", &json!({ "provider": provider, "text": text }));
            }
            Event::Citations(citations) => out.data("citations", &json!(citations)),
            Event::Usage { input_tokens, output_tokens } => {
                out.data("usage", &json!({ "inputTokens": input_tokens, "outputTokens": output_tokens }));
            }
            Event::Finished { reason } => self.end(reason, &mut out),
            Event::Failed { text } => {
                self.end_text(&mut out);
                out.part(&json!({ "type": "error", "errorText": text }));
                self.end("error", &mut out);
            }
        }
        out.0
    }

    fn piece(&mut self, piece: &Piece, out: &mut Frames) {
        self.begin_step(out);
        if let Piece::Cite { n, url, title } = piece
            && self.cited.insert(*n)
        {
            out.part(&source(*n, url, title));
        }

        let (texts, begun) = (&mut self.texts, self.text.is_some());
        let text = self.text.get_or_insert_with(|| {
            *texts += 1;
            Markdown::default()
        });
        let delta = text.render(piece);
        let id = format!("text-{texts}");
        if !begun {
            out.part(&json!({ "type": "text-start", "id": id }));
        }
        if !delta.is_empty() {
            out.part(&json!({ "type": "text-delta", "id": id, "delta": delta }));
        }
    }

    fn call(&mut self, id: &str, name: &str, arguments: &Value, out: &mut Frames) {
        self.end_text(out);
        self.begin_step(out);
        self.running.insert(id.to_owned());
        out.part(&json!({ "type": "tool-input-start", "toolCallId": id, "toolName": name, "dynamic": true }));
        out.part(&json!({
            "type": "tool-input-available", "toolCallId": id, "toolName": name, "input": arguments, "dynamic": true,
        }));
    }

    fn result(&mut self, id: &str, name: &str, ok: bool, output: &Value, out: &mut Frames) {
        if !self.running.contains(id) {
            self.call(id, name, &json!({}), out);
        }
        self.running.remove(id);
        out.part(&if ok {
            json!({ "type": "tool-output-available", "toolCallId": id, "output": output, "dynamic": true })
        } else {
            let error = output.get("error").and_then(Value::as_str).unwrap_or("The tool failed.");
            json!({ "type": "tool-output-error", "toolCallId": id, "errorText": error, "dynamic": true })
        });
        // With the last of its results, a model call is over.
        if self.running.is_empty() && !self.held {
            self.end_step(out);
        }
    }

    fn ask(&mut self, approval: &Kept, out: &mut Frames) {
        let id = approval.call_id.as_deref().unwrap_or_default();
        if self.approvals {
            if !self.running.remove(id) {
                self.call(id, &approval.tool, &json!({}), out);
                self.running.remove(id);
            }
            self.held = true;
            out.part(&json!({
                "type": "tool-input-available", "toolCallId": id, "toolName": approval.tool, "input": approval.action,
                "dynamic": true,
            }));
            out.part(&json!({ "type": "tool-approval-request", "approvalId": approval.id, "toolCallId": id }));
        } else {
            self.result(id, &approval.tool, true, &waiting(approval), out);
        }
        out.approval(approval);
    }

    fn decided(&mut self, approval: &Kept, out: &mut Frames) {
        if let (true, Some(id)) = (self.continues, &approval.call_id) {
            out.part(&match approval.state {
                State::Denied => json!({ "type": "tool-output-denied", "toolCallId": id }),
                State::Done => json!({
                    "type": "tool-output-available", "toolCallId": id, "dynamic": true,
                    "output": approval.result.clone().unwrap_or_else(|| json!({ "status": "success" })),
                }),
                State::Pending | State::Approved => json!({
                    "type": "tool-output-available", "toolCallId": id, "dynamic": true,
                    "output": { "status": "in_progress", "approval_id": approval.id, "task_id": approval.task_id },
                }),
                State::Failed | State::Unknown | State::Expired => json!({
                    "type": "tool-output-error", "toolCallId": id, "dynamic": true,
                    "errorText": approval.error.as_deref().unwrap_or("It has expired. Please ask for it again."),
                }),
            });
        }
        out.approval(approval);
    }

    fn end(&mut self, reason: &str, out: &mut Frames) {
        self.end_step(out);
        out.part(&json!({ "type": "finish", "finishReason": finish_reason(reason) }));
        out.0.push_str(DONE);
        self.ended = true;
    }

    fn begin_step(&mut self, out: &mut Frames) {
        if !std::mem::replace(&mut self.step, true) {
            out.part(&json!({ "type": "start-step" }));
        }
    }

    fn end_step(&mut self, out: &mut Frames) {
        self.end_text(out);
        if std::mem::take(&mut self.step) {
            out.part(&json!({ "type": "finish-step" }));
        }
    }

    fn end_text(&mut self, out: &mut Frames) {
        if self.text.take().is_some() {
            out.part(&json!({ "type": "text-end", "id": format!("text-{}", self.texts) }));
        }
    }
}

struct Frames(String);

impl Frames {
    fn part(&mut self, part: &Value) {
        self.0.push_str(&frame(part));
    }

    /// One with the same id takes its place.
    fn approval(&mut self, approval: &Kept) {
        self.part(&json!({ "type": "data-approval", "id": approval.id, "data": approval }));
    }

    fn data(&mut self, name: &str, data: &Value) {
        self.part(&json!({ "type": format!("data-{name}"), "data": data }));
    }
}

fn source(n: usize, url: &str, title: &str) -> Value {
    let id = n.to_string();
    if url.is_empty() {
        return json!({ "type": "source-document", "sourceId": id, "mediaType": "text/plain", "title": title });
    }
    json!({ "type": "source-url", "sourceId": id, "url": url, "title": title })
}

/// Only these six are known to version 5 and to version 7.
fn finish_reason(reason: &str) -> &str {
    match reason {
        "stop" | "length" | "content-filter" | "tool-calls" | "error" => reason,
        _ => "other",
    }
}
