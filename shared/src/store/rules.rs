//! The `memory_rules` table: standing instructions.

use tokio_postgres::Row;

use super::Tenant;
use crate::error::{Error, Result};
use crate::model::RuleId;
use crate::model::rule::{Form, Policy, Rule};

/// A rule to be kept, or what it becomes.
pub struct NewRule<'a> {
    pub text: &'a str,
    pub description: Option<&'a str>,
    pub is_active: bool,
    pub policy: &'a Policy,
    pub form: Form,
    /// Why its text could not be compiled.
    pub note: Option<&'a str>,
    pub confirmed: bool,
}

const COLUMNS: &str = "id, rule_text, description, is_active, policy, form, confirmed, note, version, last_triggered_at, created_at, updated_at";

pub async fn insert(db: &Tenant<'_>, new: &NewRule<'_>) -> Result<Rule> {
    let sql = format!(
        "-- rules::insert
        insert into memory_rules (user_id, rule_text, description, is_active, policy, form, note, confirmed)
        values ($1, $2, $3, $4, $5, $6, $7, $8) returning {COLUMNS}"
    );
    let NewRule { text, description, is_active, policy, form, note, confirmed } = new;
    let policy = serde_json::to_value(policy)?;
    rule(&db.row(&sql, &[&db.owner.0, text, description, is_active, &policy, &form.name(), note, confirmed]).await?)
}

/// Another version of it, if it is still at `version`.
pub async fn update(db: &Tenant<'_>, id: RuleId, version: i32, new: &NewRule<'_>) -> Result<Option<Rule>> {
    let sql = format!(
        "-- rules::update
        update memory_rules set rule_text = $4, description = $5, is_active = $6, policy = $7, form = $8, note = $9, confirmed = $10,
               version = version + 1, updated_at = now()
         where user_id = $1 and id = $2 and version = $3 returning {COLUMNS}"
    );
    let NewRule { text, description, is_active, policy, form, note, confirmed } = new;
    let policy = serde_json::to_value(policy)?;
    db.maybe(
        &sql,
        &[&db.owner.0, &id.0, &version, text, description, is_active, &policy, &form.name(), note, confirmed],
    )
    .await?
    .as_ref()
    .map(rule)
    .transpose()
}

/// The same without another policy: whether it is confirmed, and nothing else.
pub async fn confirm(db: &Tenant<'_>, id: RuleId, version: i32) -> Result<Option<Rule>> {
    let sql = format!(
        "-- rules::confirm
        update memory_rules set confirmed = true, version = version + 1, updated_at = now()
         where user_id = $1 and id = $2 and version = $3 returning {COLUMNS}"
    );
    db.maybe(&sql, &[&db.owner.0, &id.0, &version]).await?.as_ref().map(rule).transpose()
}

pub async fn get(db: &Tenant<'_>, id: RuleId) -> Result<Option<Rule>> {
    let sql = format!("-- rules::get\nselect {COLUMNS} from memory_rules where user_id = $1 and id = $2");
    db.maybe(&sql, &[&db.owner.0, &id.0]).await?.as_ref().map(rule).transpose()
}

/// The same, and nobody changes it until the transaction ends.
pub async fn lock(db: &Tenant<'_>, id: RuleId) -> Result<Option<Rule>> {
    let sql = format!("-- rules::lock\nselect {COLUMNS} from memory_rules where user_id = $1 and id = $2 for update");
    db.maybe(&sql, &[&db.owner.0, &id.0]).await?.as_ref().map(rule).transpose()
}

/// `false` when there is none, or not at this version.
pub async fn delete(db: &Tenant<'_>, id: RuleId, version: Option<i32>) -> Result<bool> {
    let sql = "-- rules::delete
        delete from memory_rules where user_id = $1 and id = $2 and ($3::int is null or version = $3)";
    Ok(db.execute(sql, &[&db.owner.0, &id.0, &version]).await? == 1)
}

/// Newest first, from after `before` on.
pub async fn list(db: &Tenant<'_>, before: Option<RuleId>, limit: i64) -> Result<Vec<Rule>> {
    let sql = format!(
        "-- rules::list
        select {COLUMNS} from memory_rules where user_id = $1 and ($2::bigint is null or id < $2) order by id desc limit $3"
    );
    db.rows(&sql, &[&db.owner.0, &before.map(|id| id.0), &limit]).await?.iter().map(rule).collect()
}

/// Those that are switched on, oldest first.
pub async fn active(db: &Tenant<'_>) -> Result<Vec<Rule>> {
    let sql = format!(
        "-- rules::active
        select {COLUMNS} from memory_rules where user_id = $1 and is_active and policy is not null order by id"
    );
    db.rows(&sql, &[&db.owner.0]).await?.iter().map(rule).collect()
}

pub async fn count(db: &Tenant<'_>) -> Result<i64> {
    let sql = "-- rules::count\nselect count(*) from memory_rules where user_id = $1";
    Ok(db.row(sql, &[&db.owner.0]).await?.try_get(0)?)
}

pub async fn triggered(db: &Tenant<'_>, id: RuleId) -> Result<()> {
    let sql = "-- rules::triggered\nupdate memory_rules set last_triggered_at = now() where user_id = $1 and id = $2";
    db.execute(sql, &[&db.owner.0, &id.0]).await?;
    Ok(())
}

fn rule(row: &Row) -> Result<Rule> {
    let policy: Option<serde_json::Value> = row.try_get("policy")?;
    let form = Form::from_name(row.try_get("form")?);
    Ok(Rule {
        id: RuleId(row.try_get("id")?),
        text: row.try_get("rule_text")?,
        description: row.try_get("description")?,
        is_active: row.try_get("is_active")?,
        policy: policy.map(serde_json::from_value::<Policy>).transpose()?,
        form: form.ok_or_else(|| Error::internal("Stored data names an unknown form of a rule."))?,
        confirmed: row.try_get("confirmed")?,
        note: row.try_get("note")?,
        version: row.try_get("version")?,
        last_triggered_at: row.try_get("last_triggered_at")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
