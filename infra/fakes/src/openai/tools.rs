//! The tools a request offers: read from both interfaces' shapes and checked as OpenAI checks them.

use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use super::request::Body;
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
        return Err(bad_schema(name, "schema must be a JSON Schema of 'type: \"object\"'.", &about));
    }
    if function["strict"].as_bool().unwrap_or(!nested) {
        check_strict(&parameters, name, &mut Vec::new(), &about)?;
    }
    let description = function["description"].as_str().unwrap_or_default().to_owned();
    Ok(Tool { name: name.to_owned(), description, parameters })
}

fn check_name(name: &str, at: &str) -> Result<(), Refusal> {
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

/// The strict subset: closed objects that require every property, and none of the keywords it does not know.
fn check_strict(schema: &Value, name: &str, path: &mut Vec<String>, about: &str) -> Result<(), Refusal> {
    let Some(fields) = schema.as_object() else { return Ok(()) };
    let context = path.iter().map(|step| format!("'{step}'")).collect::<Vec<_>>().join(", ");
    let refuse = |message: &str| Err(bad_schema(name, &format!("In context=({context}), {message}"), about));
    for keyword in ["allOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties"]
    {
        if fields.contains_key(keyword) {
            return refuse(&format!("'{keyword}' is not permitted."));
        }
    }
    if is_object(fields) {
        if fields.get("additionalProperties") != Some(&Value::Bool(false)) {
            return refuse("'additionalProperties' is required to be supplied and to be false.");
        }
        let required: Vec<&str> =
            fields.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let properties = fields.get("properties").and_then(Value::as_object);
        for (key, property) in properties.into_iter().flatten() {
            if !required.contains(&key.as_str()) {
                return refuse(&format!(
                    "'required' is required to be supplied and to be an array including every key in properties. Missing '{key}'."
                ));
            }
            path.extend(["properties".to_owned(), key.clone()]);
            check_strict(property, name, path, about)?;
            path.truncate(path.len() - 2);
        }
    }
    for (step, inner) in [("items", fields.get("items"))].into_iter().filter_map(|(step, inner)| Some((step, inner?))) {
        path.push(step.to_owned());
        check_strict(inner, name, path, about)?;
        path.pop();
    }
    for inner in fields.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
        check_strict(inner, name, path, about)?;
    }
    Ok(())
}

fn is_object(schema: &Map<String, Value>) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == "object",
        Some(Value::Array(several)) => several.iter().any(|one| one == "object"),
        _ => false,
    }
}

fn bad_schema(name: &str, what: &str, about: &str) -> Refusal {
    Refusal::invalid(format!("Invalid schema for function '{name}': {what}"))
        .about(about)
        .coded("invalid_function_parameters")
}

/// `tool_choice`, which must name an offered tool.
pub fn choice(body: &Body, tools: &[Tool]) -> Result<Choice, Refusal> {
    let Some(asked) = body.0.get("tool_choice").filter(|asked| !asked.is_null()) else { return Ok(Choice::Auto) };
    let refuse = |message: String| Err(Refusal::invalid(message).about("tool_choice").coded("invalid_value"));
    if tools.is_empty() && asked != "none" {
        return refuse(
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.".to_owned(),
        );
    }
    let named = asked["function"]["name"].as_str().or_else(|| asked["name"].as_str());
    match (asked.as_str(), named) {
        (Some("auto"), _) => Ok(Choice::Auto),
        (Some("none"), _) => Ok(Choice::None),
        (Some("required"), _) => Ok(Choice::Required),
        (None, Some(name)) if tools.iter().any(|tool| tool.name == name) => Ok(Choice::Named(name.to_owned())),
        (None, Some(name)) => refuse(format!("Tool choice '{name}' not found in 'tools' parameter.")),
        _ => {
            refuse("Invalid value for 'tool_choice'. Supported values are: 'none', 'auto', and 'required'.".to_owned())
        }
    }
}
