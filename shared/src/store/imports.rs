//! The `imports` table, and what only a move from the earlier system writes.

use jiff::Timestamp;
use serde_json::Value;

use super::{Connection, Tenant};
use crate::error::Result;
use crate::model::{RuleId, TaskId, UserId};

/// What of the earlier system a row was.
#[derive(Clone, Copy)]
pub enum Kind {
    User,
    Connection,
    Rule,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Connection => "connection",
            Self::Rule => "rule",
        }
    }
}

/// Whom an advisor of the earlier system became.
pub async fn user(db: &Connection, source: &str, id: &str) -> Result<Option<UserId>> {
    let row = db.row("-- imports::user\nselect lookup.imported_user($1, $2)", &[&source, &id]).await?;
    Ok(row.try_get::<_, Option<i64>>(0)?.map(UserId))
}

/// Who has this address here.
pub async fn of_address(db: &Connection, address: &str) -> Result<Vec<UserId>> {
    let rows = db.rows("-- imports::of_address\nselect lookup.address_owners($1) as user_id", &[&address]).await?;
    rows.iter().map(|row| Ok(UserId(row.try_get("user_id")?))).collect()
}

/// The advisor who was brought with this address and has not signed in yet: from now on this Google account's.
pub async fn claim(db: &Connection, sub: &str, address: &str, now: Timestamp) -> Result<Option<UserId>> {
    let row = db.row("-- imports::claim\nselect lookup.claim_import($1, $2, $3)", &[&sub, &address, &now]).await?;
    Ok(row.try_get::<_, Option<i64>>(0)?.map(UserId))
}

/// Remembers that it was brought; `false` when it was before.
pub async fn put(db: &Tenant<'_>, source: &str, kind: Kind, id: &str) -> Result<bool> {
    let sql = "-- imports::put
        insert into imports (user_id, source, kind, source_id) values ($1, $2, $3, $4) on conflict do nothing";
    Ok(db.execute(sql, &[&db.owner.0, &source, &kind.name(), &id]).await? == 1)
}

pub async fn has(db: &Tenant<'_>, source: &str, kind: Kind, id: &str) -> Result<bool> {
    let sql = "-- imports::has
        select 1 from imports where user_id = $1 and source = $2 and kind = $3 and source_id = $4";
    Ok(db.maybe(sql, &[&db.owner.0, &source, &kind.name(), &id]).await?.is_some())
}

/// Who an advisor was.
pub struct Person<'a> {
    pub email: &'a str,
    pub name: Option<&'a str>,
    pub time_zone: &'a str,
    pub is_active: bool,
    pub created_at: Timestamp,
    /// Until when the address is enough to be known again.
    pub claimable_until: Timestamp,
}

/// As long as nobody has signed in as them.
pub async fn put_person(db: &Tenant<'_>, person: &Person<'_>) -> Result<()> {
    let sql = "-- imports::put_person
        update users set email = $2, full_name = $3, timezone = $4, is_active = $5, created_at = $6, claimable_until = $7
         where id = $1 and google_sub like 'import:%'";
    let Person { email, name, time_zone, is_active, created_at, claimable_until } = person;
    db.execute(sql, &[&db.owner.0, email, name, time_zone, is_active, created_at, claimable_until]).await?;
    Ok(())
}

/// When a standing instruction was made and last did something.
pub async fn date_rule(
    db: &Tenant<'_>,
    id: RuleId,
    created_at: Timestamp,
    last_triggered_at: Option<Timestamp>,
) -> Result<()> {
    let sql = "-- imports::date_rule
        update memory_rules set created_at = $3, last_triggered_at = $4 where user_id = $1 and id = $2";
    db.execute(sql, &[&db.owner.0, &id.0, &created_at, &last_triggered_at]).await?;
    Ok(())
}

/// A task that is over.
pub struct Past {
    pub id: TaskId,
    /// Known by this when it comes again.
    pub key: String,
    pub task_type: String,
    pub payload: Value,
    pub is_done: bool,
    pub attempts: i32,
    pub most_attempts: i32,
    pub result: Value,
    pub last_error: Option<String>,
    pub cause: Option<TaskId>,
    pub scheduled_for: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub completed_at: Timestamp,
}

/// `false` when it was brought before.
pub async fn put_task(db: &Tenant<'_>, past: &Past) -> Result<bool> {
    let sql = "-- imports::put_task
        insert into tasks (user_id, id, task_type, lane, payload, state, attempt, max_attempts, result, last_error, cause_task,
               run_after, created_at, updated_at, completed_at, dedupe_key)
        values ($1, $2, $3, 'import', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        on conflict on constraint tasks_dedupe_key do nothing";
    let state = if past.is_done { "done" } else { "failed" };
    let added = db
        .execute(
            sql,
            &[
                &db.owner.0,
                &past.id.0,
                &past.task_type,
                &past.payload,
                &state,
                &past.attempts,
                &past.most_attempts,
                &past.result,
                &past.last_error,
                &past.cause.map(|cause| cause.0),
                &past.scheduled_for,
                &past.created_at,
                &past.updated_at,
                &past.completed_at,
                &past.key,
            ],
        )
        .await?;
    Ok(added == 1)
}
