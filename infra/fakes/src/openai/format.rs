//! The form an answer is asked for in: text, any JSON, or JSON of a schema.

use serde_json::Value;

use super::refusal::Refusal;
use super::request::Body;
use super::strict;
use super::tools::check_name;

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Format {
    #[default]
    Text,
    JsonObject,
    JsonSchema {
        name: String,
        schema: Value,
    },
}

/// Chat Completions' `response_format`; the schema stands in an object of its own.
pub fn of_chat(body: &Body) -> Result<Format, Refusal> {
    let Some(asked) = body.0.get("response_format").filter(|asked| !asked.is_null()) else { return Ok(Format::Text) };
    let format = read(asked, &asked["json_schema"], "response_format", "response_format.json_schema")?;
    if format == Format::JsonObject && !says_json(body.0.get("messages")) {
        let text =
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
        return Err(Refusal::invalid(text).about("messages"));
    }
    Ok(format)
}

/// Responses' `text.format`.
pub fn of_responses(body: &Body) -> Result<Format, Refusal> {
    let asked = body.0.get("text").map_or(&Value::Null, |text| &text["format"]);
    if asked.is_null() {
        return Ok(Format::Text);
    }
    let format = read(asked, asked, "text.format", "text.format")?;
    let said = says_json(body.0.get("input")) || says_json(body.0.get("instructions"));
    if format == Format::JsonObject && !said {
        let text = "Response input messages must contain the word 'json' in some form to use 'text.format' of type \
                    'json_object'.";
        return Err(Refusal::invalid(text).about("input"));
    }
    Ok(format)
}

fn says_json(given: Option<&Value>) -> bool {
    given.is_some_and(|given| given.to_string().to_lowercase().contains("json"))
}

fn read(asked: &Value, given: &Value, at: &str, inner: &str) -> Result<Format, Refusal> {
    match asked["type"].as_str() {
        Some("text") => Ok(Format::Text),
        Some("json_object") => Ok(Format::JsonObject),
        Some("json_schema") => {
            if !given.is_object() {
                return Err(Refusal::missing(inner));
            }
            let missing = |name: &str| Refusal::missing(&format!("{inner}.{name}"));
            let name = given["name"].as_str().ok_or_else(|| missing("name"))?;
            check_name(name, &format!("{inner}.name"))?;
            let schema = given.get("schema").filter(|schema| schema.is_object()).ok_or_else(|| missing("schema"))?;
            let flaw = if schema["type"] != "object" {
                let got = schema["type"].as_str().unwrap_or("None");
                Some(format!("schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{got}\"'."))
            } else if given["strict"] == true {
                strict::flaw(schema)
            } else {
                strict::lax_flaw(schema)
            };
            match flaw {
                None => Ok(Format::JsonSchema { name: name.to_owned(), schema: schema.clone() }),
                Some(flaw) => {
                    let refusal = Refusal::invalid(format!("Invalid schema for response_format '{name}': {flaw}"));
                    Err(match at {
                        "response_format" => refusal.about(at),
                        _ => refusal.about("text.format.schema").coded("invalid_json_schema"),
                    })
                }
            }
        }
        Some(other) => {
            let text =
                format!("Invalid value: '{other}'. Supported values are: 'json_object', 'json_schema', and 'text'.");
            Err(Refusal::invalid(text).about(format!("{at}.type")).coded("invalid_value"))
        }
        None => Err(Refusal::missing(&format!("{at}.type"))),
    }
}
