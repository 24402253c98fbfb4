//! The `model_days` table: what an advisor's questions have cost the models today, in UTC.

use std::time::Duration;

use super::Tenant;
use crate::config::Budget;
use crate::error::Result;

/// Counts one request, if there is something left of the budget; else how long until the next day.
pub async fn take(db: &Tenant<'_>, budget: Budget) -> Result<Option<Duration>> {
    let sql = "-- model_days::take
        with taken as (
            insert into model_days as d (user_id, day, requests)
            select $1, (now() at time zone 'UTC')::date, 1 where $2::integer > 0 and $3::bigint > 0
            on conflict (user_id, day) do update set requests = d.requests + 1 where d.requests < $2 and d.tokens < $3
            returning 1)
        select exists (select from taken) as taken,
               extract(epoch from date_trunc('day', now(), 'UTC') + interval '1 day' - now())::float8 as seconds";
    let requests = i32::try_from(budget.requests).unwrap_or(i32::MAX);
    let tokens = i64::try_from(budget.tokens).unwrap_or(i64::MAX);
    let row = db.row(sql, &[&db.owner.0, &requests, &tokens]).await?;
    let wait = Duration::try_from_secs_f64(row.try_get("seconds")?).unwrap_or_default();
    Ok((!row.try_get::<_, bool>("taken")?).then_some(wait))
}

/// Adds what a request has used.
pub async fn add_tokens(db: &Tenant<'_>, tokens: u64) -> Result<()> {
    let sql = "-- model_days::add_tokens
        insert into model_days as d (user_id, day, tokens) values ($1, (now() at time zone 'UTC')::date, $2)
        on conflict (user_id, day) do update set tokens = d.tokens + $2";
    db.execute(sql, &[&db.owner.0, &i64::try_from(tokens).unwrap_or(i64::MAX)]).await?;
    Ok(())
}
