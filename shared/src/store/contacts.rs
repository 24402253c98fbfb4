//! The `contacts` table.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tokio_postgres::Row;

use super::Tenant;
use crate::error::Result;
use crate::model::crm::Contact;

/// Puts a contact in the place of what was known of it. Answers our id.
pub async fn put(db: &Tenant<'_>, contact: &Contact) -> Result<i64> {
    let sql = "-- contacts::put
        insert into contacts (user_id, hubspot_id, first_name, last_name, email, other_emails, phone, company, job_title,
               lifecycle_stage, owner_id, properties, hubspot_created_at, hubspot_updated_at, company_ids)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        on conflict on constraint contacts_hubspot_id_key do update
           set first_name = excluded.first_name, last_name = excluded.last_name, email = excluded.email,
               other_emails = excluded.other_emails, phone = excluded.phone, company = excluded.company,
               job_title = excluded.job_title, lifecycle_stage = excluded.lifecycle_stage, owner_id = excluded.owner_id,
               properties = excluded.properties, hubspot_updated_at = excluded.hubspot_updated_at,
               company_ids = excluded.company_ids, updated_at = now()
        returning id";
    let properties = serde_json::to_value(&contact.properties)?;
    let row = db
        .row(
            sql,
            &[
                &db.owner.0,
                &contact.hubspot_id,
                &contact.first_name,
                &contact.last_name,
                &contact.email,
                &contact.other_emails,
                &contact.phone,
                &contact.company,
                &contact.job_title,
                &contact.lifecycle_stage,
                &contact.owner_id,
                &properties,
                &contact.created_at,
                &contact.updated_at,
                &contact.company_ids,
            ],
        )
        .await?;
    Ok(row.try_get("id")?)
}

const COLUMNS: &str =
    "hubspot_id, first_name, last_name, email, other_emails, phone, company, job_title, lifecycle_stage,
    owner_id, company_ids, properties, hubspot_created_at, hubspot_updated_at";

pub async fn get(db: &Tenant<'_>, hubspot_id: &str) -> Result<Option<Contact>> {
    let sql = format!("-- contacts::get\nselect {COLUMNS} from contacts where user_id = $1 and hubspot_id = $2");
    db.maybe(&sql, &[&db.owner.0, &hubspot_id]).await?.as_ref().map(contact).transpose()
}

pub async fn get_many(db: &Tenant<'_>, hubspot_ids: &[String]) -> Result<Vec<Contact>> {
    let sql =
        format!("-- contacts::get_many\nselect {COLUMNS} from contacts where user_id = $1 and hubspot_id = any($2)");
    db.rows(&sql, &[&db.owner.0, &hubspot_ids]).await?.iter().map(contact).collect()
}

/// Those who have this address among theirs, whatever its case: the one whose first address it is comes first.
pub async fn by_email(db: &Tenant<'_>, email: &str) -> Result<Vec<Contact>> {
    let sql = format!(
        "-- contacts::by_email
        select {COLUMNS} from contacts
         where user_id = $1 and (email = lower($2) or other_emails @> array[lower($2)])
         order by email is distinct from lower($2), hubspot_updated_at desc, hubspot_id"
    );
    db.rows(&sql, &[&db.owner.0, &email.trim()]).await?.iter().map(contact).collect()
}

/// Those who belong to any of these companies.
pub async fn of_companies(db: &Tenant<'_>, company_ids: &[String]) -> Result<Vec<Contact>> {
    let sql = format!(
        "-- contacts::of_companies
        select {COLUMNS} from contacts where user_id = $1 and company_ids && $2 order by hubspot_id"
    );
    db.rows(&sql, &[&db.owner.0, &company_ids]).await?.iter().map(contact).collect()
}

/// Puts the company `to` in the place of the companies `from`; none, if there is no `to`. Answers whom that changed.
pub async fn repoint_companies(db: &Tenant<'_>, from: &[String], to: Option<&str>) -> Result<Vec<String>> {
    let sql = "-- contacts::repoint_companies
        update contacts set updated_at = now(), company_ids = array(
               select distinct case when id = any($2) then $3 else id end from unnest(company_ids) id
                where $3 is not null or id <> all($2) order by 1)
         where user_id = $1 and company_ids && $2 returning hubspot_id";
    db.rows(sql, &[&db.owner.0, &from, &to]).await?.iter().map(|row| Ok(row.try_get("hubspot_id")?)).collect()
}

/// Our ids of these, by HubSpot's.
pub async fn our_ids(db: &Tenant<'_>, hubspot_ids: &[String]) -> Result<BTreeMap<String, i64>> {
    let sql = "-- contacts::our_ids\nselect hubspot_id, id from contacts where user_id = $1 and hubspot_id = any($2)";
    let rows = db.rows(sql, &[&db.owner.0, &hubspot_ids]).await?;
    rows.iter().map(|row| Ok((row.try_get("hubspot_id")?, row.try_get("id")?))).collect()
}

/// Every contact that has all `words` somewhere in its name, addresses, company or phone; those who are called so come first,
/// then those who changed last.
pub async fn find(db: &Tenant<'_>, words: &[String], limit: i64) -> Result<Vec<Contact>> {
    let sql = format!(
        "-- contacts::find
        select {COLUMNS} from contacts
         where user_id = $1
           and (select bool_and(position(word in lower(concat_ws(' ', first_name, last_name, email,
                        array_to_string(other_emails, ' '), company, phone,
                        (select string_agg(k.name, ' ') from companies k
                          where k.user_id = $1 and k.hubspot_id = any(contacts.company_ids))))) > 0)
                  from unnest($2::text[]) word)
         order by (select count(*) from unnest($2::text[]) word where lower(first_name) = word or lower(last_name) = word) desc,
               hubspot_updated_at desc, hubspot_id
         limit $3"
    );
    db.rows(&sql, &[&db.owner.0, &words, &limit]).await?.iter().map(contact).collect()
}

/// Those whose name has all of these words, whole.
pub async fn named(db: &Tenant<'_>, words: &[String]) -> Result<Vec<Contact>> {
    let sql = format!(
        "-- contacts::named
        select {COLUMNS} from contacts
         where user_id = $1 and $2::text[] <@ regexp_split_to_array(lower(first_name || ' ' || last_name), '\\s+')
         order by hubspot_id"
    );
    db.rows(&sql, &[&db.owner.0, &words]).await?.iter().map(contact).collect()
}

/// Those in whose name any of these stands, in lower case, also as a part of a longer word.
pub async fn with_parts(db: &Tenant<'_>, parts: &[String]) -> Result<Vec<Contact>> {
    let sql = format!(
        "-- contacts::with_parts
        select {COLUMNS} from contacts
         where user_id = $1
           and exists (select from unnest($2::text[]) part where position(part in lower(first_name || ' ' || last_name)) > 0)
         order by hubspot_id"
    );
    db.rows(&sql, &[&db.owner.0, &parts]).await?.iter().map(contact).collect()
}

/// When each of these last wrote, was written to or was noted about, by HubSpot's ids; whoever never was is left out.
pub async fn last_contact(db: &Tenant<'_>, hubspot_ids: &[String]) -> Result<BTreeMap<String, Timestamp>> {
    let sql = "-- contacts::last_contact
        select c.hubspot_id, greatest(
               (select max(e.received_at) from emails e where e.user_id = $1 and e.sender_email = any(c.addresses)),
               (select max(e.received_at) from emails e
                 where e.user_id = $1 and e.outbound
                   and exists (select from jsonb_array_elements(e.to_recipients || e.cc_recipients) r
                                where r->>'email' = any(c.addresses))),
               (select max(n.noted_at) from notes n where n.user_id = $1 and n.contact_ids @> array[c.hubspot_id])) as at
          from (select hubspot_id, array_append(other_emails, email) as addresses
                  from contacts where user_id = $1 and hubspot_id = any($2)) c";
    let rows = db.rows(sql, &[&db.owner.0, &hubspot_ids]).await?;
    let known = rows.iter().map(|row| Ok((row.try_get("hubspot_id")?, row.try_get::<_, Option<Timestamp>>("at")?)));
    let known = known.collect::<Result<Vec<(String, _)>>>()?;
    Ok(known.into_iter().filter_map(|(id, at)| Some((id, at?))).collect())
}

/// Which of these addresses, in lower case, belong to a contact.
pub async fn known_addresses(db: &Tenant<'_>, addresses: &[String]) -> Result<Vec<String>> {
    let sql = "-- contacts::known_addresses
        select address from unnest($2::text[]) address
         where exists (select from contacts c where c.user_id = $1 and (c.email = address or address = any(c.other_emails)))";
    db.rows(sql, &[&db.owner.0, &addresses]).await?.iter().map(|row| Ok(row.try_get("address")?)).collect()
}

fn contact(row: &Row) -> Result<Contact> {
    Ok(Contact {
        hubspot_id: row.try_get("hubspot_id")?,
        first_name: row.try_get("first_name")?,
        last_name: row.try_get("last_name")?,
        email: row.try_get("email")?,
        other_emails: row.try_get("other_emails")?,
        phone: row.try_get("phone")?,
        company: row.try_get("company")?,
        job_title: row.try_get("job_title")?,
        lifecycle_stage: row.try_get("lifecycle_stage")?,
        owner_id: row.try_get("owner_id")?,
        company_ids: row.try_get("company_ids")?,
        properties: serde_json::from_value(row.try_get("properties")?)?,
        created_at: row.try_get("hubspot_created_at")?,
        updated_at: row.try_get("hubspot_updated_at")?,
    })
}
