//! The `sessions` and `session_tokens` tables.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Connection, Tenant};
use crate::error::Result;
use crate::model::UserId;

/// A token as it stands in its session.
#[derive(Debug, Clone)]
pub struct Token {
    pub user: UserId,
    pub session: Uuid,
    pub generation: i32,
    /// The generation of the newest token of the session.
    pub newest: i32,
    pub newest_used: bool,
    pub issued_at: Timestamp,
    pub used: bool,
    pub superseded_at: Option<Timestamp>,
    /// The answer with the token after this one was lost once already.
    pub forgiven: bool,
    pub expires_at: Timestamp,
    pub revoked: bool,
}

/// Who is behind a token, before any tenant is known.
pub async fn find(db: &Connection, hash: &[u8]) -> Result<Option<Token>> {
    let sql = "-- sessions::find
        select user_id, session_id, generation, newest, newest_used, issued_at, first_used, superseded_at, forgiven, expires_at, revoked
          from lookup.session($1)";
    db.maybe(sql, &[&hash]).await?.as_ref().map(token).transpose()
}

pub(super) fn token(row: &Row) -> Result<Token> {
    Ok(Token {
        user: UserId(row.try_get("user_id")?),
        session: row.try_get("session_id")?,
        generation: row.try_get("generation")?,
        newest: row.try_get("newest")?,
        newest_used: row.try_get("newest_used")?,
        issued_at: row.try_get("issued_at")?,
        used: row.try_get("first_used")?,
        superseded_at: row.try_get("superseded_at")?,
        forgiven: row.try_get("forgiven")?,
        expires_at: row.try_get("expires_at")?,
        revoked: row.try_get("revoked")?,
    })
}

pub async fn start(db: &Tenant<'_>, id: Uuid, hash: &[u8], now: Timestamp, expires_at: Timestamp) -> Result<()> {
    let sql = "-- sessions::start
        with s as (insert into sessions (user_id, id, created_at, expires_at) values ($1, $2, $4, $5))
        insert into session_tokens (user_id, session_id, token_hash, generation, issued_at) values ($1, $2, $3, 1, $4)";
    db.execute(sql, &[&db.owner.0, &id, &hash, &now, &expires_at]).await?;
    Ok(())
}

/// Adds the token that follows `generation`; `false` when somebody else was first.
pub async fn supersede(db: &Tenant<'_>, id: Uuid, generation: i32, hash: &[u8], now: Timestamp) -> Result<bool> {
    let sql = "-- sessions::supersede
        insert into session_tokens (user_id, session_id, token_hash, generation, issued_at)
        select user_id, id, $4, $3 + 1, $5 from sessions where user_id = $1 and id = $2 and revoked_at is null
        on conflict (user_id, session_id, generation) do nothing";
    if db.execute(sql, &[&db.owner.0, &id, &generation, &hash, &now]).await? == 0 {
        return Ok(false);
    }
    let sql = "-- sessions::supersede (mark)
        update session_tokens set superseded_at = coalesce(superseded_at, $4)
         where user_id = $1 and session_id = $2 and generation = $3";
    db.execute(sql, &[&db.owner.0, &id, &generation, &now]).await?;
    Ok(true)
}

/// Puts another token in the place of one that was sent and never arrived. `false` when it did arrive, or when somebody else has
/// put one there this moment: of several calls at the same time one alone sends a token.
pub async fn replace_unused(db: &Tenant<'_>, id: Uuid, generation: i32, hash: &[u8], now: Timestamp) -> Result<bool> {
    // Only one lost answer is forgiven; the grace for requests under way begins anew.
    let sql = "-- sessions::replace_unused (forgive)
        update session_tokens set superseded_at = $4, forgiven = true
         where user_id = $1 and session_id = $2 and generation = $3 - 1 and not forgiven";
    if db.execute(sql, &[&db.owner.0, &id, &generation, &now]).await? == 0 {
        return Ok(false);
    }
    let sql = "-- sessions::replace_unused (lost)
        select token_hash, issued_at from session_tokens
         where user_id = $1 and session_id = $2 and generation = $3 and first_used_at is null
           for update";
    let Some(lost) = db.maybe(sql, &[&db.owner.0, &id, &generation]).await? else { return Ok(false) };
    let sql = "-- sessions::replace_unused
        update session_tokens set token_hash = $4, issued_at = $5
         where user_id = $1 and session_id = $2 and generation = $3";
    db.execute(sql, &[&db.owner.0, &id, &generation, &hash, &now]).await?;
    // The lost one is kept under the negative of its generation, which comes before all others: should it turn up after all,
    // two have a token of this session.
    let sql = "-- sessions::replace_unused (keep)
        insert into session_tokens (user_id, session_id, token_hash, generation, issued_at) values ($1, $2, $4, -$3::integer, $5)";
    let (lost_hash, issued_at): (Vec<u8>, Timestamp) = (lost.try_get("token_hash")?, lost.try_get("issued_at")?);
    db.execute(sql, &[&db.owner.0, &id, &generation, &lost_hash, &issued_at]).await?;
    Ok(true)
}

pub async fn mark_used(db: &Tenant<'_>, id: Uuid, generation: i32, now: Timestamp) -> Result<()> {
    let sql = "-- sessions::mark_used
        update session_tokens set first_used_at = $4
         where user_id = $1 and session_id = $2 and generation = $3 and first_used_at is null";
    db.execute(sql, &[&db.owner.0, &id, &generation, &now]).await?;
    Ok(())
}

/// Ends a session, with every token it ever had. `false` when there was nothing to end.
pub async fn revoke(db: &Tenant<'_>, id: Uuid, now: Timestamp) -> Result<bool> {
    let sql = "-- sessions::revoke
        update sessions set revoked_at = $3
         where user_id = $1 and id = $2 and revoked_at is null and expires_at > $3";
    Ok(db.execute(sql, &[&db.owner.0, &id, &now]).await? == 1)
}

/// Ends every session the advisor has. Answers how many there were.
pub async fn revoke_all(db: &Tenant<'_>, now: Timestamp) -> Result<u64> {
    let sql = "-- sessions::revoke_all
        update sessions set revoked_at = $2 where user_id = $1 and revoked_at is null and expires_at > $2";
    db.execute(sql, &[&db.owner.0, &now]).await
}

/// A session somebody could go on with.
pub struct Open {
    pub id: Uuid,
    pub created_at: Timestamp,
    /// When its newest token was made.
    pub renewed_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Those that are neither over nor were left alone since `idle_since`, the one that was used last first.
pub async fn list(db: &Tenant<'_>, now: Timestamp, idle_since: Timestamp) -> Result<Vec<Open>> {
    let sql = "-- sessions::list
        select s.id, s.created_at, s.expires_at, n.issued_at
          from sessions s
          cross join lateral (
                select t.issued_at from session_tokens t
                 where t.user_id = s.user_id and t.session_id = s.id
                 order by t.generation desc limit 1) n
         where s.user_id = $1 and s.revoked_at is null and s.expires_at > $2 and n.issued_at >= $3
         order by n.issued_at desc, s.id desc";
    let rows = db.rows(sql, &[&db.owner.0, &now, &idle_since]).await?;
    let open = |row: &Row| {
        Ok(Open {
            id: row.try_get("id")?,
            created_at: row.try_get("created_at")?,
            renewed_at: row.try_get("issued_at")?,
            expires_at: row.try_get("expires_at")?,
        })
    };
    rows.iter().map(open).collect()
}

/// Forgets sessions that were over before this, with their tokens. Answers how many.
pub async fn forget(db: &Connection, before: Timestamp) -> Result<i64> {
    Ok(db.row("-- sessions::forget\nselect lookup.forget_sessions($1)", &[&before]).await?.try_get(0)?)
}
