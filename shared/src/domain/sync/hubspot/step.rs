//! One step of a reading: as many turns as time allows, each of which reads a page, stores it and moves the cursor.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::{HUBSPOT, STEP};
use super::cursor::{Cursor, Mark, Place};
use super::keep::{Clerk, Telling};
use super::portal::{self, Portal};
use super::{reread, window};
use crate::clients::hubspot::{PAGE, Page, Window};
use crate::domain::World;
use crate::error::Result;
use crate::model::UserId;
use crate::model::crm::{ObjectType, Record};
use crate::store::sync_cursors::{self, Step};
use crate::store::tasks::Outcome;
use crate::store::{owners, pipelines, records as rows};

pub async fn step(world: &World, owner: UserId) -> Result<Outcome> {
    let access = portal::access(world, owner).await?;
    let portal = Portal { world, owner, access: &access };
    let answer = read(&portal).await;
    match portal::renewed(&portal, &answer).await? {
        Some(access) => read(&Portal { world, owner, access: &access }).await,
        None => answer,
    }
}

async fn read(portal: &Portal<'_>) -> Result<Outcome> {
    let mut cursor = stored(portal).await?.unwrap_or_else(Cursor::new);
    let begun = Instant::now();
    let (mut fetched, mut kept) = (0, 0);
    loop {
        let (next, step) = turn(portal, cursor).await?;
        fetched += step.fetched;
        kept += step.stored;
        cursor = next;
        let progress = json!({ "total_fetched": fetched, "stored": kept });
        if step.complete {
            return Ok(Outcome::Done(progress));
        }
        if begun.elapsed() > STEP {
            return Ok(Outcome::Again { after: Duration::ZERO, progress });
        }
    }
}

async fn stored(portal: &Portal<'_>) -> Result<Option<Cursor>> {
    let mut db = portal.world.db().await?;
    let tenant = db.tenant(portal.owner).await?;
    Ok(Cursor::from_stored(sync_cursors::get::<Value>(&tenant, HUBSPOT).await?))
}

async fn turn(portal: &Portal<'_>, cursor: Cursor) -> Result<(Cursor, Step)> {
    match cursor.place.clone() {
        Place::Directory => directory(portal, cursor).await,
        Place::Whole { object, began, after } => {
            let page = portal.page(object, after.as_deref()).await?;
            let place = match page.next.clone() {
                Some(after) => Place::Whole { object, began, after: Some(after) },
                None => Place::Missing { object, began, after: String::new() },
            };
            keep(portal, Cursor { place, ..cursor }, page, Some((object, began))).await
        }
        Place::Missing { object, began, after } => missing(portal, cursor, object, began, &after).await,
        Place::Changed { object, window, after, seen } => changed(portal, cursor, object, (window, after), seen).await,
        Place::Archived { object, after } => archived(portal, cursor, object, after.as_deref()).await,
        Place::End => {
            let complete = cursor.is_whole();
            save(portal, Cursor { place: Place::Directory, ..cursor }, Step { complete, ..Step::default() }).await
        }
    }
}

/// Pipelines and owners: few, and read each time.
async fn directory(portal: &Portal<'_>, mut cursor: Cursor) -> Result<(Cursor, Step)> {
    let ways = portal.hubspot().await?.pipelines().await?;
    let mut people = Vec::new();
    for archived in [false, true] {
        let mut after = None;
        loop {
            let (some, next) = portal.hubspot().await?.owners(after.as_deref(), archived).await?;
            people.extend(some);
            after = next;
            if after.is_none() {
                break;
            }
        }
    }

    let mut db = portal.world.db().await?;
    let clerk = Clerk::begin(portal, &mut db).await?;
    if pipelines::all(&clerk.tenant).await? != ways {
        pipelines::put_all(&clerk.tenant, &ways).await?;
        cursor.list_again(&[ObjectType::Deal]);
    }
    if owners::put(&clerk.tenant, &people).await? > 0 {
        cursor.list_again(&ObjectType::ALL);
    }
    cursor.place = cursor.begin(ObjectType::ALL[0], portal.world.now());
    clerk.finish(Some((&cursor, Step::default()))).await?;
    Ok((cursor, Step::default()))
}

/// A page of what changed.
async fn changed(
    portal: &Portal<'_>,
    mut cursor: Cursor,
    object: ObjectType,
    (window, after): (Window, Option<String>),
    seen: Timestamp,
) -> Result<(Cursor, Step)> {
    let page = portal.modified(object, &window, after.as_deref()).await?;
    let seen = page.records.iter().map(|record| record.updated_at).fold(seen, Timestamp::max);
    let last = page.records.last().map(|record| (record.id.as_str(), record.updated_at));
    cursor.place = match window::after(&window, page.next.as_deref(), last) {
        Some((window, after)) => Place::Changed { object, window, after, seen },
        None => {
            let listed = cursor.read.get(&object).and_then(|mark| mark.listed);
            cursor.read.insert(object, Mark { changes: seen, listed });
            cursor.after(object, portal.world.now())
        }
    };
    keep(portal, cursor, page, None).await
}

/// What is known and was not listed: it is asked for by its ids, since a listing that lacks something proves nothing.
async fn missing(
    portal: &Portal<'_>,
    mut cursor: Cursor,
    object: ObjectType,
    began: Timestamp,
    after: &str,
) -> Result<(Cursor, Step)> {
    let ids = {
        let mut db = portal.world.db().await?;
        let tenant = db.tenant(portal.owner).await?;
        rows::not_listed(&tenant, object, began, after, i64::try_from(PAGE).unwrap_or(100)).await?
    };
    cursor.place = match ids.last() {
        Some(last) => {
            reread::all(portal, object, &ids, Telling::Everything).await?;
            Place::Missing { object, began, after: last.clone() }
        }
        None => {
            let changes = cursor.read.get(&object).map_or(began, |mark| mark.changes.max(began));
            cursor.read.insert(object, Mark { changes, listed: Some(began) });
            cursor.after(object, portal.world.now())
        }
    };
    save(portal, cursor, Step::default()).await
}

async fn archived(
    portal: &Portal<'_>,
    mut cursor: Cursor,
    object: ObjectType,
    after: Option<&str>,
) -> Result<(Cursor, Step)> {
    let page = portal.hubspot().await?.page(object, after, true).await?;
    cursor.place = match page.next {
        Some(after) => Place::Archived { object, after: Some(after) },
        None => Cursor::after_archived(object),
    };
    let mut db = portal.world.db().await?;
    let mut clerk = Clerk::begin(portal, &mut db).await?;
    clerk.remove(&page.records, Telling::Everything).await?;
    clerk.finish(Some((&cursor, Step::default()))).await?;
    Ok((cursor, Step::default()))
}

/// Stores a page. `listed` says of which listing it is.
async fn keep(
    portal: &Portal<'_>,
    cursor: Cursor,
    page: Page,
    listed: Option<(ObjectType, Timestamp)>,
) -> Result<(Cursor, Step)> {
    let count = i64::try_from(page.records.len()).unwrap_or(0);
    let step = Step { fetched: count, stored: count, ..Step::default() };
    let mut db = portal.world.db().await?;
    let mut clerk = Clerk::begin(portal, &mut db).await?;
    let new = clerk.keep(&page.records, Telling::Everything).await?;
    if let Some((object, began)) = listed {
        let ids: Vec<String> = page.records.iter().map(|record| record.id.clone()).collect();
        rows::mark_listed(&clerk.tenant, object, &ids, began).await?;
    }
    // The cursor moves last: what stands on the new ones is read before.
    if listed.is_some() || new.is_empty() {
        clerk.finish(Some((&cursor, step))).await?;
        return Ok((cursor, step));
    }
    clerk.finish(None).await?;
    drop(db);
    if let Some(object) = page.records.first().map(Record::object) {
        neighbours(portal, object, &new).await?;
    }
    save(portal, cursor, step).await
}

/// Reads what is associated with records that were not known: those that were restored come back with their notes and
/// deals, which did not change themselves.
pub async fn neighbours(portal: &Portal<'_>, object: ObjectType, ids: &[String]) -> Result<()> {
    let others: &[ObjectType] = match object {
        ObjectType::Contact => &[ObjectType::Deal, ObjectType::Note],
        ObjectType::Company => &[ObjectType::Contact, ObjectType::Deal],
        ObjectType::Deal | ObjectType::Note => &[],
    };
    for other in others {
        let found = portal.neighbours(object, ids, *other).await?;
        reread::all(portal, *other, &found, Telling::Everything).await?;
    }
    Ok(())
}

async fn save(portal: &Portal<'_>, cursor: Cursor, step: Step) -> Result<(Cursor, Step)> {
    let mut db = portal.world.db().await?;
    let tenant = db.tenant(portal.owner).await?;
    sync_cursors::put(&tenant, HUBSPOT, &cursor, step).await?;
    tenant.commit().await?;
    Ok((cursor, step))
}
