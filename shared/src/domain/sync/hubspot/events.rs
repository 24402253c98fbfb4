//! What webhooks say happened: the records are read again, and the standing instructions hear of what is so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::keep::{Clerk, Telling};
use super::portal::{self, Portal, Read};
use super::{remove, reread, step};
use crate::clients::hubspot::PAGE;
use crate::domain::World;
use crate::error::Result;
use crate::model::UserId;
use crate::model::crm::{Body, HubspotEvent, ObjectType, Record};
use crate::model::event::Facts;
use crate::model::task::Claim;
use crate::model::user::Provider;
use crate::store::connections;
use crate::store::tasks::Outcome;

/// Reads what the events name, in the order in which records refer to one another, and tells what happened. What the
/// events say counts only as far as what is read agrees: they come late, twice, and out of order.
pub async fn handle(world: &World, claim: &Claim, events: &[HubspotEvent]) -> Result<Outcome> {
    let (owner, mut access) = (claim.owner, portal::access(world, claim.owner).await?);
    if access.app_id.is_none() {
        access.app_id = learn(world, owner, events).await?;
    }
    let portal = Portal { world, owner, access: &access };
    let answer = read(&portal, events).await;
    let read = match portal::renewed(&portal, &answer).await? {
        Some(access) => read(&Portal { world, owner, access: &access }, events).await?,
        None => answer?,
    };
    Ok(Outcome::Done(json!({ "events": events.len(), "records": read })))
}

/// A connection from before HubSpot's number of our application was kept: every event says it.
async fn learn(world: &World, owner: UserId, events: &[HubspotEvent]) -> Result<Option<i64>> {
    let Some(app_id) = events.iter().find_map(|event| event.app_id) else { return Ok(None) };
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    connections::put_app(&tenant, Provider::HubSpot, Some(app_id)).await?;
    tenant.commit().await?;
    Ok(Some(app_id))
}

async fn read(portal: &Portal<'_>, events: &[HubspotEvent]) -> Result<usize> {
    let mut read = 0;
    for object in ObjectType::ALL {
        let about: Vec<&HubspotEvent> = events.iter().filter(|event| event.object_type == object).collect();
        read += subjects(portal, object, &about).await?;
    }
    neighbours(portal, events).await?;
    Ok(read)
}

/// The records the events are about. Answers how many.
async fn subjects(portal: &Portal<'_>, object: ObjectType, events: &[&HubspotEvent]) -> Result<usize> {
    let ids: BTreeSet<&String> =
        events.iter().flat_map(|event| event.merged_ids.iter().chain([&event.object_id])).collect();
    let ids: Vec<String> = ids.into_iter().cloned().collect();
    for some in ids.chunks(PAGE) {
        let mut about: Vec<&HubspotEvent> =
            events.iter().copied().filter(|event| some.contains(&event.object_id)).collect();
        about.sort_by_key(|event| event.occurred_at);
        let history: BTreeSet<&str> = about.iter().filter_map(|event| event.property.as_deref()).collect();
        let mut read = portal.read(object, some, &history.into_iter().collect::<Vec<_>>()).await?;
        for record in &mut read.present {
            let merges = about.iter().filter(|event| event.object_id == record.id);
            record.merged_ids.extend(merges.flat_map(|event| event.merged_ids.clone()).filter(|id| *id != record.id));
        }

        let mut db = portal.world.db().await?;
        let mut clerk = Clerk::begin(portal, &mut db).await?;
        clerk.hear(object, some, read, &about).await?;
        clerk.finish(None).await?;
    }
    Ok(ids.len())
}

/// The records at the other ends: of associations, and of what came back or was merged.
async fn neighbours(portal: &Portal<'_>, events: &[HubspotEvent]) -> Result<()> {
    let mut others: BTreeMap<ObjectType, BTreeSet<String>> = BTreeMap::new();
    for (object, id) in events.iter().filter_map(|event| event.associated.clone()) {
        others.entry(object).or_default().insert(id);
    }
    for (object, ids) in others {
        reread::all(portal, object, &Vec::from_iter(ids), Telling::Everything).await?;
    }
    for object in ObjectType::ALL {
        let moved = events.iter().filter(|event| event.object_type == object);
        let moved: BTreeSet<&String> =
            moved.filter(|event| event.change == "restore" || event.change == "merge").map(|e| &e.object_id).collect();
        if !moved.is_empty() {
            step::neighbours(portal, object, &moved.into_iter().cloned().collect::<Vec<_>>()).await?;
        }
    }
    Ok(())
}

impl Clerk<'_> {
    async fn hear(
        &mut self,
        object: ObjectType,
        asked: &[String],
        mut read: Read,
        events: &[&HubspotEvent],
    ) -> Result<()> {
        // HubSpot says that this is erased: what is left in its bin does not matter.
        let erased = |id: &String| events.iter().any(|e| e.change == "privacyDeletion" && e.object_id == *id);
        let (doomed, archived) = read.archived.into_iter().partition(|record| erased(&record.id));
        read.archived = archived;
        read.gone.extend(Vec::<Record>::into_iter(doomed).map(|record| record.id));

        let gone = read.gone.clone();
        // That we changed a record does not mean that we made it.
        let own =
            events.iter().filter(|event| event.is_own() && event.property.is_none() && event.associated.is_none());
        let own: BTreeSet<String> = own.map(|event| event.object_id.clone()).collect();
        let news: Vec<&HubspotEvent> = events.iter().copied().filter(|event| !event.is_own()).collect();
        for event in &news {
            let of = |records: &[Record]| records.iter().find(|record| record.id == event.object_id).cloned();
            match (of(&read.present), of(&read.archived)) {
                (Some(record), _) => self.happened(event, &record).await?,
                (None, Some(record)) if event.change == "deletion" => {
                    let (key, at) = (remove::key(&record), record.archived_at.unwrap_or(event.occurred_at));
                    self.tell(&record, "deletion", &key, &event.change_source, None, at).await?;
                }
                // It was made, changed or restored, and is not there any more: there is nothing left to act on.
                _ => {}
            }
        }
        self.settle(object, asked, read, Telling::AllBut(&own)).await?;
        for event in news.iter().filter(|event| gone.contains(&event.object_id)) {
            self.erased(event).await?;
        }
        Ok(())
    }

    /// Tells of an event whose record is there.
    async fn happened(&mut self, event: &HubspotEvent, record: &Record) -> Result<()> {
        let (id, at) = (&record.id, event.occurred_at);
        let millis = at.as_millisecond();
        let (key, changed) = match (event.change.as_str(), &event.property, &event.associated) {
            ("creation", ..) => (id.clone(), None),
            ("restore", ..) => (format!("{id}:{millis}"), None),
            ("merge", ..) => {
                let merged: BTreeSet<&str> = record_ids(event).filter(|merged| merged != id).collect();
                (format!("{id}:{}", Vec::from_iter(merged).join("+")), None)
            }
            ("propertyChange", Some(property), _) => {
                let value = record.value_at(property, at).or_else(|| current(record, property));
                let value = value.unwrap_or_default().to_owned();
                (format!("{id}:{property}:{millis}"), Some((property.as_str(), Some(value))))
            }
            ("associationChange", _, Some((other, other_id))) => {
                let value = (!event.removed).then(|| other_id.clone());
                (format!("{id}:{}:{other_id}:{millis}", other.singular()), Some((other.singular(), value)))
            }
            // A deletion that was taken back, or something we know nothing of.
            _ => return Ok(()),
        };
        // Made is made once, whoever says when: so has it the reading that finds it.
        let at = if event.change == "creation" { record.created_at } else { at };
        self.tell(record, &event.change, &key, &event.change_source, changed, at).await
    }

    /// Tells of an event whose record is erased, in no words but its number.
    async fn erased(&mut self, event: &HubspotEvent) -> Result<()> {
        let key = match event.change.as_str() {
            "privacyDeletion" => event.object_id.clone(),
            "deletion" => format!("{}:{}", event.object_id, event.occurred_at.as_millisecond()),
            _ => return Ok(()),
        };
        let facts = Facts::Crm {
            object_type: event.object_type.singular().to_owned(),
            object_id: event.object_id.clone(),
            name: String::new(),
            email: None,
            property: None,
            value: None,
            change_source: event.change_source.clone(),
        };
        self.emit(event.object_type, &event.object_id, &event.change, &key, facts, event.occurred_at).await
    }
}

fn record_ids(event: &HubspotEvent) -> impl Iterator<Item = &str> {
    event.merged_ids.iter().map(String::as_str)
}

fn current<'a>(record: &'a Record, property: &str) -> Option<&'a str> {
    let properties = match &record.body {
        Body::Company(company) => &company.properties,
        Body::Contact(contact) => &contact.properties,
        Body::Deal(deal) => &deal.properties,
        Body::Note(_) => return None,
    };
    properties.get(property).map(String::as_str)
}
