//! The tools a request offers: read from both interfaces' shapes and checked as OpenAI checks them.

use serde_json::{Value, json};

use super::refusal::Refusal;
use super::request::Body;
use super::strict;
use super::turn::{Choice, Tool};

const MOST_TOOLS: usize = 128;

/// The function tools of a request. `nested` is Chat Completions' shape, flat is Responses', where `strict` is the default.
pub fn read(body: &Body, nested: bool) -> Result<Vec<Tool>, Refusal> {
    let items = body.array("tools")?;
    if items.len() > MOST_TOOLS {
        let message = format!(
            "Invalid 'tools': array too long. Expected an array with maximum length {MOST_TOOLS}, but got {}.",
            items.len()
        );
        return Err(Refusal::invalid(message).about("tools").coded("array_above_max_length"));
    }
    items.iter().enumerate().map(|(index, item)| read_one(item, &format!("tools[{index}]"), nested)).collect()
}

fn read_one(item: &Value, at: &str, nested: bool) -> Result<Tool, Refusal> {
    let kind = item["type"].as_str().ok_or_else(|| Refusal::missing(&format!("{at}.type")))?;
    if kind != "function" {
        let message = format!("Invalid value: '{kind}'. Supported values are: 'function'.");
        return Err(Refusal::invalid(message).about(format!("{at}.type")).coded("invalid_value"));
    }
    let (function, at) = if nested { (&item["function"], format!("{at}.function")) } else { (item, at.to_owned()) };
    if !function.is_object() {
        return Err(Refusal::missing(&at));
    }
    let name = function["name"].as_str().ok_or_else(|| Refusal::missing(&format!("{at}.name")))?;
    check_name(name, &format!("{at}.name"))?;

    let parameters = match &function["parameters"] {
        Value::Null => json!({ "type": "object", "properties": {} }),
        schema => schema.clone(),
    };
    let about = format!("{at}.parameters");
    if parameters["type"] != "object" {
        let got = parameters["type"].as_str().unwrap_or("None");
        let what = format!("schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{got}\"'.");
        return Err(bad_schema(name, &what, &about));
    }
    let is_strict = function["strict"].as_bool().unwrap_or(!nested);
    let flaw = if is_strict { strict::flaw(&parameters) } else { strict::lax_flaw(&parameters) };
    if let Some(flaw) = flaw {
        return Err(bad_schema(name, &flaw, &about));
    }
    let description = function["description"].as_str().unwrap_or_default().to_owned();
    Ok(Tool { name: name.to_owned(), description, parameters })
}

pub fn check_name(name: &str, at: &str) -> Result<(), Refusal> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(allowed) {
        let message = format!(
            "Invalid '{at}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
        );
        return Err(Refusal::invalid(message).about(at).coded("invalid_value"));
    }
    if name.len() > 64 {
        let message = format!(
            "Invalid '{at}': string too long. Expected a string with maximum length 64, but got a string with length {}.",
            name.len()
        );
        return Err(Refusal::invalid(message).about(at).coded("string_above_max_length"));
    }
    Ok(())
}

fn bad_schema(name: &str, what: &str, about: &str) -> Refusal {
    Refusal::invalid(format!("Invalid schema for function '{name}': {what}"))
        .about(about)
        .coded("invalid_function_parameters")
}

/// `tool_choice`, which must name offered tools; and those it leaves the model.
pub fn choice(body: &Body, tools: Vec<Tool>) -> Result<(Choice, Vec<Tool>), Refusal> {
    let Some(asked) = body.0.get("tool_choice").filter(|asked| !asked.is_null()) else {
        return Ok((Choice::Auto, tools));
    };
    let refuse = |message: String| Err(Refusal::invalid(message).about("tool_choice").coded("invalid_value"));
    if tools.is_empty() && asked != "none" {
        return refuse(
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.".to_owned(),
        );
    }
    if asked["type"] == "allowed_tools" {
        return allowed(asked, &tools);
    }
    match (asked.as_str(), name_of(asked)) {
        (Some("auto"), _) => Ok((Choice::Auto, tools)),
        (Some("none"), _) => Ok((Choice::None, tools)),
        (Some("required"), _) => Ok((Choice::Required, tools)),
        (None, Some(name)) if tools.iter().any(|tool| tool.name == name) => Ok((Choice::Named(name.to_owned()), tools)),
        (None, Some(name)) => refuse(format!("Tool choice '{name}' not found in 'tools' parameter.")),
        _ => {
            refuse("Invalid value for 'tool_choice'. Supported values are: 'none', 'auto', and 'required'.".to_owned())
        }
    }
}

/// The name in `{"type":"function","function":{"name"}}`, or flat as in Responses.
fn name_of(tool: &Value) -> Option<&str> {
    tool["function"]["name"].as_str().or_else(|| tool["name"].as_str())
}

/// `{"type":"allowed_tools"}`: a part of the tools, one of which has to be called if the mode says so.
fn allowed(asked: &Value, tools: &[Tool]) -> Result<(Choice, Vec<Tool>), Refusal> {
    let nested = asked["allowed_tools"].is_object();
    let (given, at) =
        if nested { (&asked["allowed_tools"], "tool_choice.allowed_tools") } else { (asked, "tool_choice") };
    let choice = match given["mode"].as_str() {
        Some("auto") => Choice::Auto,
        Some("required") => Choice::Required,
        Some(other) => {
            let message = format!("Invalid value: '{other}'. Supported values are: 'auto' and 'required'.");
            return Err(Refusal::invalid(message).about(format!("{at}.mode")).coded("invalid_value"));
        }
        None => return Err(Refusal::missing(&format!("{at}.mode"))),
    };
    let listed = given["tools"].as_array().ok_or_else(|| Refusal::missing(&format!("{at}.tools")))?;
    let mut left = Vec::new();
    for tool in listed {
        let name = name_of(tool).unwrap_or_default();
        let Some(found) = tools.iter().find(|tool| tool.name == name) else {
            let message = format!("Tool choice '{name}' not found in 'tools' parameter.");
            return Err(Refusal::invalid(message).about("tool_choice").coded("invalid_value"));
        };
        left.push(found.clone());
    }
    Ok((choice, left))
}
