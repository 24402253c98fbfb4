//! The `connections` table: what an advisor connected, with the tokens sealed.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::{Connection as Db, Tenant};
use crate::error::Result;
use crate::model::UserId;
use crate::model::user::{Connection, Provider};

/// A connection with its sealed tokens.
pub struct Sealed {
    pub connection: Connection,
    pub tokens: Option<Vec<u8>>,
    /// When this account was connected first.
    pub connected_at: Timestamp,
    /// The provider's number of our application, if it gave one.
    pub app_id: Option<i64>,
}

/// Puts a connection in the place of the one before.
pub async fn put(db: &Tenant<'_>, connection: &Connection, tokens: &[u8], expires_at: Timestamp) -> Result<()> {
    let sql = "-- connections::put
        insert into connections (user_id, provider, account_id, account_email, scopes, sealed_tokens, access_expires_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (user_id, provider) do update
           set account_id = excluded.account_id, account_email = excluded.account_email, scopes = excluded.scopes,
               sealed_tokens = excluded.sealed_tokens, access_expires_at = excluded.access_expires_at,
               needs_reconnect = false, updated_at = now(),
               created_at = case when connections.account_id = excluded.account_id then connections.created_at else now() end";
    let Connection { provider, account_id, account_email, scopes, .. } = connection;
    db.execute(sql, &[&db.owner.0, &provider.code(), account_id, account_email, scopes, &tokens, &expires_at]).await?;
    Ok(())
}

pub async fn get(db: &Tenant<'_>, provider: Provider) -> Result<Option<Sealed>> {
    let sql = "-- connections::get
        select provider, account_id, account_email, scopes, sealed_tokens, needs_reconnect, created_at, app_id
          from connections where user_id = $1 and provider = $2";
    db.maybe(sql, &[&db.owner.0, &provider.code()]).await?.as_ref().map(sealed).transpose()
}

/// The same, and nobody else refreshes it until the transaction ends.
pub async fn lock(db: &Tenant<'_>, provider: Provider) -> Result<Option<Sealed>> {
    let sql = "-- connections::lock
        select provider, account_id, account_email, scopes, sealed_tokens, needs_reconnect, created_at, app_id
          from connections where user_id = $1 and provider = $2 for update";
    db.maybe(sql, &[&db.owner.0, &provider.code()]).await?.as_ref().map(sealed).transpose()
}

/// Remembers the provider's number of our application.
pub async fn put_app(db: &Tenant<'_>, provider: Provider, app_id: Option<i64>) -> Result<()> {
    let sql = "-- connections::put_app
        update connections set app_id = coalesce($3, app_id) where user_id = $1 and provider = $2";
    db.execute(sql, &[&db.owner.0, &provider.code(), &app_id]).await?;
    Ok(())
}

pub async fn put_tokens(db: &Tenant<'_>, provider: Provider, tokens: &[u8], expires_at: Timestamp) -> Result<()> {
    let sql = "-- connections::put_tokens
        update connections set sealed_tokens = $3, access_expires_at = $4, needs_reconnect = false, updated_at = now()
         where user_id = $1 and provider = $2";
    db.execute(sql, &[&db.owner.0, &provider.code(), &tokens, &expires_at]).await?;
    Ok(())
}

/// The provider takes its refresh token no more: it is forgotten.
pub async fn mark_ended(db: &Tenant<'_>, provider: Provider) -> Result<()> {
    let sql = "-- connections::mark_ended
        update connections set needs_reconnect = true, sealed_tokens = null, updated_at = now()
         where user_id = $1 and provider = $2";
    db.execute(sql, &[&db.owner.0, &provider.code()]).await?;
    Ok(())
}

/// What is stored is still what was found not to open: the account has to be connected again. The tokens stay, because a key
/// that is put back opens them.
pub async fn mark_unreadable(db: &Tenant<'_>, provider: Provider, tokens: &[u8]) -> Result<()> {
    let sql = "-- connections::mark_unreadable
        update connections set needs_reconnect = true, updated_at = now()
         where user_id = $1 and provider = $2 and sealed_tokens = $3";
    db.execute(sql, &[&db.owner.0, &provider.code(), &tokens]).await?;
    Ok(())
}

/// The same tokens, sealed anew; whatever they were thought to be before, they open.
pub async fn reseal(db: &Tenant<'_>, provider: Provider, tokens: &[u8]) -> Result<()> {
    let sql = "-- connections::reseal
        update connections set sealed_tokens = $3, needs_reconnect = false where user_id = $1 and provider = $2";
    db.execute(sql, &[&db.owner.0, &provider.code(), &tokens]).await?;
    Ok(())
}

/// Whose tokens begin with something else, after this advisor.
pub async fn sealed_otherwise(db: &Db, beginning: &[u8], after: UserId, most: i32) -> Result<Vec<UserId>> {
    let sql = "-- connections::sealed_otherwise\nselect lookup.sealed_otherwise($1, $2, $3) as user_id";
    let rows = db.rows(sql, &[&beginning, &after.0, &most]).await?;
    rows.iter().map(|row| Ok(UserId(row.try_get("user_id")?))).collect()
}

pub async fn list(db: &Tenant<'_>) -> Result<Vec<Connection>> {
    let sql = "-- connections::list
        select provider, account_id, account_email, scopes, needs_reconnect
          from connections where user_id = $1 order by provider";
    db.rows(sql, &[&db.owner.0]).await?.iter().map(connection).collect()
}

/// Forgets an account with its tokens; `false` when there was none.
pub async fn delete(db: &Tenant<'_>, provider: Provider) -> Result<bool> {
    let sql = "-- connections::delete\ndelete from connections where user_id = $1 and provider = $2";
    Ok(db.execute(sql, &[&db.owner.0, &provider.code()]).await? == 1)
}

/// Everybody who connected this portal: several advisors may share one.
pub async fn portal_owners(db: &Db, portal: &str) -> Result<Vec<UserId>> {
    owners(db, "-- connections::portal_owners\nselect lookup.portal_owners($1) as user_id", portal).await
}

/// Whose mailbox an address is.
pub async fn mailbox_owners(db: &Db, email: &str) -> Result<Vec<UserId>> {
    owners(db, "-- connections::mailbox_owners\nselect lookup.mailbox_owners($1) as user_id", email).await
}

async fn owners(db: &Db, sql: &str, account: &str) -> Result<Vec<UserId>> {
    db.rows(sql, &[&account]).await?.iter().map(|row| Ok(UserId(row.try_get("user_id")?))).collect()
}

/// What was not read for `every`, and has no task that does it: whose, and the task's type.
pub async fn due_readings(db: &Db, every: std::time::Duration, most: i32) -> Result<Vec<(UserId, String)>> {
    let sql = "-- connections::due_readings
        select user_id, task_type from lookup.due_readings(make_interval(secs => $1), $2)";
    let rows = db.rows(sql, &[&every.as_secs_f64(), &most]).await?;
    rows.iter().map(|row| Ok((UserId(row.try_get("user_id")?), row.try_get("task_type")?))).collect()
}

fn sealed(row: &Row) -> Result<Sealed> {
    Ok(Sealed {
        connection: connection(row)?,
        tokens: row.try_get("sealed_tokens")?,
        connected_at: row.try_get("created_at")?,
        app_id: row.try_get("app_id")?,
    })
}

fn connection(row: &Row) -> Result<Connection> {
    Ok(Connection {
        provider: row.try_get::<_, &str>("provider")?.parse()?,
        account_id: row.try_get("account_id")?,
        account_email: row.try_get("account_email")?,
        scopes: row.try_get("scopes")?,
        needs_reconnect: row.try_get("needs_reconnect")?,
    })
}
