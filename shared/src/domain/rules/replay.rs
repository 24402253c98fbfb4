//! What a rule would have done about events that are kept: the same conditions, the same plan and the same policy as when it
//! runs, without writing anything.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::hold::{self, Held};
use super::own::{self, Doing};
use super::plan::{Step, plan};
use super::situation::Situation;
use crate::domain::actions::policy::{self, Context, Verdict};
use crate::domain::actions::preview;
use crate::error::Result;
use crate::model::action::{Action, Origin};
use crate::model::event::{Event, Facts};
use crate::model::rule::{Form, Policy, Rule, glob};
use crate::model::{EventId, RuleId};
use crate::store::{Tenant, events};

/// What a rule would have done about one event.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "RuleReplayed")]
pub struct Replayed {
    pub event_id: EventId,
    pub event_type: String,
    pub occurred_at: Timestamp,
    /// What it was about: other people's words, on one line.
    pub about: String,
    pub would_match: bool,
    pub conditions: Vec<Held>,
    /// What a model would have been asked first, and was not asked now.
    pub question: Option<String>,
    /// Why it would not have acted although it fits.
    pub passed_over: Option<&'static str>,
    pub actions: Vec<WouldDo>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "RuleWouldDo")]
pub struct WouldDo {
    /// `happen`, `wait`, `refuse`, `task`, `log` or `skip`.
    pub would: &'static str,
    /// Exactly what would be proposed.
    pub action: Option<Action>,
    /// The same, or the task, or the reason, in words.
    pub preview: String,
    pub reasons: Vec<String>,
}

/// Newest first.
pub async fn replay(
    db: &Tenant<'_>,
    rule: &Rule,
    policy: &Policy,
    since: Timestamp,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<Replayed>> {
    /// However far back: so many events are looked at.
    const MOST: i64 = 1_000;
    let mut replayed = Vec::new();
    for event in events::since(db, since, MOST).await? {
        if !glob(&policy.trigger, &event.event_type) {
            continue;
        }
        if replayed.len() == limit {
            break;
        }
        replayed.push(one(db, rule, policy, event, now).await?);
    }
    Ok(replayed)
}

async fn one(db: &Tenant<'_>, rule: &Rule, policy: &Policy, event: Event, now: Timestamp) -> Result<Replayed> {
    let is_own = own::doing(db, &event, now).await? == Doing::Ours;
    let situation = Situation::of(db, event).await?;
    let conditions = hold::all(&situation, &policy.conditions);
    let fits = conditions.iter().all(|held| held.holds);
    let mut actions = Vec::new();
    if fits && !is_own {
        let mut before = 0;
        for step in plan(&situation, rule.id, policy) {
            let is_write = matches!(step, Step::Write(_));
            actions.push(would_do(db, rule, situation.event.id, step, before).await?);
            before += usize::from(is_write);
        }
    }
    let event = &situation.event;
    Ok(Replayed {
        event_id: event.id,
        event_type: event.event_type.clone(),
        occurred_at: event.occurred_at,
        about: about(&event.facts),
        would_match: fits && !is_own,
        conditions,
        question: policy.question.clone(),
        passed_over: is_own.then_some("It was the assistant's own doing."),
        actions,
    })
}

async fn would_do(db: &Tenant<'_>, rule: &Rule, event: EventId, step: Step, before: usize) -> Result<WouldDo> {
    let told = |would, preview: String| WouldDo { would, action: None, preview, reasons: Vec::new() };
    Ok(match step {
        Step::Write(action) => {
            let origin = Origin::Rule { rule: rule.id, event };
            let context = Context { tainted: true, words: &[], standing: rule.confirmed, before };
            let (would, reasons) = match policy::judge(db, &action, &origin, &context).await? {
                Verdict::Allow(_) => ("happen", Vec::new()),
                Verdict::Ask(reasons) => ("wait", reasons),
                Verdict::Refuse(why) => ("refuse", vec![why]),
            };
            WouldDo { would, preview: preview::text(&action), action: Some(action), reasons }
        }
        Step::Task(job) => {
            let told_of = serde_json::to_value(&job)?;
            let text = |name: &str| told_of.get(name).and_then(Value::as_str).map(str::to_owned);
            told("task", text("instruction").or_else(|| text("prompt")).unwrap_or_default())
        }
        Step::Log(message) => told("log", message),
        Step::Skip(why) => told("skip", why),
    })
}

fn about(facts: &Facts) -> String {
    let text = match facts {
        Facts::Email { from, subject, .. } => format!("{} <{}>: {subject}", from.name, from.email),
        Facts::Calendar { summary, .. } => summary.clone(),
        Facts::Crm { object_type, name, .. } => format!("{object_type} {name}"),
    };
    super::template::plain(&text)
}

/// A rule that is only tried: it has no number yet.
pub fn unsaved(text: &str, now: Timestamp) -> Rule {
    Rule {
        id: RuleId(0),
        text: text.to_owned(),
        description: None,
        is_active: true,
        policy: None,
        form: Form::Open,
        confirmed: false,
        note: None,
        version: 0,
        last_triggered_at: None,
        created_at: now,
        updated_at: now,
    }
}
