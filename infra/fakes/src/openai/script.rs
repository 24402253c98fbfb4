//! What the model answers: written by the stand-in's rules, or beforehand by a test.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::server::lock;

/// One answer. In JSON every field may be left out:
/// `{"text":"…"}`, `{"calls":[{"name":"search_emails","arguments":{"query":"boat"}}]}`, `{"error":{"status":503}}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reply {
    pub text: String,
    /// Said instead of a text.
    pub refusal: Option<String>,
    pub calls: Vec<ToolCall>,
    /// Answered before anything is streamed.
    pub error: Option<ErrorReply>,
    /// Pause before each word.
    pub piece_ms: u64,
    /// Streamed in pieces of so many letters, in place of words.
    pub letters: usize,
    /// Ends the stream early.
    pub breaks: Option<Break>,
    /// Ends with `length` (`incomplete`), as when the answer was too long.
    pub cut_short: bool,
}

/// A tool call as the model would make it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    pub name: String,
    /// A JSON string is sent as it stands, so that malformed arguments can be scripted; anything else is serialised.
    pub arguments: Value,
}

impl ToolCall {
    pub fn arguments_text(&self) -> String {
        self.arguments.as_str().map_or_else(|| self.arguments.to_string(), str::to_owned)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReply {
    pub status: u16,
    #[serde(default)]
    pub code: Option<String>,
    #[serde(default)]
    pub message: Option<String>,
}

/// How a stream breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Break {
    /// So many pieces (words, or parts of arguments) are sent first.
    pub after: usize,
    /// Says so with an error event; otherwise the connection closes without a word.
    #[serde(default)]
    pub with_error: bool,
}

impl Reply {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// One tool call; see [`Self::and_call`] for more.
    pub fn call(name: impl Into<String>, arguments: Value) -> Self {
        Self::default().and_call(name, arguments)
    }

    pub fn and_call(mut self, name: impl Into<String>, arguments: Value) -> Self {
        self.calls.push(ToolCall { name: name.into(), arguments });
        self
    }

    pub fn refusal(text: impl Into<String>) -> Self {
        Self { refusal: Some(text.into()), ..Self::default() }
    }

    /// An HTTP error, with OpenAI's usual body for the status.
    pub fn error(status: u16) -> Self {
        Self { error: Some(ErrorReply { status, code: None, message: None }), ..Self::default() }
    }

    /// In pieces of so many letters.
    pub fn by_letters(mut self, letters: usize) -> Self {
        self.letters = letters;
        self
    }

    /// Pauses before each word.
    pub fn slowly(mut self, piece_ms: u64) -> Self {
        self.piece_ms = piece_ms;
        self
    }

    /// Closes the connection after so many pieces.
    pub fn broken_after(mut self, pieces: usize) -> Self {
        self.breaks = Some(Break { after: pieces, with_error: false });
        self
    }

    /// Sends an error event after so many pieces, then ends.
    pub fn failing_after(mut self, pieces: usize) -> Self {
        self.breaks = Some(Break { after: pieces, with_error: true });
        self
    }
}

/// Answers waiting to be given, first in first out.
#[derive(Default)]
pub struct Script(Mutex<VecDeque<Reply>>);

impl Script {
    pub fn push(&self, replies: Vec<Reply>) {
        lock(&self.0).extend(replies);
    }

    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    pub fn next(&self) -> Option<Reply> {
        lock(&self.0).pop_front()
    }
}
