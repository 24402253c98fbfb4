//! The language model and the embedding model, with a key that works: one that is refused may have been rotated, and is read
//! again, once.

use futures::stream::BoxStream;

use crate::clients::openai::{ChatRequest, Delta, Embedded, OpenAi};
use crate::clients::secrets::Secrets;
use crate::domain::World;
use crate::error::Result;

/// Vectors of 1,536 dimensions, in the order of the texts.
pub async fn embed(world: &World, texts: &[String]) -> Result<Embedded> {
    let answer = openai(world, &*world.secrets().await?)?.embed(texts).await;
    if !is_key_refused(&answer) {
        return answer;
    }
    openai(world, &*world.vault.refresh().await?)?.embed(texts).await
}

/// One call of the language model; its answer as it comes.
pub async fn chat(world: &World, request: &ChatRequest) -> Result<BoxStream<'static, Result<Delta>>> {
    let answer = openai(world, &*world.secrets().await?)?.stream(request).await;
    if !is_key_refused(&answer) {
        return answer;
    }
    openai(world, &*world.vault.refresh().await?)?.stream(request).await
}

fn openai<'a>(world: &'a World, secrets: &'a Secrets) -> Result<OpenAi<'a>> {
    Ok(OpenAi { http: &world.http, config: &world.config.openai, api_key: secrets.get("OPENAI_API_KEY")? })
}

fn is_key_refused<T>(answer: &Result<T>) -> bool {
    answer.as_ref().is_err_and(|error| error.upstream_status() == Some(401))
}
