//! Writes to the outside: exactly what is done, where it comes from, and what becomes of it.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::rule::{Form, Policy};
use super::{ActionId, ConversationId, EventId, RuleId, TaskId};
use crate::error::Error;

/// One write, complete: it needs nothing but the provider's token. Its JSON is what is shown, hashed and approved; the tag is
/// the tool's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "tool", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// A mail from the advisor's own mailbox. Addresses are in lower case.
    SendEmail {
        to: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cc: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        bcc: Vec<String>,
        subject: String,
        /// Plain text.
        body: String,
        /// The mail it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply: Option<ReplyTo>,
    },
    /// A new event in the advisor's calendar; attendees are invited.
    ScheduleEvent {
        summary: String,
        start: Timestamp,
        end: Timestamp,
        /// IANA name, in which it is shown.
        time_zone: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attendees: Vec<String>,
    },
    /// Changes to an event; what is left out stays.
    UpdateEvent {
        event_id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        summary: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        start: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        end: Option<Timestamp>,
        time_zone: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<String>,
        /// All of them, when they change.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attendees: Option<Vec<String>>,
        /// Who was invited before, and hears of any change.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        guests: Vec<String>,
        /// The version it was proposed over: one that changed since is not overwritten.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        etag: Option<String>,
    },
    CancelEvent {
        event_id: String,
        /// What it is called, for people.
        summary: String,
        /// Who hears of it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attendees: Vec<String>,
        send_updates: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        etag: Option<String>,
    },
    CreateContact {
        /// In lower case.
        email: String,
        /// HubSpot's property names.
        properties: BTreeMap<String, String>,
        /// A first note on the new contact.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    UpdateContact {
        /// HubSpot's id.
        contact_id: String,
        /// What it is called, for people.
        name: String,
        properties: BTreeMap<String, String>,
    },
    CreateNote {
        contact_id: String,
        /// What the contact is called, for people.
        name: String,
        /// Plain text.
        note_body: String,
    },
    /// A new standing instruction, as it was understood.
    CreateMemoryRule {
        rule_text: String,
        policy: Policy,
        form: Form,
        /// Why it could not be understood better.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
}

/// The mail a mail answers, as Gmail and RFC 5322 need it to stay in its thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyTo {
    pub thread_id: String,
    /// With angle brackets.
    pub message_id: String,
    /// The `References` header, without `message_id`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
}

impl Action {
    /// The tool that proposes it.
    pub fn tool(&self) -> &'static str {
        match self {
            Self::SendEmail { .. } => "send_email",
            Self::ScheduleEvent { .. } => "schedule_event",
            Self::UpdateEvent { .. } => "update_event",
            Self::CancelEvent { .. } => "cancel_event",
            Self::CreateContact { .. } => "create_contact",
            Self::UpdateContact { .. } => "update_contact",
            Self::CreateNote { .. } => "create_note",
            Self::CreateMemoryRule { .. } => "create_memory_rule",
        }
    }

    /// Everybody who would get something from it, in lower case.
    pub fn recipients(&self) -> Vec<String> {
        let mut reached: Vec<String> = match self {
            Self::SendEmail { to, cc, bcc, .. } => to.iter().chain(cc).chain(bcc).cloned().collect(),
            Self::ScheduleEvent { attendees, .. } => attendees.clone(),
            Self::UpdateEvent { attendees, guests, .. } => attendees.iter().flatten().chain(guests).cloned().collect(),
            Self::CancelEvent { attendees, send_updates, .. } => {
                attendees.iter().filter(|_| *send_updates).cloned().collect()
            }
            Self::CreateContact { .. }
            | Self::UpdateContact { .. }
            | Self::CreateNote { .. }
            | Self::CreateMemoryRule { .. } => Vec::new(),
        };
        reached.iter_mut().for_each(|address| *address = address.to_lowercase());
        reached.sort();
        reached.dedup();
        reached
    }
}

/// Where an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ApprovalState")]
pub enum State {
    /// It waits for the advisor.
    Pending,
    /// A task does it, or will.
    Approved,
    Denied,
    Expired,
    Done,
    Failed,
    /// Whether it happened cannot be found out: it is not tried again, and the advisor is asked to look.
    Unknown,
}

impl State {
    const ALL: [Self; 7] =
        [Self::Pending, Self::Approved, Self::Denied, Self::Expired, Self::Done, Self::Failed, Self::Unknown];

    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// Nothing more will come of it.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Pending | Self::Approved)
    }
}

impl FromStr for State {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = Self::ALL.into_iter().find(|state| state.name() == text);
        known.ok_or_else(|| Error::internal("Stored data names an unknown state of an action."))
    }
}

/// What an action was proposed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A turn of a conversation.
    Chat {
        conversation: ConversationId,
        session: Uuid,
        /// The model's id of the call.
        call_id: String,
    },
    /// The advisor's client, which named the tool and its arguments itself.
    Tool { session: Uuid },
    /// A standing instruction.
    Rule { rule: RuleId, event: EventId },
    /// A run of the assistant that nobody asked for.
    Proactive { rule: Option<RuleId>, event: EventId },
}

impl Origin {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Chat { .. } => "chat",
            Self::Tool { .. } => "tool",
            Self::Rule { .. } => "rule",
            Self::Proactive { .. } => "proactive",
        }
    }
}

/// Who let it happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// It came from the advisor's own words, in a context nobody else wrote in, to people the advisor knows.
    Policy,
    /// A standing instruction the advisor confirmed covers it.
    Rule,
    /// The advisor, through the API.
    Session,
    /// The advisor, by the next message of the conversation.
    Reply,
}

impl DecidedBy {
    pub fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Rule => "rule",
            Self::Session => "session",
            Self::Reply => "reply",
        }
    }
}

/// An action as it is kept, and as the API shows it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Approval")]
pub struct Kept {
    pub id: ActionId,
    pub tool: String,
    /// The exact JSON that is done when it is approved.
    pub action: Action,
    /// SHA-256 over it, in hexadecimal: an approval names it.
    pub hash: String,
    /// What it is, in words.
    pub preview: String,
    /// Why it waits.
    pub reasons: Vec<String>,
    pub state: State,
    /// `chat`, `tool`, `rule` or `proactive`.
    pub origin: String,
    pub conversation_id: Option<ConversationId>,
    pub call_id: Option<String>,
    pub rule_id: Option<RuleId>,
    pub event_id: Option<EventId>,
    pub expires_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    pub decided_by: Option<String>,
    pub task_id: Option<TaskId>,
    /// What the tool answers once it is done.
    pub result: Option<Value>,
    pub error: Option<String>,
    /// 1, and one more with each edit.
    pub version: i32,
    pub created_at: Timestamp,
}
