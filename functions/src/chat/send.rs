//! Asks a question; the answer streams in with its sources. `/api/chat/stream` is the same.

use serde_json::{Value, json};
use shared::domain::chat::event::Event;
use shared::domain::chat::turn;
use shared::domain::limits;
use shared::edge::encode::{self, Seed, shown};
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

use super::body::{Question, question};

pub const ROUTE: Route = Route::post("/api/chat", |app, call| Box::pin(handler(app, call))).streaming();
pub const STREAM: Route = Route::post("/api/chat/stream", |app, call| Box::pin(handler(app, call))).streaming();

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let Question { asked, protocol, stream } = question(&call, advisor, call.time_left(app.now()))?;

    limits::take(&app.db().await?, limits::CHAT, &advisor.id.to_string()).await?;
    if stream {
        let app = app.clone();
        let (listener, events) = encode::channel();
        tokio::spawn(async move { turn::run(&app, asked, listener).await });
        return Ok(encode::reply(protocol, events));
    }
    let events = turn::run_whole(app, asked).await?;

    Reply::json(&whole(&events))
}

/// A turn in the seed's one-piece shape.
fn whole(events: &[Event]) -> Value {
    let mut text = Seed::new();
    let mut answer = json!({ "message": "", "sources": [], "function_call": null, "finish_reason": "stop" });
    let mut message = String::new();
    for event in events {
        message += &text.content(event);
        match event {
            Event::Sources(hits) => answer["sources"] = hits.iter().map(shown).collect(),
            Event::ToolCall { name, arguments, .. } if answer["function_call"].is_null() => {
                answer["function_call"] = json!({ "name": name, "arguments": arguments });
            }
            Event::ToolResult { ok, output, .. } if answer["function_call"].get("result").is_none() => {
                answer["function_call"][if *ok { "result" } else { "error" }] = output.clone();
            }
            Event::Conversation { id } => answer["conversation_id"] = json!(id),
            Event::Citations(citations) => answer["citations"] = json!(citations),
            Event::Finished { reason } => answer["finish_reason"] = json!(reason),
            _ => {}
        }
    }
    answer["message"] = json!(message);
    answer
}
