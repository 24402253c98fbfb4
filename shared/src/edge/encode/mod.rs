//! Tells a turn's events in the protocol a client speaks.

mod html;
mod seed;
mod source;
mod ui_stream;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde_json::Value;
use tokio::sync::mpsc;
use uuid::Uuid;

pub use seed::Seed;
pub use source::{Passage, shown};
pub use ui_stream::UiStream;

use super::reply::Reply;
use crate::domain::chat::event::Event;
use crate::domain::chat::turn::Listener;

/// A comment, which clients of both protocols skip. It keeps proxies from closing a stream that says nothing for a while.
pub const HEARTBEAT: &str = ": keep-alive\n\n";

const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);

/// Events or frames on their way at most: a client that reads slowly slows the turn down.
const BUFFER: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// What the existing frontend reads.
    Seed,
    /// The AI SDK's UI message stream, version 1.
    UiStream,
}

enum Encoder {
    Seed(Seed),
    UiStream(UiStream),
}

impl Encoder {
    fn new(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Seed => Self::Seed(Seed::new()),
            Protocol::UiStream => Self::UiStream(UiStream::new(&Uuid::now_v7().to_string())),
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
    tokio::spawn(tell(Encoder::new(protocol), events, frames));
    let reply = Reply::events(body);
    match protocol {
        Protocol::Seed => reply,
        Protocol::UiStream => {
            reply.with_header(HeaderName::from_static("x-vercel-ai-ui-message-stream"), HeaderValue::from_static("v1"))
        }
    }
}

async fn tell(mut encoder: Encoder, mut events: mpsc::Receiver<Event>, frames: mpsc::Sender<Bytes>) {
    loop {
        let (frame, last) = match tokio::time::timeout(HEARTBEAT_EVERY, events.recv()).await {
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

/// One server-sent event. JSON has no line breaks of its own.
fn frame(data: &Value) -> String {
    format!("data: {data}\n\n")
}

#[cfg(test)]
mod tests;
