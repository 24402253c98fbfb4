//! The `emails` table.

use jiff::Timestamp;
use serde_json::Value;

use super::Tenant;
use super::db::Params;
use crate::error::{Error, Result};
use crate::model::mail::{Email, Mailbox};

/// What became of a message that was put.
pub struct Put {
    pub id: i64,
    /// It was not known before.
    pub is_new: bool,
}

/// Puts a message in the place of what was known of it.
pub async fn put(db: &Tenant<'_>, email: &Email) -> Result<Put> {
    let put = put_all(db, std::slice::from_ref(email), None).await?;
    put.into_iter().next().ok_or_else(|| Error::internal("A mail that was put is not there."))
}

// Lists come as JSON: lists of lists have to be of one length in SQL.
pub(crate) const PUT_ALL: &str = "-- emails::put_all
    with put as (
        insert into emails as e (user_id, gmail_id, thread_id, history_id, message_id, in_reply_to, subject, sender_name,
               sender_email, reply_to, to_recipients, cc_recipients, bcc_recipients, label_ids, snippet, body, quoted, outbound,
               received_at, listed_in)
        select $1::bigint, n.gmail_id, n.thread_id, n.history_id, n.message_id, n.in_reply_to, n.subject, n.sender_name, n.sender_email,
               n.reply_to, n.sent_to, n.cc, n.bcc, array(select jsonb_array_elements_text(n.label_ids)), n.snippet, n.body,
               n.quoted, n.outbound, n.received_at, coalesce($20::bigint, 0)
          from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                      $10::jsonb[], $11::jsonb[], $12::jsonb[], $13::jsonb[], $14::jsonb[], $15::text[], $16::text[],
                      $17::text[], $18::boolean[], $19::timestamptz[])
            as n (gmail_id, thread_id, history_id, message_id, in_reply_to, subject, sender_name, sender_email, reply_to,
                  sent_to, cc, bcc, label_ids, snippet, body, quoted, outbound, received_at)
        on conflict on constraint emails_gmail_id_key do update
           set thread_id = excluded.thread_id, history_id = greatest(e.history_id, excluded.history_id),
               label_ids = case when excluded.history_id >= e.history_id then excluded.label_ids else e.label_ids end,
               message_id = coalesce(excluded.message_id, e.message_id), received_at = excluded.received_at,
               subject = excluded.subject, snippet = excluded.snippet, body = excluded.body, quoted = excluded.quoted,
               listed_in = coalesce($20, e.listed_in), updated_at = now()
        returning gmail_id, id, xmax = 0 as is_new)
    select put.id, put.is_new from unnest($2::text[]) with ordinality as n (gmail_id, place)
      join put on put.gmail_id = n.gmail_id order by n.place";

/// The same for many at once, of which none is there twice; what became of each, in their order. `reading` is the reading of the
/// whole mailbox that saw them, if one did.
pub async fn put_all(db: &Tenant<'_>, emails: &[Email], reading: Option<i64>) -> Result<Vec<Put>> {
    let texts = |of: fn(&Email) -> &str| emails.iter().map(of).collect::<Vec<&str>>();
    let maybe = |of: fn(&Email) -> Option<&str>| emails.iter().map(of).collect::<Vec<Option<&str>>>();
    let lists = |of: fn(&Email) -> &[Mailbox]| {
        emails.iter().map(|email| Ok(serde_json::to_value(of(email))?)).collect::<Result<Vec<Value>>>()
    };
    let history: Vec<i64> = emails.iter().map(|email| i64::try_from(email.history_id).unwrap_or(i64::MAX)).collect();
    let labels: Vec<Value> = emails.iter().map(|email| Value::from(email.label_ids.as_slice())).collect();
    let outbound: Vec<bool> = emails.iter().map(|email| email.outbound).collect();
    let received: Vec<Timestamp> = emails.iter().map(|email| email.received_at).collect();
    let params: Params<'_> = &[
        &db.owner.0,
        &texts(|email| &email.gmail_id),
        &texts(|email| &email.thread_id),
        &history,
        &maybe(|email| email.message_id.as_deref()),
        &maybe(|email| email.in_reply_to.as_deref()),
        &texts(|email| &email.subject),
        &texts(|email| &email.sender.name),
        &texts(|email| &email.sender.email),
        &lists(|email| email.reply_to.as_slice())?,
        &lists(|email| &email.to)?,
        &lists(|email| &email.cc)?,
        &lists(|email| &email.bcc)?,
        &labels,
        &texts(|email| &email.snippet),
        &texts(|email| &email.body),
        &texts(|email| &email.quoted),
        &outbound,
        &received,
        &reading,
    ];
    let rows = db.rows(PUT_ALL, params).await?;
    rows.iter().map(|row| Ok(Put { id: row.try_get("id")?, is_new: row.try_get("is_new")? })).collect()
}

/// Which of these are stored already.
pub async fn known(db: &Tenant<'_>, gmail_ids: &[String]) -> Result<Vec<String>> {
    let sql = "-- emails::known\nselect gmail_id from emails where user_id = $1 and gmail_id = any($2)";
    db.rows(sql, &[&db.owner.0, &gmail_ids]).await?.iter().map(|row| Ok(row.try_get("gmail_id")?)).collect()
}

pub async fn delete(db: &Tenant<'_>, gmail_ids: &[String]) -> Result<u64> {
    let sql = "-- emails::delete\ndelete from emails where user_id = $1 and gmail_id = any($2)";
    db.execute(sql, &[&db.owner.0, &gmail_ids]).await
}

/// Remembers that a reading of the whole mailbox saw these.
pub async fn mark_listed(db: &Tenant<'_>, gmail_ids: &[String], reading: i64) -> Result<()> {
    let sql = "-- emails::mark_listed
        update emails set listed_in = $3 where user_id = $1 and gmail_id = any($2)";
    db.execute(sql, &[&db.owner.0, &gmail_ids, &reading]).await?;
    Ok(())
}

/// Some that this reading did not see.
pub async fn not_listed(db: &Tenant<'_>, reading: i64, limit: i64) -> Result<Vec<String>> {
    let sql = "-- emails::not_listed
        select gmail_id from emails where user_id = $1 and listed_in < $2 order by id limit $3";
    db.rows(sql, &[&db.owner.0, &reading, &limit]).await?.iter().map(|row| Ok(row.try_get("gmail_id")?)).collect()
}

/// Puts the labels Gmail says a message has now. Answers whether it is known.
pub async fn put_labels(db: &Tenant<'_>, gmail_id: &str, label_ids: &[String]) -> Result<bool> {
    let sql = "-- emails::put_labels
        update emails set label_ids = $3, updated_at = now() where user_id = $1 and gmail_id = $2";
    Ok(db.execute(sql, &[&db.owner.0, &gmail_id, &label_ids]).await? == 1)
}

pub async fn count(db: &Tenant<'_>) -> Result<i64> {
    let sql = "-- emails::count\nselect count(*) from emails where user_id = $1";
    Ok(db.row(sql, &[&db.owner.0]).await?.try_get(0)?)
}

/// The newest from somebody, by Gmail's ids. `sender` is a part of a name or an address, empty for anybody; `addresses` are
/// further ones of theirs, in lower case.
pub async fn newest(
    db: &Tenant<'_>,
    sender: &str,
    addresses: &[String],
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    limit: i64,
) -> Result<Vec<String>> {
    let sql = "-- emails::newest
        select gmail_id from emails
         where user_id = $1 and received_at >= coalesce($3, '-infinity'::timestamptz) and received_at < coalesce($4, 'infinity'::timestamptz)
           and ($2 = '' or position(lower($2) in lower(sender_name || ' ' || sender_email)) > 0 or sender_email = any($6))
         order by received_at desc limit $5";
    db.rows(sql, &[&db.owner.0, &sender, &since, &until, &limit, &addresses])
        .await?
        .iter()
        .map(|row| Ok(row.try_get("gmail_id")?))
        .collect()
}

/// The address, in lower case, that sent the mail with this `Message-ID`.
pub async fn sender_of(db: &Tenant<'_>, message_id: &str) -> Result<Option<String>> {
    let sql = "-- emails::sender_of\nselect sender_email from emails where user_id = $1 and message_id = $2 limit 1";
    Ok(db.maybe(sql, &[&db.owner.0, &message_id]).await?.map(|row| row.try_get("sender_email")).transpose()?)
}

/// What an answer to a mail has to know of it.
pub struct Answered {
    pub thread_id: String,
    pub message_id: Option<String>,
    pub subject: String,
    pub sender: String,
    /// Empty when it names nobody.
    pub reply_to: Vec<Mailbox>,
    pub to: Vec<Mailbox>,
    /// The advisor wrote it.
    pub outbound: bool,
    pub received_at: Timestamp,
}

pub async fn answered(db: &Tenant<'_>, gmail_id: &str) -> Result<Option<Answered>> {
    let sql = "-- emails::answered
        select thread_id, message_id, subject, sender_email, reply_to, to_recipients, outbound, received_at
          from emails where user_id = $1 and gmail_id = $2";
    let Some(row) = db.maybe(sql, &[&db.owner.0, &gmail_id]).await? else { return Ok(None) };
    Ok(Some(Answered {
        thread_id: row.try_get("thread_id")?,
        message_id: row.try_get("message_id")?,
        subject: row.try_get("subject")?,
        sender: row.try_get("sender_email")?,
        reply_to: serde_json::from_value(row.try_get("reply_to")?)?,
        to: serde_json::from_value(row.try_get("to_recipients")?)?,
        outbound: row.try_get("outbound")?,
        received_at: row.try_get("received_at")?,
    }))
}

/// The `Message-ID`s of what was said in a thread before this moment, oldest first; the newest `limit` of them.
pub async fn said_before(db: &Tenant<'_>, thread_id: &str, before: Timestamp, limit: i64) -> Result<Vec<String>> {
    let sql = "-- emails::said_before
        select message_id from (
            select message_id, received_at, id from emails
             where user_id = $1 and thread_id = $2 and received_at < $3 and message_id is not null
             order by received_at desc, id desc limit $4) newest
         order by received_at, id";
    let rows = db.rows(sql, &[&db.owner.0, &thread_id, &before, &limit]).await?;
    rows.iter().map(|row| Ok(row.try_get("message_id")?)).collect()
}

/// What a mail says, and what a reply to it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub thread_id: String,
    /// With angle brackets.
    pub message_id: Option<String>,
    pub subject: String,
    pub snippet: String,
    /// Without quoted mail and without the signature.
    pub body: String,
    pub received_at: Timestamp,
}

pub async fn letter(db: &Tenant<'_>, gmail_id: &str) -> Result<Option<Letter>> {
    let sql = "-- emails::letter
        select thread_id, message_id, subject, snippet, body, received_at from emails where user_id = $1 and gmail_id = $2";
    let Some(row) = db.maybe(sql, &[&db.owner.0, &gmail_id]).await? else { return Ok(None) };
    Ok(Some(Letter {
        thread_id: row.try_get("thread_id")?,
        message_id: row.try_get("message_id")?,
        subject: row.try_get("subject")?,
        snippet: row.try_get("snippet")?,
        body: row.try_get("body")?,
        received_at: row.try_get("received_at")?,
    }))
}
