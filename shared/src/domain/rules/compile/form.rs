//! The form a model fills in to compile a rule: a strict JSON schema, and what it is told about it.

use serde_json::{Value, json};

use crate::clients::openai::ToolSpec;
use crate::domain::rules::kinds;
use crate::domain::rules::template;
use crate::model::rule::{Fact, Family};

pub const TOOL: &str = "set_policy";

pub const SYSTEM: &str = "\
You turn a financial advisor's standing instruction into a policy by calling set_policy. The policy is carried out later by a \
program, without you: it has to be complete.
- trigger: the one event that sets it off.
- conditions: only what the instruction says, all of which must hold. `negated` is for what must not be so.
- question: only if the instruction depends on something that no condition can express, as one question about the event that is \
answered with yes or no; else null.
- actions: what the instruction asks for, and nothing more. Write subjects, bodies and notes in full, in the advisor's voice, \
with placeholders for what is known only when it happens. A greeting and the advisor's name belong in an e-mail. If a step cannot be \
expressed, use run_agent with the instruction in words.
- addresses: only addresses that stand in the instruction.
- max_per_day: only if the instruction says so; else null.";

pub fn question(text: &str) -> String {
    format!("Instruction: {}", text.split_whitespace().collect::<Vec<_>>().join(" "))
}

pub fn tool() -> ToolSpec {
    ToolSpec {
        name: TOOL.into(),
        description: format!("Sets the policy. Placeholders: {}.", placeholders()),
        parameters: object(&json!({
            "trigger": { "type": "string", "enum": triggers(), "description": "The event that sets it off." },
            "conditions": { "type": "array", "items": condition() },
            "question": { "type": ["string", "null"], "description": "For a model to answer with yes or no." },
            "actions": { "type": "array", "items": { "anyOf": actions() } },
            "max_per_day": { "type": ["integer", "null"] },
        })),
    }
}

/// Closed, and everything required, as strict mode wants it.
fn object(properties: &Value) -> Value {
    let required: Vec<&String> = properties.as_object().into_iter().flatten().map(|(name, _)| name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn triggers() -> Vec<&'static str> {
    kinds::ALL.iter().copied().chain(["calendar.event.*", "hubspot.contact.*", "hubspot.deal.*", "*"]).collect()
}

fn placeholders() -> String {
    let of = |family: Option<Family>| {
        let names = template::ALL.iter().filter(|placeholder| placeholder.family == family);
        names
            .map(|placeholder| format!("{{{}}} {}", placeholder.name, placeholder.about))
            .collect::<Vec<_>>()
            .join(", ")
    };
    format!(
        "always {}; for e-mail {}; for calendar events {}; for HubSpot {} (those with contact_ only for contacts)",
        of(None),
        of(Some(Family::Mail)),
        of(Some(Family::Calendar)),
        of(Some(Family::Crm))
    )
}

fn condition() -> Value {
    let facts: Vec<&str> = Fact::ALL.into_iter().map(Fact::name).collect();
    let plain: Vec<&str> = Fact::ALL.into_iter().filter(|fact| !fact.takes_value()).map(Fact::name).collect();
    let about = format!("What it is compared with; null for {}.", plain.join(", "));
    object(&json!({
        "fact": { "type": "string", "enum": facts },
        "negated": { "type": "boolean", "description": "It must not be so." },
        "value": { "type": ["string", "null"], "description": about },
    }))
}

fn actions() -> Vec<Value> {
    let text = json!({ "type": "string" });
    let maybe = json!({ "type": ["string", "null"] });
    let one_of = |names: &[&str]| json!({ "type": "string", "enum": names });
    let action = |name: &str, about: &str, fields: &Value| {
        let mut properties = json!({ "do": { "type": "string", "enum": [name], "description": about } });
        if let (Some(all), Some(fields)) = (properties.as_object_mut(), fields.as_object()) {
            all.extend(fields.clone());
        }
        object(&properties)
    };
    vec![
        action(
            "send_email",
            "Sends an e-mail from the advisor.",
            &json!({
                "to": {
                    "type": "string", "enum": ["sender", "contact", "attendees", "addresses"],
                    "description": "sender: who wrote the e-mail; contact: the HubSpot contact that set it off; attendees: who is invited.",
                },
                "addresses": { "type": "array", "items": text, "description": "With to=addresses; else empty." },
                "subject": text,
                "body": text,
                "reply": { "type": "boolean", "description": "In the thread of the e-mail that set it off." },
            }),
        ),
        action(
            "create_contact",
            "Creates a HubSpot contact for the sender of the e-mail, with a first note.",
            &json!({ "note": maybe }),
        ),
        action(
            "create_note",
            "Adds a note to a HubSpot contact that is there already.",
            &json!({ "on": one_of(&["sender", "contact", "attendees"]), "body": text }),
        ),
        action(
            "create_task",
            "A task for the assistant.",
            &json!({ "type": text, "priority": one_of(&["low", "medium", "high"]), "title": maybe, "description": maybe }),
        ),
        action("log", "Only writes down that it happened.", &json!({ "message": maybe })),
        action("run_agent", "The assistant looks at the event and plans.", &json!({ "instruction": text })),
    ]
}
