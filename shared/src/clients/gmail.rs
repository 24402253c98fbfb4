//! Gmail, as one advisor's token sees it: <https://developers.google.com/workspace/gmail/api/reference/rest>.

mod send;
pub mod watch;

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use super::http::{Call, Client};
use crate::error::{Error, Kind, Result};
use crate::model::mail::Message;

pub use send::{Sent, by_message_id};

pub struct Gmail<'a> {
    pub http: &'a Client,
    pub base: &'a str,
    pub token: &'a str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    pub email_address: String,
    #[serde(default)]
    pub messages_total: u64,
    #[serde(deserialize_with = "number")]
    pub history_id: u64,
}

/// Some of a mailbox's ids, newest first.
#[derive(Debug)]
pub struct Page {
    pub ids: Vec<String>,
    pub next: Option<String>,
}

/// One change to a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Added(String),
    /// For good; what is binned keeps its id and gets a label.
    Deleted(String),
    Labels {
        id: String,
        /// Added or taken away.
        changed: Vec<String>,
        /// All that it has now.
        label_ids: Vec<String>,
    },
}

/// Some of what happened to a mailbox, oldest first.
#[derive(Debug)]
pub struct HistoryPage {
    pub changes: Vec<Change>,
    pub next: Option<String>,
    /// Where the mailbox stands: the next reading's start, once there is no `next`.
    pub history_id: u64,
}

impl Gmail<'_> {
    pub async fn profile(&self) -> Result<Profile> {
        self.get_request("profile").send_json("gmail.profile").await
    }

    /// Without bin and spam. `query` is Gmail's search syntax.
    pub async fn list(&self, query: Option<&str>, page_token: Option<&str>, max: u32) -> Result<Page> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Listing {
            #[serde(default)]
            messages: Vec<Id>,
            next_page_token: Option<String>,
        }

        let mut parameters = vec![("maxResults", max.to_string())];
        parameters.extend(query.map(|query| ("q", query.to_owned())));
        parameters.extend(page_token.map(|token| ("pageToken", token.to_owned())));
        let listing: Listing = self.get_request("messages").query(&parameters).send_json("gmail.list").await?;
        Ok(Page { ids: listing.messages.into_iter().map(|m| m.id).collect(), next: listing.next_page_token })
    }

    /// `None` when it is gone.
    pub async fn get(&self, id: &str) -> Result<Option<Message>> {
        let request = self.get_request(&format!("messages/{id}")).query(&[("format", "full")]);
        let wire: Wire = match request.send_json("gmail.get").await {
            Ok(wire) => wire,
            Err(error) if error.upstream_status() == Some(404) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut parts = Parts::default();
        parts.walk(&wire.payload);
        for (id, kind) in std::mem::take(&mut parts.elsewhere) {
            let text = self.long_text(&wire.id, &id).await?;
            parts.take(kind, text);
        }
        let milliseconds = i64::try_from(wire.internal_date).unwrap_or_default();
        Ok(Some(Message {
            gmail_id: wire.id,
            thread_id: wire.thread_id,
            history_id: wire.history_id,
            label_ids: wire.label_ids,
            received_at: Timestamp::from_millisecond(milliseconds).unwrap_or_default(),
            snippet: wire.snippet,
            headers: wire.payload.headers.into_iter().map(|header| (header.name, header.value)).collect(),
            text: parts.text,
            html: parts.html,
            attachment_names: parts.attachment_names,
        }))
    }

    /// In the order of `ids`, so many at a time: single requests, because in a batch each part fails on its own and counts
    /// as much against the quota.
    pub async fn get_many(&self, ids: &[String], concurrency: usize) -> Vec<Result<Option<Message>>> {
        // Boxed, or the compiler cannot see that the whole may move between threads.
        let gets: Vec<BoxFuture<'_, Result<Option<Message>>>> = ids.iter().map(|id| self.get(id).boxed()).collect();
        futures::stream::iter(gets).buffered(concurrency).collect().await
    }

    /// What happened after `start`. Status 404 when Gmail does not remember that far back.
    pub async fn history(&self, start: u64, page_token: Option<&str>) -> Result<HistoryPage> {
        let mut parameters = vec![("startHistoryId", start.to_string()), ("maxResults", "500".to_owned())];
        parameters.extend(page_token.map(|token| ("pageToken", token.to_owned())));
        let request = self.get_request("history").query(&parameters);
        let listing: HistoryListing = request.send_json("gmail.history").await?;
        let changes = listing.history.into_iter().flat_map(History::changes).collect();
        Ok(HistoryPage { changes, next: listing.next_page_token, history_id: listing.history_id })
    }

    /// A text that Gmail left out of the message because it is long.
    async fn long_text(&self, message: &str, id: &str) -> Result<String> {
        let request = self.get_request(&format!("messages/{message}/attachments/{id}"));
        let body: PartBody = request.send_json("gmail.attachment").await.map_err(|error: Error| {
            // The message went, or changed, between the two requests. It is read again: this says nothing about it.
            let changed = error.upstream_status() == Some(404);
            if changed { Error::new(Kind::Upstream, "Gmail changed a message while it was read.") } else { error }
        })?;
        body.text().ok_or_else(|| Error::new(Kind::Upstream, "Gmail gave a message without its text."))
    }

    fn get_request(&self, path: &str) -> Call {
        self.http.get(format!("{}/gmail/v1/users/me/{path}", self.base)).bearer_auth(self.token)
    }

    fn post_request(&self, path: &str) -> Call {
        self.http.post(format!("{}/gmail/v1/users/me/{path}", self.base)).bearer_auth(self.token)
    }
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    id: String,
    thread_id: String,
    #[serde(default)]
    label_ids: Vec<String>,
    #[serde(default)]
    snippet: String,
    #[serde(default, deserialize_with = "number")]
    history_id: u64,
    #[serde(default, deserialize_with = "number")]
    internal_date: u64,
    #[serde(default)]
    payload: Part,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Part {
    mime_type: String,
    filename: String,
    headers: Vec<Header>,
    body: PartBody,
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct PartBody {
    data: Option<String>,
    attachment_id: Option<String>,
}

impl PartBody {
    fn text(&self) -> Option<String> {
        decode(self.data.as_deref()?)
    }
}

/// Base64, in either alphabet, padded or not: Gmail's clients see all of them.
fn decode(data: &str) -> Option<String> {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let data: String = data.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = GeneralPurpose::new(&URL_SAFE, lenient)
        .decode(&data)
        .or_else(|_| GeneralPurpose::new(&STANDARD, lenient).decode(&data))
        .ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TextKind {
    Plain,
    Html,
}

/// The texts of a message, wherever they stand in its tree.
#[derive(Default)]
struct Parts {
    text: Option<String>,
    html: Option<String>,
    /// Texts that have to be fetched.
    elsewhere: Vec<(String, TextKind)>,
    attachment_names: Vec<String>,
}

impl Parts {
    fn walk(&mut self, part: &Part) {
        if !part.filename.is_empty() {
            self.attachment_names.push(part.filename.clone());
            return;
        }
        let kind = match part.mime_type.to_ascii_lowercase().as_str() {
            "text/plain" => Some(TextKind::Plain),
            "text/html" => Some(TextKind::Html),
            _ => None,
        };
        match (kind, part.body.text(), &part.body.attachment_id) {
            (Some(kind), Some(text), _) => self.take(kind, text),
            (Some(kind), None, Some(id)) => self.elsewhere.push((id.clone(), kind)),
            _ => {}
        }
        part.parts.iter().for_each(|part| self.walk(part));
    }

    /// Parts of one kind follow one another.
    fn take(&mut self, kind: TextKind, text: String) {
        let slot = if kind == TextKind::Plain { &mut self.text } else { &mut self.html };
        match slot {
            Some(before) => {
                before.push('\n');
                before.push_str(&text);
            }
            None => *slot = Some(text),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HistoryListing {
    #[serde(default)]
    history: Vec<History>,
    next_page_token: Option<String>,
    #[serde(deserialize_with = "number")]
    history_id: u64,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct History {
    messages_added: Vec<Changed>,
    messages_deleted: Vec<Changed>,
    labels_added: Vec<Changed>,
    labels_removed: Vec<Changed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Changed {
    message: ChangedMessage,
    #[serde(default)]
    label_ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangedMessage {
    id: String,
    label_ids: Option<Vec<String>>,
}

impl History {
    fn changes(self) -> Vec<Change> {
        let labels =
            self.labels_added.into_iter().chain(self.labels_removed).map(|change| match change.message.label_ids {
                Some(label_ids) => Change::Labels { id: change.message.id, changed: change.label_ids, label_ids },
                // Not said is not the same as none: the message has to be asked.
                None => Change::Added(change.message.id),
            });
        let added = self.messages_added.into_iter().map(|change| Change::Added(change.message.id));
        let deleted = self.messages_deleted.into_iter().map(|change| Change::Deleted(change.message.id));
        added.chain(labels).chain(deleted).collect()
    }
}

/// Google writes 64-bit numbers as strings; some servers do not.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Text(String),
        Plain(u64),
    }
    match Number::deserialize(deserializer)? {
        Number::Plain(number) => Ok(number),
        Number::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

#[cfg(test)]
mod tests;
