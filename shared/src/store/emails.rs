//! The `emails` table.

use jiff::Timestamp;
use serde_json::Value;

use super::Tenant;
use crate::error::Result;
use crate::model::mail::{Email, Mailbox};

/// What became of a message that was put.
pub struct Put {
    pub id: i64,
    /// It was not known before.
    pub is_new: bool,
}

/// Puts a message in the place of what was known of it.
pub async fn put(db: &Tenant<'_>, email: &Email) -> Result<Put> {
    let sql = "-- emails::put
        insert into emails (user_id, gmail_id, thread_id, history_id, message_id, in_reply_to, subject, sender_name, sender_email,
               reply_to, to_recipients, cc_recipients, bcc_recipients, label_ids, snippet, body, quoted, outbound, received_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
        on conflict on constraint emails_gmail_id_key do update
           set thread_id = excluded.thread_id, history_id = greatest(emails.history_id, excluded.history_id),
               label_ids = case when excluded.history_id >= emails.history_id then excluded.label_ids else emails.label_ids end,
               message_id = coalesce(excluded.message_id, emails.message_id), received_at = excluded.received_at,
               subject = excluded.subject, snippet = excluded.snippet, body = excluded.body, quoted = excluded.quoted,
               updated_at = now()
        returning id, xmax = 0 as is_new";
    let history_id = i64::try_from(email.history_id).unwrap_or(i64::MAX);
    let reply_to = serde_json::to_value(email.reply_to.as_slice())?;
    let (to, cc, bcc) = (json(&email.to)?, json(&email.cc)?, json(&email.bcc)?);
    let row = db
        .row(
            sql,
            &[
                &db.owner.0,
                &email.gmail_id,
                &email.thread_id,
                &history_id,
                &email.message_id,
                &email.in_reply_to,
                &email.subject,
                &email.sender.name,
                &email.sender.email,
                &reply_to,
                &to,
                &cc,
                &bcc,
                &email.label_ids,
                &email.snippet,
                &email.body,
                &email.quoted,
                &email.outbound,
                &email.received_at,
            ],
        )
        .await?;
    Ok(Put { id: row.try_get("id")?, is_new: row.try_get("is_new")? })
}

fn json(mailboxes: &[Mailbox]) -> Result<Value> {
    Ok(serde_json::to_value(mailboxes)?)
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
