//! What was said before. A stored conversation wins over what a client says was said.

use crate::clients::openai::Item;
use crate::error::{Error, Result};
use crate::model::ConversationId;
use crate::store::Tenant;
use crate::store::conversations::{self, Message};

/// One earlier message, as a client sends it.
#[derive(Debug, Clone)]
pub struct Said {
    /// `user` or `assistant`; anything else is refused before it comes here.
    pub role: String,
    pub content: String,
}

impl Said {
    pub fn is_answer(&self) -> bool {
        self.role == "assistant"
    }
}

/// The conversation a question belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversation {
    New,
    /// One that must exist.
    Known(ConversationId),
    /// One the client has named; it is made when it is not there.
    Named(ConversationId),
}

/// Messages the model gets to see.
const KEPT: usize = 10;
/// Characters of one of them.
const LONGEST: usize = 4_000;
const TITLE: usize = 80;
/// Messages of the advisor's that a message may lean on: what was asked for, and the answer to a question back.
const LEANS_ON: usize = 2;

/// What a turn goes on from.
pub struct Thread {
    pub id: ConversationId,
    pub items: Vec<Item>,
    /// The advisor's question before this one.
    pub asked_before: Option<String>,
    /// What the advisor said, with this message as the last. Of earlier messages only those we kept ourselves.
    pub own_words: Vec<String>,
    /// Something of it may hold what somebody else wrote.
    pub tainted: bool,
}

/// The conversation as it is stored; nothing when it is not.
pub async fn stored(db: &Tenant<'_>, conversation: Conversation) -> Result<Option<Vec<Message>>> {
    let (Conversation::Known(id) | Conversation::Named(id)) = conversation else { return Ok(None) };
    let messages = conversations::messages(db, id, i64::try_from(KEPT).unwrap_or(10));
    let (exists, messages) = tokio::try_join!(conversations::exists(db, id), messages)?;
    Ok(exists.then_some(messages))
}

/// Opens the conversation, makes it if it is new, and keeps the question. `stored` is what is stored of it.
pub async fn open(
    db: &Tenant<'_>,
    conversation: Conversation,
    stored: Option<Vec<Message>>,
    claimed: &[Said],
    message: &str,
) -> Result<Thread> {
    // What a client says the assistant said may quote anything.
    let mut said: Vec<(Said, bool)> = claimed.iter().map(|said| (said.clone(), said.is_answer())).collect();
    let id = match conversation {
        Conversation::New => ConversationId::random(),
        Conversation::Known(id) | Conversation::Named(id) => id,
    };
    let mut own_words = Vec::new();
    if let Some(stored) = stored {
        add(db, id, message).await?;
        own_words.extend(stored.iter().filter(|m| m.role == "user").map(|m| m.content.clone()));
        own_words.drain(..own_words.len().saturating_sub(LEANS_ON));
        said = stored.into_iter().map(|m| (Said { role: m.role, content: m.content }, m.tainted)).collect();
    } else if matches!(conversation, Conversation::Known(_)) {
        return Err(Error::not_found("conversation"));
    } else {
        conversations::begin(db, id, &title(message), &by_advisor(message)).await?;
    }
    own_words.push(message.to_owned());

    let asked_before = said.iter().rev().find(|(said, _)| !said.is_answer()).map(|(said, _)| said.content.clone());
    let mut recent = said.split_off(said.len().saturating_sub(KEPT));
    recent.retain(|(said, _)| !said.content.trim().is_empty());
    let tainted = recent.iter().any(|(_, tainted)| *tainted);
    let items = recent.into_iter().map(|(said, _)| {
        let content: String = said.content.chars().take(LONGEST).collect();
        if said.is_answer() { Item::Assistant(content) } else { Item::User(content) }
    });
    Ok(Thread { id, items: items.collect(), asked_before, own_words, tainted })
}

/// Keeps what the advisor said.
pub async fn add(db: &Tenant<'_>, id: ConversationId, message: &str) -> Result<()> {
    conversations::add(db, id, &by_advisor(message)).await?;
    Ok(())
}

fn by_advisor(message: &str) -> conversations::NewMessage<'_> {
    conversations::NewMessage {
        role: "user",
        content: message,
        sources: serde_json::json!([]),
        tool_calls: serde_json::json!([]),
        tainted: false,
        finish_reason: None,
    }
}

fn title(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(TITLE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
