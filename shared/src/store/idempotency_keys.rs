//! The `idempotency_keys` table: the answers of requests that are to be done once, for a day.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{Connection, Tenant};
use crate::error::Result;

/// Whose turn it is.
pub enum Claimed {
    /// The caller's: nobody came with this key before.
    Ours,
    /// Somebody came with it before.
    Known(Known),
}

/// A request that came with the same key.
pub struct Known {
    pub request_hash: Vec<u8>,
    /// None while it is under way.
    pub answer: Option<Answer>,
}

pub struct Answer {
    pub status: u16,
    /// Pairs of name and value.
    pub headers: Value,
    pub body: Vec<u8>,
}

/// Takes a key. One that nobody has answered for within `given_up` is taken over.
pub async fn claim(db: &Tenant<'_>, key: &str, hash: &[u8], claim: Uuid, given_up: Duration) -> Result<Claimed> {
    let sql = "-- idempotency_keys::claim
        insert into idempotency_keys as k (user_id, key, request_hash, claim) values ($1, $2, $3, $4)
        on conflict (user_id, key) do update
           set request_hash = $3, claim = $4, status = null, headers = '[]', body = '', created_at = now()
         where k.created_at < now() - interval '1 day'
            or k.status is null and k.request_hash = $3 and k.created_at < now() - make_interval(secs => $5)";
    if db.execute(sql, &[&db.owner.0, &key, &hash, &claim, &given_up.as_secs_f64()]).await? == 1 {
        return Ok(Claimed::Ours);
    }
    let sql = "-- idempotency_keys::claim (read)
        select request_hash, status, headers, body from idempotency_keys where user_id = $1 and key = $2";
    let Some(row) = db.maybe(sql, &[&db.owner.0, &key]).await? else {
        // It was given back this moment.
        return Ok(Claimed::Known(Known { request_hash: hash.to_vec(), answer: None }));
    };
    let answer = match row.try_get::<_, Option<i16>>("status")? {
        Some(status) => Some(Answer {
            status: u16::try_from(status).unwrap_or_default(),
            headers: row.try_get("headers")?,
            body: row.try_get("body")?,
        }),
        None => None,
    };
    Ok(Claimed::Known(Known { request_hash: row.try_get("request_hash")?, answer }))
}

/// Keeps the answer for those who ask again.
pub async fn keep(db: &Tenant<'_>, key: &str, claim: Uuid, answer: &Answer) -> Result<()> {
    let sql = "-- idempotency_keys::keep
        update idempotency_keys set status = $4, headers = $5, body = $6 where user_id = $1 and key = $2 and claim = $3";
    let status = i16::try_from(answer.status).unwrap_or(i16::MAX);
    db.execute(sql, &[&db.owner.0, &key, &claim, &status, &answer.headers, &answer.body]).await?;
    Ok(())
}

/// Gives the key back: nothing was done.
pub async fn release(db: &Tenant<'_>, key: &str, claim: Uuid) -> Result<()> {
    let sql = "-- idempotency_keys::release
        delete from idempotency_keys where user_id = $1 and key = $2 and claim = $3";
    db.execute(sql, &[&db.owner.0, &key, &claim]).await?;
    Ok(())
}

/// Forgets keys that were first used before this. Answers how many.
pub async fn forget(db: &Connection, before: Timestamp) -> Result<i64> {
    let sql = "-- idempotency_keys::forget\nselect lookup.forget_idempotency_keys($1) as gone";
    Ok(db.row(sql, &[&before]).await?.try_get("gone")?)
}
