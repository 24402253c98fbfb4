//! The language model and the embedding model, with a key that works: one that is refused may have been rotated, and is read
//! again, once.

mod heard;

use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::clients::openai::{ChatRequest, Delta, Embedded, Finished, Item, OpenAi};
use crate::clients::secrets::Secrets;
use crate::domain::{World, limits};
use crate::error::{Error, Kind, Result};
use crate::model::UserId;
use crate::store::model_calls::{self, Call};
use crate::store::model_days;
use heard::Heard;

const BUDGET_SPENT: &str = "What the language model may do for you in one day is used up. It goes on at midnight UTC.";

/// Vectors of 1,536 dimensions, in the order of the texts.
pub async fn embed(world: &World, owner: UserId, texts: &[String]) -> Result<Embedded> {
    let tokens = tokens(texts.iter().map(String::len).sum());
    limits::model(world, limits::EMBEDDING_MODEL, None, tokens).await?;
    let asked = Instant::now();
    let mut answer = openai(world, &*world.secrets().await?)?.embed(texts).await;
    if is_key_refused(&answer) {
        answer = openai(world, &*world.vault.refresh().await?)?.embed(texts).await;
    }
    let heard = Heard::of(world, &world.config.openai.embedding_model, asked);
    match &answer {
        Ok(embedded) => heard.whole(embedded.tokens, 0),
        Err(error) => {
            limits::heed(world, owner, error).await;
            heard.failed();
        }
    }
    answer
}

/// One call of the language model for an advisor; its answer as it comes. Refused when the day's budget is spent.
pub async fn chat(world: &World, owner: UserId, request: &ChatRequest) -> Result<BoxStream<'static, Result<Delta>>> {
    let (admitted, go) = oneshot::channel();
    let asked = async {
        go.await.ok()?;
        let asked = Instant::now();
        Some((Heard::of(world, &world.config.openai.chat_model, asked), ask(world, request).await))
    };
    // That it was admitted is written down while the model already thinks. Where that fails, nobody hears its answer.
    let (taken, asked) = tokio::join!(admit(world, owner, request, admitted), asked);
    taken?;
    let Some((mut heard, answer)) = asked else { return Err(Error::internal("A model call was lost.")) };
    match answer {
        Ok(deltas) => Ok(deltas.inspect(move |delta| heard.hear(delta)).boxed()),
        Err(error) => {
            limits::heed(world, owner, &error).await;
            heard.failed();
            Err(error)
        }
    }
}

async fn ask(world: &World, request: &ChatRequest) -> Result<BoxStream<'static, Result<Delta>>> {
    let answer = openai(world, &*world.secrets().await?)?.stream(request).await;
    if is_key_refused(&answer) {
        return openai(world, &*world.vault.refresh().await?)?.stream(request).await;
    }
    answer
}

/// Takes the call from what all may ask in a minute, and from the advisor's day. `admitted` is told as soon as it may begin.
async fn admit(world: &World, owner: UserId, request: &ChatRequest, admitted: oneshot::Sender<()>) -> Result<()> {
    let said = request.system.len() + request.items.iter().map(Item::len).sum::<usize>();
    let tokens = tokens(said) + request.max_output_tokens.unwrap_or_default();
    let mut db = world.db().await?;
    limits::model_on(&db, world.config.model_pace, limits::CHAT_MODEL, Some(owner), tokens).await?;
    let tenant = db.tenant(owner).await?;
    if let Some(wait) = model_days::take(&tenant, world.config.model_budget).await? {
        return Err(Error::new(Kind::RateLimited, BUDGET_SPENT).after(Some(wait)));
    }
    // Whoever went away does not hear it; what was taken is taken.
    let _ = admitted.send(());
    tenant.commit().await
}

/// About four bytes to one.
fn tokens(bytes: usize) -> u32 {
    u32::try_from(bytes / 4).unwrap_or(u32::MAX / 4)
}

/// What a call is booked under.
#[derive(Debug, Clone, Copy)]
pub struct Cause {
    pub name: &'static str,
    /// The task.
    pub id: Option<Uuid>,
}

/// The same for work nobody listens to: the whole answer, booked.
pub async fn whole(world: &World, owner: UserId, request: &ChatRequest, cause: Cause) -> Result<(String, Finished)> {
    let asked = Instant::now();
    let mut deltas = chat(world, owner, request).await?;
    let mut text = String::new();
    while let Some(delta) = deltas.next().await {
        match delta? {
            Delta::Text(piece) | Delta::Refusal(piece) => text += &piece,
            Delta::Finished(finished) => {
                book(world, owner, cause, &finished, asked.elapsed()).await;
                return Ok((text, finished));
            }
        }
    }
    Err(Error::new(Kind::Upstream, "The language model stopped in the middle of its answer."))
}

/// A cost that cannot be written is no reason to lose the answer.
pub async fn book(world: &World, owner: UserId, cause: Cause, finished: &Finished, took: Duration) {
    let booked = async {
        let mut db = world.db().await?;
        let tenant = db.tenant(owner).await?;
        let call = Call {
            cause: cause.name,
            cause_id: cause.id,
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

fn openai<'a>(world: &'a World, secrets: &'a Secrets) -> Result<OpenAi<'a>> {
    Ok(OpenAi { http: &world.http, config: &world.config.openai, api_key: secrets.get("OPENAI_API_KEY")? })
}

fn is_key_refused<T>(answer: &Result<T>) -> bool {
    answer.as_ref().is_err_and(|error| error.upstream_status() == Some(401))
}
