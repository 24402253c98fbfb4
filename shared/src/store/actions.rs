//! The `actions` table: writes to the outside, proposed, decided and done. All times are the database's.

use std::time::Duration;

use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use super::Tenant;
use crate::error::Result;
use crate::model::action::{Action, DecidedBy, Kept, Origin, State};
use crate::model::{ActionId, ConversationId, EventId, RuleId, TaskId};

/// An action to be kept.
pub struct NewAction<'a> {
    pub id: ActionId,
    pub action: &'a Action,
    pub hash: &'a [u8],
    pub preview: &'a str,
    /// Why it waits; empty when it need not.
    pub reasons: &'a [String],
    pub origin: &'a Origin,
    /// How long it may be approved.
    pub lives: Duration,
}

/// Keeps an action that waits for the advisor. `false` when it is there already.
pub async fn insert(db: &Tenant<'_>, new: &NewAction<'_>) -> Result<bool> {
    let sql = "-- actions::insert
        insert into actions (user_id, id, tool, payload, hash, preview, reasons, state, origin, conversation_id, session_id,
               call_id, rule_id, event_id, recipients, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, $10, $11, $12, $13, $14, now() + make_interval(secs => $15))
        on conflict (user_id, id) do nothing";
    let (mut conversation, mut session, mut call) = (None, None, None);
    let (mut rule, mut event) = (None, None);
    match new.origin {
        Origin::Chat { conversation: c, session: s, call_id } => {
            (conversation, session, call) = (Some(c.0), Some(*s), Some(call_id.as_str()));
        }
        Origin::Tool { session: s } => session = Some(*s),
        Origin::Rule { rule: r, event: e } => (rule, event) = (Some(r.0), Some(e.0)),
        Origin::Proactive { rule: r, event: e } => (rule, event) = (r.map(|r| r.0), Some(e.0)),
    }
    let payload = serde_json::to_value(new.action)?;
    let added = db
        .execute(
            sql,
            &[
                &db.owner.0,
                &new.id.0,
                &new.action.tool(),
                &payload,
                &new.hash,
                &new.preview,
                &new.reasons,
                &new.origin.name(),
                &conversation,
                &session,
                &call,
                &rule,
                &event,
                &new.action.recipients(),
                &new.lives.as_secs_f64(),
            ],
        )
        .await?;
    Ok(added == 1)
}

// What its task came to counts where the task could not say so itself: a worker that dies three times says nothing, and
// may have died after it had begun to write, or after it had written. A draft is nothing that reached anybody.
const COLUMNS: &str = "a.id, a.tool, a.payload, a.hash, a.preview, a.reasons,
    case when a.state = 'pending' and a.expires_at <= now() then 'expired'
         when a.state = 'approved' and t.state = 'failed'
         then case when exists (select from effects e where e.user_id = a.user_id and e.task_id = t.id
                                 and (e.state in ('started', 'unknown')
                                      or e.state = 'done' and e.provider_ref not like 'gmail:drafts:%'))
                   then 'unknown' else 'failed' end
         else a.state end as state,
    a.origin, a.conversation_id, a.call_id, a.rule_id, a.event_id, a.expires_at, a.decided_at, a.decided_by, a.task_id, a.result,
    coalesce(a.error, case when t.state = 'failed' then t.last_error end) as error, a.version, a.created_at";
const FROM: &str = "actions a left join tasks t on t.user_id = a.user_id and t.id = a.task_id";

pub async fn get(db: &Tenant<'_>, id: ActionId) -> Result<Option<Kept>> {
    let sql = format!("-- actions::get\nselect {COLUMNS} from {FROM} where a.user_id = $1 and a.id = $2");
    db.maybe(&sql, &[&db.owner.0, &id.0]).await?.as_ref().map(kept).transpose()
}

/// The same, and nobody else decides about it until the transaction ends.
pub async fn lock(db: &Tenant<'_>, id: ActionId) -> Result<Option<Kept>> {
    let sql =
        format!("-- actions::lock\nselect {COLUMNS} from {FROM} where a.user_id = $1 and a.id = $2 for update of a");
    db.maybe(&sql, &[&db.owner.0, &id.0]).await?.as_ref().map(kept).transpose()
}

/// Newest first, from after `before` on; those in one state, if one is named.
pub async fn list(db: &Tenant<'_>, state: Option<State>, before: Option<ActionId>, limit: i64) -> Result<Vec<Kept>> {
    let sql = format!(
        "-- actions::list
        select * from (select {COLUMNS} from {FROM} where a.user_id = $1 and ($3::uuid is null or a.id < $3)) shown
         where ($2::text is null or state = $2)
         order by id desc limit $4"
    );
    let rows = db.rows(&sql, &[&db.owner.0, &state.map(State::name), &before.map(|id| id.0), &limit]).await?;
    rows.iter().map(kept).collect()
}

/// The action a client answers to by the model's id of the call.
pub async fn of_call(db: &Tenant<'_>, conversation: ConversationId, call_id: &str) -> Result<Option<Kept>> {
    let sql = format!(
        "-- actions::of_call
        select {COLUMNS} from {FROM} where a.user_id = $1 and a.conversation_id = $2 and a.call_id = $3 order by a.id desc limit 1"
    );
    db.maybe(&sql, &[&db.owner.0, &conversation.0, &call_id]).await?.as_ref().map(kept).transpose()
}

/// Offers these for a plain "yes" of the session's next message, and no others.
pub async fn offer(db: &Tenant<'_>, session: Uuid, ids: &[ActionId]) -> Result<()> {
    let sql = "-- actions::offer
        update actions set offered = (id = any($3)), updated_at = now()
         where user_id = $1 and session_id = $2 and (offered or id = any($3))";
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    db.execute(sql, &[&db.owner.0, &session, &ids]).await?;
    Ok(())
}

/// What the session's next message answers to, oldest first: also what was decided since, so that a second "yes" is known
/// for what it is. Nobody else answers until the transaction ends.
pub async fn offered(db: &Tenant<'_>, session: Uuid) -> Result<Vec<Kept>> {
    let sql = format!(
        "-- actions::offered
        select {COLUMNS} from {FROM} where a.user_id = $1 and a.session_id = $2 and a.offered order by a.id for update of a"
    );
    db.rows(&sql, &[&db.owner.0, &session]).await?.iter().map(kept).collect()
}

/// Lets it happen: `task` does it. `false` when it does not wait any more, or not as `hash`.
pub async fn approve(db: &Tenant<'_>, id: ActionId, hash: &[u8], by: DecidedBy, task: TaskId) -> Result<bool> {
    let sql = "-- actions::approve
        update actions set state = 'approved', decided_at = now(), decided_by = $4, task_id = $5, updated_at = now()
         where user_id = $1 and id = $2 and hash = $3 and state = 'pending' and expires_at > now()";
    Ok(db.execute(sql, &[&db.owner.0, &id.0, &hash, &by.name(), &task.0]).await? == 1)
}

/// `false` when it does not wait any more.
pub async fn deny(db: &Tenant<'_>, id: ActionId, by: DecidedBy) -> Result<bool> {
    let sql = "-- actions::deny
        update actions set state = 'denied', decided_at = now(), decided_by = $3, updated_at = now()
         where user_id = $1 and id = $2 and state = 'pending'";
    Ok(db.execute(sql, &[&db.owner.0, &id.0, &by.name()]).await? == 1)
}

/// Puts another action in its place, which has to be approved anew. `false` when it does not wait any more.
pub async fn edit(db: &Tenant<'_>, id: ActionId, action: &Action, hash: &[u8], preview: &str) -> Result<bool> {
    let sql = "-- actions::edit
        update actions set payload = $3, hash = $4, preview = $5, recipients = $6, version = version + 1, updated_at = now()
         where user_id = $1 and id = $2 and state = 'pending' and expires_at > now()";
    let payload = serde_json::to_value(action)?;
    Ok(db.execute(sql, &[&db.owner.0, &id.0, &payload, &hash, &preview, &action.recipients()]).await? == 1)
}

/// Writes what came of it.
pub async fn finish(
    db: &Tenant<'_>,
    id: ActionId,
    state: State,
    result: Option<&Value>,
    error: Option<&str>,
) -> Result<()> {
    let sql = "-- actions::finish
        update actions set state = $3, result = coalesce($4, result), error = $5, updated_at = now()
         where user_id = $1 and id = $2 and state = 'approved'";
    db.execute(sql, &[&db.owner.0, &id.0, &state.name(), &result, &error]).await?;
    Ok(())
}

/// What was let happen within the last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// By this tool.
    pub by_tool: i64,
    /// To the one of `recipients` that got most.
    pub to_one: i64,
}

pub async fn spent(db: &Tenant<'_>, tool: &str, recipients: &[String]) -> Result<Spent> {
    let sql = "-- actions::spent
        with recent as (select tool, recipients from actions
                         where user_id = $1 and decided_at > now() - interval '1 day' and state in ('approved', 'done', 'unknown'))
        select (select count(*) from recent where tool = $2) as by_tool,
               coalesce((select max(n) from (select count(*) as n from recent, unnest(recent.recipients) address
                                              where address = any($3) group by address) each), 0) as to_one";
    let row = db.row(sql, &[&db.owner.0, &tool, &recipients]).await?;
    Ok(Spent { by_tool: row.try_get("by_tool")?, to_one: row.try_get("to_one")? })
}

fn kept(row: &Row) -> Result<Kept> {
    let hash: Vec<u8> = row.try_get("hash")?;
    Ok(Kept {
        id: ActionId(row.try_get("id")?),
        tool: row.try_get("tool")?,
        action: serde_json::from_value(row.try_get("payload")?)?,
        hash: hex::encode(hash),
        preview: row.try_get("preview")?,
        reasons: row.try_get("reasons")?,
        state: row.try_get::<_, &str>("state")?.parse()?,
        origin: row.try_get("origin")?,
        conversation_id: row.try_get::<_, Option<Uuid>>("conversation_id")?.map(ConversationId),
        call_id: row.try_get("call_id")?,
        rule_id: row.try_get::<_, Option<i64>>("rule_id")?.map(RuleId),
        event_id: row.try_get::<_, Option<i64>>("event_id")?.map(EventId),
        expires_at: row.try_get("expires_at")?,
        decided_at: row.try_get("decided_at")?,
        decided_by: row.try_get("decided_by")?,
        task_id: row.try_get::<_, Option<Uuid>>("task_id")?.map(TaskId),
        result: row.try_get("result")?,
        error: row.try_get("error")?,
        version: row.try_get("version")?,
        created_at: row.try_get("created_at")?,
    })
}

/// Whether one of these tools is at work now, or was until a moment ago: what is heard meanwhile may be its doing.
pub async fn under_way(db: &Tenant<'_>, tools: &[&str]) -> Result<bool> {
    let sql = "-- actions::under_way
        select exists (select from actions
                        where user_id = $1 and tool = any($2) and state = 'approved' and updated_at > now() - interval '10 minutes')";
    Ok(db.row(sql, &[&db.owner.0, &tools]).await?.try_get(0)?)
}

/// How many tasks stand above the last mail that a rule sent by itself into this thread within a day.
pub async fn depth_of_thread(db: &Tenant<'_>, thread_id: &str) -> Result<i32> {
    let sql = "-- actions::depth_of_thread
        select coalesce(max(t.depth), 0) from actions a join tasks t on t.user_id = a.user_id and t.id = a.task_id
         where a.user_id = $1 and a.tool = 'send_email' and a.origin in ('rule', 'proactive') and a.result ->> 'thread_id' = $2
           and a.decided_at > now() - interval '1 day'";
    Ok(db.row(sql, &[&db.owner.0, &thread_id]).await?.try_get(0)?)
}
