//! The `model_calls` table: what each call to a model cost, and what caused it.

use std::time::Duration;

use uuid::Uuid;

use super::db::Params;
use super::{Tenant, model_days};
use crate::error::Result;

pub struct Call<'a> {
    /// `chat`, `embed`, `compile_rule`, `judge_rule`, `ask_model` or `agent`.
    pub cause: &'a str,
    /// The conversation or task.
    pub cause_id: Option<Uuid>,
    pub model: &'a str,
    pub input_tokens: u64,
    pub cached_tokens: u64,
    pub output_tokens: u64,
    pub took: Duration,
}

/// Writes it down, and takes it from the day's budget.
pub async fn insert(db: &Tenant<'_>, call: &Call<'_>) -> Result<()> {
    let sql = "-- model_calls::insert
        insert into model_calls (user_id, cause, cause_id, model, input_tokens, cached_tokens, output_tokens, duration_ms)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let ms = i64::try_from(call.took.as_millis()).unwrap_or(i64::MAX);
    let (input, cached, output) = (count(call.input_tokens), count(call.cached_tokens), count(call.output_tokens));
    let params: Params<'_> = &[&db.owner.0, &call.cause, &call.cause_id, &call.model, &input, &cached, &output, &ms];
    let written = db.execute(sql, params);
    // Vectors are made by the thousand, and cost next to nothing.
    if call.cause == "embed" {
        written.await?;
    } else {
        // Sent together, and waited for together.
        let tokens = call.input_tokens.saturating_add(call.output_tokens);
        tokio::try_join!(written, model_days::add_tokens(db, tokens))?;
    }
    Ok(())
}
