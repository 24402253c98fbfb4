//! One portal: contacts and notes, read whole in pages and then by what was modified since.
//!
//! ```text
//! Contacts → Notes → ChangedContacts ⟲ ChangedNotes → Archived (contacts, notes) → done until the next time
//! ```
//! The search HubSpot offers for what was modified lags behind and stops at 10,000 results, so each reading begins a
//! little before the last one ended, and moves on by the time of what it saw.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{HUBSPOT, STEP, is_token_refused};
use crate::clients::hubspot::{HubSpot, Page};
use crate::domain::World;
use crate::domain::accounts::tokens::{self, Access};
use crate::domain::knowledge::documents::{self, Links};
use crate::error::Result;
use crate::model::UserId;
use crate::model::crm::{Contact, Note};
use crate::model::document::Kind;
use crate::model::task::Job;
use crate::model::user::Provider;
use crate::store::sync_cursors::{self, Step};
use crate::store::tasks::{self, Outcome};
use crate::store::{self, Tenant, contacts, notes, users};

/// What was modified this long before is looked at again: the search index lags.
const OVERLAP: SignedDuration = SignedDuration::from_mins(2);
/// A search that comes this far moves on by time instead of by page; HubSpot ends at 10,000.
const DEEP: u32 = 9_000;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
enum Cursor {
    /// Every contact, then every note. `since` is when that began.
    Contacts {
        since: Timestamp,
        after: Option<String>,
    },
    Notes {
        since: Timestamp,
        after: Option<String>,
    },
    /// What was modified since; `contacts` and `notes` are the times to read from.
    ChangedContacts {
        contacts: Timestamp,
        notes: Timestamp,
        after: Option<String>,
    },
    ChangedNotes {
        contacts: Timestamp,
        notes: Timestamp,
        after: Option<String>,
    },
    /// What is gone.
    ArchivedContacts {
        contacts: Timestamp,
        notes: Timestamp,
        after: Option<String>,
    },
    ArchivedNotes {
        contacts: Timestamp,
        notes: Timestamp,
        after: Option<String>,
    },
}

pub async fn step(world: &World, owner: UserId) -> Result<Outcome> {
    let access = tokens::access(world, owner, Provider::HubSpot).await?;
    let answer = read(world, owner, &access).await;
    if !is_token_refused(&answer) {
        return answer;
    }
    let access = tokens::renew(world, owner, Provider::HubSpot, &access.token).await?;
    read(world, owner, &access).await
}

async fn read(world: &World, owner: UserId, access: &Access) -> Result<Outcome> {
    let config = &world.config.hubspot;
    let reader = Reader {
        world,
        owner,
        hubspot: HubSpot { http: &world.http, base: &config.api_url, token: &access.token },
        links: Links { app_url: &config.app_url, portal: &access.account_id },
    };
    let mut cursor = {
        let mut db = world.db().await?;
        let tenant = db.tenant(owner).await?;
        sync_cursors::get::<Option<Cursor>>(&tenant, HUBSPOT).await?
    }
    .unwrap_or(Cursor::Contacts { since: world.now(), after: None });

    let begun = Instant::now();
    let (mut fetched, mut stored) = (0, 0);
    loop {
        let (next, step) = reader.turn(cursor).await?;
        fetched += step.fetched;
        stored += step.stored;
        cursor = next;
        let progress = json!({ "total_fetched": fetched, "stored": stored });
        if step.complete {
            return Ok(Outcome::Done(progress));
        }
        if begun.elapsed() > STEP {
            return Ok(Outcome::Again { after: Duration::ZERO, progress });
        }
    }
}

struct Reader<'a> {
    world: &'a World,
    owner: UserId,
    hubspot: HubSpot<'a>,
    links: Links<'a>,
}

impl Reader<'_> {
    async fn turn(&self, cursor: Cursor) -> Result<(Cursor, Step)> {
        match cursor {
            Cursor::Contacts { since, after } => {
                let page = self.hubspot.contacts_page(after.as_deref(), false).await?;
                let next = match page.next.clone() {
                    Some(after) => Cursor::Contacts { since, after: Some(after) },
                    None => Cursor::Notes { since, after: None },
                };
                self.keep_contacts(page, next).await
            }
            Cursor::Notes { since, after } => {
                let page = self.hubspot.notes_page(after.as_deref(), false).await?;
                let next = match page.next.clone() {
                    Some(after) => Cursor::Notes { since, after: Some(after) },
                    None => Cursor::ArchivedContacts { contacts: since, notes: since, after: None },
                };
                self.keep_notes(page, next).await
            }
            Cursor::ChangedContacts { contacts, notes, after } => {
                let page = self.hubspot.contacts_modified_since(contacts - OVERLAP, after.as_deref()).await?;
                let seen = newest(contacts, page.items.iter().map(|contact| contact.updated_at));
                let next = match further(&page.next) {
                    Further::Page(after) => Cursor::ChangedContacts { contacts, notes, after: Some(after) },
                    Further::Time => Cursor::ChangedContacts { contacts: seen, notes, after: None },
                    Further::No => Cursor::ChangedNotes { contacts: seen, notes, after: None },
                };
                self.keep_contacts(page, next).await
            }
            Cursor::ChangedNotes { contacts, notes, after } => {
                let mut page = self.hubspot.notes_modified_since(notes - OVERLAP, after.as_deref()).await?;
                self.hubspot.associate_contacts(&mut page.items).await?;
                let seen = newest(notes, page.items.iter().map(|note| note.updated_at));
                let next = match further(&page.next) {
                    Further::Page(after) => Cursor::ChangedNotes { contacts, notes, after: Some(after) },
                    Further::Time => Cursor::ChangedNotes { contacts, notes: seen, after: None },
                    Further::No => Cursor::ArchivedContacts { contacts, notes: seen, after: None },
                };
                self.keep_notes(page, next).await
            }
            Cursor::ArchivedContacts { contacts, notes, after } => {
                let page = self.hubspot.contacts_page(after.as_deref(), true).await?;
                let ids = page.items.into_iter().map(|contact| contact.hubspot_id).collect();
                let next = match page.next {
                    Some(after) => Cursor::ArchivedContacts { contacts, notes, after: Some(after) },
                    None => Cursor::ArchivedNotes { contacts, notes, after: None },
                };
                self.forget(Kind::Contact, ids, next, false).await
            }
            Cursor::ArchivedNotes { contacts, notes, after } => {
                let page = self.hubspot.notes_page(after.as_deref(), true).await?;
                let ids = page.items.into_iter().map(|note| note.hubspot_id).collect();
                let complete = page.next.is_none();
                let next = match page.next {
                    Some(after) => Cursor::ArchivedNotes { contacts, notes, after: Some(after) },
                    None => Cursor::ChangedContacts { contacts, notes, after: None },
                };
                self.forget(Kind::HubspotNote, ids, next, complete).await
            }
        }
    }

    async fn keep_contacts(&self, page: Page<Contact>, next: Cursor) -> Result<(Cursor, Step)> {
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        users::lock(&tenant).await?;
        for contact in &page.items {
            let id = contacts::put(&tenant, contact).await?;
            documents::put(&tenant, &documents::of_contact(contact, id, self.links)).await?;
        }
        self.save(tenant, next, step_of(page.items.len())).await
    }

    async fn keep_notes(&self, page: Page<Note>, next: Cursor) -> Result<(Cursor, Step)> {
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        users::lock(&tenant).await?;
        for note in &page.items {
            notes::put(&tenant, note).await?;
            let people = contacts::get_many(&tenant, &note.contact_ids).await?;
            documents::put(&tenant, &documents::of_note(note, &people, self.links)).await?;
        }
        self.save(tenant, next, step_of(page.items.len())).await
    }

    async fn forget(&self, kind: Kind, ids: Vec<String>, next: Cursor, complete: bool) -> Result<(Cursor, Step)> {
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        users::lock(&tenant).await?;
        store::documents::delete(&tenant, kind, &ids).await?;
        match kind {
            Kind::Contact => contacts::delete(&tenant, &ids).await?,
            _ => notes::delete(&tenant, &ids).await?,
        };
        self.save(tenant, next, Step { complete, ..Step::default() }).await
    }

    /// Moves the cursor, the last write of the transaction in which something was read.
    async fn save(&self, tenant: Tenant<'_>, next: Cursor, step: Step) -> Result<(Cursor, Step)> {
        let embed = if step.stored > 0 { Some(tasks::ensure(&tenant, &Job::Embed {}).await?) } else { None };
        sync_cursors::put(&tenant, HUBSPOT, &next, step).await?;
        tenant.commit().await?;
        if let Some(embed) = embed {
            self.world.ring(embed, Duration::ZERO).await;
        }
        Ok((next, step))
    }
}

fn step_of(items: usize) -> Step {
    let items = i64::try_from(items).unwrap_or(0);
    Step { fetched: items, stored: items, expected: None, complete: false }
}

enum Further {
    Page(String),
    Time,
    No,
}

/// HubSpot's search pages are numbers of results passed.
fn further(next: &Option<String>) -> Further {
    match next {
        None => Further::No,
        Some(after) if after.parse::<u32>().is_ok_and(|passed| passed >= DEEP) => Further::Time,
        Some(after) => Further::Page(after.clone()),
    }
}

fn newest(so_far: Timestamp, seen: impl Iterator<Item = Timestamp>) -> Timestamp {
    seen.fold(so_far, Timestamp::max)
}
