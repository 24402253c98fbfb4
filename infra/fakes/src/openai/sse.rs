//! A stream of server-sent events that is paced, and broken on demand.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;

use super::refusal::Refusal;
use super::script::Break;

/// One event as text.
pub enum Frame {
    /// Carries a word of the answer; paced and counted.
    Piece(String),
    Rest(String),
    /// The connection closes here.
    Cut,
}

impl Frame {
    pub fn mark_as_piece(&mut self) {
        if let Self::Rest(text) = self {
            *self = Self::Piece(std::mem::take(text));
        }
    }
}

/// Ends the frames early, after so many pieces, with the interface's own error event or with a cut.
///
/// `error` is told how many events went before.
pub fn interrupt(frames: &mut Vec<Frame>, breaks: Option<Break>, error: impl FnOnce(&Refusal, usize) -> String) {
    let Some(breaks) = breaks else { return };
    let pieces = frames.iter().enumerate().filter(|(_, frame)| matches!(frame, Frame::Piece(_)));
    let end = pieces.map(|(at, _)| at + 1).take(breaks.after).last().unwrap_or(1);
    frames.truncate(end);
    if breaks.with_error {
        frames.push(Frame::Rest(error(&server_error(), end)));
    } else {
        frames.push(Frame::Cut);
    }
}

fn server_error() -> Refusal {
    let mut refusal = Refusal::invalid("The server had an error processing your request. Sorry about that!")
        .coded("server_error")
        .with_status(StatusCode::INTERNAL_SERVER_ERROR);
    "server_error".clone_into(&mut refusal.kind);
    refusal
}

/// Sends the frames, each piece after the pace.
pub fn response(frames: Vec<Frame>, pace: Duration) -> Response {
    let body = futures::stream::iter(frames).then(move |frame| async move {
        match frame {
            Frame::Rest(text) => Ok(Bytes::from(text)),
            Frame::Piece(text) => {
                if !pace.is_zero() {
                    tokio::time::sleep(pace).await;
                }
                Ok(Bytes::from(text))
            }
            Frame::Cut => {
                // Lets what was written leave before the connection breaks.
                tokio::time::sleep(Duration::from_millis(20)).await;
                Err(std::io::Error::other("closed on demand"))
            }
        }
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, Body::from_stream(body)).into_response()
}
