//! The `owners` table: whom HubSpot's records belong to.

use tokio_postgres::Row;

use super::Tenant;
use crate::error::Result;
use crate::model::crm::Owner;

/// Puts owners in the place of what was known of them. Answers how many are new or called otherwise now.
pub async fn put(db: &Tenant<'_>, owners: &[Owner]) -> Result<u64> {
    let sql = "-- owners::put
        insert into owners as o (user_id, owner_id, email, first_name, last_name, is_archived) values ($1, $2, $3, $4, $5, $6)
        on conflict (user_id, owner_id) do update
           set email = excluded.email, first_name = excluded.first_name, last_name = excluded.last_name,
               is_archived = excluded.is_archived, updated_at = now()
         where (o.email, o.first_name, o.last_name, o.is_archived)
               is distinct from (excluded.email, excluded.first_name, excluded.last_name, excluded.is_archived)";
    let mut changed = 0;
    for Owner { id, email, first_name, last_name, is_archived } in owners {
        changed += db.execute(sql, &[&db.owner.0, id, email, first_name, last_name, is_archived]).await?;
    }
    Ok(changed)
}

pub async fn all(db: &Tenant<'_>) -> Result<Vec<Owner>> {
    let sql = "-- owners::all
        select owner_id, email, first_name, last_name, is_archived from owners where user_id = $1 order by owner_id";
    db.rows(sql, &[&db.owner.0]).await?.iter().map(owner).collect()
}

fn owner(row: &Row) -> Result<Owner> {
    Ok(Owner {
        id: row.try_get("owner_id")?,
        email: row.try_get("email")?,
        first_name: row.try_get("first_name")?,
        last_name: row.try_get("last_name")?,
        is_archived: row.try_get("is_archived")?,
    })
}
