//! An answer ready to be sent: what the model said, with ids, times and counts.

use std::time::Duration;

use axum::http::StatusCode;
use uuid::Uuid;

use super::refusal::{Refusal, error_body};
use super::script::{Break, ErrorReply, Reply};
use super::turn::{Call, Choice, Turn};
use super::{Shared, brain, tokens};

pub struct Answer {
    /// As asked for.
    pub model: String,
    /// Seconds since 1970.
    pub created: i64,
    pub text: String,
    pub refusal: Option<String>,
    pub calls: Vec<Call>,
    pub cut_short: bool,
    pub tokens_in: usize,
    pub tokens_out: usize,
    pub pace: Duration,
    pub breaks: Option<Break>,
    letters: usize,
    tag: String,
}

impl Answer {
    /// The scripted reply if there is one, else the stand-in's.
    pub async fn to(shared: &Shared, turn: &Turn) -> Result<Self, Refusal> {
        let reply = match shared.script.next() {
            Some(reply) => reply,
            None => brain::reply(shared, turn).await,
        };
        if let Some(error) = &reply.error {
            return Err(refusal(error));
        }
        Ok(Self::new(shared, turn, reply))
    }

    fn new(shared: &Shared, turn: &Turn, reply: Reply) -> Self {
        let may_call = if turn.choice == Choice::None {
            0
        } else if turn.parallel {
            usize::MAX
        } else {
            1
        };
        let calls: Vec<Call> = reply
            .calls
            .iter()
            .take(may_call)
            .map(|call| Call { id: id("call_"), name: call.name.clone(), arguments: call.arguments_text() })
            .collect();
        let most = turn.most_tokens.unwrap_or(usize::MAX);
        let text = tokens::cut(&reply.text, most);
        let said = [text, reply.refusal.as_deref().unwrap_or_default()].map(tokens::count).iter().sum::<usize>();
        let called: usize = calls.iter().map(|call| tokens::count(&call.name) + tokens::count(&call.arguments)).sum();
        Self {
            model: turn.model.clone(),
            created: shared.control.clock.now().as_second(),
            cut_short: reply.cut_short || text.len() < reply.text.len(),
            text: text.to_owned(),
            refusal: reply.refusal,
            calls,
            tokens_in: turn.tokens,
            tokens_out: said + called,
            pace: shared.pace.max(Duration::from_millis(reply.piece_ms)),
            breaks: reply.breaks,
            letters: reply.letters,
            tag: Uuid::new_v4().simple().to_string(),
        }
    }

    /// This answer's own id, with the interface's prefix.
    pub fn id(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.tag)
    }
}

/// A new id in OpenAI's manner.
pub fn id(prefix: &str) -> String {
    format!("{prefix}{}", &Uuid::new_v4().simple().to_string()[..24])
}

fn refusal(error: &ErrorReply) -> Refusal {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let usual = error_body(status);
    let text = |key: &str| usual["error"][key].as_str().map(str::to_owned);
    let message = error.message.clone().or_else(|| text("message")).unwrap_or_default();
    let mut refusal = Refusal::invalid(message).with_status(status);
    refusal.code = error.code.clone().or_else(|| text("code"));
    // OpenAI repeats this code as the type.
    refusal.kind = match error.code.as_deref() {
        Some("insufficient_quota") => "insufficient_quota".to_owned(),
        _ => text("type").unwrap_or_default(),
    };
    refusal
}

impl Answer {
    /// A text as it is streamed: in words, unless the reply says otherwise.
    pub fn pieces<'a>(&self, text: &'a str) -> Vec<&'a str> {
        if self.letters == 0 {
            return words(text);
        }
        let starts: Vec<usize> =
            text.char_indices().map(|(at, _)| at).step_by(self.letters).chain([text.len()]).collect();
        starts.windows(2).map(|piece| &text[piece[0]..piece[1]]).collect()
    }
}

/// A text in pieces of a word with the space before it.
fn words(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for (at, c) in text.char_indices() {
        let after_space = text[..at].chars().next_back().is_some_and(char::is_whitespace);
        if at > from && c.is_whitespace() && !after_space {
            pieces.push(&text[from..at]);
            from = at;
        }
    }
    if from < text.len() {
        pieces.push(&text[from..]);
    }
    pieces
}
