//! Does what was approved, step by step through the ledger of effects. One file for each action.

mod cancel_event;
mod create_contact;
mod create_memory_rule;
mod create_note;
mod events;
mod schedule_event;
mod send_email;
mod update_contact;
mod update_event;

use serde_json::{Value, json};

use super::ledger::{Halt, Ledger, UNCLEAR};
use crate::clients::calendar::Calendar;
use crate::clients::gmail::Gmail;
use crate::clients::hubspot::HubSpot;
use crate::domain::World;
use crate::domain::accounts::tokens::{self, Access};
use crate::domain::knowledge::documents::Links;
use crate::error::{Error, Kind, Result};
use crate::model::ActionId;
use crate::model::action::{Action, Kept, State};
use crate::model::task::Claim;
use crate::model::user::Provider;
use crate::store::tasks::{self, Outcome};
use crate::store::{actions, effects};

/// What an action is done with.
struct Desk<'a> {
    ledger: Ledger<'a>,
    access: &'a Access,
}

impl Desk<'_> {
    fn hubspot(&self) -> HubSpot<'_> {
        let world = self.ledger.world;
        HubSpot { http: &world.http, base: &world.config.hubspot.api_url, token: &self.access.token }
    }

    fn gmail(&self) -> Gmail<'_> {
        let world = self.ledger.world;
        Gmail { http: &world.http, base: &world.config.google.gmail_url, token: &self.access.token }
    }

    fn calendar(&self) -> Calendar<'_> {
        let world = self.ledger.world;
        Calendar { http: &world.http, base: &world.config.google.calendar_url, token: &self.access.token }
    }

    fn links(&self) -> Links<'_> {
        Links { app_url: &self.ledger.world.config.hubspot.app_url, portal: &self.access.account_id }
    }
}

/// Does it, or as much as can be done now.
pub async fn run(world: &World, claim: &Claim, id: ActionId) -> Result<Outcome> {
    let mut db = world.db().await?;
    let tenant = db.tenant(claim.owner).await?;
    let kept = actions::get(&tenant, id).await?;
    drop(tenant);
    drop(db);
    let Some(kept) = kept else { return Err(Error::not_found("action")) };
    match kept.state {
        State::Approved => {}
        // It ended, and the worker did before it could say so.
        state if state.is_over() => return Ok(Outcome::Done(ended(id, state))),
        _ => return Err(Error::forbidden("This was not approved.")),
    }
    if hex::encode(super::hash(&kept.action)?) != kept.hash {
        return Err(Error::forbidden("This is not what was approved."));
    }
    let done = with_access(world, claim, &kept).await;
    conclude(world, claim, id, done).await
}

async fn with_access(world: &World, claim: &Claim, kept: &Kept) -> Result<Value, Halt> {
    if let Action::CreateMemoryRule { .. } = kept.action {
        return create_memory_rule::run(world, claim, kept).await;
    }
    let provider = match kept.action {
        Action::CreateContact { .. } | Action::UpdateContact { .. } | Action::CreateNote { .. } => Provider::HubSpot,
        _ => Provider::Google,
    };
    let access = tokens::access(world, claim.owner, provider).await?;
    match Box::pin(steps(world, claim, &kept.action, &access)).await {
        // A token is refused before anything is done with it: another one may do.
        Err(Halt::Failed(error)) if error.upstream_status() == Some(401) => {
            let access = tokens::renew(world, claim.owner, provider, &access.token).await?;
            Box::pin(steps(world, claim, &kept.action, &access)).await
        }
        done => done,
    }
}

/// What the tool answers, in the seed's shape.
async fn steps(world: &World, claim: &Claim, action: &Action, access: &Access) -> Result<Value, Halt> {
    let desk = Desk { ledger: Ledger { world, claim }, access };
    match action {
        Action::SendEmail { to, cc, bcc, subject, body, reply } => {
            let mail = send_email::Mail { to, cc, bcc, subject, body, reply: reply.as_ref() };
            send_email::run(&desk, &mail).await
        }
        Action::ScheduleEvent { summary, start, end, time_zone, description, location, attendees } => {
            let new = schedule_event::New {
                summary,
                start: *start,
                end: *end,
                time_zone,
                description: description.as_deref(),
                location: location.as_deref(),
                attendees,
            };
            schedule_event::run(&desk, &new).await
        }
        Action::UpdateEvent {
            event_id,
            summary,
            start,
            end,
            time_zone,
            description,
            location,
            attendees,
            etag,
            ..
        } => {
            let changes = update_event::Changes {
                event_id,
                summary: summary.as_deref(),
                start: *start,
                end: *end,
                time_zone,
                description: description.as_deref(),
                location: location.as_deref(),
                attendees: attendees.as_deref(),
                etag: etag.as_deref(),
            };
            update_event::run(&desk, &changes).await
        }
        Action::CancelEvent { event_id, send_updates, etag, .. } => {
            cancel_event::run(&desk, event_id, *send_updates, etag.as_deref()).await
        }
        Action::CreateContact { email, properties, note } => {
            create_contact::run(&desk, email, properties, note.as_deref()).await
        }
        Action::UpdateContact { contact_id, properties, .. } => {
            update_contact::run(&desk, contact_id, properties).await
        }
        Action::CreateNote { contact_id, note_body, .. } => create_note::run(&desk, contact_id, note_body).await,
        Action::CreateMemoryRule { .. } => Err(Error::internal("A standing instruction needs no provider.").into()),
    }
}

/// Says what came of it, if it is still ours to say.
async fn conclude(world: &World, claim: &Claim, id: ActionId, done: Result<Value, Halt>) -> Result<Outcome> {
    let (result, error) = match done {
        Ok(result) => (Some(result), None),
        Err(Halt::Wait { after, why }) => return Ok(Outcome::Wait { after, why }),
        Err(Halt::Failed(error)) if error.kind.is_retryable() && !claim.is_last_try() => {
            return Err(error);
        }
        Err(Halt::Failed(error)) => {
            tracing::warn!(task.id = %claim.id, error = ?error, "an action failed");
            let text =
                if error.kind == Kind::Internal { "Something went wrong on our side.".into() } else { error.detail };
            (None, Some((State::Failed, text.into_owned())))
        }
        Err(Halt::Unknown(why)) => (None, Some((State::Unknown, why))),
    };

    let mut db = world.db().await?;
    let tenant = db.tenant(claim.owner).await?;
    if !tasks::hold(&tenant, claim, std::time::Duration::ZERO).await? {
        return Err(Error::internal("The task was lost to another worker."));
    }
    let (state, error) = match error {
        None => (State::Done, None),
        // What was begun and not ended may have happened, whatever stopped us from looking.
        Some((state, text)) => match effects::give_up(&tenant, claim.id).await? {
            true if state == State::Failed => (State::Unknown, Some(format!("{UNCLEAR} ({text})"))),
            _ => (state, Some(text)),
        },
    };
    actions::finish(&tenant, id, state, result.as_ref(), error.as_deref()).await?;
    tenant.commit().await?;
    tracing::info!(task.id = %claim.id, action.id = %id, state = state.name(), "an action has ended");
    Ok(match error {
        None => Outcome::Done(ended(id, state)),
        Some(error) => Outcome::Failed { error },
    })
}

fn ended(id: ActionId, state: State) -> Value {
    json!({ "action_id": id, "state": state.name() })
}
