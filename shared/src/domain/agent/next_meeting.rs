//! A client asks when the next meeting is: the calendar knows, and the advisor is shown a reply to send.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::phrases::asks_for_next_meeting;
use crate::domain::actions::policy::Context;
use crate::domain::actions::{self, Proposal};
use crate::domain::calendar::agenda::{self, Occurrence};
use crate::domain::calendar::words;
use crate::domain::rules::plan::{is_machine, reply_to};
use crate::domain::rules::situation::Situation;
use crate::domain::rules::template::plain;
use crate::domain::rules::values;
use crate::domain::sync;
use crate::error::{Kind, Result};
use crate::model::action::{Action, Origin};
use crate::model::crm::Contact;
use crate::model::event::{Facts, MESSAGE_RECEIVED};
use crate::model::task::Claim;
use crate::model::{ActionId, TaskId};
use crate::store::{Tenant, sync_cursors};

/// How far ahead is looked.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 366);

/// What was proposed, if anything.
#[derive(Default)]
pub struct Answered {
    pub bells: Vec<TaskId>,
    pub results: Vec<Value>,
}

/// Only for a contact, whose mail is in the thread to answer in, and once the calendar has been read.
pub async fn answer(
    db: &Tenant<'_>,
    claim: &Claim,
    situation: &Situation,
    depth: i32,
    now: Timestamp,
) -> Result<Answered> {
    let Some(action) = reply(db, situation, now).await? else { return Ok(Answered::default()) };
    let event = situation.event.id;
    let proposal = Proposal {
        id: ActionId::derived(situation.event.created_at, &format!("next_meeting:{event}")),
        action: &action,
        origin: &Origin::Proactive { rule: None, event },
        context: Context { tainted: true, ..Context::default() },
        cause: Some((claim.id, depth)),
    };
    let mut answered = Answered::default();
    match actions::propose(db, &proposal).await {
        Ok(proposed) => {
            let state = match &proposed {
                actions::Proposed::Waiting(_) => "waiting",
                actions::Proposed::Going(_, task) => {
                    answered.bells.push(*task);
                    "going"
                }
            };
            let id = proposed.kept().id;
            answered.results.push(json!({ "case": "next_meeting", "action_id": id, "state": state }));
        }
        Err(error) if error.kind == Kind::Forbidden => {
            answered.results.push(json!({ "case": "next_meeting", "refused": error.detail }));
        }
        Err(error) => return Err(error),
    }
    Ok(answered)
}

async fn reply(db: &Tenant<'_>, situation: &Situation, now: Timestamp) -> Result<Option<Action>> {
    let Facts::Email { from, .. } = &situation.event.facts else { return Ok(None) };
    let (Some(letter), Some(contact)) = (&situation.letter, situation.known.get(&from.email)) else { return Ok(None) };
    let asks = situation.event.event_type == MESSAGE_RECEIVED && asks_for_next_meeting(&letter.body);
    if !asks || is_machine(&from.email) || !is_calendar_read(db).await? {
        return Ok(None);
    }
    let Some((subject, reply)) = reply_to(situation) else { return Ok(None) };
    let until = now.checked_add(AHEAD).unwrap_or(Timestamp::MAX);
    let agenda = agenda::between(db, &situation.zone, now, until).await?;
    let next =
        agenda.into_iter().find(|one| one.span.bounds(&situation.zone).0 >= now && is_with(one, contact, &from.email));
    Ok(Some(Action::SendEmail {
        to: vec![from.email.clone()],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject,
        body: text(situation, next.as_ref()),
        reply: Some(reply),
    }))
}

async fn is_calendar_read(db: &Tenant<'_>) -> Result<bool> {
    let progress = sync_cursors::progress(db).await?;
    Ok(progress.iter().any(|source| source.source == sync::CALENDAR && source.synced_at.is_some()))
}

/// They are invited, or the title has their whole name.
fn is_with(one: &Occurrence, contact: &Contact, address: &str) -> bool {
    let is_theirs = |email: &str| {
        email == address || contact.email.as_deref() == Some(email) || contact.other_emails.iter().any(|o| o == email)
    };
    let whole = format!("{} {}", contact.first_name, contact.last_name).to_lowercase();
    let has_names = !contact.first_name.trim().is_empty() && !contact.last_name.trim().is_empty();
    one.event.guests().any(|guest| is_theirs(&guest.email))
        || has_names && one.event.summary.to_lowercase().contains(whole.trim())
}

fn text(situation: &Situation, next: Option<&Occurrence>) -> String {
    let values = values::of(situation);
    let value = |name| plain(values.get(name).map(String::as_str).unwrap_or_default());
    let (first, advisor) = (value("sender_first_name"), value("advisor_name"));
    let middle = match next {
        Some(one) => {
            let place = plain(&one.event.location);
            let place = if place.is_empty() { String::new() } else { format!("\nPlace: {place}") };
            let when = words::when(&one.span, &situation.zone);
            format!("Our next meeting is on {when} ({}).{place}", plain(&one.event.summary))
        }
        None => {
            "I do not see a meeting with you in my calendar yet. Would you like to find a time? Let me know what suits \
                 you, and I will send an invitation."
                .into()
        }
    };
    format!("Hi {first},\n\n{middle}\n\nBest regards,\n{advisor}")
}
