//! The advisor decides about what waits: by a plain yes or no as the session's next message, by the approval parts of the AI
//! SDK, or through the API. No model is asked, and nothing is looked up.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::answer::Answer;
use super::event::Event;
use super::history::{self, Conversation};
use super::offer;
use super::places::Places;
use super::reply::{self, Reply};
use super::turn::{Asked, Listener};
use crate::domain::World;
use crate::domain::actions::{self as rules, settle::settle};
use crate::domain::tools::edited;
use crate::error::{Error, Kind, Result};
use crate::model::action::{Action, DecidedBy, Kept, State};
use crate::model::{ActionId, ConversationId, TaskId, UserId};
use crate::store::conversations::{self, NewMessage};
use crate::store::{Tenant, actions};

/// How long the advisor is kept waiting for what comes of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was decided, before anything has come of it.
pub struct Decided {
    owner: UserId,
    conversation: ConversationId,
    /// With the task of each that goes.
    these: Vec<(Kept, Option<TaskId>)>,
    /// What else there is to say.
    notes: Vec<String>,
    /// What still waits of the same offer, with its numbers, and how many were offered.
    left: (Vec<(usize, Kept)>, usize),
    /// The conversation it was offered in is gone, and nobody can say any more what it had read.
    orphaned: bool,
}

/// Takes the message as an answer to what the session's latest turn `offered`; nothing if it is none. Then the offer is over,
/// and what was offered waits with the other approvals.
pub async fn by_message(tenant: &Tenant<'_>, asked: &Asked, offered: Vec<Kept>) -> Result<Option<Decided>> {
    if offered.is_empty() {
        return Ok(None);
    }
    let meant: Vec<Kept> = offered.into_iter().filter(|kept| is_meant(kept, asked)).collect();
    let said = reply::parse(&asked.message).filter(|_| !meant.is_empty());
    let Some(said) = said else {
        actions::offer(tenant, asked.session, &[]).await?;
        return Ok(None);
    };

    let (conversation, orphaned) = match meant.iter().find_map(|kept| kept.conversation_id) {
        Some(id) if conversations::exists(tenant, id).await? => (id, false),
        // It was deleted since.
        _ => (ConversationId::random(), true),
    };
    conversations::start(tenant, conversation, &asked.message).await?;
    history::add(tenant, conversation, &asked.message).await?;
    let mut decided = Decided {
        owner: asked.owner,
        conversation,
        these: Vec::new(),
        notes: Vec::new(),
        left: (Vec::new(), meant.len()),
        orphaned,
    };
    decided.answer(tenant, &said, meant).await?;
    Ok(Some(decided))
}

/// Whether the one who writes has this offer before them: in the conversation they name, or in the answer they show.
fn is_meant(kept: &Kept, asked: &Asked) -> bool {
    match asked.conversation {
        Conversation::Known(id) | Conversation::Named(id) => kept.conversation_id == Some(id),
        Conversation::New => {
            let last = asked.history.iter().rev().find(|said| said.is_answer());
            let text = match kept.state {
                // It was shown otherwise, and a yes does not count for it.
                State::Pending if kept.version > 1 => kept.preview.lines().next().unwrap_or_default(),
                State::Pending => &kept.preview,
                _ => &offer::headline(kept),
            };
            last.is_some_and(|last| reply::shows(&last.content, text))
        }
    }
}

impl Decided {
    /// Does what the reply says. The numbers are those of the offer, whatever was decided of it before: the same reply, come
    /// twice, means the same.
    async fn answer(&mut self, db: &Tenant<'_>, said: &Reply, meant: Vec<Kept>) -> Result<()> {
        let unknown: Vec<String> =
            said.numbers.iter().filter(|n| !(1..=meant.len()).contains(*n)).map(usize::to_string).collect();
        if !unknown.is_empty() {
            self.notes.push(format!("There is no number {} here, so nothing was decided.", unknown.join(", ")));
            self.left.0 = (1..).zip(meant).filter(|(_, kept)| kept.state == State::Pending).collect();
            return Ok(());
        }
        let repeated = meant.iter().all(|kept| kept.state != State::Pending);
        let again = repeated && meant.iter().any(|kept| kept.state != State::Expired);
        for (number, kept) in (1..).zip(meant) {
            let chosen = said.numbers.is_empty() || said.numbers.contains(&number);
            match kept.state {
                State::Pending if !chosen => self.left.0.push((number, kept)),
                // What was shown is not what would be done.
                State::Pending if kept.version > 1 && said.yes => {
                    self.notes.push(format!(
                        "Number {number} was changed since it was shown here: please approve it where you changed it."
                    ));
                }
                State::Pending => self.decide(db, kept, said.yes, DecidedBy::Reply).await?,
                _ if !said.numbers.is_empty() && !chosen => {}
                _ if repeated || chosen && !said.numbers.is_empty() => self.report(kept),
                _ => {}
            }
        }
        if again {
            self.notes.push("This was decided before; nothing was done again.".into());
        }
        Ok(())
    }

    async fn decide(&mut self, db: &Tenant<'_>, kept: Kept, yes: bool, by: DecidedBy) -> Result<()> {
        if yes {
            let (kept, task) = rules::approve(db, kept.id, &kept.hash, by).await?;
            self.these.push((kept, Some(task)));
        } else {
            self.these.push((rules::deny(db, kept.id, by).await?, None));
        }
        Ok(())
    }

    /// How one stands that was decided before; what is under way is looked at again.
    fn report(&mut self, kept: Kept) {
        let task = kept.task_id.filter(|_| kept.state == State::Approved);
        self.these.push((kept, task));
    }
}

/// One approval part of an AI SDK client.
#[derive(Debug, Clone)]
pub struct Response {
    pub approval: ActionId,
    pub call_id: String,
    /// What the client says it showed.
    pub input: Value,
    pub yes: bool,
}

/// The parts of one request.
#[derive(Debug, Clone)]
pub struct Responses {
    pub owner: UserId,
    pub conversation: ConversationId,
    pub responses: Vec<Response>,
}

/// Takes the answers of an AI SDK client, all or none. Nothing it echoes is believed: `NotFound` for an approval that is not
/// this conversation's, `Conflict` for one that was shown otherwise than it is kept. One decided before is told as it stands.
pub async fn by_parts(world: &World, responses: &Responses) -> Result<Decided> {
    let mut db = world.db().await?;
    let tenant = db.tenant(responses.owner).await?;
    let mut decided = Decided {
        owner: responses.owner,
        conversation: responses.conversation,
        these: Vec::new(),
        notes: Vec::new(),
        left: (Vec::new(), 0),
        orphaned: false,
    };
    // Two requests at once lock in the same order.
    let mut parts: Vec<&Response> = responses.responses.iter().collect();
    parts.sort_by_key(|response| response.approval);
    for response in parts {
        let kept = actions::lock(&tenant, response.approval).await?;
        let kept = kept.filter(|kept| kept.conversation_id == Some(responses.conversation));
        let kept = kept.filter(|kept| kept.call_id.as_deref() == Some(&response.call_id));
        let kept = kept.ok_or_else(|| Error::not_found("approval"))?;
        let shown: Option<Action> = serde_json::from_value(response.input.clone()).ok();
        if shown.as_ref() != Some(&kept.action) {
            return Err(Error::new(Kind::Conflict, "This is not what waits: it was changed since it was shown."));
        }
        match kept.state {
            State::Pending => decided.decide(&tenant, kept, response.yes, DecidedBy::Session).await?,
            _ => decided.report(kept),
        }
    }
    tenant.commit().await?;
    Ok(decided)
}

/// Rings for what goes, waits for it as long as there is time, tells what came of it, and keeps that in the conversation.
pub async fn tell(world: &World, decided: Decided, listener: &Listener, ends: Instant) -> Result<&'static str> {
    let Decided { owner, conversation, these, notes, left: (left, of), orphaned } = decided;
    // Whether anybody listens makes no difference to what was decided.
    let send = async |event| drop(listener.send(event).await);
    send(Event::Sources(Vec::new())).await;
    send(Event::Conversation { id: conversation }).await;
    for task in these.iter().filter_map(|(_, task)| *task) {
        world.ring(task, Duration::ZERO).await;
    }

    let pages = Places::of(world, owner).await?;
    let mut answer = Answer::new(Vec::new());
    let mut places = Vec::new();
    let mut calls = Vec::new();
    for (kept, task) in these {
        let kept = settled(world, owner, kept, task, ends).await;
        let place = pages.place(&kept, places.len() + 1);
        calls.push(
            json!({ "id": kept.call_id, "name": kept.tool, "approval_id": kept.id, "status": kept.state.name() }),
        );
        let pieces = answer.append(offer::outcome(&kept, place.as_ref()));
        places.extend(place);
        send(Event::ApprovalDecided { approval: Box::new(kept) }).await;
        for piece in pieces {
            send(Event::Piece(piece)).await;
        }
    }
    let mut rest: Vec<_> = notes.iter().flat_map(|note| offer::sentence(note)).collect();
    rest.extend(offer::waiting(&left, of));
    for piece in answer.append(rest) {
        send(Event::Piece(piece)).await;
    }

    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let (sources, calls) = (serde_json::to_value(&places)?, Value::Array(calls));
    keep(&tenant, conversation, answer.plain(), sources, calls, orphaned).await?;
    tenant.commit().await?;
    send(Event::Citations(places)).await;
    Ok("stop")
}

/// The same as a whole turn, to a stream's last event.
pub async fn run(world: &World, decided: Decided, listener: Listener, time_left: Duration) {
    let ends = Instant::now() + time_left.saturating_sub(PATIENCE);
    let last = match tell(world, decided, &listener, ends).await {
        Ok(reason) => Event::Finished { reason },
        Err(error) => {
            tracing::error!(error = ?error, "what came of a decision was not told");
            Event::Failed {
                text: "This was decided, but what came of it is not known yet. Please look at the approvals.".into(),
            }
        }
    };
    world.write_counts(None).await;
    let _ = listener.send(last).await;
}

async fn settled(world: &World, owner: UserId, kept: Kept, task: Option<TaskId>, ends: Instant) -> Kept {
    let Some(task) = task else { return kept };
    let left = ends.saturating_duration_since(Instant::now());
    match settle(world, owner, kept.id, task, PATIENCE.min(left)).await {
        Ok(kept) => kept,
        Err(error) => {
            tracing::warn!(error = ?error, "what came of an action was not seen");
            kept
        }
    }
}

/// Keeps what became of it with what was said before, whose taint it inherits if it is not tainted itself.
async fn keep(
    db: &Tenant<'_>,
    conversation: ConversationId,
    content: &str,
    sources: Value,
    tool_calls: Value,
    tainted: bool,
) -> Result<()> {
    let tainted = tainted || conversations::is_tainted(db, conversation).await?;
    let message = NewMessage { role: "assistant", content, sources, tool_calls, tainted, finish_reason: Some("stop") };
    conversations::add(db, conversation, &message).await?;
    Ok(())
}

/// What a request to the API decides.
#[derive(Debug, Clone)]
pub enum Decision {
    /// Of what has this hash.
    Approve {
        hash: String,
    },
    Deny,
    /// Puts another action in its place, which waits in its turn.
    Edit {
        action: Box<Action>,
    },
}

/// Decides through the API, and answers how it stands once that is known or has taken too long. `NotFound` for what is not
/// the advisor's, `Conflict` for what is decided, expired or not what was seen, `Invalid` for an edit its tool would not make.
pub async fn by_request(
    world: &World,
    owner: UserId,
    id: ActionId,
    decision: Decision,
    patience: Duration,
) -> Result<Kept> {
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let (kept, task) = match &decision {
        Decision::Approve { hash } => {
            rules::approve(&tenant, id, hash, DecidedBy::Session).await.map(|(kept, task)| (kept, Some(task)))?
        }
        Decision::Deny => (rules::deny(&tenant, id, DecidedBy::Session).await?, None),
        Decision::Edit { action } => {
            let known = actions::lock(&tenant, id).await?.ok_or_else(|| Error::not_found("approval"))?;
            let action = edited(&known.action, action)?;
            let kept = rules::edit(&tenant, id, &action).await?;
            tenant.commit().await?;
            return Ok(kept);
        }
    };
    tenant.commit().await?;
    drop(db);
    if let Some(task) = task {
        world.ring(task, Duration::ZERO).await;
    }
    let kept = settled(world, owner, kept, task, Instant::now() + patience).await;

    // The conversation it came from hears of it.
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    if let Some(conversation) = kept.conversation_id
        && conversations::exists(&tenant, conversation).await?
    {
        let mut answer = Answer::new(Vec::new());
        let place = Places::read(world, &tenant).await?.place(&kept, 1);
        answer.append(offer::outcome(&kept, place.as_ref()));
        let sources = serde_json::to_value(place.as_slice())?;
        keep(&tenant, conversation, answer.plain(), sources, json!([]), false).await?;
    }
    tenant.commit().await?;
    Ok(kept)
}
