//! One turn: the question in, the answer out as it comes. Whatever happens, it ends with exactly one last event.

use std::time::{Duration, Instant};

use futures::StreamExt;
use jiff::Zoned;
use jiff::tz::TimeZone;
use serde_json::Value;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::answer::{Answer, Piece};
use super::decide;
use super::event::{Citation, Event, Notice};
use super::failure::{Unanswered, apology, gone};
use super::history::{Conversation, Said};
use super::open::{self, Asks, Opened};
use super::places::Places;
use super::sources::Sources;
use super::{notice, offer, order, prompt};
use crate::clients::openai::{ChatRequest, Delta, FinishReason, Finished, Item, ToolSpec, Usage};
use crate::domain::models::{self, Cause};
use crate::domain::sync::stale;
use crate::domain::{World, tools};
use crate::error::{Error, Kind, Result};
use crate::model::action::{Kept, State};
use crate::model::document::Kind as SourceKind;
use crate::model::{ActionId, ConversationId, UserId};
use crate::store::actions;
use crate::store::conversations::{self, NewMessage};

/// Times the model may be asked in one turn.
const ROUNDS: usize = 6;
/// Tools it may call in one turn.
const MOST_CALLS: usize = 12;
/// What is left of the time when the model has to come to an end.
const CLOSING: Duration = Duration::from_secs(20);
/// The longest answer.
const MAX_OUTPUT_TOKENS: u32 = 2_000;

/// What an advisor asks.
#[derive(Debug, Clone)]
pub struct Asked {
    pub owner: UserId,
    /// Where it is asked: the same session's next message can say yes to what this turn proposes.
    pub session: Uuid,
    pub conversation: Conversation,
    pub message: String,
    /// What the client says was said before; a stored conversation wins.
    pub history: Vec<Said>,
    /// Only these kinds of sources; empty for all.
    pub kinds: Vec<SourceKind>,
    /// Passages to begin with.
    pub context: i64,
    /// When the function has to be done.
    pub time_left: Duration,
}

/// Where events go. When nobody listens any more, the turn stops asking the model.
pub type Listener = mpsc::Sender<Event>;

/// Runs the turn to its end.
pub async fn run(world: &World, asked: Asked, listener: Listener) {
    let begun = Instant::now();
    let last = match converse(world, asked, &listener, begun).await {
        Ok(reason) => Event::Finished { reason },
        Err(error) => {
            tracing::warn!(error = ?error, "a turn has no answer");
            Event::Failed { text: apology(&error) }
        }
    };
    // Whoever has heard the end finds it counted.
    world.write_counts(None).await;
    // Nobody may be there any more.
    let _ = listener.send(last).await;
}

/// The same for a client that waits for the whole: everything that happened, and the error if there is no answer.
pub async fn run_whole(world: &World, asked: Asked) -> Result<Vec<Event>, Unanswered> {
    let (listener, mut events) = mpsc::channel(64);
    let speak = async {
        let outcome = converse(world, asked, &listener, Instant::now()).await;
        drop(listener);
        outcome
    };
    let listen = async {
        let mut heard = Vec::new();
        while let Some(event) = events.recv().await {
            heard.push(event);
        }
        heard
    };
    let (outcome, mut heard) = tokio::join!(speak, listen);
    match outcome {
        Ok(reason) => {
            heard.push(Event::Finished { reason });
            Ok(heard)
        }
        Err(error) => Err(Unanswered::new(error, heard)),
    }
}

pub(super) struct Turn<'a> {
    pub(super) world: &'a World,
    pub(super) owner: UserId,
    pub(super) session: Uuid,
    pub(super) conversation: ConversationId,
    /// The advisor's own words: this message last.
    pub(super) words: Vec<String>,
    pub(super) now: Zoned,
    pub(super) listener: &'a Listener,
    pub(super) sources: Sources,
    /// Something else than the sources was from outside.
    pub(super) tainted: bool,
    pub(super) answer: Answer,
    pub(super) items: Vec<Item>,
    pub(super) calls: Vec<Value>,
    /// Writes that were proposed, as they stand.
    pub(super) actions: Vec<Kept>,
    usage: Usage,
    /// The last answer of the model, and how long it took, while that is not written down.
    unbooked: Option<(Finished, Duration)>,
    pub(super) ends: Instant,
}

async fn converse(world: &World, asked: Asked, listener: &Listener, begun: Instant) -> Result<&'static str> {
    let ends = begun + asked.time_left.saturating_sub(CLOSING);
    let ordered = asked.kinds.is_empty() && order::is_order(&asked.message);
    let kinds = if ordered { vec![SourceKind::Contact] } else { asked.kinds.clone() };
    // Each step on the heap: the turn would be as large as the largest of them, and a thread's stack is small.
    let opened = Box::pin(open::open(world, &asked, &kinds, listener)).await?;
    let Opened { user, thread, progress, found } = match opened {
        Asks::Something(opened) => *opened,
        Asks::Decides(decided) => return Box::pin(decide::tell(world, *decided, listener, ends)).await,
    };
    let time_zone = TimeZone::get(&user.time_zone).unwrap_or(TimeZone::UTC);
    let now = world.now().to_zoned(time_zone.clone());
    let notices = notice::all(found.by_words_only, &stale::of(&progress, world.now()), &kinds, &time_zone);
    // The first thing a client hears of, always.
    send(listener, Event::Sources(found.hits.clone())).await?;
    send(listener, Event::Conversation { id: thread.id }).await?;
    for notice in &notices {
        send(listener, Event::Notice(notice.clone())).await?;
    }
    let mut sources = Sources::of(user.email);
    let passages = sources.show(found.hits, &time_zone);
    let mut answer = Answer::new(sources.cited_after(0));
    thread.own_words.iter().for_each(|said| answer.know(said));
    let mut items = thread.items;
    items.push(Item::User(prompt::question(&passages, &notices, ordered, &asked.message)));

    let mut turn = Turn {
        world,
        owner: asked.owner,
        session: asked.session,
        conversation: thread.id,
        words: thread.own_words,
        now,
        listener,
        sources,
        tainted: thread.tainted,
        answer,
        items,
        calls: Vec::new(),
        actions: Vec::new(),
        usage: Usage::default(),
        unbooked: None,
        ends,
    };
    turn.begin(&notices).await?;
    let name = user.name.unwrap_or_else(|| "the advisor".into());
    let outcome = Box::pin(turn.rounds(&prompt::system(&one_line(&name), &turn.now))).await;
    Box::pin(turn.close(outcome)).await
}

impl<'a> Turn<'a> {
    /// Says what the answer is to be read with.
    async fn begin(&mut self, notices: &[Notice]) -> Result<()> {
        if notices.is_empty() {
            return Ok(());
        }
        let mut pieces = self.answer.append(notice::pieces(notices));
        pieces.extend(self.answer.pause());
        self.say(pieces).await
    }

    /// Asks the model, and runs what it calls, until it has said what it has to say.
    async fn rounds(&mut self, system: &str) -> Result<&'static str> {
        for round in 1..=ROUNDS {
            // The last word has to be words.
            let last = round == ROUNDS || Instant::now() > self.ends || self.calls.len() >= MOST_CALLS;
            let tools = if last { Vec::new() } else { tools::specs().to_vec() };
            let finished = Box::pin(self.ask(system, tools)).await?;
            if finished.calls.is_empty() || last {
                return Ok(match finished.reason {
                    FinishReason::Length => "length",
                    FinishReason::ContentFilter => "content_filter",
                    FinishReason::Stop | FinishReason::ToolCalls => "stop",
                });
            }
            // What it cost is written down while the tools run.
            let booking = self.booking();
            let (acted, ()) = tokio::join!(Box::pin(self.act(finished)), Box::pin(booking));
            acted?;
        }
        Ok("stop")
    }

    /// One call of the model; its text goes out as it comes.
    async fn ask(&mut self, system: &str, tools: Vec<ToolSpec>) -> Result<Finished> {
        let request = ChatRequest {
            system: system.to_owned(),
            items: self.items.clone(),
            tools,
            tool_choice: None,
            max_output_tokens: Some(MAX_OUTPUT_TOKENS),
            cache_key: Some(self.conversation.to_string()),
        };
        let asked = Instant::now();
        let listener = self.listener;
        let mut deltas = while_heard(listener, models::chat(self.world, self.owner, &request)).await??;
        // Whoever goes away takes the model's call along: nobody pays for what nobody reads.
        while let Some(delta) = while_heard(listener, deltas.next()).await? {
            match delta? {
                Delta::Text(text) | Delta::Refusal(text) => {
                    let pieces = self.answer.push(&text);
                    self.say(pieces).await?;
                }
                Delta::Finished(finished) => {
                    self.usage.input += finished.usage.input;
                    self.usage.cached += finished.usage.cached;
                    self.usage.output += finished.usage.output;
                    self.unbooked = Some((finished.clone(), asked.elapsed()));
                    return Ok(finished);
                }
            }
        }
        Err(Error::new(Kind::Upstream, "The language model stopped in the middle of its answer."))
    }

    pub(super) fn is_tainted(&self) -> bool {
        self.tainted || self.sources.from_outside()
    }

    pub(super) async fn say(&self, pieces: Vec<Piece>) -> Result<()> {
        for piece in pieces {
            send(self.listener, Event::Piece(piece)).await?;
        }
        Ok(())
    }

    /// Writes down what the last call cost, if that is not done yet.
    fn booking(&mut self) -> impl Future<Output = ()> + use<'a> {
        let (world, owner, unbooked) = (self.world, self.owner, self.unbooked.take());
        let cause = Cause { name: "chat", id: Some(self.conversation.0) };
        async move {
            if let Some((finished, took)) = unbooked {
                models::book(world, owner, cause, &finished, took).await;
            }
        }
    }

    /// Says what was done and what waits, and keeps the answer, also one that broke off: as far as it came. Of one that nobody
    /// waited for, and that had not begun, nothing is kept.
    async fn close(mut self, outcome: Result<&'static str>) -> Result<&'static str> {
        let booking = self.booking();
        let (outcome, ()) = tokio::join!(Box::pin(self.end(outcome)), Box::pin(booking));
        outcome
    }

    async fn end(mut self, outcome: Result<&'static str>) -> Result<&'static str> {
        let rest = self.answer.finish();
        let _ = self.say(rest).await;
        let (outcome, places) = self.account(outcome).await;
        let offered: Vec<ActionId> =
            self.actions.iter().filter(|kept| kept.state == State::Pending).map(|kept| kept.id).collect();

        let mut citations = self.sources.citations(&self.answer.cited());
        citations.extend(places);
        let reason = match &outcome {
            Ok(reason) => reason,
            Err(_) if self.listener.is_closed() => "interrupted",
            Err(_) => "error",
        };
        if reason == "interrupted" && self.answer.plain().is_empty() && self.calls.is_empty() {
            return outcome;
        }
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        conversations::add(
            &tenant,
            self.conversation,
            &NewMessage {
                role: "assistant",
                content: self.answer.plain(),
                sources: serde_json::to_value(&citations)?,
                tool_calls: Value::Array(std::mem::take(&mut self.calls)),
                tainted: self.is_tainted(),
                finish_reason: Some(reason),
            },
        )
        .await?;
        // Only what was shown can be said yes to.
        if outcome.is_ok() && !offered.is_empty() {
            actions::offer(&tenant, self.session, &offered).await?;
        }
        tenant.commit().await?;
        outcome?;

        let _ = self.listener.send(Event::Citations(citations)).await;
        let Usage { input, output, .. } = self.usage;
        let _ = self.listener.send(Event::Usage { input_tokens: input, output_tokens: output }).await;
        Ok(reason)
    }

    /// What the turn itself says of its writes. A turn that wrote something ends well even if the model did not: the
    /// advisor has to hear of it.
    async fn account(&mut self, outcome: Result<&'static str>) -> (Result<&'static str>, Vec<Citation>) {
        if self.actions.is_empty() {
            return (outcome, Vec::new());
        }
        let mut pieces = Vec::new();
        if let Err(error) = &outcome {
            tracing::warn!(error = ?error, "a turn that wrote has no answer of the model");
            pieces.extend(offer::sentence(&apology(error)));
        }
        let mut places = Vec::new();
        let known = self.sources.len();
        // Without the page it is still said.
        let pages = Places::of(self.world, self.owner).await.ok();
        for kept in self.actions.iter().filter(|kept| kept.state != State::Pending) {
            let place = pages.as_ref().and_then(|pages| pages.place(kept, known + places.len() + 1));
            pieces.extend(offer::outcome(kept, place.as_ref()));
            places.extend(place);
        }
        let waiting: Vec<Kept> = self.actions.iter().filter(|kept| kept.state == State::Pending).cloned().collect();
        let of = waiting.len();
        pieces.extend(offer::waiting(&(1..).zip(waiting).collect::<Vec<_>>(), of));
        let pieces = self.answer.append(pieces);
        match (self.say(pieces).await, outcome) {
            (Ok(()), outcome) => (Ok(outcome.unwrap_or("stop")), places),
            // Nobody listens any more: what waits is with the other approvals.
            (Err(gone), outcome) => (outcome.and(Err(gone)), places),
        }
    }
}

/// Tells what happened; an error when nobody listens any more, which ends the turn.
pub(super) async fn send(listener: &Listener, event: Event) -> Result<()> {
    listener.send(event).await.map_err(|_| gone())
}

/// Waits for it as long as somebody listens.
pub(super) async fn while_heard<T>(listener: &Listener, work: impl Future<Output = T>) -> Result<T> {
    tokio::select! {
        biased;
        () = listener.closed() => Err(gone()),
        done = work => Ok(done),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
