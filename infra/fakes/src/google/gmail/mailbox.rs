//! One mailbox: its messages, labels, drafts, and the history of what changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::mime::Part;

/// Records older than this are forgotten; Gmail promises a week.
const HISTORY_DAYS: i64 = 30;

#[derive(Default, Serialize, Deserialize)]
pub(in super::super) struct Mailbox {
    pub email: String,
    pub messages: BTreeMap<String, Message>,
    pub labels: Vec<Label>,
    /// Draft id to message id.
    pub drafts: BTreeMap<String, String>,
    pub history: Vec<Record>,
    pub history_id: u64,
    /// `startHistoryId`s below this one are too old.
    pub oldest: u64,
    /// The history up to here was published.
    pub announced: u64,
    pub watch: Option<Watch>,
    /// For ids that must not repeat.
    pub serial: u64,
    /// Ids of mails that were loaded once, so that a deleted one stays deleted.
    pub loaded: BTreeSet<String>,
}

#[derive(Serialize, Deserialize)]
pub(in super::super) struct Message {
    pub id: String,
    pub thread_id: String,
    pub label_ids: Vec<String>,
    /// Milliseconds since 1970.
    pub internal_date: i64,
    pub history_id: u64,
    #[serde(serialize_with = "to_text", deserialize_with = "from_text")]
    pub raw: Vec<u8>,
    #[serde(skip)]
    parsed: OnceLock<Part>,
}

/// A label the account made.
#[derive(Clone, Serialize, Deserialize)]
pub(in super::super) struct Label {
    pub id: String,
    pub name: String,
    pub label_list_visibility: String,
    pub message_list_visibility: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub(in super::super) struct Record {
    pub id: u64,
    pub at: Timestamp,
    pub message_id: String,
    pub thread_id: String,
    /// After the change.
    pub label_ids: Vec<String>,
    pub change: Change,
}

#[derive(Clone, Serialize, Deserialize)]
pub(in super::super) enum Change {
    Added,
    Deleted,
    LabelsAdded(Vec<String>),
    LabelsRemoved(Vec<String>),
}

#[derive(Clone, Serialize, Deserialize)]
pub(in super::super) struct Watch {
    pub topic: String,
    pub label_ids: Vec<String>,
    pub exclude: bool,
    pub expires: Timestamp,
}

/// A message that is about to be stored.
pub(in super::super) struct Incoming {
    /// One is made when absent.
    pub id: Option<String>,
    /// The message's own id when absent.
    pub thread_id: Option<String>,
    pub label_ids: Vec<String>,
    pub internal_date: i64,
    pub raw: Vec<u8>,
}

/// The labels every mailbox has.
pub(in super::super) const SYSTEM_LABELS: &[&str] = &[
    "CHAT",
    "SENT",
    "INBOX",
    "IMPORTANT",
    "TRASH",
    "DRAFT",
    "SPAM",
    "CATEGORY_FORUMS",
    "CATEGORY_UPDATES",
    "CATEGORY_PERSONAL",
    "CATEGORY_PROMOTIONS",
    "CATEGORY_SOCIAL",
    "STARRED",
    "UNREAD",
];

impl Message {
    pub fn mime(&self) -> &Part {
        self.parsed.get_or_init(|| Part::parse(&self.raw))
    }

    pub fn has(&self, label: &str) -> bool {
        self.label_ids.iter().any(|id| id == label)
    }

    /// What the newest-first order is by.
    pub fn rank(&self) -> (i64, &str) {
        (self.internal_date, &self.id)
    }
}

impl Mailbox {
    pub fn new(email: &str) -> Self {
        Self { email: email.to_owned(), history_id: 1_000, oldest: 1_000, announced: 1_000, ..Self::default() }
    }

    /// Sixteen hexadecimal digits, increasing with time.
    pub fn fresh_id(&mut self, now: Timestamp) -> String {
        loop {
            self.serial += 1;
            let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
            let id = format!("{:016x}", (millis << 20) | (self.serial & 0xf_ffff));
            if !self.messages.contains_key(&id) {
                return id;
            }
        }
    }

    /// The next history id; ids increase with gaps.
    fn record(&mut self, message: (&str, &str, &[String]), change: Change, now: Timestamp) -> u64 {
        self.history_id += 1 + (self.history_id * 7) % 23;
        let (message_id, thread_id, label_ids) = message;
        self.history.push(Record {
            id: self.history_id,
            at: now,
            message_id: message_id.to_owned(),
            thread_id: thread_id.to_owned(),
            label_ids: label_ids.to_vec(),
            change,
        });
        let too_old = now - jiff::SignedDuration::from_hours(24 * HISTORY_DAYS);
        let gone = self.history.iter().take_while(|record| record.at < too_old).count();
        if let Some(last) = gone.checked_sub(1).and_then(|last| self.history.get(last)) {
            self.oldest = self.oldest.max(last.id);
            self.history.drain(..gone);
        }
        self.history_id
    }

    /// Stores a message and answers its id.
    pub fn add(&mut self, incoming: Incoming, now: Timestamp) -> String {
        let id = incoming.id.unwrap_or_else(|| self.fresh_id(now));
        let thread_id = incoming.thread_id.unwrap_or_else(|| id.clone());
        let history_id = self.record((&id, &thread_id, &incoming.label_ids), Change::Added, now);
        self.messages.insert(
            id.clone(),
            Message {
                id: id.clone(),
                thread_id,
                label_ids: incoming.label_ids,
                internal_date: incoming.internal_date,
                history_id,
                raw: incoming.raw,
                parsed: OnceLock::new(),
            },
        );
        id
    }

    /// Deletes for good; `false` when there is no such message.
    pub fn delete(&mut self, id: &str, now: Timestamp) -> bool {
        let Some(message) = self.messages.remove(id) else { return false };
        self.drafts.retain(|_, message_id| message_id != id);
        self.record((id, &message.thread_id, &message.label_ids), Change::Deleted, now);
        true
    }

    /// Changes labels; `false` when there is no such message.
    pub fn modify(&mut self, id: &str, add: &[String], remove: &[String], now: Timestamp) -> bool {
        let Some(message) = self.messages.get_mut(id) else { return false };
        let fresh: Vec<String> = add.iter().filter(|label| !message.has(label)).cloned().collect();
        let gone: Vec<String> =
            remove.iter().filter(|label| message.has(label) && !add.contains(label)).cloned().collect();
        message.label_ids.retain(|label| !gone.contains(label));
        message.label_ids.extend(fresh.iter().cloned());
        let (thread_id, labels) = (message.thread_id.clone(), message.label_ids.clone());
        let mut last = message.history_id;
        if !fresh.is_empty() {
            last = self.record((id, &thread_id, &labels), Change::LabelsAdded(fresh), now);
        }
        if !gone.is_empty() {
            last = self.record((id, &thread_id, &labels), Change::LabelsRemoved(gone), now);
        }
        if let Some(message) = self.messages.get_mut(id) {
            message.history_id = last;
        }
        true
    }

    pub fn trash(&mut self, id: &str, now: Timestamp) -> bool {
        self.modify(id, &["TRASH".to_owned()], &["INBOX".to_owned()], now)
    }

    /// The messages of a thread, oldest first.
    pub fn thread(&self, id: &str) -> Vec<&Message> {
        let mut found: Vec<_> = self.messages.values().filter(|message| message.thread_id == id).collect();
        found.sort_by_key(|message| (message.internal_date, message.id.clone()));
        found
    }

    /// The message with that `Message-ID`.
    pub fn by_message_id(&self, message_id: &str) -> Option<&Message> {
        self.messages.values().find(|message| message.mime().header("Message-ID") == Some(message_id))
    }

    pub fn knows_label(&self, id: &str) -> bool {
        SYSTEM_LABELS.contains(&id) || self.labels.iter().any(|label| label.id == id)
    }

    /// Every `startHistoryId` given out so far becomes too old.
    pub fn expire_history(&mut self) {
        self.history_id += 1;
        self.oldest = self.history_id;
        self.announced = self.announced.max(self.oldest);
        self.history.clear();
    }

    /// Whether something happened since the last call that the watch asked for.
    pub fn news(&mut self, now: Timestamp) -> bool {
        let since = std::mem::replace(&mut self.announced, self.history_id);
        let Some(watch) = self.watch.as_ref().filter(|watch| watch.expires > now) else { return false };
        self.history.iter().rev().take_while(|record| record.id > since).any(|record| {
            let named = watch.label_ids.iter().any(|label| record.label_ids.contains(label) || record.touches(label));
            watch.label_ids.is_empty() || named != watch.exclude
        })
    }
}

impl Record {
    /// Whether the change added or removed this label.
    pub fn touches(&self, label: &str) -> bool {
        match &self.change {
            Change::LabelsAdded(labels) | Change::LabelsRemoved(labels) => labels.iter().any(|id| id == label),
            Change::Added | Change::Deleted => false,
        }
    }
}

/// Mail is text, nearly always; what is not UTF-8 is kept in base64 behind a mark.
fn to_text<S: Serializer>(raw: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    use base64::Engine;
    match std::str::from_utf8(raw) {
        Ok(text) if !text.starts_with(MARK) => serializer.serialize_str(text),
        _ => {
            let packed = base64::engine::general_purpose::STANDARD.encode(raw);
            serializer.serialize_str(&format!("{MARK}{packed}"))
        }
    }
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    use base64::Engine;
    let text = String::deserialize(deserializer)?;
    match text.strip_prefix(MARK) {
        None => Ok(text.into_bytes()),
        Some(packed) => base64::engine::general_purpose::STANDARD.decode(packed).map_err(serde::de::Error::custom),
    }
}

const MARK: &str = "\u{1}base64:";
