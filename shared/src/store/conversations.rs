//! The `conversations` and `messages` tables.

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;

use super::Tenant;
use crate::error::Result;
use crate::model::ConversationId;

pub struct Conversation {
    pub id: ConversationId,
    pub title: String,
    pub last_message: Option<String>,
    pub updated_at: Timestamp,
}

/// One question or answer.
pub struct Message {
    pub id: i64,
    /// `user` or `assistant`.
    pub role: String,
    /// Markdown, with citations as `[n]`.
    pub content: String,
    /// What `[n]` stands for.
    pub sources: Value,
    pub tool_calls: Value,
    pub tainted: bool,
    pub created_at: Timestamp,
}

/// Makes the conversation if it is not there; `false` when it was.
pub async fn start(db: &Tenant<'_>, id: ConversationId, title: &str) -> Result<bool> {
    let sql = "-- conversations::start
        insert into conversations (user_id, id, title) values ($1, $2, $3) on conflict (user_id, id) do nothing";
    Ok(db.execute(sql, &[&db.owner.0, &id.0, &title]).await? == 1)
}

pub async fn exists(db: &Tenant<'_>, id: ConversationId) -> Result<bool> {
    let sql = "-- conversations::exists\nselect 1 from conversations where user_id = $1 and id = $2";
    Ok(db.maybe(sql, &[&db.owner.0, &id.0]).await?.is_some())
}

/// Newest first, from those before `before` on.
pub async fn list(
    db: &Tenant<'_>,
    before: Option<(Timestamp, ConversationId)>,
    limit: i64,
) -> Result<Vec<Conversation>> {
    let sql = "-- conversations::list
        select c.id, c.title, c.updated_at,
               (select m.content from messages m where m.user_id = $1 and m.conversation_id = c.id order by m.id desc limit 1)
                   as last_message
          from conversations c
         where c.user_id = $1 and ($2::timestamptz is null or (c.updated_at, c.id) < ($2, $3))
         order by c.updated_at desc, c.id desc limit $4";
    let (time, id) = before.map_or((None, None), |(time, id)| (Some(time), Some(id.0)));
    db.rows(sql, &[&db.owner.0, &time, &id, &limit]).await?.iter().map(conversation).collect()
}

pub async fn delete(db: &Tenant<'_>, id: ConversationId) -> Result<bool> {
    let sql = "-- conversations::delete\ndelete from conversations where user_id = $1 and id = $2";
    Ok(db.execute(sql, &[&db.owner.0, &id.0]).await? == 1)
}

/// What is written down of one message.
pub struct NewMessage<'a> {
    pub role: &'a str,
    pub content: &'a str,
    pub sources: Value,
    pub tool_calls: Value,
    pub tainted: bool,
    pub finish_reason: Option<&'a str>,
}

/// Adds a message at the end. Answers its id.
pub async fn add(db: &Tenant<'_>, id: ConversationId, message: &NewMessage<'_>) -> Result<i64> {
    let sql = "-- conversations::add
        with touched as (update conversations set updated_at = clock_timestamp() where user_id = $1 and id = $2)
        insert into messages (user_id, conversation_id, role, content, sources, tool_calls, tainted, finish_reason, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp()) returning id";
    let NewMessage { role, content, sources, tool_calls, tainted, finish_reason } = message;
    let row = db.row(sql, &[&db.owner.0, &id.0, role, content, sources, tool_calls, tainted, finish_reason]).await?;
    Ok(row.try_get("id")?)
}

/// Makes the conversation, if it is not there, with a first message.
pub async fn begin(db: &Tenant<'_>, id: ConversationId, title: &str, message: &NewMessage<'_>) -> Result<i64> {
    let sql = "-- conversations::begin
        with begun as (
            insert into conversations (user_id, id, title) values ($1, $2, $3)
            on conflict (user_id, id) do update set updated_at = clock_timestamp())
        insert into messages (user_id, conversation_id, role, content, sources, tool_calls, tainted, finish_reason, created_at)
        values ($1, $2, $4, $5, $6, $7, $8, $9, clock_timestamp()) returning id";
    let NewMessage { role, content, sources, tool_calls, tainted, finish_reason } = message;
    let row =
        db.row(sql, &[&db.owner.0, &id.0, &title, role, content, sources, tool_calls, tainted, finish_reason]).await?;
    Ok(row.try_get("id")?)
}

/// Whether anything in it may hold what somebody else wrote.
pub async fn is_tainted(db: &Tenant<'_>, id: ConversationId) -> Result<bool> {
    let sql = "-- conversations::is_tainted
        select exists (select 1 from messages where user_id = $1 and conversation_id = $2 and tainted) as tainted";
    Ok(db.row(sql, &[&db.owner.0, &id.0]).await?.try_get("tainted")?)
}

/// The last `limit` messages, oldest first.
pub async fn messages(db: &Tenant<'_>, id: ConversationId, limit: i64) -> Result<Vec<Message>> {
    messages_before(db, id, None, limit).await
}

/// The last `limit` messages before one of them, oldest first.
pub async fn messages_before(
    db: &Tenant<'_>,
    id: ConversationId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Message>> {
    let sql = "-- conversations::messages_before
        select id, role, content, sources, tool_calls, tainted, created_at from messages
         where user_id = $1 and conversation_id = $2 and ($3::bigint is null or id < $3) order by id desc limit $4";
    let mut messages: Vec<Message> =
        db.rows(sql, &[&db.owner.0, &id.0, &before, &limit]).await?.iter().map(message).collect::<Result<_>>()?;
    messages.reverse();
    Ok(messages)
}

fn conversation(row: &Row) -> Result<Conversation> {
    Ok(Conversation {
        id: ConversationId(row.try_get("id")?),
        title: row.try_get("title")?,
        last_message: row.try_get("last_message")?,
        updated_at: row.try_get("updated_at")?,
    })
}

fn message(row: &Row) -> Result<Message> {
    Ok(Message {
        id: row.try_get("id")?,
        role: row.try_get("role")?,
        content: row.try_get("content")?,
        sources: row.try_get("sources")?,
        tool_calls: row.try_get("tool_calls")?,
        tainted: row.try_get("tainted")?,
        created_at: row.try_get("created_at")?,
    })
}
