//! A response as server-sent events, each named by its type and numbered. There is no `[DONE]`.

use axum::response::Response;
use serde_json::{Value, json};

use super::{Given, Item, part};
use crate::openai::answer::Answer;
use crate::openai::sse::{self, Frame};

pub fn response(given: &Given<'_>) -> Response {
    let mut events = Events(Vec::new(), given.answer);
    events.push("response.created", json!({ "response": given.json("in_progress") }));
    events.push("response.in_progress", json!({ "response": given.json("in_progress") }));
    for (index, item) in given.items.iter().enumerate() {
        events.push("response.output_item.added", json!({ "output_index": index, "item": item.json(false) }));
        match item {
            Item::Message { id, kind, text } => events.message(id, index, kind, text),
            Item::Call { id, call } => events.call(id, index, &call.name, &call.arguments),
        }
        events.push("response.output_item.done", json!({ "output_index": index, "item": item.json(true) }));
    }
    let last = if given.answer.cut_short { "response.incomplete" } else { "response.completed" };
    events.push(last, json!({ "response": given.finished() }));

    let mut frames = events.0;
    sse::interrupt(&mut frames, given.answer.breaks, |refusal, sent| {
        event("response.failed", json!({ "response": given.failed(&refusal.message) }), sent)
    });
    sse::response(frames, given.answer.pace)
}

struct Events<'a>(Vec<Frame>, &'a Answer);

impl Events<'_> {
    fn push(&mut self, kind: &str, fields: Value) {
        self.0.push(Frame::Rest(event(kind, fields, self.0.len())));
    }

    fn piece(&mut self, kind: &str, fields: Value) {
        self.push(kind, fields);
        if let Some(frame) = self.0.last_mut() {
            frame.mark_as_piece();
        }
    }

    fn message(&mut self, id: &str, index: usize, kind: &str, text: &str) {
        let at = |more: Value| merged(json!({ "item_id": id, "output_index": index, "content_index": 0 }), more);
        self.push("response.content_part.added", at(json!({ "part": part(kind, "") })));
        for piece in self.1.pieces(text) {
            self.piece(&format!("response.{kind}.delta"), at(json!({ "delta": piece })));
        }
        let whole = if kind == "refusal" { json!({ "refusal": text }) } else { json!({ "text": text }) };
        self.push(&format!("response.{kind}.done"), at(whole));
        self.push("response.content_part.done", at(json!({ "part": part(kind, text) })));
    }

    fn call(&mut self, id: &str, index: usize, name: &str, arguments: &str) {
        let at = |more: Value| merged(json!({ "item_id": id, "output_index": index }), more);
        for piece in self.1.pieces(arguments) {
            self.piece("response.function_call_arguments.delta", at(json!({ "delta": piece })));
        }
        self.push("response.function_call_arguments.done", at(json!({ "name": name, "arguments": arguments })));
    }
}

fn event(kind: &str, fields: Value, number: usize) -> String {
    let data = merged(json!({ "type": kind, "sequence_number": number }), fields);
    format!("event: {kind}\ndata: {data}\n\n")
}

fn merged(mut first: Value, second: Value) -> Value {
    if let (Value::Object(first), Value::Object(second)) = (&mut first, second) {
        first.extend(second);
    }
    first
}
