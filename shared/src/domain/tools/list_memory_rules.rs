//! `list_memory_rules`: the standing instructions that are switched on.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Caller, Output, Run, Tool, parse, schema_of};
use crate::error::Result;
use crate::store::rules;

const NAME: &str = "list_memory_rules";

pub const TOOL: Tool = Tool {
    name: NAME,
    description: "Lists the advisor's standing instructions: their words, what they do, and whether they are confirmed.",
    schema: schema_of::<Args>,
    run: Run::Read(|caller, arguments| Box::pin(run(caller, arguments))),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {}

async fn run(caller: &Caller<'_>, arguments: Value) -> Result<Output> {
    let Args {} = parse(NAME, arguments)?;

    let mut db = caller.world.db().await?;
    let tenant = db.tenant(caller.owner).await?;
    let rules = rules::active(&tenant).await?;
    tenant.commit().await?;

    let mut summary = match rules.len() {
        0 => "There are no standing instructions.".to_owned(),
        1 => "There is 1 standing instruction.".to_owned(),
        n => format!("There are {n} standing instructions."),
    };
    // They are the advisor's own words, and what we made of them.
    for rule in &rules {
        let does = rule.policy.as_ref().map(|policy| policy.words()).unwrap_or_default();
        let confirmed = if rule.confirmed { "confirmed" } else { "not confirmed: what it wants to write waits" };
        summary += &format!("\n{}. {} ({confirmed})\n{does}", rule.id, rule.text);
    }
    let listed: Vec<Value> = rules
        .iter()
        .map(|rule| json!({ "rule_id": rule.id, "rule_text": rule.text, "created_at": rule.created_at, "confirmed": rule.confirmed }))
        .collect();
    let value = json!({ "status": "success", "total": listed.len(), "rules": listed });
    Ok(Output { summary, value, hits: Vec::new() })
}
