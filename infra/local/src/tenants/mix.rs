//! What advisors ask for, as often as it is asked for.

use fakes::practice::dice::Dice;
use reqwest::Method;
use serde_json::{Value, json};

use super::visit::Visitor;

/// One kind of request: its name in the report, and how many of all are of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Me,
    Connections,
    Search,
    Stream,
    AiSdk,
    Whole,
    Tool,
    Tasks,
    Task,
    Rules,
    Rule,
    ChangeRule,
    TryRule,
    Approvals,
    Approval,
    Conversations,
    Messages,
    NewConversation,
    Status,
    Stats,
    Ingest,
    /// An id of somebody else's.
    Foreign,
    /// A request whose caller does not wait.
    HangUp,
    /// Nobody, who looks into the tables between two transactions of others.
    Nobody,
    /// Google tells of a mail.
    Mail,
    /// HubSpot tells of a record of a firm's.
    Record,
}

/// Of a thousand.
pub const MIX: &[(Kind, &str, u32)] = &[
    (Kind::Me, "me", 90),
    (Kind::Connections, "connections", 30),
    (Kind::Search, "search", 130),
    (Kind::Stream, "chat stream", 40),
    (Kind::AiSdk, "chat ui stream", 20),
    (Kind::Whole, "chat whole", 20),
    (Kind::Tool, "tool", 70),
    (Kind::Tasks, "tasks", 90),
    (Kind::Task, "task", 40),
    (Kind::Rules, "rules", 80),
    (Kind::Rule, "rule", 30),
    (Kind::ChangeRule, "rule change", 20),
    (Kind::TryRule, "rule test", 20),
    (Kind::Approvals, "approvals", 60),
    (Kind::Approval, "approval", 20),
    (Kind::Conversations, "conversations", 60),
    (Kind::Messages, "messages", 60),
    (Kind::NewConversation, "conversation", 10),
    (Kind::Status, "ingest status", 40),
    (Kind::Stats, "stats", 20),
    (Kind::Ingest, "ingest", 3),
    (Kind::Foreign, "foreign id", 25),
    (Kind::HangUp, "hang up", 10),
    (Kind::Nobody, "nobody", 20),
    (Kind::Mail, "webhook gmail", 8),
    (Kind::Record, "webhook hubspot", 4),
];

impl Kind {
    pub fn drawn(dice: &mut Dice) -> Self {
        let all: u32 = MIX.iter().map(|(_, _, weight)| weight).sum();
        let mut left = dice.between(0, all);
        for (kind, _, weight) in MIX {
            if left < *weight {
                return *kind;
            }
            left -= weight;
        }
        Self::Me
    }
}

pub struct Wanted {
    pub method: Method,
    pub path: String,
    pub body: Option<Value>,
    /// Besides 429.
    pub expected: &'static [u16],
}

/// The request of this kind that this advisor makes; `other` is somebody else. The providers' kinds are no request of theirs.
pub fn wanted(kind: Kind, one: &Visitor, other: &Visitor, dice: &mut Dice) -> Wanted {
    let get = |path: &str| Wanted { method: Method::GET, path: path.to_owned(), body: None, expected: &[200] };
    let post = |path: &str, body: Value| Wanted {
        method: Method::POST,
        path: path.to_owned(),
        body: Some(body),
        expected: &[200],
    };
    let question = *dice.pick(&[
        "What about the quarterly review?",
        "Who asked about the review?",
        "Which Greg is in HubSpot?",
        "What is on the agenda?",
    ]);
    match kind {
        Kind::Connections => get("/api/connections"),
        Kind::Search => {
            let query = *dice.pick(&["quarterly review", "retirement agenda", "Greg Hall", "nobody reads this"]);
            post("/api/embeddings/search", json!({ "query": query, "limit": 20 }))
        }
        Kind::Stream | Kind::HangUp => post("/api/chat/stream", json!({ "message": question, "stream": true })),
        Kind::AiSdk => {
            let id = format!("chat-{}", dice.between(0, 3));
            let message = json!({ "id": "u", "role": "user", "parts": [{ "type": "text", "text": question }] });
            post("/api/chat", json!({ "id": id, "messages": [message] }))
        }
        Kind::Whole => {
            post("/api/chat", json!({ "message": question, "stream": false, "conversation_id": one.conversation }))
        }
        Kind::Tool => {
            let (name, arguments) = match dice.between(0, 5) {
                0 => ("search_contacts", json!({ "query": "Greg" })),
                1 => ("get_contact_notes", json!({ "contact_id": "501" })),
                2 => ("search_calendar", json!({ "query": "review" })),
                3 => ("search_emails", json!({ "query": "review" })),
                _ => ("list_memory_rules", json!({})),
            };
            post("/api/chat/execute-tool", json!({ "tool_name": name, "arguments": arguments }))
        }
        Kind::Tasks => get("/api/tasks?limit=50"),
        Kind::Task => get(&format!("/api/tasks/{}", one.task)),
        Kind::Rules => get("/api/rules"),
        Kind::Rule => get(&format!("/api/rules/{}", one.rule)),
        Kind::ChangeRule => {
            let body = json!({ "description": format!("{} {}", one.who.canary(), dice.between(0, 1000)) });
            // Two hands may change it at once.
            Wanted { method: Method::PUT, expected: &[200, 412], ..post(&format!("/api/rules/{}", one.rule), body) }
        }
        Kind::TryRule => post(&format!("/api/rules/{}/test", one.rule), json!({ "limit": 50 })),
        Kind::Approvals => get("/api/approvals?state=all"),
        Kind::Approval => get(&format!("/api/approvals/{}", one.approval)),
        Kind::Conversations => get("/api/conversations?limit=50"),
        Kind::Messages => get(&format!("/api/conversations/{}/messages", one.conversation)),
        Kind::NewConversation => {
            Wanted { expected: &[201], ..post("/api/conversations", json!({ "title": one.who.canary() })) }
        }
        Kind::Status => get("/api/ingest/status"),
        Kind::Stats => get("/api/embeddings/stats"),
        Kind::Ingest => post("/api/ingest/gmail", json!({})),
        Kind::Foreign => {
            let path = match dice.between(0, 4) {
                0 => format!("/api/tasks/{}", other.task),
                1 => format!("/api/rules/{}", other.rule),
                2 => format!("/api/approvals/{}", other.approval),
                _ => format!("/api/conversations/{}/messages", other.conversation),
            };
            Wanted { expected: &[404], ..get(&path) }
        }
        Kind::Me | Kind::Nobody | Kind::Mail | Kind::Record => get("/api/auth/me"),
    }
}
