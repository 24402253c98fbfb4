//! The advisor's rules, newest first. An array, as the seed has it; the next page is in `Link`.

use shared::edge::{Call, Reply, Route};
use shared::model::RuleId;
use shared::store::rules;
use shared::{App, Error, Result};

use super::Rule;

pub const ROUTE: Route = Route::get("/api/rules", |app, call| Box::pin(handler(app, call)))
    .about("rules", "The standing instructions, newest first; the next page is named by `Link`.")
    .session()
    .number("limit", "How many at most.", 1..=200, 100)
    .query("cursor", "Where the page before ended: taken from its `Link`.")
    .ok::<Vec<Rule>>()
    .refuses(&[422]);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let limit = call.query_number("limit", 1..=200, 100)?;
    let before = call.query("cursor").map(|text| text.parse::<RuleId>()).transpose();
    let before = before
        .map_err(|_| Error::invalid_query("cursor", "must be taken from the Link header of an earlier answer."))?;

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let mut items = rules::list(&tenant, before, limit + 1).await?;

    let more = items.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let last = items.last().filter(|_| more).map(|rule| rule.id);
    let reply = Reply::json(&items.into_iter().map(Rule::of).collect::<Result<Vec<_>>>()?)?;
    let next = last.map(|last| format!("/api/rules?limit={limit}&cursor={last}"));
    Ok(reply.with_next_page(next.as_deref()))
}
