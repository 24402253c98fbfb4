//! Looks at one event with every standing instruction, once.
//!
//! In one transaction: conditions are evaluated over what is known here, what fits is written down, writes are proposed, tasks
//! are added, and the event is marked. Whoever comes a second time finds it marked. Bells are rung after the commit.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::apply::apply;
use super::own::{self, Doing};
use super::situation::{Hubspot, Situation};
use super::{hash, hold};
use crate::domain::World;
use crate::domain::agent::next_meeting;
use crate::error::Result;
use crate::model::action::Action;
use crate::model::event::{Event, Facts};
use crate::model::rule::{Policy, Rule, glob};
use crate::model::task::{Claim, Job};
use crate::model::{EventId, TaskId};
use crate::store::rule_runs::{self, Outcome as Run};
use crate::store::tasks::{self, Origin, Outcome};
use crate::store::{Tenant, actions, events, rules};

/// Tasks of our own in a row: a rule that answers a mail that answers a rule that …
pub const DEEPEST: i32 = 3;
/// How long an event waits for the first reading of HubSpot, before which nobody can say who is not there.
const READING: SignedDuration = SignedDuration::from_hours(1);

/// An event that is gone was erased where it came from: there is nothing left to do about it.
pub async fn handle(world: &World, claim: &Claim, id: EventId) -> Result<Outcome> {
    let mut db = world.db().await?;
    let tenant = db.tenant(claim.owner).await?;
    let Some(event) = events::lock_new(&tenant, id).await? else {
        return Ok(Outcome::Done(json!({ "rules": 0 })));
    };
    match own::doing(&tenant, &event, world.now()).await? {
        Doing::Theirs => {}
        Doing::Ours => return end(tenant, &event, "own").await,
        Doing::NotKnown => return Ok(later(Duration::from_secs(3), &event)),
    }
    let depth = depth(&tenant, &event).await?;
    if depth >= DEEPEST {
        tracing::warn!(event.id = %id, "an event came of our own doing too often in a row");
        return end(tenant, &event, "too_deep").await;
    }
    let meant = meant(&tenant, &event).await?;
    let situation = Situation::of(&tenant, event).await?;
    if waits_for_hubspot(&situation, &meant) && world.now().duration_since(situation.event.created_at) < READING {
        return Ok(later(Duration::from_secs(15), &situation.event));
    }

    let mut handled = Handled::default();
    for (rule, policy) in &meant {
        handled.one(&tenant, claim, rule, policy, &situation, depth).await?;
    }
    if !handled.answers_the_sender {
        let proposed = next_meeting::answer(&tenant, claim, &situation, depth, world.now()).await?;
        handled.bells.extend(proposed.bells);
        handled.built_in = proposed.results;
    }
    events::handled(&tenant, id).await?;
    tenant.commit().await?;
    drop(db);
    for task in &handled.bells {
        world.ring(*task, Duration::ZERO).await;
    }
    Ok(Outcome::Done(json!({
        "event_type": situation.event.event_type, "rules": meant.len(), "matched": handled.matched,
        "built_in": handled.built_in,
    })))
}

/// How many tasks of our own stand between an event and the outside: mail in a thread a rule wrote into comes of that.
pub async fn depth(db: &Tenant<'_>, event: &Event) -> Result<i32> {
    let of_thread = match &event.facts {
        Facts::Email { thread_id, .. } => actions::depth_of_thread(db, thread_id).await?,
        _ => 0,
    };
    Ok(event.depth.max(of_thread))
}

async fn end(tenant: Tenant<'_>, event: &Event, why: &str) -> Result<Outcome> {
    events::handled(&tenant, event.id).await?;
    tenant.commit().await?;
    Ok(Outcome::Done(json!({ "event_type": event.event_type, "rules": 0, "passed_over": why })))
}

fn later(after: Duration, event: &Event) -> Outcome {
    Outcome::Again { after, progress: json!({ "event_type": event.event_type, "waits": true }) }
}

/// The rules such an event sets off; none that was made after it was heard of.
async fn meant(db: &Tenant<'_>, event: &Event) -> Result<Vec<(Rule, Policy)>> {
    let active = rules::active(db).await?;
    let meant = active.into_iter().filter(|rule| rule.created_at <= event.created_at).filter_map(|mut rule| {
        let policy = rule.policy.take()?;
        glob(&policy.trigger, &event.event_type).then_some((rule, policy))
    });
    Ok(meant.collect())
}

fn waits_for_hubspot(situation: &Situation, meant: &[(Rule, Policy)]) -> bool {
    let asks = |policy: &Policy| policy.conditions.iter().any(|condition| condition.fact.needs_hubspot());
    situation.hubspot == Hubspot::Reading && meant.iter().any(|(_, policy)| asks(policy))
}

#[derive(Default)]
struct Handled {
    bells: Vec<TaskId>,
    matched: Vec<Value>,
    built_in: Vec<Value>,
    /// A rule writes to whoever sent the mail.
    answers_the_sender: bool,
}

impl Handled {
    async fn one(
        &mut self,
        db: &Tenant<'_>,
        claim: &Claim,
        rule: &Rule,
        policy: &Policy,
        situation: &Situation,
        depth: i32,
    ) -> Result<()> {
        if !hold::all(situation, &policy.conditions).iter().all(|held| held.holds) {
            return Ok(());
        }
        let event = situation.event.id;
        let is_capped = rule_runs::within_a_day(db, rule.id).await? >= i64::from(policy.max_per_day);
        let begins = match (is_capped, &policy.question) {
            (true, _) => Run::Capped,
            (false, Some(_)) => Run::Judging,
            (false, None) => Run::Applied,
        };
        if !rule_runs::begin(db, rule.id, rule.version, event, begins).await? {
            return Ok(());
        }
        let results = match begins {
            Run::Judging => {
                let job = Job::JudgeRule { rule: rule.id, event, policy_hash: hash(policy)? };
                let dedupe_key = Some(format!("rule:{}:{event}:judge", rule.id));
                let origin = Origin { dedupe_key, cause: Some((claim.id, depth)) };
                self.bells.extend(tasks::insert(db, &job, &origin).await?);
                Vec::new()
            }
            Run::Applied => {
                let applied = apply(db, claim, rule, policy, situation, depth).await?;
                self.bells.extend(applied.bells);
                self.answers_the_sender |= answers(policy, situation, rule);
                rule_runs::settle(db, rule.id, event, begins, begins, &json!(applied.results)).await?;
                applied.results
            }
            _ => Vec::new(),
        };
        self.matched.push(json!({ "rule_id": rule.id, "outcome": begins.name(), "results": results }));
        Ok(())
    }
}

fn answers(policy: &Policy, situation: &Situation, rule: &Rule) -> bool {
    let Some(sender) = situation.sender() else { return false };
    super::plan::plan(situation, rule.id, policy).iter().any(
        |step| matches!(step, super::plan::Step::Write(Action::SendEmail { to, .. }) if to.contains(&sender.email)),
    )
}
