//! Setting push messages up while somebody waits for it, answered in the seed's shape.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Report, set_up};
use crate::domain::World;
use crate::error::{Error, Result};
use crate::model::task::Job;
use crate::model::user::Provider;
use crate::model::{TaskId, UserId};
use crate::store::{connections, tasks};

/// How it went, in the seed's shape.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "PushNotifications")]
pub struct Answer {
    gmail: Gmail,
    calendar: Calendar,
    /// The task that goes on with it, when it took too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    job_id: Option<TaskId>,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "GmailNotifications")]
struct Gmail {
    enabled: bool,
    error: Option<String>,
    #[serde(rename = "historyId", skip_serializing_if = "Option::is_none")]
    history_id: Option<String>,
    /// Milliseconds since 1970, as Google writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "CalendarNotifications")]
#[serde(rename_all = "camelCase")]
struct Calendar {
    enabled: bool,
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_id: Option<String>,
    /// Milliseconds since 1970, as Google writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
}

/// 400 when Google is not connected. What does not work is said for each of the two; what takes longer than `patience` goes
/// on as a task.
pub async fn answer(world: &World, owner: UserId, patience: Duration) -> Result<Answer> {
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let connected = connections::get(&tenant, Provider::Google).await?.is_some();
    tenant.commit().await?;
    drop(db);
    if !connected {
        return Err(Error::bad_request("Google account not connected"));
    }
    let Ok(report) = tokio::time::timeout(patience, set_up(world, owner, true)).await else {
        return later(world, owner).await;
    };
    let Report { gmail, calendar } = report?;
    let gmail = match gmail {
        Ok(watch) => Gmail {
            enabled: true,
            history_id: watch.history_id.map(|id| id.to_string()),
            expiration: Some(watch.expires_at.as_millisecond().to_string()),
            ..Gmail::default()
        },
        Err(failed) => Gmail { error: Some(failed.error.detail.into_owned()), ..Gmail::default() },
    };
    let calendar = match calendar {
        Ok(channel) => Calendar {
            enabled: true,
            channel_id: Some(channel.id),
            resource_id: Some(channel.resource_id),
            expiration: Some(channel.expires_at.as_millisecond().to_string()),
            ..Calendar::default()
        },
        Err(failed) => Calendar { error: Some(failed.error.detail.into_owned()), ..Calendar::default() },
    };
    Ok(Answer { gmail, calendar, job_id: None })
}

async fn later(world: &World, owner: UserId) -> Result<Answer> {
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let task = tasks::ensure(&tenant, &Job::Watch {}).await?;
    tenant.commit().await?;
    drop(db);
    world.ring(task, Duration::ZERO).await;
    let error = Some("Google did not answer in time; this goes on by itself".to_owned());
    Ok(Answer {
        gmail: Gmail { error: error.clone(), ..Gmail::default() },
        calendar: Calendar { error, ..Calendar::default() },
        job_id: Some(task),
    })
}
