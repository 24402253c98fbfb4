//! What goes, on HubSpot's word: into the recycling bin, or for good.

use super::keep::{Clerk, Telling};
use crate::error::Result;
use crate::model::crm::{ObjectType, Record};
use crate::store::{documents as stored, effects, events, notes, records as rows};

impl Clerk<'_> {
    /// Removes records that are in the recycling bin. What names them stays, since they may come back.
    pub async fn remove(&mut self, archived: &[Record], telling: Telling<'_>) -> Result<()> {
        let Some(object) = archived.first().map(Record::object) else { return Ok(()) };
        let ids: Vec<String> = archived.iter().map(|record| record.id.clone()).collect();
        let known = rows::versions(&self.tenant, object, &ids).await?;
        stored::delete(&self.tenant, object.kind(), &ids).await?;
        rows::delete(&self.tenant, object, &ids).await?;
        for record in archived.iter().filter(|record| known.contains_key(&record.id)) {
            let Some(at) = record.archived_at else { continue };
            if telling.of(&record.id) && self.is_news(at) {
                self.tell(record, "deletion", &key(record), "", None, at).await?;
            }
        }
        Ok(())
    }

    /// Erases records with all that was made of them: documents with their chunks and vectors, events, copies kept of our own
    /// writes, and the notes that are on nobody else.
    ///
    /// What was said about them in conversations, and what the advisor asked to be done, stays: that is their own record.
    pub async fn erase(&mut self, object: ObjectType, ids: &[String]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        if object == ObjectType::Contact {
            let on = notes::about(&self.tenant, ids).await?;
            let theirs = on.into_iter().filter(|note| note.contact_ids.iter().all(|contact| ids.contains(contact)));
            let theirs: Vec<String> = theirs.map(|note| note.hubspot_id).collect();
            self.erase_rows(ObjectType::Note, &theirs).await?;
        }
        self.erase_rows(object, ids).await?;
        self.repoint(object, ids, None).await
    }

    async fn erase_rows(&mut self, object: ObjectType, ids: &[String]) -> Result<()> {
        stored::delete(&self.tenant, object.kind(), ids).await?;
        rows::delete(&self.tenant, object, ids).await?;
        events::forget_records(&self.tenant, object.singular(), ids).await?;
        let written: Vec<String> = ids.iter().map(|id| format!("hubspot:{}:{id}", object.plural())).collect();
        effects::forget(&self.tenant, &written).await?;
        Ok(())
    }
}

/// A record can be deleted, restored, and deleted again.
pub fn key(archived: &Record) -> String {
    let at = archived.archived_at.unwrap_or(archived.updated_at);
    format!("{}:{}", archived.id, at.as_millisecond())
}
