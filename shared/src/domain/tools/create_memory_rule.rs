//! `create_memory_rule`: something the advisor wants done whenever something happens.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Caller, Run, Tool, checks, parse, schema_of};
use crate::domain::rules::compile::compile;
use crate::error::{Kind, Result};
use crate::model::action::Action;

const NAME: &str = "create_memory_rule";
/// The longest instruction.
pub(super) const MOST: usize = 2_000;

pub const TOOL: Tool = Tool {
    name: NAME,
    description: "Remembers a standing instruction: what the advisor wants done whenever something happens. Give it in the \
                  advisor's own words, whole. The advisor is shown what it will do before it is kept.",
    schema: schema_of::<Args>,
    run: Run::Write(|caller, arguments| Box::pin(prepare(caller, arguments))),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// The instruction, such as "When someone who is not in HubSpot emails me, create a contact".
    #[serde(alias = "rule_text")]
    rule_description: String,
}

async fn prepare(caller: &Caller<'_>, arguments: Value) -> Result<Action> {
    let args: Args = parse(NAME, arguments)?;
    let rule_text = checks::text(NAME, "rule_description", &args.rule_description, MOST)?;
    let compiled = compile(caller.world, caller.owner, &rule_text).await.map_err(|error| match error.kind {
        // As the model's argument, not as a field of a request.
        Kind::Invalid => {
            let why = error.fields.first().map(|field| field.message.clone()).unwrap_or_default();
            checks::wrong(NAME, "rule_description", &why)
        }
        _ => error,
    })?;
    Ok(Action::CreateMemoryRule { rule_text, policy: compiled.policy, form: compiled.form, note: compiled.note })
}
