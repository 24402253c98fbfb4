//! Making, changing and confirming standing instructions.

use super::check::check;
use super::compile::{Compiled, compile};
use super::hash;
use crate::domain::World;
use crate::error::{Error, Kind, Result};
use crate::model::rule::{Form, Policy, Rule};
use crate::model::{RuleId, UserId};
use crate::store::Tenant;
use crate::store::rules::{self, NewRule};

/// What an advisor may have.
pub const MOST_RULES: i64 = 200;

/// A rule as the advisor gives it.
pub struct Given<'a> {
    pub text: &'a str,
    pub description: Option<&'a str>,
    pub is_active: bool,
    /// In the place of what the text would be compiled to.
    pub policy: Option<Policy>,
}

/// What is to be another of a rule.
#[derive(Default)]
pub struct Change {
    pub text: Option<String>,
    /// `Some(None)` takes it away.
    pub description: Option<Option<String>>,
    pub is_active: Option<bool>,
    pub policy: Option<Policy>,
}

/// Keeps a new rule, unconfirmed: what it wants to write waits.
pub async fn create(world: &World, owner: UserId, given: Given<'_>) -> Result<Rule> {
    let compiled = understood(world, owner, given.text, given.policy).await?;
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let Given { text, description, is_active, .. } = given;
    let rule = keep(&tenant, text, description, is_active, &compiled, false).await?;
    tenant.commit().await?;
    Ok(rule)
}

/// Keeps a rule that is understood already.
pub async fn keep(
    db: &Tenant<'_>,
    text: &str,
    description: Option<&str>,
    is_active: bool,
    compiled: &Compiled,
    confirmed: bool,
) -> Result<Rule> {
    if rules::count(db).await? >= MOST_RULES {
        return Err(Error::new(Kind::Conflict, format!("There are {MOST_RULES} rules already, which is the most.")));
    }
    let Compiled { policy, form, note } = compiled;
    let new = NewRule { text, description, is_active, policy, form: *form, note: note.as_deref(), confirmed };
    rules::insert(db, &new).await
}

/// Another version. With another text or policy it has to be confirmed anew. `seen` is the version the change was made over.
pub async fn update(world: &World, owner: UserId, id: RuleId, seen: Option<i32>, change: Change) -> Result<Rule> {
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let known = rules::get(&tenant, id).await?.ok_or_else(|| missing(id))?;
    tenant.commit().await?;
    drop(db);
    if seen.is_some_and(|seen| seen != known.version) {
        return Err(Error::changed());
    }
    let text = change.text.clone().unwrap_or_else(|| known.text.clone());
    let is_same_text = text == known.text;
    let compiled = match (change.policy, &known.policy) {
        (None, Some(policy)) if is_same_text => {
            Compiled { policy: policy.clone(), form: known.form, note: known.note.clone() }
        }
        (policy, _) => understood(world, owner, &text, policy).await?,
    };
    let is_same_policy = known.policy.as_ref() == Some(&compiled.policy);
    let description = change.description.unwrap_or_else(|| known.description.clone());
    let new = NewRule {
        text: &text,
        description: description.as_deref(),
        is_active: change.is_active.unwrap_or(known.is_active),
        policy: &compiled.policy,
        form: compiled.form,
        note: compiled.note.as_deref(),
        confirmed: known.confirmed && is_same_text && is_same_policy,
    };
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    // Somebody may have changed it while the model was asked.
    let changed = rules::update(&tenant, id, known.version, &new).await?.ok_or_else(Error::changed)?;
    tenant.commit().await?;
    Ok(changed)
}

/// The advisor lets the rule act by itself, exactly as its policy says. `hash` is of the policy they saw.
pub async fn confirm(db: &Tenant<'_>, id: RuleId, seen: Option<i32>, policy_hash: &str) -> Result<Rule> {
    let rule = rules::lock(db, id).await?.ok_or_else(|| missing(id))?;
    if seen.is_some_and(|seen| seen != rule.version) {
        return Err(Error::changed());
    }
    let Some(policy) = &rule.policy else {
        return Err(Error::new(Kind::Conflict, "This rule has no policy yet. Please save it again."));
    };
    if !hash(policy)?.eq_ignore_ascii_case(policy_hash.trim()) {
        return Err(Error::new(
            Kind::Conflict,
            "This is not what was shown: the rule was changed since. Please look at it again.",
        ));
    }
    if rule.confirmed {
        return Ok(rule);
    }
    rules::confirm(db, id, rule.version).await?.ok_or_else(Error::changed)
}

async fn understood(world: &World, owner: UserId, text: &str, policy: Option<Policy>) -> Result<Compiled> {
    match policy {
        None => compile(world, owner, text).await,
        Some(policy) => {
            let policy = check(policy, None).map_err(|problems| Error::invalid("policy", problems.join(" ")))?;
            Ok(Compiled { policy, form: Form::Edited, note: None })
        }
    }
}

/// The seed's words; also for somebody else's.
pub fn missing(id: RuleId) -> Error {
    Error::new(Kind::NotFound, format!("Rule {id} not found"))
}
