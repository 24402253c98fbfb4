//! One calendar: read whole in pages, then kept up to date by Google's sync tokens.
//!
//! ```text
//! Start → Full (a page at a time) → Verify (what the reading did not see) → Incremental ⟲
//!   ↑                                         ↑ a series is gone: its changed dates │ │ sync token too old (410)
//!   │                                         └────────────────────────────────────┘ │ or the calendar's zone changed
//!   └────────────────────────────────────────────────────────────────────────────────┘
//! ```
//! An event is forgotten only on evidence: Google says that it is cancelled or gone. One that merely was not listed is asked
//! for first.

mod written;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{CALENDAR, STEP, is_token_refused};
use crate::clients::calendar::{Calendar, Listing, Page};
use crate::domain::World;
use crate::domain::accounts::tokens::{self, Access};
use crate::domain::calendar::changes::{self, Seen};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::model::UserId;
use crate::model::calendar::CalendarEvent;
use crate::model::task::Job;
use crate::model::user::Provider;
use crate::store::sync_cursors::{self, Step};
use crate::store::tasks::{self, Outcome};
use crate::store::{Tenant, calendar_events, users};
use written::{Written, is_gone, known, zone};

/// Events asked for by name together.
const SLICE: i64 = 24;
/// Requests under way at once.
const CONCURRENCY: usize = 4;

/// Where the reading stands.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
enum Cursor {
    #[default]
    Start,
    Full {
        /// The number of this reading of everything.
        reading: i64,
        page_token: Option<String>,
    },
    Verify {
        reading: i64,
        sync_token: String,
    },
    Incremental {
        reading: i64,
        sync_token: String,
        page_token: Option<String>,
    },
}

/// Reads on for a while.
pub async fn step(world: &World, owner: UserId) -> Result<Outcome> {
    let access = tokens::access(world, owner, Provider::Google).await?;
    let answer = read(world, owner, &access).await;
    if !is_token_refused(&answer) {
        return answer;
    }
    let access = tokens::renew(world, owner, Provider::Google, &access.token).await?;
    read(world, owner, &access).await
}

async fn read(world: &World, owner: UserId, access: &Access) -> Result<Outcome> {
    let calendar = Calendar { http: &world.http, base: &world.config.google.calendar_url, token: &access.token };
    let reader = Reader { world, owner, calendar, account: access };
    let mut cursor: Cursor = {
        let mut db = world.db().await?;
        let tenant = db.tenant(owner).await?;
        sync_cursors::get(&tenant, CALENDAR).await?
    };
    let begun = Instant::now();
    let mut total = Step::default();
    loop {
        let (next, step) = reader.turn(cursor).await?;
        total.fetched += step.fetched;
        total.stored += step.stored;
        cursor = next;
        let progress = json!({ "total_fetched": total.fetched, "stored": total.stored });
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
    calendar: Calendar<'a>,
    account: &'a Access,
}

impl Reader<'_> {
    /// Does one thing, and writes down where that leaves us in the same transaction.
    async fn turn(&self, cursor: Cursor) -> Result<(Cursor, Step)> {
        match cursor {
            Cursor::Start => {
                let mut db = self.world.db().await?;
                let tenant = db.tenant(self.owner).await?;
                let reading = calendar_events::next_reading(&tenant).await?;
                save(tenant, Cursor::Full { reading, page_token: None }, Step::default()).await
            }
            Cursor::Full { reading, page_token } => self.full(reading, page_token).await,
            Cursor::Verify { reading, sync_token } => self.verify(reading, sync_token).await,
            Cursor::Incremental { reading, sync_token, page_token } => {
                self.changes(reading, sync_token, page_token).await
            }
        }
    }

    async fn full(&self, reading: i64, page_token: Option<String>) -> Result<(Cursor, Step)> {
        let listing = self.list(None, page_token.as_deref(), Cursor::Start).await?;
        let Listing::Page(mut page) = listing else {
            return Err(Error::new(ErrorKind::Upstream, "Google Calendar forgot a list while it was read."));
        };
        let cursor = match (page.next.take(), page.sync_token.take()) {
            (Some(next), _) => Cursor::Full { reading, page_token: Some(next) },
            (None, Some(sync_token)) => Cursor::Verify { reading, sync_token },
            (None, None) => return Err(no_end()),
        };
        self.store(cursor, page, reading, false).await
    }

    /// What is stored and was not listed: gone, or only missed.
    async fn verify(&self, reading: i64, sync_token: String) -> Result<(Cursor, Step)> {
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        let missed = calendar_events::not_listed(&tenant, reading, SLICE).await?;
        if missed.is_empty() {
            let cursor = Cursor::Incremental { reading, sync_token, page_token: None };
            return save(tenant, cursor, Step::default()).await;
        }
        tenant.commit().await?;
        drop(db);

        let ids: Vec<&str> = missed.iter().map(|kept| kept.event.google_id.as_str()).collect();
        // Boxed, or the compiler cannot see that the whole may move between threads.
        let gets: Vec<BoxFuture<'_, Result<Option<CalendarEvent>>>> =
            ids.iter().map(|id| self.calendar.get(id).boxed()).collect();
        let answers: Vec<_> = futures::stream::iter(gets).buffered(CONCURRENCY).collect().await;
        let answers = answers.into_iter().collect::<Result<Vec<_>>>()?;

        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        users::lock(&tenant).await?;
        let zone = zone(&tenant).await?;
        let asked: Vec<CalendarEvent> = missed.iter().map(|kept| kept.event.clone()).collect();
        let known = known(&tenant, &asked).await?;
        // A date that is off matters as long as there is a series that would show it.
        let matters = |event: &CalendarEvent| {
            !event.is_cancelled() || event.series.as_ref().is_some_and(|series| known.contains_key(&series.id))
        };
        let mut written = Written::default();
        for (kept, answer) in missed.into_iter().zip(answers) {
            match answer {
                Some(event) if matters(&event) => {
                    written.put(&tenant, event, reading, &zone).await?;
                }
                _ => {
                    // Dates that went with their series are not told of one by one.
                    if kept.listed_in > 0 || kept.event.series.is_none() {
                        let happened = changes::gone(&kept.event, self.world.now());
                        written.tell(&tenant, happened).await?;
                    }
                    written.forget(&tenant, &kept.event).await?;
                }
            }
        }
        self.finish(tenant, Cursor::Verify { reading, sync_token }, Step::default(), written).await
    }

    /// One page of what changed since.
    async fn changes(&self, reading: i64, sync_token: String, page_token: Option<String>) -> Result<(Cursor, Step)> {
        let again = Cursor::Incremental { reading, sync_token: sync_token.clone(), page_token: None };
        let mut page = match self.list(Some(&sync_token), page_token.as_deref(), again).await? {
            Listing::Page(page) => page,
            Listing::TooOld => {
                tracing::info!(user.id = %self.owner, "the calendar's sync token is too old; it is read again");
                let mut db = self.world.db().await?;
                return save(db.tenant(self.owner).await?, Cursor::Start, Step::default()).await;
            }
        };
        let cursor = match (page.next.take(), page.sync_token.take()) {
            (Some(next), _) => Cursor::Incremental { reading, sync_token, page_token: Some(next) },
            (None, Some(sync_token)) => Cursor::Incremental { reading, sync_token, page_token: None },
            (None, None) => return Err(no_end()),
        };
        self.store(cursor, page, reading, true).await
    }

    /// One page. When Google does not know the page any more, the cursor goes back to `again` before the error is told, so
    /// that the next try begins the list anew.
    async fn list(&self, sync_token: Option<&str>, page_token: Option<&str>, again: Cursor) -> Result<Listing> {
        let listing = self.calendar.list(sync_token, page_token).await;
        if let Err(error) = &listing
            && page_token.is_some()
            && error.upstream_status() == Some(400)
        {
            let mut db = self.world.db().await?;
            save(db.tenant(self.owner).await?, again, Step::default()).await?;
            return Err(Error::new(ErrorKind::Upstream, "Google Calendar forgot a list while it was read."));
        }
        listing
    }

    /// Keeps what a page says, and moves the cursor.
    async fn store(&self, cursor: Cursor, page: Page, reading: i64, is_change: bool) -> Result<(Cursor, Step)> {
        let fetched = i64::try_from(page.events.len()).unwrap_or(0);
        let mut db = self.world.db().await?;
        let tenant = db.tenant(self.owner).await?;
        users::lock(&tenant).await?;
        let moved = match page.time_zone.as_deref().filter(|name| TimeZone::get(name).is_ok()) {
            Some(name) => users::put_time_zone(&tenant, name).await?,
            None => false,
        };
        let zone = zone(&tenant).await?;
        let known = known(&tenant, &page.events).await?;
        let dropped: HashSet<&str> =
            page.events.iter().filter(|event| is_gone(event)).map(|event| event.google_id.as_str()).collect();
        let series = |event: &CalendarEvent| {
            let id = &event.series.as_ref()?.id;
            let fresh = page.events.iter().find(|other| other.google_id == *id);
            let series = fresh.or_else(|| known.get(id).map(|kept| &kept.event));
            series.filter(|series| !series.is_cancelled()).cloned()
        };

        let mut written = Written::default();
        for event in &page.events {
            let before = known.get(&event.google_id);
            // Dates that go with their series.
            let went_along = event.series.as_ref().is_some_and(|series| dropped.contains(series.id.as_str()))
                || before.is_some_and(|kept| kept.listed_in == 0);
            if !(event.is_cancelled() && went_along) {
                let series = series(event);
                let before = before.map(|kept| &kept.event);
                let seen = Seen { before, now: event, series: series.as_ref(), is_change };
                let happened = changes::of(&seen, self.account.connected_at, self.world.now());
                written.tell(&tenant, happened).await?;
            }
            match is_gone(event) || event.is_cancelled() && went_along {
                true => written.forget(&tenant, event).await?,
                false => written.put(&tenant, event.clone(), reading, &zone).await?,
            }
        }
        // In another zone days begin at other moments, and everything that was said of them is wrong.
        let cursor = match cursor {
            Cursor::Incremental { .. } if moved => Cursor::Start,
            Cursor::Incremental { reading, sync_token, page_token: None } if written.doubts => {
                Cursor::Verify { reading, sync_token }
            }
            cursor => cursor,
        };
        let complete = is_change && matches!(cursor, Cursor::Incremental { page_token: None, .. });
        let step = Step { fetched, stored: written.stored, expected: None, complete };
        self.finish(tenant, cursor, step, written).await
    }

    async fn finish(
        &self,
        tenant: Tenant<'_>,
        cursor: Cursor,
        step: Step,
        mut written: Written,
    ) -> Result<(Cursor, Step)> {
        if written.stored > 0 {
            written.bells.push(tasks::ensure(&tenant, &Job::Embed {}).await?);
        }
        let saved = save(tenant, cursor, step).await?;
        for task in written.bells {
            self.world.ring(task, Duration::ZERO).await;
        }
        Ok(saved)
    }
}

/// Moves the cursor, the last write of the transaction in which something was learnt.
async fn save(tenant: Tenant<'_>, cursor: Cursor, step: Step) -> Result<(Cursor, Step)> {
    sync_cursors::put(&tenant, CALENDAR, &cursor, step).await?;
    tenant.commit().await?;
    Ok((cursor, step))
}

fn no_end() -> Error {
    Error::new(ErrorKind::Upstream, "Google Calendar ended a list without saying where the next one begins.")
}
