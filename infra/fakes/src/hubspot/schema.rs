//! The properties of each object type, and what a value must look like to be written.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::kind::Kind;
use super::refusal::PropertyFault;
use super::timestamp;

/// The longest text value.
const MAX_TEXT: usize = 65_536;

/// One property of one object type.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Definition {
    pub name: String,
    pub label: String,
    /// `string`, `number`, `date`, `datetime`, `bool` or `enumeration`.
    #[serde(rename = "type")]
    pub value_type: String,
    #[serde(rename = "fieldType")]
    pub field_type: String,
    #[serde(rename = "groupName")]
    pub group: String,
    #[serde(default)]
    pub description: String,
    /// `(label, value)`; an enumeration without any takes its values from elsewhere (owners, pipelines).
    #[serde(default)]
    pub options: Vec<(String, String)>,
    #[serde(default, rename = "hasUniqueValue")]
    pub unique: bool,
    #[serde(default)]
    pub read_only: bool,
    #[serde(default)]
    pub hubspot_defined: bool,
}

impl Definition {
    /// A text property a portal made for itself.
    pub fn custom(kind: Kind, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            label: name.to_owned(),
            value_type: "string".to_owned(),
            field_type: "text".to_owned(),
            group: format!("{}information", kind.singular()),
            description: String::new(),
            options: Vec::new(),
            unique: false,
            read_only: false,
            hubspot_defined: false,
        }
    }

    /// HubSpot's `Property` object.
    pub fn show(&self, order: usize) -> Value {
        let options: Vec<_> = self
            .options
            .iter()
            .enumerate()
            .map(|(order, (label, value))| json!({ "label": label, "value": value, "displayOrder": order, "hidden": false }))
            .collect();
        json!({
            "name": self.name,
            "label": self.label,
            "type": self.value_type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": options,
            "displayOrder": order,
            "calculated": self.read_only && self.name.starts_with("hs_is_"),
            "externalOptions": self.value_type == "enumeration" && self.options.is_empty(),
            "hasUniqueValue": self.unique,
            "hidden": false,
            "hubspotDefined": self.hubspot_defined,
            "formField": !self.read_only,
            "dataSensitivity": "non_sensitive",
            "archived": false,
            "modificationMetadata": {
                "archivable": !self.hubspot_defined,
                "readOnlyDefinition": self.hubspot_defined,
                "readOnlyValue": self.read_only,
            },
        })
    }

    /// The value as it is stored, or what is wrong with it. An empty value clears the property.
    pub fn normalize(&self, value: &str) -> Result<String, PropertyFault> {
        if self.read_only {
            return self.fault(
                "READ_ONLY_VALUE",
                format!("\"{}\" is a read only property; its value cannot be set.", self.name),
            );
        }
        if value.is_empty() {
            return Ok(String::new());
        }
        match self.value_type.as_str() {
            "number" => match value.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(value.trim().to_owned()),
                _ => self.fault("INVALID_INTEGER", format!("{value} was not a valid number.")),
            },
            "datetime" => match instant(value) {
                Some(instant) => Ok(timestamp(instant)),
                None => self.fault("INVALID_LONG", format!("{value} was not a valid long.")),
            },
            "date" => match day(value) {
                Some(day) => Ok(day.to_string()),
                None => self.fault("INVALID_DATE", format!("{value} was not a valid date.")),
            },
            "bool" if value != "true" && value != "false" => {
                self.fault("INVALID_OPTION", format!("{value} was not one of the allowed options: [true, false]"))
            }
            "enumeration" if !self.options.is_empty() => self.choice(value),
            _ if self.name == "email" => self.address(value),
            _ if value.chars().count() > MAX_TEXT => self.fault(
                "INVALID_LENGTH",
                format!("{} is longer than the maximum length of {MAX_TEXT} characters.", self.name),
            ),
            _ => Ok(value.to_owned()),
        }
    }

    fn choice(&self, value: &str) -> Result<String, PropertyFault> {
        let known = |one: &str| self.options.iter().any(|(_, option)| option == one);
        let every = if self.field_type == "checkbox" { value.split(';').all(known) } else { known(value) };
        if every {
            return Ok(value.to_owned());
        }
        let allowed: Vec<_> = self.options.iter().map(|(_, option)| option.as_str()).collect();
        self.fault("INVALID_OPTION", format!("{value} was not one of the allowed options: [{}]", allowed.join(", ")))
    }

    fn address(&self, value: &str) -> Result<String, PropertyFault> {
        let address = value.trim().to_lowercase();
        let valid = address.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
        });
        if valid && !address.contains(char::is_whitespace) {
            Ok(address)
        } else {
            self.fault("INVALID_EMAIL", format!("Email address {value} is invalid"))
        }
    }

    fn fault(&self, code: &'static str, message: String) -> Result<String, PropertyFault> {
        Err(PropertyFault { name: self.name.clone(), code, message })
    }
}

/// A moment as the API takes it: ISO 8601 or milliseconds since 1970.
pub fn instant(value: &str) -> Option<Timestamp> {
    let value = value.trim();
    if let Ok(millis) = value.parse::<i64>() {
        return Timestamp::from_millisecond(millis).ok();
    }
    if let Ok(instant) = value.parse::<Timestamp>() {
        return Timestamp::from_millisecond(instant.as_millisecond()).ok();
    }
    value.parse::<Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|day| day.timestamp())
}

fn day(value: &str) -> Option<Date> {
    if let Ok(day) = value.trim().parse::<Date>()
        && !value.contains('T')
    {
        return Some(day);
    }
    Some(instant(value)?.to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// The properties HubSpot answers with when none are named.
pub fn defaults(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Contact => &["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"],
        Kind::Company => &["createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"],
        Kind::Deal => &[
            "amount",
            "closedate",
            "createdate",
            "dealname",
            "dealstage",
            "hs_lastmodifieddate",
            "hs_object_id",
            "pipeline",
        ],
        Kind::Note | Kind::Task => &["hs_createdate", "hs_lastmodifieddate", "hs_object_id"],
    }
}

/// The properties a search's `query` looks in.
pub fn searchable(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Contact => {
            &["firstname", "lastname", "email", "hs_additional_emails", "phone", "mobilephone", "fax", "company"]
        }
        Kind::Company => &["name", "domain", "website", "phone"],
        Kind::Deal => &["dealname", "pipeline", "dealstage", "description", "dealtype"],
        Kind::Note => &["hs_note_body"],
        Kind::Task => &["hs_task_body", "hs_task_subject"],
    }
}

/// The properties a record of this kind cannot be created without.
pub fn required(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Note | Kind::Task => &["hs_timestamp"],
        Kind::Contact | Kind::Company | Kind::Deal => &[],
    }
}
