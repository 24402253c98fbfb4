//! Reading a JSON request with OpenAI's own complaints.

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// A request's JSON object.
pub struct Body(pub Map<String, Value>);

pub fn parse(bytes: &[u8]) -> Result<Body, Refusal> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Ok(Body(fields)),
        _ => Err(Refusal::invalid(
            "We could not parse the JSON body of your request. The OpenAI API expects a JSON payload, but what was sent \
             was not valid JSON.",
        )),
    }
}

impl Body {
    pub fn model(&self) -> Result<&str, Refusal> {
        match self.0.get("model") {
            Some(Value::String(model)) if !model.is_empty() => Ok(model),
            Some(other) if !other.is_null() && !other.is_string() => {
                Err(Refusal::wrong_type("model", "a string", other))
            }
            _ => Err(Refusal::invalid("you must provide a model parameter")),
        }
    }

    /// An optional whole number of at least `least`; null counts as absent.
    pub fn integer(&self, name: &str, least: u64) -> Result<Option<usize>, Refusal> {
        let Some(value) = self.0.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
        let number = value.as_u64().ok_or_else(|| Refusal::wrong_type(name, "an integer", value))?;
        if number < least {
            let message = format!(
                "Invalid '{name}': integer below minimum value. Expected a value >= {least}, but got {number} instead."
            );
            return Err(Refusal::invalid(message).about(name).coded("integer_below_min_value"));
        }
        Ok(usize::try_from(number).ok())
    }

    pub fn flag(&self, name: &str, default: bool) -> Result<bool, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(Refusal::wrong_type(name, "a boolean", other)),
        }
    }

    /// An array's items; none when absent or null.
    pub fn array(&self, name: &str) -> Result<&[Value], Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(other) => Err(Refusal::wrong_type(name, "an array of objects", other)),
        }
    }
}
