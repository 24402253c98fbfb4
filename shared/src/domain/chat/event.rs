//! What happens in a turn, once, whatever protocol it is told in.

use serde_json::Value;

use super::answer::Piece;
use crate::model::ConversationId;
use crate::model::action::Kept;
use crate::model::document::Hit;

#[derive(Debug, Clone)]
pub enum Event {
    /// The conversation this turn is kept in.
    Conversation {
        id: ConversationId,
    },
    /// What retrieval found for the question: once, before any text.
    Sources(Vec<Hit>),
    /// Something the answer is to be read with; `text` is also said in the answer itself.
    Notice(Notice),
    /// A piece of the answer, safe to show.
    Piece(Piece),
    ToolCall {
        id: String,
        name: String,
        arguments: Value,
    },
    /// `output` is what the tool found, or `{"error": …}` when `ok` is false. The turn goes on either way.
    ToolResult {
        id: String,
        name: String,
        ok: bool,
        output: Value,
    },
    /// A write waits for the advisor: `approval.call_id` is the model's id of the call, which has no result yet.
    ApprovalRequested {
        approval: Box<Kept>,
    },
    /// What became of a write that waited.
    ApprovalDecided {
        approval: Box<Kept>,
    },
    /// A provider's connection has ended; `text` is for the advisor.
    ReconnectNeeded {
        provider: &'static str,
        text: String,
    },
    /// What the answer cites, in the order of its numbers.
    Citations(Vec<Citation>),
    Usage {
        input_tokens: u64,
        output_tokens: u64,
    },
    /// The last of a good turn: `stop` or `length`, as the model said.
    Finished {
        reason: &'static str,
    },
    /// The last of a turn that has no answer.
    Failed {
        text: String,
    },
}

/// What was not as it should be when the answer was made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Notice {
    /// `words_only`: nothing was searched for by meaning. `stale`: a source cannot be read at the moment.
    pub kind: &'static str,
    /// For the advisor.
    pub text: String,
}

/// One source the answer cites.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Citation {
    pub n: usize,
    pub source_type: &'static str,
    pub source_id: String,
    pub title: String,
    pub url: String,
    /// The span that was shown to the model.
    pub text: String,
}
