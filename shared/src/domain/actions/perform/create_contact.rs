//! A new contact: HubSpot has one for each address, and says which when there is one already.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Desk, create_note};
use crate::clients::hubspot::contact_of;
use crate::domain::actions::ledger::{Halt, Landed, Probe, Write};
use crate::domain::crm;
use crate::domain::tools::contact_fields;
use crate::error::{Error, Kind, Result};
use crate::model::crm::{Contact, ObjectType};
use crate::store::effects::Effect;
use crate::store::{Tenant, contacts};

/// HubSpot's clock and ours may differ by so much.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

struct NewContact<'a> {
    desk: &'a Desk<'a>,
    email: &'a str,
    properties: &'a BTreeMap<String, String>,
}

/// With a first note on it, as a step of its own: a contact that is there stays, whatever becomes of its note.
pub(super) async fn run(
    desk: &Desk<'_>,
    email: &str,
    properties: &BTreeMap<String, String>,
    note: Option<&str>,
) -> Result<Value, Halt> {
    let landed = desk.ledger.write(&NewContact { desk, email, properties }).await?;
    let contact = contact_of(&landed.response["contact"])?;
    let mut result = contact_fields::told(&contact);
    result["contact_id"] = json!(contact.hubspot_id);
    result["status"] = json!("success");
    if landed.response["existed"] == true {
        let fields = std::mem::replace(&mut result, json!({ "status": "exists", "contact_id": contact.hubspot_id }));
        result["message"] = json!("There is a contact with this address already.");
        result["contact"] = fields;
    }
    let Some(note) = note else { return Ok(result) };
    match create_note::add(desk, 1, &contact.hubspot_id, note).await {
        Ok(note) => {
            result["note_created"] = json!(true);
            result["note_id"] = json!(note.hubspot_id);
        }
        // The contact is there, whatever becomes of its note: the last try says so.
        Err(Halt::Failed(error)) if !error.kind.is_retryable() || desk.ledger.claim.is_last_try() => {
            result["note_created"] = json!(false);
            result["note_error"] = json!(error.detail);
        }
        Err(halt) => return Err(halt),
    }
    Ok(result)
}

impl NewContact<'_> {
    fn landed(contact: &Value, existed: bool) -> Result<Landed> {
        let id = contact["id"].as_str().ok_or_else(|| Error::new(Kind::Upstream, "HubSpot gave a contact no id."))?;
        Ok(Landed {
            provider_ref: format!("hubspot:contacts:{id}"),
            response: json!({ "existed": existed, "contact": contact }),
        })
    }

    /// The one that is there already.
    async fn existing(&self, refused: &Error) -> Result<Option<Value>> {
        let named = refused.upstream.as_ref().and_then(|upstream| upstream.existing.as_deref());
        match named {
            Some(id) => self.desk.hubspot().contact(id).await,
            None => self.desk.hubspot().contact_by_email(self.email).await,
        }
    }
}

impl Write for NewContact<'_> {
    fn step(&self) -> i32 {
        0
    }

    fn request(&self) -> Value {
        json!({ "create": "contact", "email": self.email, "properties": self.properties })
    }

    async fn call(&self, _: &Effect) -> Result<Landed> {
        let mut properties = self.properties.clone();
        properties.insert("email".into(), self.email.to_owned());
        match self.desk.hubspot().create_contact(&properties).await {
            Ok(contact) => Self::landed(&contact, false),
            Err(error) if error.upstream_status() == Some(409) => match self.existing(&error).await {
                Ok(Some(contact)) => Self::landed(&contact, true),
                // Nothing was created, that much is sure, and which one is there can be asked again.
                Ok(None) => Err(error),
                Err(unread) => Err(unread.answered(409, "CONFLICT")),
            },
            Err(error) => Err(error),
        }
    }

    async fn probe(&self, effect: &Effect) -> Result<Probe> {
        let Some(contact) = self.desk.hubspot().contact_by_email(self.email).await? else { return Ok(Probe::Absent) };
        let existed = contact_of(&contact)?.created_at < effect.intended_at - SKEW;
        Ok(Probe::Found(Self::landed(&contact, existed)?))
    }

    async fn keep(&self, db: &Tenant<'_>, _: &Effect, landed: &Landed) -> Result<()> {
        keep(db, self.desk, &contact_of(&landed.response["contact"])?).await
    }
}

/// Our copy of a contact.
pub(super) async fn keep(db: &Tenant<'_>, desk: &Desk<'_>, contact: &Contact) -> Result<()> {
    let known = contacts::get(db, &contact.hubspot_id).await?;
    let is_renamed = known.as_ref().is_some_and(|known| known.name() != contact.name());
    // The answer of a write does not say which companies it belongs to.
    let company_ids = known.map(|known| known.company_ids).unwrap_or_default();
    contacts::put(db, &Contact { company_ids, ..contact.clone() }).await?;
    let ids = std::slice::from_ref(&contact.hubspot_id);
    crm::show(db, desk.links(), ObjectType::Contact, ids).await?;
    if is_renamed {
        crm::show_dependents(db, desk.links(), ObjectType::Contact, ids).await?;
    }
    Ok(())
}
