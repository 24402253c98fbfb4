//! The advisor's conversations, the latest first. An array, as the frontend expects; the next page is in `Link`.

use jiff::Timestamp;
use shared::edge::{Call, Reply, Route};
use shared::model::ConversationId;
use shared::store::conversations;
use shared::{App, Error, Result};

use super::Conversation;

pub const ROUTE: Route = Route::get("/api/conversations", |app, call| Box::pin(handler(app, call)))
    .about("conversations", "The conversations, the latest first; the next page is named by `Link`.")
    .session()
    .number("limit", "How many at most.", 1..=100, 50)
    .query("cursor", "Where the page before ended: taken from its `Link`.")
    .ok::<Vec<Conversation>>()
    .refuses(&[422]);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let limit = call.query_number("limit", 1..=100, 50)?;
    let before = call.query("cursor").map(|text| cursor(&text)).transpose()?;

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let mut items = conversations::list(&tenant, before, limit + 1).await?;

    let more = items.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = items.last().filter(|_| more);
    let next = next.map(|last| format!("/api/conversations?limit={limit}&cursor={}~{}", last.updated_at, last.id));
    let reply = Reply::json(&items.into_iter().map(Conversation::from).collect::<Vec<_>>())?;
    Ok(reply.with_next_page(next.as_deref()))
}

/// Time and id of the last one that was shown.
fn cursor(text: &str) -> Result<(Timestamp, ConversationId)> {
    let parts = text.split_once('~').and_then(|(time, id)| Some((time.parse().ok()?, id.parse().ok()?)));
    parts.ok_or_else(|| Error::invalid_query("cursor", "must be taken from the Link header of an earlier answer."))
}
