//! Webhooks: what happened becomes events, events become signed deliveries, and deliveries are tried again.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::{App, Shared};
use super::kind::Kind;
use super::portal::{Actor, Change};
use super::signature;
use super::state::{Delivery, State};
use crate::server::lock;

/// The app's id until a target says otherwise.
pub const DEFAULT_APP_ID: i64 = 1_160_452;
const MAX_EVENTS: usize = 100;
const TIMEOUT: Duration = Duration::from_secs(5);
/// Minutes from one attempt to the next: ten retries within a day.
const RETRY_MINUTES: [i64; 10] = [1, 3, 10, 30, 60, 120, 180, 240, 300, 420];
/// How often the clock is looked at while something waits for its time.
const TICK: Duration = Duration::from_millis(50);
/// Properties without events: they change with every other.
const SILENT: [&str; 4] = ["hs_lastmodifieddate", "lastmodifieddate", "hs_object_id", "num_unique_conversion_events"];

/// What goes wrong with the next deliveries.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct Trouble {
    /// So many deliveries arrive twice.
    pub duplicate: u32,
    /// So many deliveries arrive with their events in reverse.
    pub reorder: u32,
    /// So many deliveries never arrive, and are not tried again.
    pub lose: u32,
}

/// Turns what happened in a portal into events. Without a target, or where the app is not installed, nobody is told.
pub fn publish(state: &mut State, portal: i64, changes: &[Change], actor: Actor) {
    let Some(app_id) = state.webhook.as_ref().map(|target| target.app_id).filter(|_| state.is_installed(portal)) else {
        return;
    };
    for change in changes {
        let Some((name, mut event)) = event(change) else {
            continue;
        };
        let fields = json!({
            "eventId": 100_000_000 + state.fresh_id(),
            "subscriptionId": subscription(&name, change),
            "portalId": portal,
            "appId": app_id,
            "occurredAt": actor.now.as_millisecond(),
            "subscriptionType": name,
            "attemptNumber": 0,
            "changeSource": actor.source.name(),
            "sourceId": actor.source.id(),
        });
        if let (Value::Object(event), Value::Object(fields)) = (&mut event, fields) {
            event.extend(fields);
        }
        state.outbox.push(event);
    }
}

/// The event's type and what is particular to it.
fn event(change: &Change) -> Option<(String, Value)> {
    Some(match change {
        Change::Created(kind, id) => (name(*kind, "creation"), of(*kind, *id, json!({ "changeFlag": "NEW" }))),
        Change::Deleted(kind, id) => (name(*kind, "deletion"), of(*kind, *id, json!({ "changeFlag": "DELETED" }))),
        Change::Restored(kind, id) => (name(*kind, "restore"), of(*kind, *id, json!({}))),
        Change::PrivacyDeleted(id) => ("contact.privacyDeletion".to_owned(), json!({ "objectId": id })),
        Change::Property { name: property, .. } if SILENT.contains(&property.as_str()) => return None,
        Change::Property { kind, id, name: property, value } => {
            let fields = json!({ "propertyName": property, "propertyValue": value, "isSensitive": false });
            (name(*kind, "propertyChange"), of(*kind, *id, fields))
        }
        Change::Associated { from, to, removed, primary } => {
            let kind = format!("{}_TO_{}", from.0.singular(), to.0.singular()).to_uppercase();
            let mut fields = json!({
                "associationType": kind,
                "fromObjectId": from.1,
                "toObjectId": to.1,
                "associationRemoved": removed,
                "isPrimaryAssociation": primary,
            });
            if is_generic(from.0) {
                fields["objectTypeId"] = from.0.type_id().into();
            }
            (name(from.0, "associationChange"), fields)
        }
        Change::Merged { kind, primary, merged, now, moved } => {
            let fields = json!({
                "primaryObjectId": primary,
                "mergedObjectIds": [merged],
                "newObjectId": now,
                "numberOfPropertiesMoved": moved,
            });
            (name(*kind, "merge"), of(*kind, *now, fields))
        }
    })
}

/// Types without events of their own have those of `object.…`.
fn is_generic(kind: Kind) -> bool {
    matches!(kind, Kind::Note | Kind::Task)
}

fn name(kind: Kind, what: &str) -> String {
    format!("{}.{what}", if is_generic(kind) { "object" } else { kind.singular() })
}

fn of(kind: Kind, id: u64, mut fields: Value) -> Value {
    fields["objectId"] = id.into();
    if is_generic(kind) {
        fields["objectTypeId"] = kind.type_id().into();
    }
    fields
}

/// The app subscribes to everything; each type, and each property of a type, is a subscription with a fixed number.
fn subscription(name: &str, change: &Change) -> u32 {
    let property = if let Change::Property { name, .. } = change { name.as_str() } else { "" };
    let sum =
        name.bytes().chain(property.bytes()).fold(17u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    1_000_000 + sum % 1_000_000
}

/// Delivers for as long as the fake runs.
pub async fn run(app: Shared) {
    loop {
        let waiting = {
            let state = lock(&app.state);
            state.webhook.is_some() && !(state.outbox.is_empty() && state.deliveries.is_empty())
        };
        if waiting {
            // Changes made together leave together.
            tokio::time::sleep(TICK).await;
        } else {
            app.deliver.notified().await;
            continue;
        }
        let due = take_due(&app);
        futures::future::join_all(due.into_iter().map(|delivery| send(&app, delivery))).await;
    }
}

/// Makes deliveries of the outbox and hands out those whose time has come. They stay in the state until they are
/// taken, so that a crash loses none.
fn take_due(app: &App) -> Vec<Delivery> {
    let now = app.now();
    let mut state = lock(&app.state);
    let events = std::mem::take(&mut state.outbox);
    for chunk in events.chunks(MAX_EVENTS) {
        let id = state.fresh_id();
        state.deliveries.push(Delivery { id, events: chunk.to_vec(), attempt: 0, due: now });
    }
    state.deliveries.iter().filter(|delivery| delivery.due <= now).cloned().collect()
}

async fn send(app: &App, mut delivery: Delivery) {
    let Some(target) = lock(&app.state).webhook.clone() else {
        return;
    };
    let (lost, twice) = {
        let trouble = &mut lock(&app.settings).trouble;
        if spend(&mut trouble.reorder) {
            delivery.events.reverse();
        }
        (spend(&mut trouble.lose), spend(&mut trouble.duplicate))
    };
    for event in &mut delivery.events {
        event["attemptNumber"] = delivery.attempt.into();
    }
    let body = Value::from(delivery.events).to_string();
    let taken = lost || post(app, &target.url, &body).await;
    if taken && twice && !lost {
        post(app, &target.url, &body).await;
    }
    settle(app, delivery.id, taken);
}

fn spend(left: &mut u32) -> bool {
    let some = *left > 0;
    *left = left.saturating_sub(1);
    some
}

/// Forgets a delivery that was taken, or plans its next attempt.
fn settle(app: &App, id: u64, taken: bool) {
    let now = app.now();
    let mut state = lock(&app.state);
    if let Some(at) = state.deliveries.iter().position(|delivery| delivery.id == id) {
        let attempt = state.deliveries[at].attempt;
        match RETRY_MINUTES.get(attempt as usize).filter(|_| !taken) {
            Some(minutes) => {
                state.deliveries[at].attempt = attempt + 1;
                state.deliveries[at].due = next(now, *minutes);
            }
            None => {
                state.deliveries.remove(at);
            }
        }
    }
    drop(state);
    app.changed();
}

/// Attempts are spread, so that they do not all come back at once.
fn next(now: Timestamp, minutes: i64) -> Timestamp {
    let seconds = minutes * 60;
    now + SignedDuration::from_secs(rand::rng().random_range(seconds * 8 / 10..=seconds))
}

#[expect(clippy::disallowed_methods, reason = "a fake calls its target itself; clients::http is the product's")]
async fn post(app: &App, url: &str, body: &str) -> bool {
    let timestamp = app.now().as_millisecond().to_string();
    let request = app
        .http
        .post(url)
        .timeout(TIMEOUT)
        .header("content-type", "application/json;charset=utf-8")
        .header("user-agent", "HubSpot Connect 2.0 (stand-in)")
        .header("x-hubspot-signature", signature::v1(&app.client_secret, body))
        .header("x-hubspot-signature-version", "v1")
        .header("x-hubspot-signature-v3", signature::v3(&app.client_secret, "POST", url, body, &timestamp))
        .header("x-hubspot-request-timestamp", timestamp)
        .body(body.to_owned());
    match request.send().await {
        Ok(answer) => answer.status().is_success(),
        Err(_) => false,
    }
}

/// An address on this machine, or what is wrong with it.
pub fn check_target(url: &str) -> std::io::Result<()> {
    let local = url::Url::parse(url).is_ok_and(|url| match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    });
    if local {
        Ok(())
    } else {
        Err(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            format!("{url} is not on this machine: nothing else is ever called"),
        ))
    }
}
