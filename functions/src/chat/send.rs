//! Asks a question; the answer streams in with its sources. `/api/chat/stream` is the same.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use shared::domain::chat::event::{Citation, Event, Notice};
use shared::domain::chat::{decide, turn};
use shared::domain::limits;
use shared::edge::encode::{self, Passage, Seed, shown, waiting};
use shared::edge::{Call, Reply, Route};
use shared::model::ConversationId;
use shared::model::action::Kept;
use shared::{App, Result};
use tracing::Instrument;

use super::body::{Asking, Question, What, question};

pub const ROUTE: Route = Route::post("/api/chat", |app, call| Box::pin(handler(app, call)))
    .streaming()
    .about("chat", "Answers a question, as server-sent events or whole.")
    .session()
    .body::<Asking>(
        r#"{"message": "Who mentioned their kid plays baseball?", "stream": true, "max_context_chunks": 5}"#,
    )
    .ok::<Whole>()
    .serves("text/event-stream")
    .refuses(&[404, 502, 503]);
pub const STREAM: Route = ROUTE.at("/api/chat/stream");

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let Question { what, protocol, stream } = question(&call, advisor, call.time_left(app.now()))?;

    limits::take(&app.db().await?, limits::CHAT, &advisor.id.to_string()).await?;
    let asked = match what {
        What::Asks(asked) => asked,
        What::Answers(responses, time_left) => {
            let decided = decide::by_parts(app, &responses).await?;
            let app = app.clone();
            let (listener, events) = encode::channel();
            tokio::spawn(async move { decide::run(&app, decided, listener, time_left).await }.in_current_span());
            return Ok(encode::reply(protocol, events));
        }
    };
    if stream {
        let app = app.clone();
        let (listener, events) = encode::channel();
        tokio::spawn(async move { turn::run(&app, asked, listener).await }.in_current_span());
        return Ok(encode::reply(protocol, events));
    }
    let answered = turn::run_whole(app, asked).await;

    match answered {
        Ok(events) => Reply::json(&whole(events)),
        // What was found is worth something by itself.
        Err(unanswered) => {
            let Whole { sources, notices, conversation_id, .. } = whole(unanswered.events);
            let found = json!({ "sources": sources, "notices": notices, "conversation_id": conversation_id });
            Err(unanswered.error.beside(found))
        }
    }
}

/// A turn in the seed's one-piece shape.
#[derive(Serialize, JsonSchema, Default)]
#[schemars(rename = "ChatAnswer")]
struct Whole {
    /// HTML, of the few elements the frontend shows.
    message: String,
    #[schemars(with = "Vec<Passage>")]
    sources: Vec<Value>,
    /// The first tool that was called: name, arguments, result or error.
    function_call: Option<Value>,
    finish_reason: &'static str,
    conversation_id: Option<ConversationId>,
    citations: Vec<Citation>,
    /// Writes that wait, or waited until now.
    approvals: Vec<Kept>,
    /// What the answer is to be read with; it says so, too.
    notices: Vec<Notice>,
}

fn whole(events: Vec<Event>) -> Whole {
    let mut text = Seed::new();
    let mut answer = Whole { finish_reason: "stop", ..Whole::default() };
    for event in events {
        answer.message += &text.content(&event);
        match event {
            Event::Sources(hits) => answer.sources = hits.iter().map(shown).collect(),
            Event::ToolCall { id, name, arguments } => {
                let call = json!({ "id": id, "name": name, "arguments": arguments });
                answer.function_call.get_or_insert(call);
            }
            Event::ToolResult { id, ok, output, .. } => {
                answered(&mut answer, Some(&id), if ok { "result" } else { "error" }, output);
            }
            Event::ApprovalRequested { approval } => {
                answered(&mut answer, approval.call_id.as_deref(), "result", waiting(&approval));
                answer.approvals.push(*approval);
            }
            Event::ApprovalDecided { approval } => answer.approvals.push(*approval),
            Event::Conversation { id } => answer.conversation_id = Some(id),
            Event::Citations(citations) => answer.citations = citations,
            Event::Notice(notice) => answer.notices.push(notice),
            Event::Finished { reason } => answer.finish_reason = reason,
            _ => {}
        }
    }
    answer
}

/// What came of the call that is told.
fn answered(answer: &mut Whole, id: Option<&str>, field: &str, output: Value) {
    if let Some(call) = answer.function_call.as_mut().filter(|call| call["id"].as_str() == id) {
        call[field] = output;
    }
}
