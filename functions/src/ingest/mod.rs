//! Reading the advisor's accounts again, and how far that is. The reading itself is a task.

pub mod calendar;
pub mod gmail;
pub mod hubspot;
pub mod start;
pub mod status;

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use shared::edge::Advisor;
use shared::error::Kind;
use shared::model::TaskId;
use shared::model::task::Job;
use shared::model::user::Provider;
use shared::store::connections;
use shared::store::sync_cursors::{self, Progress};
use shared::store::tasks::{self, Origin};
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
    /// The seed's names for what it counted, by source: `new_emails`, `deleted_events` and so on.
    #[serde(flatten)]
    seed: BTreeMap<&'static str, i64>,
}

/// The largest `max_results` a client may name.
const MOST: i64 = 10_000;

/// Only the advisor's own calendar is read: `primary`, or its other name, their address.
async fn check_calendar(app: &App, advisor: Advisor, id: Option<&str>) -> Result<()> {
    let Some(id) = id.map(str::trim).filter(|id| !id.is_empty() && *id != "primary") else { return Ok(()) };
    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let google = connections::get(&tenant, Provider::Google).await?;
    let own = google.and_then(|known| known.connection.account_email);
    if own.is_some_and(|own| own.eq_ignore_ascii_case(id)) {
        return Ok(());
    }
    Err(Error::invalid("calendar_id", "must be primary: only your own calendar is read."))
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
    if !known.connection.sources().contains(&source) {
        let detail = format!("{title} was not allowed to show this. Please connect {title} again and allow it.");
        return Err(Error::new(Kind::Reconnect, detail));
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
        stats: stats(source, sofar),
    })
}

fn stats(source: &str, sofar: Option<&Progress>) -> Stats {
    let stored = sofar.map_or(0, |progress| progress.stored);
    let (new, others): (&str, &[&str]) = match source {
        "gmail" => ("new_emails", &["updated_emails", "embeddings_generated", "chunks_created", "embedding_errors"]),
        "calendar" => ("new_events", &["updated_events", "deleted_events"]),
        _ => ("new_contacts", &["updated_contacts", "embeddings_generated", "chunks_created", "embedding_errors"]),
    };
    let others = others.iter().map(|name| (*name, 0));
    Stats {
        total_fetched: sofar.map_or(0, |progress| progress.fetched),
        stored,
        errors: sofar.and_then(|progress| progress.last_error.clone()).into_iter().collect(),
        seed: others.chain([(new, stored)]).collect(),
    }
}
