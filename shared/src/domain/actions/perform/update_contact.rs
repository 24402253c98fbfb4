//! Some of a contact's properties, written over what was there.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Desk;
use super::create_contact::keep;
use crate::clients::hubspot::contact_of;
use crate::domain::actions::ledger::{Halt, Landed, Probe, UNCLEAR, Write};
use crate::domain::tools::contact_fields;
use crate::error::{Error, Kind, Result};
use crate::store::Tenant;
use crate::store::effects::Effect;

struct Changed<'a> {
    desk: &'a Desk<'a>,
    contact_id: &'a str,
    properties: &'a BTreeMap<String, String>,
}

pub(super) async fn run(
    desk: &Desk<'_>,
    contact_id: &str,
    properties: &BTreeMap<String, String>,
) -> Result<Value, Halt> {
    let landed = desk.ledger.write(&Changed { desk, contact_id, properties }).await?;
    let contact = contact_of(&landed.response)?;
    let mut result = contact_fields::told(&contact);
    result["status"] = json!("success");
    result["contact_id"] = json!(contact.hubspot_id);
    result["updated_fields"] = properties.keys().map(|name| json!(contact_fields::argument(name))).collect();
    Ok(result)
}

impl Changed<'_> {
    /// The whole contact: HubSpot answers a change with little more than what was changed.
    fn landed(&self, before: Option<&Value>, answer: &Value) -> Landed {
        let mut contact = before.cloned().unwrap_or_else(|| answer.clone());
        if let (Some(all), Some(new)) = (contact["properties"].as_object_mut(), answer["properties"].as_object()) {
            all.extend(new.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        contact["updatedAt"] = answer["updatedAt"].clone();
        Landed { provider_ref: format!("hubspot:contacts:{}", self.contact_id), response: contact }
    }

    /// Whether the contact has these values; none stands for an empty one.
    fn has(contact: &Value, wanted: impl Fn(&str) -> Option<String>, names: &BTreeMap<String, String>) -> bool {
        let value = |name: &str| contact["properties"][name].as_str().unwrap_or_default().trim().to_lowercase();
        names.keys().all(|name| wanted(name).unwrap_or_default().trim().to_lowercase() == value(name))
    }
}

impl Write for Changed<'_> {
    fn step(&self) -> i32 {
        0
    }

    fn request(&self) -> Value {
        json!({ "update": "contact", "id": self.contact_id, "properties": self.properties })
    }

    async fn before(&self) -> Result<Option<Value>> {
        let contact = self.desk.hubspot().contact(self.contact_id).await?;
        contact.map(Some).ok_or_else(|| Error::not_found("contact in HubSpot any more"))
    }

    async fn call(&self, effect: &Effect) -> Result<Landed> {
        match self.desk.hubspot().update_contact(self.contact_id, self.properties).await {
            Ok(answer) => Ok(self.landed(effect.before.as_ref(), &answer)),
            Err(error) if error.upstream_status() == Some(409) => {
                let other = error.upstream.and_then(|upstream| upstream.existing);
                let other = other.map(|id| format!(" ({id})")).unwrap_or_default();
                let why = format!("Another contact{other} has this address already, so nothing was changed.");
                Err(Error::new(Kind::Refused, why).answered(409, "CONFLICT"))
            }
            Err(error) => Err(error),
        }
    }

    async fn probe(&self, effect: &Effect) -> Result<Probe> {
        let Some(contact) = self.desk.hubspot().contact(self.contact_id).await? else { return Ok(Probe::Absent) };
        if Self::has(&contact, |name| self.properties.get(name).cloned(), self.properties) {
            return Ok(Probe::Found(self.landed(None, &contact)));
        }
        let before = effect.before.as_ref();
        let was = |name: &str| before?["properties"][name].as_str().map(str::to_owned);
        // Whoever changed it meanwhile is not to be overwritten.
        let untouched = Self::has(&contact, was, self.properties);
        Ok(if untouched { Probe::Absent } else { Probe::Unclear(UNCLEAR.into()) })
    }

    async fn keep(&self, db: &Tenant<'_>, _: &Effect, landed: &Landed) -> Result<()> {
        keep(db, self.desk, &contact_of(&landed.response)?).await
    }
}
