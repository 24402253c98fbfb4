//! Reading the advisor's accounts again, and how far that is. The reading itself is a task.

pub mod gmail;
pub mod hubspot;
pub mod status;

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use shared::edge::Advisor;
use shared::model::TaskId;
use shared::model::task::Job;
use shared::model::user::Provider;
use shared::store::tasks::{self, Origin};
use shared::store::{connections, sync_cursors};
use shared::{App, Error, Result};

/// The seed's answer, before anything was read.
#[derive(Serialize, JsonSchema)]
struct Begun {
    status: &'static str,
    source: String,
    message: String,
    /// The task that reads; `null` when there is nothing to do.
    job_id: Option<TaskId>,
    stats: Stats,
}

/// What was read up to now.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReadingStats")]
struct Stats {
    total_fetched: i64,
    stored: i64,
    errors: Vec<String>,
}

/// Begins the reading, and answers at once in the seed's shape with the task to look at.
async fn begin(app: &App, advisor: Advisor, source: &str, provider: Provider, job: &Job) -> Result<Begun> {
    let title = provider.title();
    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let known = connections::get(&tenant, provider).await?;
    let known = known.ok_or_else(|| {
        Error::bad_request(format!("{title} OAuth tokens not found. Please authenticate with {title} first."))
    })?;
    if known.connection.needs_reconnect {
        return Err(Error::reconnect(title));
    }
    let task = match job {
        Job::GmailSync { query: Some(_) } => tasks::insert(&tenant, job, &Origin::default()).await?,
        _ => Some(tasks::ensure(&tenant, job).await?),
    };
    let progress = sync_cursors::progress(&tenant).await?;
    tenant.commit().await?;
    if let Some(task) = task {
        app.ring(task, Duration::ZERO).await;
    }

    let sofar = progress.iter().find(|progress| progress.source == source);
    Ok(Begun {
        status: "success",
        source: source.into(),
        message: format!("Reading {title} has begun. GET /api/tasks/{{job_id}} tells how it goes."),
        job_id: task,
        stats: Stats {
            total_fetched: sofar.map_or(0, |p| p.fetched),
            stored: sofar.map_or(0, |p| p.stored),
            errors: sofar.and_then(|p| p.last_error.clone()).into_iter().collect(),
        },
    })
}
