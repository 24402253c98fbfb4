//! The `notes` table.

use tokio_postgres::Row;

use super::Tenant;
use crate::error::Result;
use crate::model::crm::Note;

pub async fn put(db: &Tenant<'_>, note: &Note) -> Result<()> {
    let sql = "-- notes::put
        insert into notes (user_id, hubspot_id, body, owner_id, contact_ids, noted_at, hubspot_updated_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict on constraint notes_hubspot_id_key do update
           set body = excluded.body, owner_id = excluded.owner_id, contact_ids = excluded.contact_ids,
               noted_at = excluded.noted_at, hubspot_updated_at = excluded.hubspot_updated_at, updated_at = now()";
    let Note { hubspot_id, body, owner_id, contact_ids, noted_at, updated_at, .. } = note;
    db.execute(sql, &[&db.owner.0, hubspot_id, body, owner_id, contact_ids, noted_at, updated_at]).await?;
    Ok(())
}

const COLUMNS: &str = "hubspot_id, body, owner_id, contact_ids, noted_at, hubspot_updated_at";

pub async fn get_many(db: &Tenant<'_>, hubspot_ids: &[String]) -> Result<Vec<Note>> {
    let sql = format!(
        "-- notes::get_many
        select {COLUMNS} from notes where user_id = $1 and hubspot_id = any($2) order by hubspot_id"
    );
    db.rows(&sql, &[&db.owner.0, &hubspot_ids]).await?.iter().map(note).collect()
}

/// Those on any of these contacts.
pub async fn about(db: &Tenant<'_>, contact_ids: &[String]) -> Result<Vec<Note>> {
    let sql = format!(
        "-- notes::about
        select {COLUMNS} from notes where user_id = $1 and contact_ids && $2 order by hubspot_id"
    );
    db.rows(&sql, &[&db.owner.0, &contact_ids]).await?.iter().map(note).collect()
}

/// Puts `to` in the place of the contacts `from`; nobody, if there is no `to`. Answers which notes that changed.
pub async fn repoint_contacts(db: &Tenant<'_>, from: &[String], to: Option<&str>) -> Result<Vec<String>> {
    let sql = "-- notes::repoint_contacts
        update notes set updated_at = now(), contact_ids = array(
               select distinct case when id = any($2) then $3 else id end from unnest(contact_ids) id
                where $3 is not null or id <> all($2) order by 1)
         where user_id = $1 and contact_ids && $2 returning hubspot_id";
    db.rows(sql, &[&db.owner.0, &from, &to]).await?.iter().map(|row| Ok(row.try_get("hubspot_id")?)).collect()
}

/// Newest first.
pub async fn of_contact(db: &Tenant<'_>, contact_id: &str, limit: i64) -> Result<Vec<Note>> {
    let sql = format!(
        "-- notes::of_contact
        select {COLUMNS} from notes where user_id = $1 and contact_ids @> array[$2] order by noted_at desc limit $3"
    );
    db.rows(&sql, &[&db.owner.0, &contact_id, &limit]).await?.iter().map(note).collect()
}

fn note(row: &Row) -> Result<Note> {
    Ok(Note {
        hubspot_id: row.try_get("hubspot_id")?,
        body: row.try_get("body")?,
        owner_id: row.try_get("owner_id")?,
        contact_ids: row.try_get("contact_ids")?,
        noted_at: row.try_get("noted_at")?,
        updated_at: row.try_get("hubspot_updated_at")?,
    })
}
