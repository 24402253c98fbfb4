//! HubSpot tells which records changed. It says so at least once, in any order, and up to a hundred at a time.

pub(crate) mod wire;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use self::wire::Event;
use super::for_nobody;
use super::signature::{self, Signed};
use crate::config::HUBSPOT_WEBHOOK;
use crate::domain::World;
use crate::error::{Error, Result};
use crate::model::crm::HubspotEvent;
use crate::model::event::Source;
use crate::model::task::{Job, State};
use crate::model::{TaskId, UserId, untrusted};
use crate::store::connections;
use crate::store::tasks::{self, Origin};
use crate::store::webhook_events::{self, Delivered};

/// HubSpot sends no more in one delivery.
const MOST: usize = 100;

/// What vouches for a delivery.
#[derive(Debug, Clone, Copy)]
pub struct Signature<'a> {
    /// `X-HubSpot-Request-Timestamp`.
    pub timestamp: Option<&'a str>,
    /// `X-HubSpot-Signature-v3`.
    pub v3: Option<&'a str>,
    /// `X-HubSpot-Signature`.
    pub v1: Option<&'a str>,
}

/// 401 unless HubSpot signed exactly this body for our address, just now.
pub async fn verify(world: &World, body: &[u8], given: &Signature<'_>) -> Result<()> {
    let secrets = world.secrets().await?;
    let current = secrets.get("HUBSPOT_CLIENT_SECRET")?;
    let accepted: Vec<_> = [current].into_iter().chain(secrets.optional("HUBSPOT_CLIENT_SECRET_PREVIOUS")).collect();
    let uri = world.config.webhook_url(HUBSPOT_WEBHOOK);
    let Signature { timestamp, v3, v1 } = *given;
    let request = Signed { method: "POST", uri: &uri, body, timestamp, v3, v1 };
    signature::verify(&request, &accepted, world.config.hubspot.webhook_v1, world.now())
}

/// What became of a delivery, in the seed's shape.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "HubspotDelivery")]
pub struct Received {
    status: &'static str,
    /// Events that were new.
    processed: usize,
    total: usize,
    /// One for each event, in its order.
    results: Vec<Became>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "HubspotResult")]
enum Became {
    Task {
        event_id: Value,
        task_id: TaskId,
        task_state: State,
        /// The task has none yet.
        result: (),
        error: (),
    },
    Nothing {
        event_id: Value,
        task: (),
        /// Why there is nothing to do.
        note: &'static str,
    },
    Wrong {
        event_id: Value,
        error: &'static str,
    },
}

/// Reads a delivery: an array of at most a hundred events. An event that cannot be understood holds up none of the others.
pub fn parse(body: &[u8]) -> Result<Vec<Value>> {
    let events: Value = untrusted::json(body).map_err(|_| Error::bad_request("Invalid JSON payload"))?;
    match events {
        Value::Array(events) if events.len() <= MOST => Ok(events),
        Value::Array(_) => Err(Error::bad_request(format!("Too many events: at most {MOST} in one delivery"))),
        _ => Err(Error::bad_request("Payload must be an array of events")),
    }
}

/// Has what changed read by everybody who connected its portal. Answers in the seed's shape, one result for each event.
pub async fn receive(world: &World, raw: &[Value]) -> Result<Received> {
    let mut kept = Vec::new();
    let received = keep(world, raw, &mut kept).await;
    // Also for what was kept before something went wrong: the delivery comes again, and that part of it will be known.
    world.ring_all(&kept).await;
    received
}

/// Tells in `kept` which tasks there are now, also when it fails.
async fn keep(world: &World, raw: &[Value], kept: &mut Vec<TaskId>) -> Result<Received> {
    let events: Vec<Result<Event, &'static str>> = raw.iter().map(wire::event).collect();
    let mut portals: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in events.iter().flatten() {
        portals.entry(&event.portal).or_default().push(event);
    }

    // What became of each: no entry for a portal nobody connected.
    let mut tasks: BTreeMap<&str, Option<TaskId>> = BTreeMap::new();
    for (portal, events) in portals {
        let owners = {
            let db = world.db().await?;
            connections::portal_owners(&db, portal).await?
        };
        if owners.is_empty() {
            for_nobody(world, Source::Hubspot, i64::try_from(events.len()).unwrap_or(i64::MAX)).await?;
            continue;
        }
        for event in &events {
            tasks.insert(&event.delivered.dedupe_key, None);
        }
        for owner in owners {
            let Some((task, read)) = receive_for(world, owner, &events).await? else { continue };
            kept.push(task);
            tasks.extend(read.into_iter().map(|key| (key, Some(task))));
        }
    }

    let processed = tasks.values().flatten().count();
    let results = raw.iter().zip(&events).map(|(raw, event)| {
        let event_id = raw["eventId"].clone();
        match event {
            Err(error) => Became::Wrong { event_id, error },
            Ok(event) => match tasks.get(event.delivered.dedupe_key.as_str()) {
                None => Became::Nothing { event_id, task: (), note: "No matching user" },
                Some(None) if event.about.is_none() => Became::Nothing { event_id, task: (), note: "Not kept here" },
                Some(None) => Became::Nothing { event_id, task: (), note: "Already processed" },
                Some(Some(task)) => {
                    Became::Task { event_id, task_id: *task, task_state: State::Pending, result: (), error: () }
                }
            },
        }
    });
    Ok(Received { status: "ok", processed, total: raw.len(), results: results.collect() })
}

/// The task that reads what was new to this advisor, and the keys of what it reads; nothing when there was nothing to read.
async fn receive_for<'a>(world: &World, owner: UserId, events: &[&'a Event]) -> Result<Option<(TaskId, Vec<&'a str>)>> {
    let delivered: Vec<Delivered> = events.iter().map(|event| event.delivered.clone()).collect();
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let new: BTreeSet<String> = webhook_events::add(&tenant, Source::Hubspot, &delivered).await?.into_iter().collect();
    let mut read: BTreeMap<&str, HubspotEvent> = BTreeMap::new();
    for event in events.iter().filter(|event| new.contains(&event.delivered.dedupe_key)) {
        read.extend(event.about.clone().map(|about| (event.delivered.dedupe_key.as_str(), about)));
    }
    if read.is_empty() {
        tenant.commit().await?;
        return Ok(None);
    }
    let (keys, about): (Vec<&str>, Vec<HubspotEvent>) = read.into_iter().unzip();
    let task = tasks::insert(&tenant, &Job::HubspotEvents { events: about }, &Origin::default()).await?;
    let task = task.ok_or_else(|| Error::internal("A task without a key was not added."))?;
    webhook_events::put_task(&tenant, Source::Hubspot, &keys, task).await?;
    tenant.commit().await?;
    Ok(Some((task, keys)))
}
