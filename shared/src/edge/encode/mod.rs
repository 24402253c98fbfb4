//! Tells a turn's events in the protocol a client speaks.

pub(crate) mod html;
mod seed;
mod source;
mod ui_stream;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use uuid::Uuid;

pub use seed::Seed;
pub use source::{Passage, shown};
pub use ui_stream::UiStream;

use super::reply::Reply;
use crate::domain::chat::event::Event;
use crate::domain::chat::turn::Listener;
use crate::model::action::Kept;

/// A comment, which clients of both protocols skip. It keeps proxies from closing a stream that says nothing for a while.
pub const HEARTBEAT: &str = ": keep-alive\n\n";

const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);
const _: () = assert!(HEARTBEAT_EVERY.as_secs() <= 15);

/// Events or frames on their way at most: a client that reads slowly slows the turn down.
const BUFFER: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protocol {
    /// What the existing frontend reads.
    Seed,
    /// The AI SDK's UI message stream, version 1.
    UiStream(Client),
}

/// An AI SDK client, as far as its stream depends on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// It said that it knows approval parts, which only versions 6 and later do.
    pub approvals: bool,
    /// The message of its own that goes on, by the client's id of it.
    pub continues: Option<String>,
}

enum Encoder {
    Seed(Seed),
    UiStream(UiStream),
}

impl Encoder {
    fn new(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Seed => Self::Seed(Seed::new()),
            Protocol::UiStream(client) => Self::UiStream(UiStream::new(&Uuid::now_v7().to_string(), client)),
        }
    }

    fn encode(&mut self, event: &Event) -> String {
        match self {
            Self::Seed(seed) => seed.encode(event),
            Self::UiStream(stream) => stream.encode(event),
        }
    }
}

/// For the turn to speak into, and for [`reply`] to listen to.
pub fn channel() -> (Listener, mpsc::Receiver<Event>) {
    mpsc::channel(BUFFER)
}

/// Streams `events` until the last one. When the client goes away, so does the receiver of the events.
pub fn reply(protocol: Protocol, events: mpsc::Receiver<Event>) -> Reply {
    let (frames, body) = mpsc::channel(BUFFER);
    let reply = match protocol {
        Protocol::Seed => Reply::events(body),
        Protocol::UiStream(_) => Reply::events(body)
            .with_header(HeaderName::from_static("x-vercel-ai-ui-message-stream"), HeaderValue::from_static("v1")),
    };
    tokio::spawn(tell(Encoder::new(protocol), events, frames, HEARTBEAT_EVERY));
    reply
}

async fn tell(mut encoder: Encoder, mut events: mpsc::Receiver<Event>, frames: mpsc::Sender<Bytes>, every: Duration) {
    loop {
        let next = tokio::select! {
            // The turn is told by what it speaks into.
            () = frames.closed() => return,
            next = tokio::time::timeout(every, events.recv()) => next,
        };
        let (frame, last) = match next {
            Err(_) => (HEARTBEAT.to_owned(), false),
            Ok(Some(event)) => (encoder.encode(&event), matches!(event, Event::Finished { .. } | Event::Failed { .. })),
            // A turn that is gone without its last event has crashed.
            Ok(None) => {
                (encoder.encode(&Event::Failed { text: "The answer broke off. Please try again.".into() }), true)
            }
        };
        let heard = frame.is_empty() || frames.send(frame.into()).await.is_ok();
        if last || !heard {
            return;
        }
    }
}

/// What a call answers whose write waits.
pub fn waiting(approval: &Kept) -> Value {
    json!({
        "status": "waiting_for_approval", "approval_id": approval.id, "expires_at": approval.expires_at,
        "message": "This waits for your approval. Nothing has happened yet.",
    })
}

/// One server-sent event. JSON has no line breaks of its own.
fn frame(data: &Value) -> String {
    format!("data: {data}\n\n")
}

#[cfg(test)]
mod tests;
