//! The `deals` table.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::Tenant;
use crate::error::Result;
use crate::model::crm::Deal;

/// Puts a deal in the place of what was known of it. Answers our id.
pub async fn put(db: &Tenant<'_>, deal: &Deal) -> Result<i64> {
    let sql = "-- deals::put
        insert into deals (user_id, hubspot_id, name, amount, closes_at, stage_id, pipeline_id, owner_id, is_closed, is_won,
               contact_ids, company_ids, properties, hubspot_created_at, hubspot_updated_at)
        values ($1, $2, $3, $4::text::numeric, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        on conflict on constraint deals_hubspot_id_key do update
           set name = excluded.name, amount = excluded.amount, closes_at = excluded.closes_at, stage_id = excluded.stage_id,
               pipeline_id = excluded.pipeline_id, owner_id = excluded.owner_id, is_closed = excluded.is_closed,
               is_won = excluded.is_won, contact_ids = excluded.contact_ids, company_ids = excluded.company_ids,
               properties = excluded.properties, hubspot_updated_at = excluded.hubspot_updated_at, updated_at = now()
        returning id";
    let properties = serde_json::to_value(&deal.properties)?;
    let row = db
        .row(
            sql,
            &[
                &db.owner.0,
                &deal.hubspot_id,
                &deal.title,
                &deal.amount,
                &deal.closes_at,
                &deal.stage_id,
                &deal.pipeline_id,
                &deal.owner_id,
                &deal.is_closed,
                &deal.is_won,
                &deal.contact_ids,
                &deal.company_ids,
                &properties,
                &deal.created_at,
                &deal.updated_at,
            ],
        )
        .await?;
    Ok(row.try_get("id")?)
}

const COLUMNS: &str =
    "d.hubspot_id, d.name, d.amount::text as amount, d.closes_at, d.stage_id, d.pipeline_id, d.owner_id,
    d.is_closed, d.is_won, d.contact_ids, d.company_ids, d.properties, d.hubspot_created_at, d.hubspot_updated_at";

pub async fn get_many(db: &Tenant<'_>, hubspot_ids: &[String]) -> Result<Vec<Deal>> {
    let sql = format!(
        "-- deals::get_many
        select {COLUMNS} from deals d where d.user_id = $1 and d.hubspot_id = any($2) order by d.hubspot_id"
    );
    db.rows(&sql, &[&db.owner.0, &hubspot_ids]).await?.iter().map(deal).collect()
}

/// Those with any of these contacts or any of these companies; the ones that close last come first.
pub async fn about(db: &Tenant<'_>, contact_ids: &[String], company_ids: &[String]) -> Result<Vec<Deal>> {
    let sql = format!(
        "-- deals::about
        select {COLUMNS} from deals d where d.user_id = $1 and (d.contact_ids && $2 or d.company_ids && $3)
         order by d.closes_at desc nulls last, d.hubspot_id"
    );
    db.rows(&sql, &[&db.owner.0, &contact_ids, &company_ids]).await?.iter().map(deal).collect()
}

/// Puts `to` in the place of the contacts `from`; nobody, if there is no `to`. Answers which deals that changed.
pub async fn repoint_contacts(db: &Tenant<'_>, from: &[String], to: Option<&str>) -> Result<Vec<String>> {
    let sql = "-- deals::repoint_contacts
        update deals set updated_at = now(), contact_ids = array(
               select distinct case when id = any($2) then $3 else id end from unnest(contact_ids) id
                where $3 is not null or id <> all($2) order by 1)
         where user_id = $1 and contact_ids && $2 returning hubspot_id";
    db.rows(sql, &[&db.owner.0, &from, &to]).await?.iter().map(|row| Ok(row.try_get("hubspot_id")?)).collect()
}

/// The same with companies.
pub async fn repoint_companies(db: &Tenant<'_>, from: &[String], to: Option<&str>) -> Result<Vec<String>> {
    let sql = "-- deals::repoint_companies
        update deals set updated_at = now(), company_ids = array(
               select distinct case when id = any($2) then $3 else id end from unnest(company_ids) id
                where $3 is not null or id <> all($2) order by 1)
         where user_id = $1 and company_ids && $2 returning hubspot_id";
    db.rows(sql, &[&db.owner.0, &from, &to]).await?.iter().map(|row| Ok(row.try_get("hubspot_id")?)).collect()
}

/// Which deals are wanted. What is left out does not matter.
#[derive(Default)]
pub struct Filter {
    /// Lower case; each stands in the name, the description, the labels, or the name of somebody it is with.
    pub words: Vec<String>,
    /// Only these.
    pub ids: Option<Vec<String>>,
    /// A part of the stage's label or id, whatever its case and spaces.
    pub stage: Option<String>,
    /// A part of the owner's name or address.
    pub owner: Option<String>,
    pub contact_id: Option<String>,
    pub open_only: bool,
    pub min_amount: Option<f64>,
    pub max_amount: Option<f64>,
    pub closes_since: Option<Timestamp>,
    pub closes_until: Option<Timestamp>,
}

/// What was found: some, and what can be said of all.
pub struct Found {
    pub deals: Vec<Deal>,
    pub total: i64,
    /// Of all amounts, in decimal digits; nothing when no deal has one.
    pub sum: Option<String>,
}

/// Open ones first, then by when they close.
pub async fn find(db: &Tenant<'_>, filter: &Filter, limit: i64) -> Result<Found> {
    let sql = format!(
        "-- deals::find
        select {COLUMNS}, count(*) over () as total, (sum(d.amount) over ())::text as sum
          from deals d
          left join pipelines p on p.user_id = $1 and p.pipeline_id = d.pipeline_id
          left join pipeline_stages s on s.user_id = $1 and s.pipeline_id = d.pipeline_id and s.stage_id = d.stage_id
          left join owners o on o.user_id = $1 and o.owner_id = d.owner_id
         cross join lateral (select lower(concat_ws(' ', d.name, d.properties->>'description', s.label, p.label,
               (select string_agg(concat_ws(' ', c.first_name, c.last_name, c.email), ' ')
                  from contacts c where c.user_id = $1 and c.hubspot_id = any(d.contact_ids)),
               (select string_agg(k.name, ' ')
                  from companies k where k.user_id = $1 and k.hubspot_id = any(d.company_ids)))) as text) whole
         where d.user_id = $1
           and coalesce((select bool_and(position(word in whole.text) > 0) from unnest($2::text[]) word), true)
           and ($3::text[] is null or d.hubspot_id = any($3))
           and ($4::text is null or position(replace(lower($4), ' ', '') in replace(lower(concat_ws('|', s.label, d.stage_id)), ' ', '')) > 0)
           and ($5::text is null or position(lower($5) in lower(concat_ws(' ', o.first_name, o.last_name, o.email))) > 0)
           and ($6::text is null or d.contact_ids @> array[$6])
           and not ($7 and d.is_closed)
           and ($8::float8 is null or d.amount >= $8::float8::numeric)
           and ($9::float8 is null or d.amount <= $9::float8::numeric)
           and ($10::timestamptz is null or d.closes_at >= $10)
           and ($11::timestamptz is null or d.closes_at < $11)
         order by d.is_closed, d.closes_at nulls last, d.hubspot_id
         limit $12"
    );
    let Filter { words, ids, stage, owner, contact_id, open_only, min_amount, max_amount, closes_since, closes_until } =
        filter;
    let rows = db
        .rows(
            &sql,
            &[
                &db.owner.0,
                words,
                ids,
                stage,
                owner,
                contact_id,
                open_only,
                min_amount,
                max_amount,
                closes_since,
                closes_until,
                &limit,
            ],
        )
        .await?;
    Ok(Found {
        total: rows.first().map_or(Ok(0), |row| row.try_get("total"))?,
        sum: rows.first().map_or(Ok(None), |row| row.try_get("sum"))?,
        deals: rows.iter().map(deal).collect::<Result<_>>()?,
    })
}

fn deal(row: &Row) -> Result<Deal> {
    Ok(Deal {
        hubspot_id: row.try_get("hubspot_id")?,
        title: row.try_get("name")?,
        amount: row.try_get("amount")?,
        closes_at: row.try_get("closes_at")?,
        stage_id: row.try_get("stage_id")?,
        pipeline_id: row.try_get("pipeline_id")?,
        owner_id: row.try_get("owner_id")?,
        is_closed: row.try_get("is_closed")?,
        is_won: row.try_get("is_won")?,
        contact_ids: row.try_get("contact_ids")?,
        company_ids: row.try_get("company_ids")?,
        properties: serde_json::from_value(row.try_get("properties")?)?,
        created_at: row.try_get("hubspot_created_at")?,
        updated_at: row.try_get("hubspot_updated_at")?,
    })
}
