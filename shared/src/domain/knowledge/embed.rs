//! Gives waiting chunks their vectors, in batches the vendor takes. What was embedded once is never sent again.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::domain::{World, models};
use crate::error::Result;
use crate::model::task::Claim;
use crate::store::documents::{self, Waiting};
use crate::store::model_calls::{self, Call};
use crate::store::tasks::Outcome;

/// Chunks in one request. Far below the vendor's 2,048 so that progress shows and a lost answer costs little.
const BATCH: i64 = 96;
const STEP: Duration = Duration::from_secs(20);

/// Embeds for a while.
pub async fn step(world: &World, claim: &Claim) -> Result<Outcome> {
    let begun = Instant::now();
    let mut embedded = 0;
    loop {
        let waiting = waiting(world, claim).await?;
        if waiting.is_empty() {
            return Ok(Outcome::Done(json!({ "embedded": embedded })));
        }
        embedded += embed(world, claim, &waiting).await?;
        if begun.elapsed() > STEP {
            return Ok(Outcome::Again { after: Duration::ZERO, progress: json!({ "embedded": embedded }) });
        }
    }
}

async fn waiting(world: &World, claim: &Claim) -> Result<Vec<Waiting>> {
    let mut db = world.db().await?;
    let tenant = db.tenant(claim.owner).await?;
    // Until none of those that are next has an equal one.
    while documents::reuse_vectors(&tenant, BATCH).await? > 0 {}
    let waiting = documents::waiting(&tenant, BATCH).await?;
    tenant.commit().await?;
    Ok(waiting)
}

async fn embed(world: &World, claim: &Claim, waiting: &[Waiting]) -> Result<u64> {
    let texts: Vec<String> = waiting.iter().map(|chunk| chunk.text.clone()).collect();
    let asked = Instant::now();
    let answer = models::embed(world, claim.owner, &texts).await?;

    let ids: Vec<i64> = waiting.iter().map(|chunk| chunk.chunk_id).collect();
    let mut db = world.db().await?;
    let tenant = db.tenant(claim.owner).await?;
    let put = documents::put_vectors(&tenant, &ids, &answer.vectors).await?;
    let call = Call {
        cause: "embed",
        cause_id: Some(claim.id.0),
        model: &world.config.openai.embedding_model,
        input_tokens: answer.tokens,
        cached_tokens: 0,
        output_tokens: 0,
        took: asked.elapsed(),
    };
    model_calls::insert(&tenant, &call).await?;
    tenant.commit().await?;
    Ok(put)
}
