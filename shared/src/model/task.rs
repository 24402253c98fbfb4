//! A background task and its states.

use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crm::HubspotEvent;
use super::rule::Priority;
use super::user::Provider;
use super::{ActionId, EventId, RuleId, TaskId, UserId};
use crate::error::Error;

/// What a task does, with what it needs to do it. Stored as JSON; the version is in the name of the variant's tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Job {
    /// Brings one mailbox up to date, a step at a time.
    GmailSync {
        /// Gmail's search, when the advisor asked for a part of the mailbox.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        query: Option<String>,
    },
    /// Brings the calendar up to date, a step at a time.
    CalendarSync {},
    /// Brings the portal's records up to date, a step at a time.
    HubspotSync {},
    /// Reads again the records that webhooks named, and tells the standing instructions what happened.
    HubspotEvents { events: Vec<HubspotEvent> },
    /// Embeds the chunks that wait for it.
    Embed {},
    /// Sees to it that the providers tell of changes: opens, renews and closes watches.
    Watch {},
    /// Tells a provider that the advisor took the consent back.
    Disconnect { provider: Provider },
    /// Lists everything that is held about the advisor, so that it can be downloaded.
    ExportAccount {},
    /// Erases everything that is held about the advisor, and says goodbye to the providers.
    EraseAccount {},
    /// Applies the standing instructions to one event.
    HandleEvent { event: EventId },
    /// Does what was approved.
    PerformAction { action: ActionId },
    /// Asks a model whether a standing instruction applies to an event that fits it otherwise.
    JudgeRule {
        rule: RuleId,
        event: EventId,
        /// Of the policy it asks for: another one is not applied.
        policy_hash: String,
    },
    /// Asks a model about an event, and keeps what it says.
    AskModel { rule: RuleId, event: EventId, prompt: String },
    /// Has the assistant look at an event and plan.
    RunAgent {
        event: EventId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<RuleId>,
        instruction: String,
        /// What the advisor calls such tasks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        priority: Option<Priority>,
    },
}

impl Job {
    /// The seed's `task_type`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::GmailSync { .. } => "gmail_sync",
            Self::CalendarSync {} => "calendar_sync",
            Self::HubspotSync {} => "hubspot_sync",
            Self::HubspotEvents { .. } => "hubspot_events",
            Self::Embed {} => "embed",
            Self::Watch {} => "watch",
            Self::Disconnect { .. } => "disconnect",
            Self::ExportAccount {} => "export_account",
            Self::EraseAccount {} => "erase_account",
            Self::HandleEvent { .. } => "handle_event",
            Self::PerformAction { .. } => "perform_action",
            Self::JudgeRule { .. } => "judge_rule",
            Self::AskModel { .. } => "ask_model",
            Self::RunAgent { .. } => "run_agent",
        }
    }

    /// The task that reads `source`: `gmail`, `calendar` or `hubspot`.
    pub fn reading(source: &str) -> Option<Self> {
        match source {
            "gmail" => Some(Self::GmailSync { query: None }),
            "calendar" => Some(Self::CalendarSync {}),
            "hubspot" => Some(Self::HubspotSync {}),
            _ => None,
        }
    }

    /// Tasks of one lane run one after the other for the same advisor.
    pub fn lane(&self) -> &'static str {
        match self {
            // Whoever reads a portal later must not be overtaken by what somebody else read of it before.
            Self::HubspotEvents { .. } => Self::HubspotSync {}.name(),
            job => job.name(),
        }
    }
}

/// The seed's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TaskState")]
pub enum State {
    Pending,
    InProgress,
    WaitingForReply,
    Done,
    Failed,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::WaitingForReply => "waiting_for_reply",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for State {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        [Self::Pending, Self::InProgress, Self::WaitingForReply, Self::Done, Self::Failed]
            .into_iter()
            .find(|state| state.name() == text)
            .ok_or_else(|| Error::internal("Stored data names an unknown task state."))
    }
}

/// A task as the advisor sees it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Task {
    pub id: TaskId,
    pub task_type: String,
    pub state: State,
    pub attempts: i32,
    pub max_attempts: i32,
    /// What it has done so far or found, by type.
    pub result: serde_json::Value,
    pub last_error: Option<String>,
    pub scheduled_for: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub completed_at: Option<Timestamp>,
}

/// A task somebody is working on: the right to finish it.
#[derive(Debug, Clone)]
pub struct Claim {
    pub id: TaskId,
    pub owner: UserId,
    pub job: Job,
    /// 1 for the first try.
    pub attempt: i32,
    pub max_attempts: i32,
    /// Raised by every claim; whoever holds an older one has lost the task.
    pub fence: i64,
    /// Of the call it came from.
    pub correlation_id: Option<String>,
    /// Since it was due.
    pub waited: Duration,
}

impl Claim {
    /// Whether what fails now is not tried again.
    pub fn is_last_try(&self) -> bool {
        self.attempt >= self.max_attempts
    }
}
