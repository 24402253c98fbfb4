//! Writes of the chat: when they happen at once, when they wait, and who can say yes to what.

mod ai_sdk;
mod api;
mod policy;
mod reply;
mod words;

use fakes::openai::Reply;
use fakes::server::Control;
use serde_json::{Value, json};

use super::support::*;

const NORA: (&str, &str) = ("Nora Ellison", "nora@ellison.example");
const NOTES: &str = "/crm/objects/2026-09/notes";

/// A mail, and a contact who is known.
pub(in crate::tests) async fn practice(app: &TestApp) -> Person<'_> {
    app.google.deliver(&mail(ADA, NORA, "Saturday", "Our son Tommy made the Little League team."));
    app.contact("501", "Greg", "Hall", "greg@hall.example");
    app.ready_advisor(ADA).await
}

/// The model's call to write a note on Greg.
fn note(body: &str) -> Reply {
    Reply::call("create_note", json!({ "contact_id": "501", "note_body": body }))
}

/// How often this was asked of a provider.
fn asked(control: &Control, method: &str, path: &str) -> usize {
    control.requests().iter().filter(|request| request.method == method && request.uri.starts_with(path)).count()
}

/// Notes HubSpot was asked to make.
fn notes(app: &TestApp) -> usize {
    asked(app.hubspot.control(), "POST", NOTES)
}

/// How often the model was asked something.
fn thoughts(app: &TestApp) -> usize {
    app.openai.control().requests().iter().filter(|request| !request.uri.contains("embeddings")).count()
}

/// A page of the unmodified frontend: it names no conversation, and sends what it shows with each message.
pub(in crate::tests) struct Page<'a> {
    person: &'a Person<'a>,
    history: Vec<Value>,
}

impl<'a> Page<'a> {
    pub(in crate::tests) fn of(person: &'a Person<'a>) -> Self {
        Self { person, history: Vec::new() }
    }

    fn body(&self, message: &str) -> Value {
        let from = self.history.len().saturating_sub(10);
        json!({
            "message": message, "stream": true, "conversation_history": self.history[from..], "source_type": null,
            "max_context_chunks": 5,
        })
    }

    async fn say(&mut self, message: &str) -> Turn {
        let turn = Turn::of(&self.person.post("/api/chat", self.body(message)).await);
        self.history.push(json!({ "role": "user", "content": message }));
        self.history.push(json!({ "role": "assistant", "content": turn.html }));
        turn
    }
}

/// Something waits after this: a note that was asked for in a turn that had read Nora's mail.
pub(in crate::tests) async fn waiting_note(app: &TestApp, page: &mut Page<'_>, body: &str) -> Value {
    app.openai.script(vec![note(body), Reply::text("I have prepared the note.")]);
    let turn = page.say("What did Nora write? Keep it with Greg.").await;
    assert_eq!(notes(app), 0, "nothing has happened yet");
    let asked = turn.of_type("approval_required");
    assert_eq!(asked.len(), 1, "{:?}", turn.kinds());
    asked[0].clone()
}

/// The text a person sees.
fn text(html: &str) -> String {
    let mut text = html.replace("<br>", "\n").replace("</p><p>", "\n\n").replace("<p>", "").replace("</p>", "");
    for tag in ["code", "strong", "em"] {
        text = text.replace(&format!("<{tag}>"), "").replace(&format!("</{tag}>"), "");
    }
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text, |text, (reference, sign)| text.replace(reference, sign))
}
