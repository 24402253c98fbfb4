//! One mailbox: read whole in pages, then kept up to date from Gmail's history.
//!
//! ```text
//! Start → Full (a page at a time) → Verify (what the reading did not see) → Incremental ⟲
//!   ↑                                                                          │ history too old (404)
//!   └──────────────────────────────────────────────────────────────────────────┘
//! ```
//! A message is forgotten only on evidence: Gmail says it is gone, in the bin or spam. One that merely was not listed is
//! asked for first.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{GMAIL, STEP, is_token_refused};
use crate::clients::gmail::{Change, Gmail};
use crate::domain::accounts::tokens::{self, Access};
use crate::domain::knowledge::{documents, mail_text};
use crate::domain::{World, events, limits};
use crate::error::Result;
use crate::model::UserId;
use crate::model::document::Kind;
use crate::model::event::{Facts, MESSAGE_RECEIVED, NewEvent, Source};
use crate::model::mail::{Email, Message};
use crate::model::task::Job;
use crate::model::user::Provider;
use crate::store::sync_cursors::{self, Step};
use crate::store::tasks::{self, Outcome};
use crate::store::{self, Tenant, emails, users};

/// Messages fetched and stored together.
const SLICE: usize = 40;
/// Requests under way at once; Gmail refuses many more for one account.
const CONCURRENCY: usize = 6;
/// Gmail's price of `messages.get`.
const GET_UNITS: u32 = 20;
const PAGE: u32 = 500;
/// Google's clock and ours may differ by so much.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Where the reading stands.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
enum Cursor {
    #[default]
    Start,
    Full {
        /// The mailbox's history id when the reading began: history goes on from there.
        history_id: u64,
        page_token: Option<String>,
        /// Listed and not fetched yet.
        pending: Vec<String>,
        last_page: bool,
    },
    Verify {
        history_id: u64,
    },
    Incremental {
        history_id: u64,
        page_token: Option<String>,
        pending: Vec<String>,
        /// Where history goes on once nothing is pending.
        next_history_id: Option<u64>,
    },
}

/// What a turn of the crank left behind.
enum Turned {
    /// There is more.
    More(Cursor, Step),
    /// Everything there was has been read.
    Complete(Cursor, Step),
    /// Gmail's quota for this mailbox is used up for so long.
    Wait(Duration),
}

/// Reads on for a while.
pub async fn step(world: &World, owner: UserId, query: Option<&str>) -> Result<Outcome> {
    let access = tokens::access(world, owner, Provider::Google).await?;
    let answer = attempt(world, owner, &access, query).await;
    if !is_token_refused(&answer) {
        return answer;
    }
    let access = tokens::renew(world, owner, Provider::Google, &access.token).await?;
    attempt(world, owner, &access, query).await
}

async fn attempt(world: &World, owner: UserId, access: &Access, query: Option<&str>) -> Result<Outcome> {
    match query {
        Some(query) => search(world, owner, access, query).await,
        None => read(world, owner, access).await,
    }
}

async fn read(world: &World, owner: UserId, access: &Access) -> Result<Outcome> {
    let gmail = Gmail { http: &world.http, base: &world.config.google.gmail_url, token: &access.token };
    let reader = Reader { world, owner, gmail, account: access };
    let mut cursor: Cursor = {
        let mut db = world.db().await?;
        let tenant = db.tenant(owner).await?;
        sync_cursors::get(&tenant, GMAIL).await?
    };
    let begun = Instant::now();
    let mut total = Step::default();
    loop {
        let (next, step, complete) = match reader.turn(cursor.clone()).await? {
            Turned::More(next, step) => (next, step, false),
            Turned::Complete(next, step) => (next, step, true),
            Turned::Wait(after) => return Ok(Outcome::Again { after, progress: progress(total) }),
        };
        total.fetched += step.fetched;
        total.stored += step.stored;
        cursor = next;
        if complete {
            return Ok(Outcome::Done(progress(total)));
        }
        if begun.elapsed() > STEP {
            return Ok(Outcome::Again { after: Duration::ZERO, progress: progress(total) });
        }
    }
}

fn progress(total: Step) -> serde_json::Value {
    json!({ "total_fetched": total.fetched, "stored": total.stored })
}

struct Reader<'a> {
    world: &'a World,
    owner: UserId,
    gmail: Gmail<'a>,
    account: &'a Access,
}

impl Reader<'_> {
    /// Does one thing, and writes down where that leaves us in the same transaction.
    async fn turn(&self, cursor: Cursor) -> Result<Turned> {
        match cursor {
            Cursor::Start => self.begin().await,
            Cursor::Full { history_id, page_token, pending, last_page: false } if pending.is_empty() => {
                self.list(history_id, page_token).await
            }
            Cursor::Full { history_id, page_token, pending, last_page } => {
                self.fetch_listed(history_id, page_token, pending, last_page).await
            }
            Cursor::Verify { history_id } => self.verify(history_id).await,
            Cursor::Incremental { history_id, page_token, pending, next_history_id } => {
                if pending.is_empty() {
                    self.changes(history_id, page_token).await
                } else {
                    self.fetch_changed(history_id, page_token, pending, next_history_id).await
                }
            }
        }
    }

    async fn begin(&self) -> Result<Turned> {
        let profile = self.gmail.profile().await?;
        let cursor =
            Cursor::Full { history_id: profile.history_id, page_token: None, pending: Vec::new(), last_page: false };
        let expected = i64::try_from(profile.messages_total).ok();
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        save(tenant, cursor, Step { expected, ..Step::default() }).await
    }

    async fn list(&self, history_id: u64, page_token: Option<String>) -> Result<Turned> {
        let page = self.gmail.list(None, page_token.as_deref(), PAGE).await?;
        let reading = reading(history_id);
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        let known: BTreeSet<String> = emails::known(&tenant, &page.ids).await?.into_iter().collect();
        emails::mark_listed(&tenant, &page.ids, reading).await?;
        let pending: Vec<String> = page.ids.into_iter().filter(|id| !known.contains(id)).collect();
        let last_page = page.next.is_none();
        let cursor = match pending.is_empty() && last_page {
            true => Cursor::Verify { history_id },
            false => Cursor::Full { history_id, page_token: page.next, pending, last_page },
        };
        let step = Step { fetched: i64::try_from(known.len()).unwrap_or(0), ..Step::default() };
        save(tenant, cursor, step).await
    }

    async fn fetch_listed(
        &self,
        history_id: u64,
        page_token: Option<String>,
        mut pending: Vec<String>,
        last_page: bool,
    ) -> Result<Turned> {
        let slice: Vec<String> = pending.drain(..pending.len().min(SLICE)).collect();
        let messages = match self.fetch(&slice).await? {
            Fetched::Messages(messages) => messages,
            Fetched::Wait(wait) => return Ok(Turned::Wait(wait)),
        };
        let cursor = match pending.is_empty() && last_page {
            true => Cursor::Verify { history_id },
            false => Cursor::Full { history_id, page_token, pending, last_page },
        };
        self.store(cursor, &slice, messages, reading(history_id)).await
    }

    /// What is stored and was not listed: gone, or only missed.
    async fn verify(&self, history_id: u64) -> Result<Turned> {
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        let missed = emails::not_listed(&tenant, reading(history_id), i64::try_from(SLICE).unwrap_or(1)).await?;
        if missed.is_empty() {
            let cursor =
                Cursor::Incremental { history_id, page_token: None, pending: Vec::new(), next_history_id: None };
            return save(tenant, cursor, Step::default()).await;
        }
        drop(tenant);
        drop(db);
        match self.fetch(&missed).await? {
            Fetched::Wait(wait) => Ok(Turned::Wait(wait)),
            Fetched::Messages(messages) => {
                self.store(Cursor::Verify { history_id }, &missed, messages, reading(history_id)).await
            }
        }
    }

    /// One page of what changed since.
    async fn changes(&self, history_id: u64, page_token: Option<String>) -> Result<Turned> {
        let page = match self.gmail.history(history_id, page_token.as_deref()).await {
            Ok(page) => page,
            // Gmail keeps history for about a week: what was missed is found by reading everything again.
            Err(error) if error.upstream_status() == Some(404) => {
                tracing::info!(user.id = %self.owner, "the mailbox's history is too old; it is read again");
                let mut db = self.world.db().await?;
                return save(db.tenant(self.owner).await?, Cursor::Start, Step::default()).await;
            }
            Err(error) => return Err(error),
        };
        let effect = Effect::of(page.changes);
        let pending: Vec<String> = effect.fetch.into_iter().collect();
        let gone: Vec<String> = effect.gone.into_iter().collect();
        let done = pending.is_empty() && page.next.is_none();
        let cursor = match (&page.next, pending.is_empty()) {
            (Some(next), _) => {
                Cursor::Incremental { history_id, page_token: Some(next.clone()), pending, next_history_id: None }
            }
            (None, true) => {
                Cursor::Incremental { history_id: page.history_id, page_token: None, pending, next_history_id: None }
            }
            (None, false) => {
                Cursor::Incremental { history_id, page_token: None, pending, next_history_id: Some(page.history_id) }
            }
        };
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        forget(&tenant, &gone).await?;
        for (id, labels) in &effect.labels {
            emails::put_labels(&tenant, id, labels).await?;
        }
        save(tenant, cursor, Step { complete: done, ..Step::default() }).await
    }

    async fn fetch_changed(
        &self,
        history_id: u64,
        page_token: Option<String>,
        mut pending: Vec<String>,
        next_history_id: Option<u64>,
    ) -> Result<Turned> {
        let slice: Vec<String> = pending.drain(..pending.len().min(SLICE)).collect();
        let messages = match self.fetch(&slice).await? {
            Fetched::Messages(messages) => messages,
            Fetched::Wait(wait) => return Ok(Turned::Wait(wait)),
        };
        let cursor = match (pending.is_empty(), next_history_id) {
            (true, Some(next)) => {
                Cursor::Incremental { history_id: next, page_token: None, pending, next_history_id: None }
            }
            _ => Cursor::Incremental { history_id, page_token, pending, next_history_id },
        };
        // Beyond every reading so far, so that none of them takes it for one that was not seen.
        self.store(cursor, &slice, messages, reading(history_id)).await
    }

    /// Fetches within the quota. A message that is gone by now is `None`.
    async fn fetch(&self, ids: &[String]) -> Result<Fetched> {
        let units = GET_UNITS * u32::try_from(ids.len()).unwrap_or(u32::MAX / GET_UNITS);
        let db = self.world.db().await?;
        let per_minute = self.world.config.gmail_units_per_minute;
        let wait = limits::take_units(&db, GMAIL, &self.account.account_id, units, per_minute).await?;
        drop(db);
        if let Some(wait) = wait {
            return Ok(Fetched::Wait(wait));
        }
        let messages = self.gmail.get_many(ids, CONCURRENCY).await.into_iter().collect::<Result<Vec<_>>>()?;
        Ok(Fetched::Messages(messages.into_iter().flatten().collect()))
    }

    /// Keeps what was fetched, forgets what could not be, and moves the cursor.
    async fn store(&self, cursor: Cursor, asked: &[String], messages: Vec<Message>, reading: i64) -> Result<Turned> {
        let own = self.account.account_email.clone().unwrap_or_default();
        let mut found = BTreeSet::new();
        let kept = messages.iter().filter(|message| is_kept(&message.label_ids) && found.insert(&*message.gmail_id));
        // Read before anybody is held back.
        let kept: Vec<Email> = kept.map(|message| mail_text::email_of(message, &own)).collect();
        let gone: Vec<String> = asked.iter().filter(|id| !found.contains(id.as_str())).cloned().collect();
        let complete = matches!(&cursor, Cursor::Incremental { pending, page_token: None, next_history_id: None, .. } if pending.is_empty());
        let step = Step {
            fetched: i64::try_from(asked.len()).unwrap_or(0),
            stored: i64::try_from(kept.len()).unwrap_or(0),
            expected: None,
            complete,
        };
        let web = &self.world.config.google.gmail_web_url;
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        users::lock(&tenant).await?;
        let mut bells = Vec::new();
        if !kept.is_empty() {
            let put = emails::put_all(&tenant, &kept, Some(reading)).await?;
            let shown = kept.iter().zip(&put).map(|(email, put)| documents::of_email(email, put.id, web, &own));
            documents::put_all(&tenant, &shown.collect::<Vec<_>>()).await?;
            for email in kept.iter().zip(&put).filter(|(_, put)| put.is_new).map(|(email, _)| email) {
                // What was there before the advisor connected the mailbox has not happened to us.
                if !email.outbound && email.received_at >= self.account.connected_at - SKEW {
                    bells.extend(events::emit(&tenant, &received(email)).await?);
                }
            }
        }
        forget(&tenant, &gone).await?;
        if !kept.is_empty() {
            bells.push(tasks::ensure(&tenant, &Job::Embed {}).await?);
        }
        let turned = save(tenant, cursor, step).await?;
        drop(db);
        for task in bells {
            self.world.ring(task, Duration::ZERO).await;
        }
        Ok(turned)
    }
}

/// Moves the cursor, the last write of the transaction in which something was learnt.
async fn save(tenant: Tenant<'_>, cursor: Cursor, step: Step) -> Result<Turned> {
    sync_cursors::put(&tenant, GMAIL, &cursor, step).await?;
    tenant.commit().await?;
    Ok(if step.complete { Turned::Complete(cursor, step) } else { Turned::More(cursor, step) })
}

/// A mail came in.
fn received(email: &Email) -> NewEvent {
    NewEvent {
        source: Source::Gmail,
        event_type: MESSAGE_RECEIVED.into(),
        subject_id: email.gmail_id.clone(),
        dedupe_key: format!("message:{}", email.gmail_id),
        facts: Facts::Email {
            gmail_id: email.gmail_id.clone(),
            thread_id: email.thread_id.clone(),
            from: email.sender.clone(),
            to: email.to.clone(),
            cc: email.cc.clone(),
            subject: email.subject.clone(),
        },
        depth: 0,
        occurred_at: email.received_at,
    }
}

enum Fetched {
    Messages(Vec<Message>),
    Wait(Duration),
}

/// The number of a reading of the whole mailbox: the history id it began with.
fn reading(history_id: u64) -> i64 {
    i64::try_from(history_id).unwrap_or(i64::MAX)
}

/// Mail that was sent or received, and not thrown away.
fn is_kept(label_ids: &[String]) -> bool {
    !label_ids.iter().any(|label| matches!(label.as_str(), "TRASH" | "SPAM" | "DRAFT" | "CHAT"))
}

async fn forget(tenant: &Tenant<'_>, gmail_ids: &[String]) -> Result<()> {
    if !gmail_ids.is_empty() {
        store::documents::delete(tenant, Kind::Email, gmail_ids).await?;
        emails::delete(tenant, gmail_ids).await?;
    }
    Ok(())
}

/// What a page of history comes down to: the last word on each message counts.
#[derive(Default)]
struct Effect {
    fetch: BTreeSet<String>,
    gone: BTreeSet<String>,
    labels: BTreeMap<String, Vec<String>>,
}

impl Effect {
    fn of(changes: Vec<Change>) -> Self {
        let mut effect = Self::default();
        for change in changes {
            match change {
                Change::Added(id) => {
                    effect.gone.remove(&id);
                    effect.fetch.insert(id);
                }
                Change::Deleted(id) => {
                    effect.fetch.remove(&id);
                    effect.labels.remove(&id);
                    effect.gone.insert(id);
                }
                // Binned, restored, marked as spam: the message is asked what it is now.
                Change::Labels { id, changed, .. } if !is_kept(&changed) => {
                    effect.gone.remove(&id);
                    effect.fetch.insert(id);
                }
                Change::Labels { id, label_ids, .. } => {
                    if !effect.gone.contains(&id) {
                        effect.labels.insert(id, label_ids);
                    }
                }
            }
        }
        effect
    }
}

/// Fetches what a Gmail search finds and is not here yet, newest first.
async fn search(world: &World, owner: UserId, access: &Access, query: &str) -> Result<Outcome> {
    let gmail = Gmail { http: &world.http, base: &world.config.google.gmail_url, token: &access.token };
    let reader = Reader { world, owner, gmail, account: access };
    let mut page_token = None;
    let mut total = Step::default();
    let begun = Instant::now();
    loop {
        let page = reader.gmail.list(Some(query), page_token.as_deref(), PAGE).await?;
        let mut unknown = reader.unknown(&page.ids).await?;
        while !unknown.is_empty() {
            if begun.elapsed() > STEP {
                return Ok(Outcome::Again { after: Duration::ZERO, progress: progress(total) });
            }
            let slice: Vec<String> = unknown.drain(..unknown.len().min(SLICE)).collect();
            let messages = match reader.fetch(&slice).await? {
                Fetched::Messages(messages) => messages,
                Fetched::Wait(after) => return Ok(Outcome::Again { after, progress: progress(total) }),
            };
            let cursor = reader.cursor().await?;
            if let Turned::More(_, step) | Turned::Complete(_, step) = reader.store(cursor, &slice, messages, 0).await?
            {
                total.fetched += step.fetched;
                total.stored += step.stored;
            }
        }
        page_token = page.next;
        if page_token.is_none() {
            return Ok(Outcome::Done(progress(total)));
        }
    }
}

impl Reader<'_> {
    async fn unknown(&self, ids: &[String]) -> Result<Vec<String>> {
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        let known: BTreeSet<String> = emails::known(&tenant, ids).await?.into_iter().collect();
        Ok(ids.iter().filter(|id| !known.contains(*id)).cloned().collect())
    }

    async fn cursor(&self) -> Result<Cursor> {
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        sync_cursors::get(&tenant, GMAIL).await
    }
}
