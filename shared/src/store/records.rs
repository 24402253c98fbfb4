//! What the tables of HubSpot's records have in common: `companies`, `contacts`, `deals` and `notes`.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Tenant;
use crate::error::Result;
use crate::model::crm::ObjectType;

/// When each of these was changed in HubSpot, as far as they are known.
pub async fn versions(db: &Tenant<'_>, object: ObjectType, ids: &[String]) -> Result<BTreeMap<String, Timestamp>> {
    let table = object.plural();
    let sql = format!(
        "-- records::versions
        select hubspot_id, hubspot_updated_at from {table} where user_id = $1 and hubspot_id = any($2)"
    );
    let rows = db.rows(&sql, &[&db.owner.0, &ids]).await?;
    rows.iter().map(|row| Ok((row.try_get("hubspot_id")?, row.try_get("hubspot_updated_at")?))).collect()
}

pub async fn delete(db: &Tenant<'_>, object: ObjectType, ids: &[String]) -> Result<u64> {
    let table = object.plural();
    let sql = format!("-- records::delete\ndelete from {table} where user_id = $1 and hubspot_id = any($2)");
    db.execute(&sql, &[&db.owner.0, &ids]).await
}

/// Remembers that a reading of the whole portal, begun at `began`, saw these.
pub async fn mark_listed(db: &Tenant<'_>, object: ObjectType, ids: &[String], began: Timestamp) -> Result<()> {
    let table = object.plural();
    let sql = format!(
        "-- records::mark_listed
        update {table} set listed_at = $3 where user_id = $1 and hubspot_id = any($2)"
    );
    db.execute(&sql, &[&db.owner.0, &ids, &began]).await?;
    Ok(())
}

/// Some that this reading did not see, with ids behind `after`.
pub async fn not_listed(
    db: &Tenant<'_>,
    object: ObjectType,
    began: Timestamp,
    after: &str,
    limit: i64,
) -> Result<Vec<String>> {
    let table = object.plural();
    let sql = format!(
        "-- records::not_listed
        select hubspot_id from {table}
         where user_id = $1 and hubspot_id > $3 and (listed_at is null or listed_at < $2)
         order by hubspot_id limit $4"
    );
    let rows = db.rows(&sql, &[&db.owner.0, &began, &after, &limit]).await?;
    rows.iter().map(|row| Ok(row.try_get("hubspot_id")?)).collect()
}
