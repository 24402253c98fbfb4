//! Google Calendar tells that a calendar changed. Its messages are not signed: who knows the channel's token sent them.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::for_nobody;
use crate::domain::World;
use crate::domain::accounts::hash;
use crate::error::{Error, Kind, Result};
use crate::model::event::Source;
use crate::model::task::{Job, State};
use crate::model::watch;
use crate::model::{TaskId, UserId};
use crate::store::webhook_events::{self, Delivered};
use crate::store::{tasks, watches};

/// A message, which is all headers.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// `X-Goog-Channel-ID`.
    pub channel_id: &'a str,
    /// `X-Goog-Resource-State`: `sync` when a channel begins, else `exists` or `not_exists`.
    pub state: &'a str,
    /// `X-Goog-Channel-Token`.
    pub token: Option<&'a str>,
    /// `X-Goog-Resource-ID`.
    pub resource_id: Option<&'a str>,
    /// `X-Goog-Message-Number`: grows with each message of a channel.
    pub number: Option<&'a str>,
}

/// What became of a message, in the seed's shape.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "CalendarDelivery")]
pub enum Received {
    /// The calendar is read.
    News {
        status: &'static str,
        processed: bool,
        user_id: UserId,
        task_id: TaskId,
        task_state: State,
        result: (),
        error: (),
    },
    /// For nobody we know, or known already.
    Nothing { status: &'static str, processed: bool, reason: &'static str },
    /// A channel begins.
    Begun { status: &'static str, sync: bool },
}

/// Has the calendar read, unless this was heard before. 401 when it was not Google. Answers in the seed's shape.
pub async fn receive(world: &World, message: &Message<'_>) -> Result<Received> {
    let channel = {
        let db = world.db().await?;
        watches::channel(&db, message.channel_id).await?
    };
    let Some(channel) = channel else {
        for_nobody(world, Source::Calendar, 1).await?;
        return Ok(Received::Nothing { status: "ok", processed: false, reason: "No matching user" });
    };
    if !is_genuine(&channel, message) {
        return Err(Error::new(Kind::Unauthenticated, "Invalid channel token"));
    }

    let now = world.now();
    let mut db = world.db().await?;
    let tenant = db.tenant(channel.user).await?;
    watches::confirm(&tenant, message.channel_id, message.resource_id, now).await?;
    if message.state == "sync" {
        // The channel works: the one it takes over from can go.
        let channels = watches::list(&tenant).await?;
        let several = channels.iter().filter(|watch| watch.source == watch::Source::Calendar).count() > 1;
        let task = if several { Some(tasks::ensure(&tenant, &Job::Watch {}).await?) } else { None };
        tenant.commit().await?;
        drop(db);
        if let Some(task) = task {
            world.ring(task, Duration::ZERO).await;
        }
        return Ok(Received::Begun { status: "ok", sync: true });
    }

    // Without a number there is nothing to know a copy by; one reading too many does no harm.
    let unknown = || format!("{}:at {}", message.channel_id, now.as_microsecond());
    let delivered = Delivered {
        dedupe_key: copy_key(message).unwrap_or_else(unknown),
        event_type: "calendar.push".into(),
        payload: json!({ "state": message.state }),
        occurred_at: now,
    };
    let new = webhook_events::add(&tenant, Source::Calendar, &[delivered]).await?;
    if new.is_empty() {
        tenant.commit().await?;
        return Ok(Received::Nothing { status: "ok", processed: false, reason: "Duplicate" });
    }
    let task = tasks::ensure(&tenant, &Job::CalendarSync {}).await?;
    webhook_events::put_task(&tenant, Source::Calendar, &new, task).await?;
    tenant.commit().await?;
    drop(db);
    world.ring(task, Duration::ZERO).await;
    Ok(Received::News {
        status: "ok",
        processed: true,
        user_id: channel.user,
        task_id: task,
        task_state: State::Pending,
        result: (),
        error: (),
    })
}

/// What a copy of a message is known by: Google numbers the messages of a channel.
pub(crate) fn copy_key(message: &Message<'_>) -> Option<String> {
    const LONGEST: usize = 20;
    let number = message.number.filter(|number| (1..=LONGEST).contains(&number.len()))?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("{}:{number}", message.channel_id))
}

/// The token is compared by its hash, in constant time; a resource that is known has to be the one.
pub(crate) fn is_genuine(channel: &watches::Channel, message: &Message<'_>) -> bool {
    let token = message.token.is_some_and(|token| verify_slices_are_equal(&hash(token), &channel.token_hash).is_ok());
    let resource = channel.resource_id.as_deref().is_none_or(|known| message.resource_id == Some(known));
    token && resource
}
