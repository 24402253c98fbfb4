//! A note on a contact. HubSpot takes the same note twice: its time, which is the same at every try, tells it apart.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Desk;
use crate::clients::hubspot::{note_html, note_of, note_text};
use crate::domain::actions::ledger::{Halt, LONG_QUIET, Landed, Probe, Write};
use crate::domain::crm;
use crate::error::{Error, Kind, Result};
use crate::model::crm::{Note, ObjectType};
use crate::store::effects::Effect;
use crate::store::{Tenant, notes};

struct NewNote<'a> {
    desk: &'a Desk<'a>,
    step: i32,
    contact_id: &'a str,
    /// Plain text.
    body: &'a str,
}

pub(super) async fn run(desk: &Desk<'_>, contact_id: &str, body: &str) -> Result<Value, Halt> {
    let note = add(desk, 0, contact_id, body).await?;
    Ok(json!({
        "status": "success", "note_id": note.hubspot_id, "contact_id": contact_id, "body": body, "timestamp": note.noted_at,
    }))
}

/// As this step of an action.
pub(super) async fn add(desk: &Desk<'_>, step: i32, contact_id: &str, body: &str) -> Result<Note, Halt> {
    let write = NewNote { desk, step, contact_id, body };
    let landed = desk.ledger.write(&write).await?;
    Ok(write.note(&landed.response)?)
}

impl NewNote<'_> {
    fn landed(raw: Value) -> Result<Landed> {
        let id = raw["id"].as_str().ok_or_else(|| Error::new(Kind::Upstream, "HubSpot gave a note no id."))?;
        Ok(Landed { provider_ref: format!("hubspot:notes:{id}"), response: raw })
    }

    fn note(&self, raw: &Value) -> Result<Note> {
        Ok(Note { contact_ids: vec![self.contact_id.to_owned()], ..note_of(raw)? })
    }

    /// To the millisecond, as HubSpot keeps it.
    fn at(effect: &Effect) -> Timestamp {
        Timestamp::from_millisecond(effect.intended_at.as_millisecond()).unwrap_or(effect.intended_at)
    }
}

impl Write for NewNote<'_> {
    fn step(&self) -> i32 {
        self.step
    }

    fn request(&self) -> Value {
        json!({ "create": "note", "contact": self.contact_id, "body": self.body })
    }

    fn quiet(&self) -> std::time::Duration {
        LONG_QUIET
    }

    async fn call(&self, effect: &Effect) -> Result<Landed> {
        let note = self.desk.hubspot().create_note(self.contact_id, &note_html(self.body), Self::at(effect)).await?;
        Self::landed(note)
    }

    /// Reads the notes that are on the contact; a search would not find what was made just now.
    async fn probe(&self, effect: &Effect) -> Result<Probe> {
        let (at, text) = (Self::at(effect), squeezed(&note_text(&note_html(self.body))));
        let on_it = self.desk.hubspot().notes_on(self.contact_id).await?;
        for raw in on_it {
            let note = note_of(&raw)?;
            if note.noted_at.as_millisecond() == at.as_millisecond() && squeezed(&note.body) == text {
                return Ok(Probe::Found(Self::landed(raw)?));
            }
        }
        Ok(Probe::Absent)
    }

    async fn keep(&self, db: &Tenant<'_>, _: &Effect, landed: &Landed) -> Result<()> {
        let note = self.note(&landed.response)?;
        notes::put(db, &note).await?;
        crm::show(db, self.desk.links(), ObjectType::Note, std::slice::from_ref(&note.hubspot_id)).await
    }
}

/// HubSpot may lay a note's HTML out in its own way.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}
