//! Mail as Gmail holds it and as we keep it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A name and an address, as one entry of a `From`, `To` or `Cc` header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// Empty when the header gives none.
    pub name: String,
    /// Lower case.
    pub email: String,
}

/// One message as fetched: decoded, not yet cleaned.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Gmail's id, 16 hexadecimal digits as a rule.
    pub gmail_id: String,
    pub thread_id: String,
    pub history_id: u64,
    pub label_ids: Vec<String>,
    /// Gmail's `internalDate`: when it arrived.
    pub received_at: Timestamp,
    pub snippet: String,
    /// In the order of the message.
    pub headers: Vec<(String, String)>,
    /// The `text/plain` part, decoded.
    pub text: Option<String>,
    /// The `text/html` part, decoded.
    pub html: Option<String>,
    pub attachment_names: Vec<String>,
}

impl Message {
    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// One message as we keep it.
#[derive(Debug, Clone, PartialEq)]
pub struct Email {
    pub gmail_id: String,
    pub thread_id: String,
    pub history_id: u64,
    pub message_id: Option<String>,
    pub in_reply_to: Option<String>,
    pub subject: String,
    pub sender: Mailbox,
    pub reply_to: Option<Mailbox>,
    pub to: Vec<Mailbox>,
    pub cc: Vec<Mailbox>,
    pub bcc: Vec<Mailbox>,
    pub label_ids: Vec<String>,
    pub snippet: String,
    /// What the sender wrote in this message: visible text, without quoted mail and without the signature.
    pub body: String,
    /// The quoted part and the signature, kept apart so that nothing is lost.
    pub quoted: String,
    pub outbound: bool,
    pub received_at: Timestamp,
}
