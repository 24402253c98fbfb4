//! What a policy does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing to do. Texts may hold placeholders such as `{sender_name}`, filled when it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "RuleAction")]
pub enum Deed {
    /// A task for the assistant, which plans; what it wants to write waits for the advisor.
    CreateTask {
        #[serde(rename = "type")]
        kind: String,
        #[serde(default)]
        priority: Priority,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
    },
    /// Writes down that it happened.
    Log {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// Asks the model, and keeps what it says with the task.
    CallLlm { prompt: String },
    /// A HubSpot contact for the sender of a mail.
    CreateContact {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A note on the HubSpot contact of whoever it is about.
    CreateNote { on: Party, body: String },
    SendEmail {
        to: Recipient,
        /// For [`Recipient::Addresses`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        addresses: Vec<String>,
        /// Not used in a reply, which keeps the subject of its thread.
        #[serde(default)]
        subject: String,
        body: String,
        /// In the thread of the mail that set it off.
        #[serde(default)]
        reply: bool,
    },
    /// The assistant looks at the event and plans. What it wants to write always waits for the advisor.
    RunAgent { instruction: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "RulePriority")]
pub enum Priority {
    Low,
    #[default]
    Medium,
    High,
}

impl Priority {
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Whom a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "RuleParty")]
pub enum Party {
    /// Who wrote the mail.
    Sender,
    /// The HubSpot contact that changed.
    Contact,
    /// Who is invited to the meeting.
    Attendees,
}

/// Who gets a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "RuleRecipient")]
pub enum Recipient {
    Sender,
    Contact,
    Attendees,
    /// Those the advisor named.
    Addresses,
}

impl Deed {
    /// As the grammar names it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreateTask { .. } => "create_task",
            Self::Log { .. } => "log",
            Self::CallLlm { .. } => "call_llm",
            Self::CreateContact { .. } => "create_contact",
            Self::CreateNote { .. } => "create_note",
            Self::SendEmail { .. } => "send_email",
            Self::RunAgent { .. } => "run_agent",
        }
    }

    /// The texts in it that may hold placeholders, by their names.
    pub fn templates(&self) -> Vec<(&'static str, &str)> {
        let texts = match self {
            Self::CreateTask { title, description, .. } => {
                vec![("title", title.as_deref()), ("description", description.as_deref())]
            }
            Self::Log { message } => vec![("message", message.as_deref())],
            Self::CreateContact { note } => vec![("note", note.as_deref())],
            Self::CreateNote { body, .. } => vec![("body", Some(body.as_str()))],
            Self::SendEmail { subject, body, .. } => vec![("subject", Some(subject.as_str())), ("body", Some(body))],
            // What a model is told is no template: the event stands beside it, as somebody else's words.
            Self::CallLlm { .. } | Self::RunAgent { .. } => Vec::new(),
        };
        texts.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
    }

    /// Whether it writes to the outside, by itself and without a plan of a model's.
    pub fn is_write(&self) -> bool {
        matches!(self, Self::CreateContact { .. } | Self::CreateNote { .. } | Self::SendEmail { .. })
    }
}
