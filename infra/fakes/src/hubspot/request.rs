//! Reading requests as HubSpot does: repeated or comma-separated query parameters, and JSON whose faults are named.

use axum::body::Bytes;
use serde::de::DeserializeOwned;

use super::refusal::Refusal;

/// A query string.
pub struct Query(Vec<(String, String)>);

impl Query {
    pub fn parse(query: Option<&str>) -> Self {
        Self(url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// The first value of a parameter that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter, however it was repeated.
    pub fn list(&self, name: &str) -> Vec<String> {
        let values = self.0.iter().filter(|(key, _)| key == name).flat_map(|(_, value)| value.split(','));
        values.map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned).collect()
    }

    pub fn flag(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// A number in a range, or 400.
    pub fn limit(&self, default: usize, most: usize) -> Result<usize, Refusal> {
        let Some(text) = self.get("limit") else {
            return Ok(default);
        };
        match text.parse::<usize>() {
            Ok(limit) if (1..=most).contains(&limit) => Ok(limit),
            Ok(_) => Err(Refusal::invalid(format!("The limit must be between 1 and {most}, but was {text}."))),
            Err(_) => Err(Refusal::invalid(format!("Invalid value '{text}' for the parameter 'limit'."))),
        }
    }
}

/// Reads a JSON body, or answers 400 naming where it went wrong.
pub fn body<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, Refusal> {
    serde_json::from_slice(bytes).map_err(|error| {
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or("unreadable");
        Refusal::invalid(format!("Invalid input JSON on line {}, column {}: {what}", error.line(), error.column()))
    })
}
