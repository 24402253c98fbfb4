//! The `companies` table.

use tokio_postgres::Row;

use super::Tenant;
use crate::error::Result;
use crate::model::crm::Company;

/// Puts a company in the place of what was known of it. Answers our id.
pub async fn put(db: &Tenant<'_>, company: &Company) -> Result<i64> {
    let sql = "-- companies::put
        insert into companies (user_id, hubspot_id, name, domain, phone, industry, owner_id, properties, hubspot_created_at,
               hubspot_updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict on constraint companies_hubspot_id_key do update
           set name = excluded.name, domain = excluded.domain, phone = excluded.phone, industry = excluded.industry,
               owner_id = excluded.owner_id, properties = excluded.properties,
               hubspot_updated_at = excluded.hubspot_updated_at, updated_at = now()
        returning id";
    let Company { hubspot_id, title, domain, phone, industry, owner_id, created_at, updated_at, .. } = company;
    let properties = serde_json::to_value(&company.properties)?;
    let row = db
        .row(
            sql,
            &[&db.owner.0, hubspot_id, title, domain, phone, industry, owner_id, &properties, created_at, updated_at],
        )
        .await?;
    Ok(row.try_get("id")?)
}

const COLUMNS: &str =
    "hubspot_id, name, domain, phone, industry, owner_id, properties, hubspot_created_at, hubspot_updated_at";

pub async fn get_many(db: &Tenant<'_>, hubspot_ids: &[String]) -> Result<Vec<Company>> {
    let sql = format!(
        "-- companies::get_many
        select {COLUMNS} from companies where user_id = $1 and hubspot_id = any($2) order by hubspot_id"
    );
    db.rows(&sql, &[&db.owner.0, &hubspot_ids]).await?.iter().map(company).collect()
}

fn company(row: &Row) -> Result<Company> {
    Ok(Company {
        hubspot_id: row.try_get("hubspot_id")?,
        title: row.try_get("name")?,
        domain: row.try_get("domain")?,
        phone: row.try_get("phone")?,
        industry: row.try_get("industry")?,
        owner_id: row.try_get("owner_id")?,
        properties: serde_json::from_value(row.try_get("properties")?)?,
        created_at: row.try_get("hubspot_created_at")?,
        updated_at: row.try_get("hubspot_updated_at")?,
    })
}
