//! The `users` table.

use tokio_postgres::Row;

use super::{Connection, Tenant};
use crate::error::Result;
use crate::model::UserId;
use crate::model::user::User;

/// The advisor with this Google account; made if there is none yet.
pub async fn for_google(db: &Connection, sub: &str) -> Result<UserId> {
    let row = db.row("-- users::for_google\nselect lookup.user_for_google($1)", &[&sub]).await?;
    Ok(UserId(row.try_get(0)?))
}

/// What Google said at sign-in.
pub struct Profile<'a> {
    pub email: &'a str,
    pub name: Option<&'a str>,
    pub picture: Option<&'a str>,
}

pub async fn put_profile(db: &Tenant<'_>, profile: &Profile<'_>) -> Result<()> {
    let sql = "-- users::put_profile
        update users set email = $2, full_name = coalesce($3, full_name), picture = coalesce($4, picture), updated_at = now()
         where id = $1";
    db.execute(sql, &[&db.owner.0, &profile.email, &profile.name, &profile.picture]).await?;
    Ok(())
}

pub async fn get(db: &Tenant<'_>) -> Result<Option<User>> {
    let sql = "-- users::get
        select id, email, full_name, picture, timezone, is_active, created_at, updated_at from users where id = $1";
    db.maybe(sql, &[&db.owner.0]).await?.as_ref().map(user).transpose()
}

/// Puts the advisor's time zone, an IANA name. Answers whether it was another.
pub async fn put_time_zone(db: &Tenant<'_>, name: &str) -> Result<bool> {
    let sql = "-- users::put_time_zone
        update users set timezone = $2, updated_at = now() where id = $1 and timezone <> $2";
    Ok(db.execute(sql, &[&db.owner.0, &name]).await? == 1)
}

/// Holds back every other transaction that would change this advisor's documents.
pub async fn lock(db: &Tenant<'_>) -> Result<()> {
    db.execute("-- users::lock\nselect 1 from users where id = $1 for no key update", &[&db.owner.0]).await?;
    Ok(())
}

/// Whether the account is open; nobody closes it until the transaction ends.
pub async fn hold_open(db: &Tenant<'_>) -> Result<bool> {
    let sql = "-- users::hold_open\nselect is_active from users where id = $1 for key share";
    Ok(db.maybe(sql, &[&db.owner.0]).await?.map(|row| row.try_get("is_active")).transpose()?.unwrap_or_default())
}

/// The address of an account that is about to be closed, if it is open: until the transaction ends nothing is added to it.
pub async fn lock_to_close(db: &Tenant<'_>) -> Result<Option<String>> {
    let sql = "-- users::lock_to_close\nselect email from users where id = $1 and is_active for update";
    Ok(db.maybe(sql, &[&db.owner.0]).await?.map(|row| row.try_get("email")).transpose()?)
}

/// Closes the account for good, and forgets who it was but for Google's number of them, which keeps them out until it is gone.
pub async fn close(db: &Tenant<'_>, receipt_hash: &[u8]) -> Result<()> {
    let sql = "-- users::close
        update users set is_active = false, receipt_hash = $2, email = '', full_name = null, picture = null, timezone = 'UTC',
               updated_at = now()
         where id = $1";
    db.execute(sql, &[&db.owner.0, &receipt_hash]).await?;
    Ok(())
}

/// The receipt of the erasure that is under way.
pub async fn receipt(db: &Tenant<'_>) -> Result<Option<Vec<u8>>> {
    let sql = "-- users::receipt\nselect receipt_hash from users where id = $1";
    Ok(db.maybe(sql, &[&db.owner.0]).await?.map(|row| row.try_get("receipt_hash")).transpose()?.flatten())
}

/// The last row. What hangs on it goes with it.
pub async fn delete(db: &Tenant<'_>) -> Result<()> {
    db.execute("-- users::delete\ndelete from users where id = $1", &[&db.owner.0]).await?;
    Ok(())
}

fn user(row: &Row) -> Result<User> {
    Ok(User {
        id: UserId(row.try_get("id")?),
        email: row.try_get("email")?,
        name: row.try_get("full_name")?,
        picture: row.try_get("picture")?,
        time_zone: row.try_get("timezone")?,
        is_active: row.try_get("is_active")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
