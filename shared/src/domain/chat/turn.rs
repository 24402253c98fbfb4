//! One turn: the question in, the answer out as it comes. Whatever happens, it ends with exactly one last event.

use std::time::{Duration, Instant};

use futures::StreamExt;
use jiff::Zoned;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::answer::Answer;
use super::event::Event;
use super::history::{self, Conversation, Said, Thread};
use super::prompt;
use super::sources::Sources;
use crate::clients::openai::{ChatRequest, Delta, FinishReason, Finished, Item, ToolCall, ToolSpec, Usage};
use crate::domain::knowledge::retrieve::{Found, Question, retrieve};
use crate::domain::tools::{self, Caller, Ran};
use crate::domain::{World, models};
use crate::error::{Error, Kind, Result};
use crate::model::document::Kind as SourceKind;
use crate::model::user::User;
use crate::model::{ConversationId, UserId};
use crate::store::conversations::{self, NewMessage};
use crate::store::model_calls::{self, Call};
use crate::store::users;

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
    // Nobody may be there any more.
    let _ = listener.send(last).await;
}

/// The same for a client that waits for the whole: everything that happened, and the error if there is no answer.
pub async fn run_whole(world: &World, asked: Asked) -> Result<Vec<Event>> {
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
    heard.push(Event::Finished { reason: outcome? });
    Ok(heard)
}

/// What the advisor is told when there is no answer.
fn apology(error: &Error) -> String {
    match error.kind {
        Kind::RateLimited if error.upstream.is_some() => {
            "OpenAI API rate limit exceeded. Please try again later.".into()
        }
        Kind::Upstream | Kind::Refused => "The language model did not answer. Please try again in a moment.".into(),
        Kind::Internal => "Something went wrong on our side. Please try again.".into(),
        _ => error.detail.to_string(),
    }
}

struct Turn<'a> {
    world: &'a World,
    owner: UserId,
    conversation: ConversationId,
    now: Zoned,
    listener: &'a Listener,
    sources: Sources,
    answer: Answer,
    items: Vec<Item>,
    tools: Vec<ToolSpec>,
    calls: Vec<Value>,
    usage: Usage,
    ends: Instant,
}

async fn converse(world: &World, asked: Asked, listener: &Listener, begun: Instant) -> Result<&'static str> {
    let (user, thread) = open(world, &asked).await?;
    let time_zone = TimeZone::get(&user.time_zone).unwrap_or(TimeZone::UTC);
    let now = world.now().to_zoned(time_zone.clone());

    let found = found(world, &asked, thread.asked_before.as_deref()).await?;
    // The first thing a client hears of, always.
    send(listener, Event::Sources(found.hits.clone())).await?;
    send(listener, Event::Conversation { id: thread.id }).await?;
    let mut sources = Sources::default();
    let passages = sources.show(found.hits, &time_zone);
    let answer = Answer::new(sources.cited_after(0));
    let mut items = thread.items;
    items.push(Item::User(prompt::question(&passages, found.by_words_only, &asked.message)));

    let mut turn = Turn {
        world,
        owner: asked.owner,
        conversation: thread.id,
        now,
        listener,
        sources,
        answer,
        items,
        tools: tools::specs(),
        calls: Vec::new(),
        usage: Usage::default(),
        ends: begun + asked.time_left.saturating_sub(CLOSING),
    };
    let name = user.name.unwrap_or_else(|| "the advisor".into());
    let outcome = turn.rounds(&prompt::system(&one_line(&name), &turn.now)).await;
    turn.close(outcome).await
}

/// The question as it goes into a search: a short one leans on the one before.
async fn found(world: &World, asked: &Asked, before: Option<&str>) -> Result<Found> {
    let leaning = asked.message.split_whitespace().count() < 7;
    let text = match before.filter(|_| leaning) {
        Some(before) => format!("{}\n{before}", asked.message),
        None => asked.message.clone(),
    };
    let question = Question { text: &text, kinds: &asked.kinds, since: None, until: None, limit: asked.context };
    retrieve(world, asked.owner, &question).await
}

async fn open(world: &World, asked: &Asked) -> Result<(User, Thread)> {
    let mut db = world.db().await?;
    let tenant = db.tenant(asked.owner).await?;
    let user = users::get(&tenant).await?.ok_or_else(Error::unauthenticated)?;
    let thread = history::open(&tenant, asked.conversation, &asked.history, &asked.message).await?;
    tenant.commit().await?;
    Ok((user, thread))
}

impl Turn<'_> {
    /// Asks the model, and runs what it calls, until it has said what it has to say.
    async fn rounds(&mut self, system: &str) -> Result<&'static str> {
        for round in 1..=ROUNDS {
            // The last word has to be words.
            let last = round == ROUNDS || Instant::now() > self.ends || self.calls.len() >= MOST_CALLS;
            let tools = if last { Vec::new() } else { self.tools.clone() };
            let finished = self.ask(system, tools).await?;
            if finished.calls.is_empty() || last {
                return Ok(match finished.reason {
                    FinishReason::Length => "length",
                    FinishReason::ContentFilter => "content_filter",
                    FinishReason::Stop | FinishReason::ToolCalls => "stop",
                });
            }
            self.act(finished).await?;
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
        let mut deltas = models::chat(self.world, self.owner, &request).await?;
        while let Some(delta) = deltas.next().await {
            match delta? {
                Delta::Text(text) | Delta::Refusal(text) => {
                    for piece in self.answer.push(&text) {
                        send(self.listener, Event::Piece(piece)).await?;
                    }
                }
                Delta::Finished(finished) => {
                    self.book(&finished, asked.elapsed()).await;
                    return Ok(finished);
                }
            }
        }
        Err(Error::new(Kind::Upstream, "The language model stopped in the middle of its answer."))
    }

    /// Runs the calls side by side. A call that fails is told to the model like one that worked.
    async fn act(&mut self, finished: Finished) -> Result<()> {
        for piece in self.answer.pause() {
            send(self.listener, Event::Piece(piece)).await?;
        }
        let calls: Vec<ToolCall> = finished.calls.clone();
        for call in &calls {
            let arguments = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!({}));
            let (id, name) = (call.id.clone(), call.name.clone());
            send(self.listener, Event::ToolCall { id, name, arguments }).await?;
        }
        let caller = Caller { world: self.world, owner: self.owner, now: self.now.clone() };
        let running = calls.iter().map(|call| tools::run(&caller, &call.name, &call.arguments));
        let outputs = futures::future::join_all(running).await;

        self.items.push(Item::ToolCalls { text: String::new(), calls: calls.clone(), opaque: finished.opaque });
        for (call, output) in calls.into_iter().zip(outputs) {
            self.report(call, output).await?;
        }
        Ok(())
    }

    async fn report(&mut self, call: ToolCall, output: Result<Ran>) -> Result<()> {
        let (ok, value, text) = match output {
            Ok(Ran::Wants(_)) => {
                let why = "Nothing can be written from here yet.";
                (false, json!({ "error": why }), format!("Error: {why}"))
            }
            Ok(Ran::Found(output)) => {
                let known = self.sources.len();
                let passages = self.sources.show(output.hits, self.now.time_zone());
                self.answer.add_sources(self.sources.cited_after(known));
                (true, output.value, format!("{}\n{passages}", output.summary))
            }
            Err(error) => {
                tracing::info!(tool = call.name, kind = error.kind.code(), "a tool failed");
                if error.kind == Kind::Reconnect {
                    let text = error.detail.to_string();
                    send(self.listener, Event::ReconnectNeeded { provider: "hubspot", text }).await?;
                }
                // Our own faults are none of the model's business.
                let why = if error.kind == Kind::Internal { "The tool is out of order.".into() } else { error.detail };
                (false, json!({ "error": why }), format!("Error: {why}"))
            }
        };
        self.calls.push(json!({
            "id": call.id, "name": call.name, "arguments": call.arguments, "status": if ok { "completed" } else { "failed" },
        }));
        let (id, name) = (call.id.clone(), call.name);
        self.items.push(Item::ToolResult { call_id: call.id, output: text });
        send(self.listener, Event::ToolResult { id, name, ok, output: value }).await
    }

    /// Sends what is still held back, and keeps the answer, also one that broke off.
    async fn close(mut self, outcome: Result<&'static str>) -> Result<&'static str> {
        for piece in self.answer.finish() {
            let _ = self.listener.send(Event::Piece(piece)).await;
        }
        let citations = self.sources.citations(&self.answer.cited());
        let content = self.answer.plain();
        let reason = *outcome.as_ref().unwrap_or(&"error");
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        conversations::add(
            &tenant,
            self.conversation,
            &NewMessage {
                role: "assistant",
                content,
                sources: serde_json::to_value(&citations)?,
                tool_calls: Value::Array(std::mem::take(&mut self.calls)),
                tainted: self.sources.from_outside(),
                finish_reason: Some(reason),
            },
        )
        .await?;
        tenant.commit().await?;
        outcome?;

        let _ = self.listener.send(Event::Citations(citations)).await;
        let Usage { input, output, .. } = self.usage;
        let _ = self.listener.send(Event::Usage { input_tokens: input, output_tokens: output }).await;
        Ok(reason)
    }

    /// Writes down what the call cost. A cost that cannot be written is no reason to lose the answer.
    async fn book(&mut self, finished: &Finished, took: Duration) {
        self.usage.input += finished.usage.input;
        self.usage.cached += finished.usage.cached;
        self.usage.output += finished.usage.output;
        let booked = async {
            let mut db = self.world.db().await?;
            let tenant = db.tenant(self.owner).await?;
            let call = Call {
                cause: "chat",
                cause_id: Some(self.conversation.0),
                model: &finished.model,
                input_tokens: finished.usage.input,
                cached_tokens: finished.usage.cached,
                output_tokens: finished.usage.output,
                took,
            };
            model_calls::insert(&tenant, &call).await?;
            tenant.commit().await
        };
        if let Err(error) = booked.await {
            tracing::warn!(error = ?error, "the cost of a model call was not written down");
        }
    }
}

/// Tells what happened; an error when nobody listens any more, which ends the turn.
async fn send(listener: &Listener, event: Event) -> Result<()> {
    listener.send(event).await.map_err(|_| Error::new(Kind::BadRequest, "The client went away."))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
