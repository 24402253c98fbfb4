//! The calls of a round: reads are done and told, then writes are proposed one after the other.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::answer::harmless;
use super::event::Event;
use super::origin;
use super::turn::{Turn, send, while_heard};
use crate::clients::openai::{Finished, Item, ToolCall};
use crate::domain::actions::policy::Context;
use crate::domain::actions::{self, Proposal, Proposed, settle::settle};
use crate::domain::limits;
use crate::domain::tools::{self, Caller, Output, Ran};
use crate::error::{Error, Kind, Result};
use crate::model::ActionId;
use crate::model::action::{Action, Kept, Origin, State};
use crate::model::untrusted;

/// How long a turn waits for what comes of a write.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a call came to.
struct Told {
    status: &'static str,
    /// For clients; `{"error": …}` when it failed.
    value: Value,
    /// For the model.
    text: String,
}

impl Turn<'_> {
    /// Runs the calls side by side. A call that fails is told to the model like one that worked.
    ///
    /// Writes come after all reads, in the order they were asked for in: what a read of the same round brought from outside
    /// counts against them.
    pub(super) async fn act(&mut self, finished: Finished) -> Result<()> {
        let pieces = self.answer.pause();
        self.say(pieces).await?;
        let calls: Vec<ToolCall> = finished.calls.clone();
        for call in &calls {
            let arguments = shown(&call.arguments);
            let (id, name) = (call.id.clone(), call.name.clone());
            send(self.listener, Event::ToolCall { id, name, arguments }).await?;
        }
        let caller = Caller { world: self.world, owner: self.owner, now: self.now.clone() };
        let running = calls.iter().map(|call| tools::run(&caller, &call.name, &call.arguments));
        let outputs = while_heard(self.listener, futures::future::join_all(running)).await?;

        let mut texts = vec![String::new(); calls.len()];
        let mut wanted = Vec::new();
        for (at, output) in outputs.into_iter().enumerate() {
            let told = match output {
                Ok(Ran::Wants(action)) => {
                    wanted.push((at, action));
                    continue;
                }
                Ok(Ran::Found(output)) => self.found(output),
                Err(error) => self.failed(&calls[at].name, error).await?,
            };
            texts[at] = self.report(&calls[at], told).await?;
        }
        for (at, action) in wanted {
            texts[at] = self.propose(&calls[at], action).await?;
        }
        let results = calls.iter().zip(texts);
        let results: Vec<Item> =
            results.map(|(call, output)| Item::ToolResult { call_id: call.id.clone(), output }).collect();
        self.items.push(Item::ToolCalls { text: String::new(), calls, opaque: finished.opaque });
        self.items.extend(results);
        Ok(())
    }

    fn found(&mut self, output: Output) -> Told {
        let known = self.sources.len();
        self.tainted |= origin::is_outside_in(&output.summary);
        let passages = self.sources.show(output.hits, self.now.time_zone());
        self.answer.add_sources(self.sources.cited_after(known));
        self.answer.know(&output.summary);
        Told { status: "completed", value: output.value, text: format!("{}\n{passages}", output.summary) }
    }

    async fn failed(&mut self, name: &str, error: Error) -> Result<Told> {
        tracing::info!(tool = name, kind = error.kind.code(), "a tool failed");
        limits::heed(self.world, self.owner, &error).await;
        if error.kind == Kind::Reconnect {
            self.reconnect(&error.detail).await?;
        }
        // Our own faults are none of the model's business.
        let why = if error.kind == Kind::Internal { "The tool is out of order.".into() } else { error.detail };
        // What is wrong with an argument may quote it.
        let value = harmless(&json!({ "error": why }));
        Ok(Told { status: "failed", value, text: format!("Error: {why}") })
    }

    async fn reconnect(&self, text: &str) -> Result<()> {
        let provider = if text == Error::reconnect("Google").detail { "google" } else { "hubspot" };
        send(self.listener, Event::ReconnectNeeded { provider, text: text.to_owned() }).await
    }

    /// Tells the clients what came of a call; answers what the model is told.
    async fn report(&mut self, call: &ToolCall, told: Told) -> Result<String> {
        let Told { status, value, text } = told;
        self.note(call, status, None);
        let (id, name) = (call.id.clone(), call.name.clone());
        send(self.listener, Event::ToolResult { id, name, ok: status != "failed", output: value }).await?;
        Ok(text)
    }

    /// For the conversation.
    fn note(&mut self, call: &ToolCall, status: &str, approval: Option<ActionId>) {
        let arguments = shown(&call.arguments).to_string();
        let mut noted = json!({ "id": call.id, "name": call.name, "arguments": arguments, "status": status });
        if let Some(id) = approval {
            noted["approval_id"] = json!(id);
        }
        self.calls.push(noted);
    }

    /// Has the policy decide about a write. What it lets happen is waited for; what waits is asked about at the end.
    async fn propose(&mut self, call: &ToolCall, action: Action) -> Result<String> {
        if let Some(same) = self.actions.iter().find(|known| known.action == action) {
            let told = already(same);
            return self.report(call, told).await;
        }
        let kept = match self.decide(call, &action).await {
            Ok(kept) => kept,
            Err(error) => {
                let told = self.failed(&call.name, error).await?;
                return self.report(call, told).await;
            }
        };
        self.actions.push(kept.clone());
        if kept.state == State::Pending {
            self.note(call, "pending", Some(kept.id));
            send(self.listener, Event::ApprovalRequested { approval: Box::new(kept) }).await?;
            return Ok(WAITS.to_owned());
        }
        if let Some(error) = kept.error.as_deref().filter(|error| error.starts_with("The connection to ")) {
            self.reconnect(error).await?;
        }
        // An event somebody else made may be in the answer.
        self.tainted |= kept.tool == "update_event";
        self.report(call, done(&kept)).await
    }

    async fn decide(&self, call: &ToolCall, action: &Action) -> Result<Kept> {
        let origin = Origin::Chat { conversation: self.conversation, session: self.session, call_id: call.id.clone() };
        let proposal = Proposal {
            id: ActionId::random(),
            action,
            origin: &origin,
            context: Context {
                tainted: self.is_tainted(),
                words: &self.words,
                standing: false,
                before: self.actions.len(),
            },
            cause: None,
        };
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        let proposed = actions::propose(&tenant, &proposal).await?;
        tenant.commit().await?;
        drop(db);
        match proposed {
            Proposed::Waiting(kept) => Ok(kept),
            Proposed::Going(kept, task) => {
                self.world.ring(task, Duration::ZERO).await;
                let left = self.ends.saturating_duration_since(Instant::now());
                let settled = settle(self.world, self.owner, kept.id, task, PATIENCE.min(left)).await;
                // It goes on without us, whatever kept us from seeing it.
                Ok(settled.unwrap_or_else(|error| {
                    tracing::warn!(error = ?error, "what came of an action was not seen");
                    kept
                }))
            }
        }
    }
}

/// What a model wrote into a call, for clients. Of a write the exact action is shown where it is asked about.
fn shown(arguments: &str) -> Value {
    harmless(&untrusted::json(arguments.as_bytes()).unwrap_or_else(|_| json!({})))
}

const WAITS: &str = "This waits for the advisor's approval. Nothing has happened yet: never say that it is done. Below your \
                     answer the advisor is shown exactly what would be done, and asked. Do not repeat it and do not ask yourself.";

/// What came of a write that was let happen, in the seed's shape.
fn done(kept: &Kept) -> Told {
    match kept.state {
        State::Done => {
            let value = kept.result.clone().unwrap_or_else(|| json!({ "status": "success" }));
            let mut seen = value.clone();
            // The provider's whole record is for clients.
            seen.as_object_mut().map(|fields| fields.remove("event"));
            Told { status: "completed", text: format!("Done: {seen}"), value }
        }
        State::Approved => Told {
            status: "running",
            value: json!({ "status": "in_progress", "approval_id": kept.id, "task_id": kept.task_id }),
            text: "This is under way and not certain yet: say that, and never that it is done.".to_owned(),
        },
        _ => {
            let why = kept.error.clone().unwrap_or_else(|| format!("It is {}.", kept.state.name()));
            let why = if kept.state == State::Unknown {
                format!("Whether it happened cannot be found out; it must not be tried again. {why}")
            } else {
                why
            };
            Told { status: "failed", text: format!("Error: {why}"), value: json!({ "error": why }) }
        }
    }
}

/// The same write, called for again in the same turn.
fn already(same: &Kept) -> Told {
    let mut told = done(same);
    if same.state == State::Pending {
        told = Told {
            status: "completed",
            value: json!({ "status": "waiting_for_approval", "approval_id": same.id }),
            text: WAITS.into(),
        };
    }
    told.text = format!("You have called for exactly this already in this turn; it is not done twice. {}", told.text);
    told
}
