//! One request to a chat model, the same for both interfaces.

use serde_json::Value;

use super::format::Format;

/// What the model is given.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    pub model: String,
    pub messages: Vec<Message>,
    pub tools: Vec<Tool>,
    pub choice: Choice,
    /// Whether more than one tool may be called at once.
    pub parallel: bool,
    pub most_tokens: Option<usize>,
    pub format: Format,
    /// The prompt's size.
    pub tokens: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// From the system or the developer.
    System(String),
    User(String),
    Assistant {
        text: String,
        calls: Vec<Call>,
    },
    ToolResult {
        call_id: String,
        text: String,
    },
}

/// A call the model made earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub id: String,
    pub name: String,
    /// JSON, as the model wrote it.
    pub arguments: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    pub name: String,
    pub description: String,
    /// JSON Schema of the arguments.
    pub parameters: Value,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    #[default]
    Auto,
    None,
    Required,
    Named(String),
}
