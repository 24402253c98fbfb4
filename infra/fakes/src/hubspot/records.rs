//! What can be done to a portal's records: create, update, archive, restore, merge, erase.

use std::collections::BTreeMap;

use serde_json::Value;

use super::kind::Kind;
use super::portal::{Actor, Change, Portal, Record};
use super::refusal::Refusal;
use super::{schema, timestamp};

impl Portal {
    /// Creates a record from values as a request gives them.
    ///
    /// # Errors
    /// 400 for a value or a missing one, 409 for a contact whose address is known.
    pub fn create(&mut self, kind: Kind, given: &BTreeMap<String, Value>, actor: Actor) -> Result<u64, Refusal> {
        let mut values = self.check(kind, given)?;
        let is_missing = |name: &&str| values.get(*name).is_none_or(String::is_empty);
        let missing: Vec<_> = schema::required(kind).iter().copied().filter(is_missing).collect();
        if !missing.is_empty() {
            return Err(Refusal::required(kind, &missing));
        }
        self.check_unique(kind, &values, None)?;
        if kind == Kind::Deal {
            values.entry("pipeline".to_owned()).or_insert_with(|| self.pipelines[0].id.clone());
        }
        let id = self.fresh_id();
        self.changes.push(Change::Created(kind, id));
        let mut record = Record::new(id, actor.now, actor.now);
        record.sign(kind, actor);
        self.records.entry(kind).or_default().insert(id, record);
        self.apply(kind, id, &values, actor);
        Ok(id)
    }

    /// Changes the values given and leaves the others.
    pub fn update(
        &mut self,
        kind: Kind,
        id: u64,
        given: &BTreeMap<String, Value>,
        actor: Actor,
    ) -> Result<u64, Refusal> {
        let id = self.record(kind, id).ok_or_else(Refusal::not_found)?.id;
        let values = self.check(kind, given)?;
        self.check_unique(kind, &values, Some(id))?;
        self.apply(kind, id, &values, actor);
        Ok(id)
    }

    fn check_unique(&self, kind: Kind, values: &BTreeMap<String, String>, own: Option<u64>) -> Result<(), Refusal> {
        let Some(email) = values.get("email").filter(|email| kind == Kind::Contact && !email.is_empty()) else {
            return Ok(());
        };
        match self.by_unique(kind, "email", email) {
            Some(other) if Some(other.id) != own => Err(Refusal::conflict(other.id)),
            _ => Ok(()),
        }
    }

    /// Stores checked values, and with them what HubSpot works out itself.
    pub fn apply(&mut self, kind: Kind, id: u64, values: &BTreeMap<String, String>, actor: Actor) {
        let mut values = values.clone();
        if let Some(stage_id) = values.get("dealstage").cloned() {
            let stage = self.pipelines.iter().flat_map(|pipeline| &pipeline.stages).find(|stage| stage.id == stage_id);
            if let Some(stage) = stage {
                values.insert("hs_is_closed".to_owned(), stage.closed.to_string());
                values.insert("hs_is_closed_won".to_owned(), stage.is_won().to_string());
                values.insert("hs_is_closed_lost".to_owned(), (stage.closed && !stage.is_won()).to_string());
                values.insert("hs_deal_stage_probability".to_owned(), stage.probability.clone());
            }
        }
        let Some(record) = self.records.entry(kind).or_default().get_mut(&id) else {
            return;
        };
        for (name, value) in &values {
            if record.set(name, value, actor) {
                self.changes.push(Change::Property { kind, id, name: name.clone(), value: value.clone() });
            }
        }
        record.set(kind.modified(), &timestamp(actor.now), actor);
        record.updated_at = actor.now;
    }

    /// Puts a record into the recycling bin. Its associations show again when it is restored.
    pub fn archive(&mut self, kind: Kind, id: u64, actor: Actor) -> Result<(), Refusal> {
        let record = self.records.entry(kind).or_default().get_mut(&id).ok_or_else(Refusal::not_found)?;
        if record.archived_at.is_some() {
            return Err(Refusal::not_found());
        }
        record.archived_at = Some(actor.now);
        record.updated_at = actor.now;
        self.changes.push(Change::Deleted(kind, id));
        Ok(())
    }

    /// Takes a record out of the recycling bin.
    pub fn restore(&mut self, kind: Kind, id: u64, actor: Actor) -> Result<(), Refusal> {
        let record = self.records.entry(kind).or_default().get_mut(&id).ok_or_else(Refusal::not_found)?;
        if record.archived_at.is_none() || record.merged_into.is_some() {
            return Err(Refusal::not_found());
        }
        record.archived_at = None;
        record.stored_at = actor.now;
        record.set(kind.modified(), &timestamp(actor.now), actor);
        record.updated_at = actor.now;
        self.changes.push(Change::Restored(kind, id));
        Ok(())
    }

    /// Merges one record into another and answers the id the result has.
    ///
    /// The primary's values win, what it lacks is taken from the other, and the other's id leads to the result.
    pub fn merge(&mut self, kind: Kind, primary: u64, other: u64, actor: Actor) -> Result<u64, Refusal> {
        if primary == other {
            return Err(Refusal::invalid("Cannot merge an object with itself."));
        }
        let winner = self.record(kind, primary).ok_or_else(Refusal::not_found)?.clone();
        let loser = self.record(kind, other).ok_or_else(Refusal::not_found)?.clone();
        let id = if self.merge_into_new { self.fresh_id() } else { winner.id };

        let mut result = Record { id, ..winner.clone() };
        let mut moved = 0;
        for name in loser.values.keys() {
            if let Some(value) = loser.value(name)
                && result.value(name).is_none()
            {
                moved += usize::from(result.set(name, value, actor));
            }
        }
        if let (Kind::Contact, Some(address)) = (kind, loser.value("email"))
            && result.value("email") != Some(address)
        {
            let mut more: Vec<_> =
                result.value("hs_additional_emails").into_iter().flat_map(|all| all.split(';')).collect();
            more.push(address);
            let more = more.join(";");
            result.set("hs_additional_emails", &more, actor);
        }
        let mut ids: Vec<_> = result.value("hs_merged_object_ids").into_iter().flat_map(|all| all.split(';')).collect();
        let (winner_id, loser_id) = (winner.id.to_string(), loser.id.to_string());
        ids.extend((id != winner.id).then_some(winner_id.as_str()));
        ids.push(&loser_id);
        let ids = ids.join(";");
        result.set("hs_merged_object_ids", &ids, actor);
        result.set("hs_object_id", &id.to_string(), actor);
        result.set(kind.modified(), &timestamp(actor.now), actor);
        result.updated_at = actor.now;

        let records = self.records.entry(kind).or_default();
        for gone in [winner.id, loser.id] {
            if let Some(record) = records.get_mut(&gone).filter(|record| record.id != id) {
                record.archived_at = Some(actor.now);
                record.merged_into = Some(id);
            }
        }
        records.insert(id, result);
        self.relink((kind, loser.id), (kind, id));
        self.relink((kind, winner.id), (kind, id));
        self.changes.push(Change::Merged { kind, primary: winner.id, merged: loser.id, now: id, moved });
        Ok(id)
    }

    /// Erases a contact for good, with the notes and tasks that are on nothing else.
    pub fn erase(&mut self, id: u64) -> Result<(), Refusal> {
        for kind in [Kind::Note, Kind::Task] {
            let on: Vec<u64> = self.associated((Kind::Contact, id), kind).into_iter().map(|(on, _)| on).collect();
            for one in on {
                let elsewhere =
                    self.links.iter().any(|link| link.from == (kind, one) && link.to != (Kind::Contact, id));
                if !elsewhere {
                    self.records.entry(kind).or_default().remove(&one);
                    self.links.retain(|link| link.from != (kind, one) && link.to != (kind, one));
                }
            }
        }
        let contacts = self.records.entry(Kind::Contact).or_default();
        contacts.remove(&id).ok_or_else(Refusal::not_found)?;
        contacts.retain(|_, record| record.merged_into != Some(id));
        self.links.retain(|link| link.from != (Kind::Contact, id) && link.to != (Kind::Contact, id));
        self.changes.push(Change::PrivacyDeleted(id));
        self.changes.push(Change::Deleted(Kind::Contact, id));
        Ok(())
    }
}
