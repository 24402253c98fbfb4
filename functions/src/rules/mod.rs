//! Standing instructions: what the advisor wants done when something happens.

pub mod confirm;
pub mod create;
pub mod delete;
pub mod get;
pub mod health;
pub mod list;
pub mod test;
pub mod update;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::rules::hash;
use shared::domain::rules::manage::missing;
use shared::edge::Call;
use shared::model::RuleId;
use shared::model::rule::{self, Form, Policy};
use shared::{Error, Result};

/// The longest instruction.
const MOST: usize = 2_000;

/// The seed's fields, and after them what it was compiled to.
#[derive(Serialize, JsonSchema)]
struct Rule {
    id: RuleId,
    rule_text: String,
    description: Option<String>,
    is_active: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// How the text was understood.
    form: Form,
    policy: Option<Policy>,
    /// The policy in plain words.
    policy_text: Option<String>,
    /// What a confirmation names.
    policy_hash: Option<String>,
    /// It acts by itself; else what it wants to write waits for approval.
    confirmed: bool,
    /// Why the text could not be understood better.
    note: Option<String>,
    /// The `ETag`.
    version: i32,
    last_triggered_at: Option<Timestamp>,
}

impl Rule {
    fn of(kept: rule::Rule) -> Result<Self> {
        let policy_hash = kept.policy.as_ref().map(hash).transpose()?;
        Ok(Self {
            id: kept.id,
            rule_text: kept.text,
            description: kept.description,
            is_active: kept.is_active,
            created_at: kept.created_at,
            updated_at: kept.updated_at,
            form: kept.form,
            policy_text: kept.policy.as_ref().map(Policy::words),
            policy: kept.policy,
            policy_hash,
            confirmed: kept.confirmed,
            note: kept.note,
            version: kept.version,
            last_triggered_at: kept.last_triggered_at,
        })
    }
}

/// The rule of the path. What is no number is nobody's.
fn id(call: &Call) -> Result<RuleId> {
    call.path("id", "rule")
}

/// As the seed says it.
fn checked(text: &str) -> Result<String> {
    match text.trim() {
        "" => Err(Error::bad_request("rule_text cannot be empty")),
        text => Ok(text.to_owned()),
    }
}
