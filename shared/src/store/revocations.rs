//! The `revocations` table: consents the advisor took back here and that the provider has yet to hear of.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::{Connection, Tenant};
use crate::error::Result;
use crate::model::UserId;
use crate::model::user::Provider;

pub async fn add(db: &Tenant<'_>, provider: Provider, sealed_tokens: &[u8]) -> Result<()> {
    let sql = "-- revocations::add\ninsert into revocations (user_id, provider, sealed_tokens) values ($1, $2, $3)";
    db.execute(sql, &[&db.owner.0, &provider.code(), &sealed_tokens]).await?;
    Ok(())
}

/// The sealed tokens of each, oldest first.
pub async fn list(db: &Tenant<'_>, provider: Provider) -> Result<Vec<Vec<u8>>> {
    let sql = "-- revocations::list
        select sealed_tokens from revocations where user_id = $1 and provider = $2 order by id";
    let rows = db.rows(sql, &[&db.owner.0, &provider.code()]).await?;
    rows.iter().map(|row| Ok(row.try_get("sealed_tokens")?)).collect()
}

/// Of both providers, with their ids; nobody else reads or forgets them until the transaction ends.
pub async fn all(db: &Tenant<'_>) -> Result<Vec<(i64, Provider, Vec<u8>)>> {
    let sql = "-- revocations::all
        select id, provider, sealed_tokens from revocations where user_id = $1 order by id for update";
    let rows = db.rows(sql, &[&db.owner.0]).await?;
    let read = |row: &Row| {
        Ok((row.try_get("id")?, row.try_get::<_, &str>("provider")?.parse()?, row.try_get("sealed_tokens")?))
    };
    rows.iter().map(read).collect()
}

/// The same tokens, sealed anew.
pub async fn reseal(db: &Tenant<'_>, id: i64, sealed_tokens: &[u8]) -> Result<()> {
    let sql = "-- revocations::reseal\nupdate revocations set sealed_tokens = $3 where user_id = $1 and id = $2";
    db.execute(sql, &[&db.owner.0, &id, &sealed_tokens]).await?;
    Ok(())
}

/// The provider was told, or need not be told any more.
pub async fn forget(db: &Tenant<'_>, provider: Provider) -> Result<()> {
    let sql = "-- revocations::forget\ndelete from revocations where user_id = $1 and provider = $2";
    db.execute(sql, &[&db.owner.0, &provider.code()]).await?;
    Ok(())
}

/// Those that no task sees to.
pub async fn due(db: &Connection, most: i32) -> Result<Vec<(UserId, Provider)>> {
    let rows =
        db.rows("-- revocations::due\nselect user_id, provider from lookup.due_revocations($1)", &[&most]).await?;
    rows.iter().map(|row| Ok((UserId(row.try_get("user_id")?), row.try_get::<_, &str>("provider")?.parse()?))).collect()
}

/// Gives up those no provider wanted to hear of. Answers how many.
pub async fn give_up(db: &Connection, before: Timestamp) -> Result<i64> {
    Ok(db.row("-- revocations::give_up\nselect lookup.forget_revocations($1)", &[&before]).await?.try_get(0)?)
}
