//! A contact's fields, as the tools call them and as HubSpot does.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::checks;
use crate::error::Result;
use crate::model::crm::Contact;

/// The tools' name, and HubSpot's.
const FIELDS: [(&str, &str); 12] = [
    ("email", "email"),
    ("first_name", "firstname"),
    ("last_name", "lastname"),
    ("phone", "phone"),
    ("company", "company"),
    ("job_title", "jobtitle"),
    ("website", "website"),
    ("city", "city"),
    ("state", "state"),
    ("zip_code", "zip"),
    ("country", "country"),
    ("lifecycle_stage", "lifecyclestage"),
];
const LONGEST: usize = 500;

/// HubSpot's properties of what was given; what is blank was not.
pub fn properties(tool: &str, given: &[(&str, &Option<String>)]) -> Result<BTreeMap<String, String>> {
    let mut properties = BTreeMap::new();
    for (name, value) in given {
        let Some(value) = value.as_deref().map(str::trim).filter(|value| !value.is_empty()) else { continue };
        let value = match *name {
            "email" => checks::address(tool, name, value)?,
            // HubSpot's names of its stages have neither spaces nor capitals.
            "lifecycle_stage" => value.to_lowercase().replace([' ', '_', '-'], ""),
            _ => checks::text(tool, name, value, LONGEST)?,
        };
        properties.insert(property(name).to_owned(), value);
    }
    Ok(properties)
}

fn property(argument: &str) -> &str {
    FIELDS.iter().find(|(name, _)| *name == argument).map_or(argument, |(_, property)| property)
}

/// What the tools call this property, if they may write it.
pub fn of_property(property: &str) -> Option<&'static str> {
    FIELDS.iter().find(|(_, name)| *name == property).map(|(argument, _)| *argument)
}

/// What the tools call this property.
pub fn argument(property: &str) -> &str {
    FIELDS.iter().find(|(_, name)| *name == property).map_or(property, |(argument, _)| argument)
}

/// What is filled of a contact, by the tools' names.
pub fn told(contact: &Contact) -> Value {
    let filled = FIELDS.iter().filter_map(|(name, property)| {
        let value = match *name {
            "email" => contact.email.as_ref(),
            _ => contact.properties.get(*property),
        };
        Some(((*name).to_owned(), json!(value?)))
    });
    Value::Object(filled.collect::<Map<_, _>>())
}
