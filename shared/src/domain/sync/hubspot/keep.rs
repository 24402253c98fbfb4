//! What is put, in one transaction: rows, the documents made of them, and the events of what is new.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::HUBSPOT;
use super::cursor::Cursor;
use super::portal::Portal;
use crate::domain::{crm, events};
use crate::error::Result;
use crate::model::TaskId;
use crate::model::crm::{Body, ObjectType, Record, is_own};
use crate::model::event::{Facts, NewEvent, Source};
use crate::model::task::Job;
use crate::store::sync_cursors::{self, Step};
use crate::store::{
    Connection, Tenant, companies, contacts, deals, documents as stored, notes, records as rows, tasks, users,
};

/// What was heard of later than this is kept, but nobody is told: it is too late to act on it.
const LATE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The one who puts records where they belong, within one transaction.
pub struct Clerk<'a> {
    pub portal: &'a Portal<'a>,
    pub tenant: Tenant<'a>,
    bells: Vec<TaskId>,
    documents: bool,
}

/// Of which records the standing instructions hear.
#[derive(Clone, Copy)]
pub enum Telling<'a> {
    Nothing,
    Everything,
    /// Not of these, which we wrote ourselves.
    AllBut(&'a BTreeSet<String>),
}

impl Telling<'_> {
    pub fn of(self, id: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::AllBut(own) => !own.contains(id),
        }
    }
}

impl<'a> Clerk<'a> {
    pub async fn begin(portal: &'a Portal<'a>, db: &'a mut Connection) -> Result<Self> {
        let tenant = db.tenant(portal.owner).await?;
        users::lock(&tenant).await?;
        Ok(Self { portal, tenant, bells: Vec::new(), documents: false })
    }

    /// Commits, with the cursor moved last, and rings for what is to be done now.
    pub async fn finish(mut self, moved: Option<(&Cursor, Step)>) -> Result<()> {
        if self.documents {
            self.bells.push(tasks::ensure(&self.tenant, &Job::Embed {}).await?);
        }
        if let Some((cursor, step)) = moved {
            sync_cursors::put(&self.tenant, HUBSPOT, cursor, step).await?;
        }
        self.tenant.commit().await?;
        for task in self.bells {
            self.portal.world.ring(task, Duration::ZERO).await;
        }
        Ok(())
    }

    /// Puts records of one type, unless what is known of them is newer. Answers the ids of those that were not known.
    pub async fn keep(&mut self, records: &[Record], telling: Telling<'_>) -> Result<Vec<String>> {
        let Some(object) = records.first().map(Record::object) else { return Ok(Vec::new()) };
        let ids: Vec<String> = records.iter().map(|record| record.id.clone()).collect();
        let known = rows::versions(&self.tenant, object, &ids).await?;
        let is_newer = |record: &&Record| known.get(&record.id).is_none_or(|version| *version <= record.updated_at);
        let fresh: Vec<&Record> = records.iter().filter(is_newer).collect();

        let before = self.names(object, &ids).await?;
        for record in &fresh {
            self.put(record).await?;
        }
        for record in fresh.iter().filter(|record| !record.merged_ids.is_empty()) {
            self.absorb(record, telling).await?;
        }
        let ids: Vec<String> = fresh.iter().map(|record| record.id.clone()).collect();
        self.show(object, &ids).await?;
        let after = self.names(object, &ids).await?;
        let renamed: Vec<String> = ids.into_iter().filter(|id| before.get(id) != after.get(id)).collect();
        crm::show_dependents(&self.tenant, self.portal.links(), object, &renamed).await?;

        let mut new = Vec::new();
        for record in fresh.into_iter().filter(|record| !known.contains_key(&record.id)) {
            let own = is_own(&record.source, record.source_id.as_deref(), self.portal.app_id());
            if telling.of(&record.id) && !own && self.is_news(record.created_at) {
                self.tell(record, "creation", &record.id, &record.source, None, record.created_at).await?;
            }
            new.push(record.id.clone());
        }
        Ok(new)
    }

    async fn put(&self, record: &Record) -> Result<()> {
        match &record.body {
            Body::Company(company) => companies::put(&self.tenant, company).await.map(drop),
            Body::Contact(contact) => contacts::put(&self.tenant, contact).await.map(drop),
            Body::Deal(deal) => deals::put(&self.tenant, deal).await.map(drop),
            Body::Note(note) => notes::put(&self.tenant, note).await,
        }
    }

    /// What the records that others name are called.
    async fn names(&self, object: ObjectType, ids: &[String]) -> Result<BTreeMap<String, String>> {
        Ok(match object {
            ObjectType::Company => {
                let known = companies::get_many(&self.tenant, ids).await?;
                known.into_iter().map(|company| (company.hubspot_id.clone(), company.name())).collect()
            }
            ObjectType::Contact => {
                let known = contacts::get_many(&self.tenant, ids).await?;
                known.into_iter().map(|contact| (contact.hubspot_id.clone(), contact.name())).collect()
            }
            ObjectType::Deal | ObjectType::Note => BTreeMap::new(),
        })
    }

    /// Makes the documents of these, from their rows.
    pub async fn show(&mut self, object: ObjectType, ids: &[String]) -> Result<()> {
        self.documents |= !ids.is_empty();
        crm::show(&self.tenant, self.portal.links(), object, ids).await
    }

    /// Takes away what was merged into a record: whatever named it names the record now.
    async fn absorb(&mut self, record: &Record, telling: Telling<'_>) -> Result<()> {
        let (object, into) = (record.object(), Some(record.id.as_str()));
        let known = rows::versions(&self.tenant, object, &record.merged_ids).await?;
        self.repoint(object, &record.merged_ids, into).await?;
        stored::delete(&self.tenant, object.kind(), &record.merged_ids).await?;
        rows::delete(&self.tenant, object, &record.merged_ids).await?;

        let merged: Vec<&str> = known.keys().map(String::as_str).collect();
        if !merged.is_empty() && telling.of(&record.id) && self.is_news(record.updated_at) {
            let key = format!("{}:{}", record.id, merged.join("+"));
            self.tell(record, "merge", &key, "", None, record.updated_at).await?;
        }
        Ok(())
    }

    /// Puts another record in the place of these wherever they are named, or none.
    pub async fn repoint(&mut self, object: ObjectType, from: &[String], to: Option<&str>) -> Result<()> {
        match object {
            ObjectType::Company => {
                let people = contacts::repoint_companies(&self.tenant, from, to).await?;
                let with = deals::repoint_companies(&self.tenant, from, to).await?;
                self.show(ObjectType::Contact, &people).await?;
                self.show(ObjectType::Deal, &with).await
            }
            ObjectType::Contact => {
                let on = notes::repoint_contacts(&self.tenant, from, to).await?;
                let with = deals::repoint_contacts(&self.tenant, from, to).await?;
                self.show(ObjectType::Note, &on).await?;
                self.show(ObjectType::Deal, &with).await
            }
            ObjectType::Deal | ObjectType::Note => Ok(()),
        }
    }

    /// It happened since the advisor connected the portal, and not long ago.
    pub fn is_news(&self, at: Timestamp) -> bool {
        at >= self.portal.connected_at() && self.portal.world.now().duration_since(at) < LATE
    }

    /// Tells the standing instructions. `key` is the same by whichever way it is heard of; `changed` is a property and its
    /// value.
    pub async fn tell(
        &mut self,
        record: &Record,
        change: &str,
        key: &str,
        source: &str,
        changed: Option<(&str, Option<String>)>,
        at: Timestamp,
    ) -> Result<()> {
        let (property, value) = changed.map_or((None, None), |(name, value)| (Some(name.to_owned()), value));
        let facts = Facts::Crm {
            object_type: record.object().singular().to_owned(),
            object_id: record.id.clone(),
            name: record.name(),
            email: record.email().map(str::to_owned),
            property,
            value,
            change_source: source.to_owned(),
        };
        self.emit(record.object(), &record.id, change, key, facts, at).await
    }

    pub async fn emit(
        &mut self,
        object: ObjectType,
        id: &str,
        change: &str,
        key: &str,
        facts: Facts,
        at: Timestamp,
    ) -> Result<()> {
        let what = format!("{}.{change}", object.singular());
        let event = NewEvent {
            source: Source::Hubspot,
            event_type: format!("hubspot.{what}"),
            subject_id: id.to_owned(),
            dedupe_key: format!("{what}:{key}"),
            facts,
            depth: 0,
            occurred_at: at,
        };
        self.bells.extend(events::emit(&self.tenant, &event).await?);
        Ok(())
    }
}
