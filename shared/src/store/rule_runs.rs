//! The `rule_runs` table: what each standing instruction did about each event it was meant for.

use serde_json::Value;

use super::Tenant;
use crate::error::Result;
use crate::model::{EventId, RuleId};

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A model is asked whether it applies.
    Judging,
    Applied,
    /// The model said no.
    Declined,
    /// It had acted often enough that day.
    Capped,
    /// It was changed or switched off before the model had answered.
    Stale,
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Self::Judging => "judging",
            Self::Applied => "applied",
            Self::Declined => "declined",
            Self::Capped => "capped",
            Self::Stale => "stale",
        }
    }
}

/// Writes down that a rule is meant by an event. `false` when that is known already.
pub async fn begin(db: &Tenant<'_>, rule: RuleId, version: i32, event: EventId, outcome: Outcome) -> Result<bool> {
    let sql = "-- rule_runs::begin
        insert into rule_runs (user_id, rule_id, event_id, rule_version, outcome) values ($1, $2, $3, $4, $5)
        on conflict (user_id, rule_id, event_id) do nothing";
    Ok(db.execute(sql, &[&db.owner.0, &rule.0, &event.0, &version, &outcome.name()]).await? == 1)
}

/// Says what came of it, once: `false` when it stands at something else than `from`.
pub async fn settle(
    db: &Tenant<'_>,
    rule: RuleId,
    event: EventId,
    from: Outcome,
    to: Outcome,
    results: &Value,
) -> Result<bool> {
    let sql = "-- rule_runs::settle
        update rule_runs set outcome = $5, results = $6
         where user_id = $1 and rule_id = $2 and event_id = $3 and outcome = $4";
    let params: super::db::Params<'_> = &[&db.owner.0, &rule.0, &event.0, &from.name(), &to.name(), results];
    Ok(db.execute(sql, params).await? == 1)
}

/// How often a rule acted, or may be about to, within the last day.
pub async fn within_a_day(db: &Tenant<'_>, rule: RuleId) -> Result<i64> {
    let sql = "-- rule_runs::within_a_day
        select count(*) from rule_runs
         where user_id = $1 and rule_id = $2 and outcome in ('applied', 'judging') and created_at > now() - interval '1 day'";
    Ok(db.row(sql, &[&db.owner.0, &rule.0]).await?.try_get(0)?)
}
