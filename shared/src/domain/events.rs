//! What happens in the practice: kept once, and looked at by the standing instructions in a task of its own.

use crate::error::Result;
use crate::model::TaskId;
use crate::model::event::NewEvent;
use crate::model::task::Job;
use crate::store::tasks::{self, Origin};
use crate::store::{Tenant, events};

/// Keeps an event in the transaction of its cause, and answers the task to ring for after the commit. Nothing when the event
/// is known already: however it is heard of, it is handled once.
pub async fn emit(db: &Tenant<'_>, event: &NewEvent) -> Result<Option<TaskId>> {
    let Some(id) = events::add(db, event).await? else { return Ok(None) };
    let origin = Origin { dedupe_key: Some(format!("event:{id}")), cause: None };
    tasks::insert(db, &Job::HandleEvent { event: id }, &origin).await
}
