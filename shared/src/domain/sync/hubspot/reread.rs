//! Reads records again by their ids.

use std::collections::BTreeSet;

use super::keep::{Clerk, Telling};
use super::portal::{self, Portal, Read};
use crate::clients::hubspot::PAGE;
use crate::domain::World;
use crate::error::Result;
use crate::model::UserId;
use crate::model::crm::{ObjectType, Record};

/// What became of records that were read again, by HubSpot's ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reread {
    /// They are there, and stored.
    pub present: Vec<String>,
    /// In the recycling bin.
    pub archived: Vec<String>,
    /// Part of another record now.
    pub merged: Vec<String>,
    /// Erased.
    pub gone: Vec<String>,
}

/// Brings records up to date, a transaction for each hundred, and tells the standing instructions what is new, gone or
/// merged. An id HubSpot says nothing about is left as it is.
pub async fn reread(world: &World, owner: UserId, object: ObjectType, ids: &[String]) -> Result<Reread> {
    again(world, owner, object, ids, Telling::Everything).await
}

/// The same for what this application wrote itself: nobody is told.
pub async fn read_written(world: &World, owner: UserId, object: ObjectType, ids: &[String]) -> Result<Reread> {
    again(world, owner, object, ids, Telling::Nothing).await
}

async fn again(
    world: &World,
    owner: UserId,
    object: ObjectType,
    ids: &[String],
    telling: Telling<'_>,
) -> Result<Reread> {
    let access = portal::access(world, owner).await?;
    let portal = Portal { world, owner, access: &access };
    let answer = all(&portal, object, ids, telling).await;
    match portal::renewed(&portal, &answer).await? {
        Some(access) => all(&Portal { world, owner, access: &access }, object, ids, telling).await,
        None => answer,
    }
}

pub(super) async fn all(
    portal: &Portal<'_>,
    object: ObjectType,
    ids: &[String],
    telling: Telling<'_>,
) -> Result<Reread> {
    let mut whole = Reread::default();
    for some in ids.chunks(PAGE) {
        let read = portal.read(object, some, &[]).await?;
        let mut db = portal.world.db().await?;
        let mut clerk = Clerk::begin(portal, &mut db).await?;
        let part = clerk.settle(object, some, read, telling).await?;
        clerk.finish(None).await?;
        whole.present.extend(part.present);
        whole.archived.extend(part.archived);
        whole.merged.extend(part.merged);
        whole.gone.extend(part.gone);
    }
    Ok(whole)
}

impl Clerk<'_> {
    /// Puts what is there and removes what is not, of those that were `asked` for.
    pub(super) async fn settle(
        &mut self,
        object: ObjectType,
        asked: &[String],
        read: Read,
        telling: Telling<'_>,
    ) -> Result<Reread> {
        let Read { present, mut archived, gone } = read;
        let merged: BTreeSet<String> = present.iter().flat_map(|record| record.merged_ids.clone()).collect();
        // What was merged lies in the bin, too.
        archived.retain(|record| !merged.contains(&record.id));
        self.keep(&present, telling).await?;
        self.remove(&archived, telling).await?;
        self.erase(object, &gone).await?;
        let ids = |records: Vec<Record>| records.into_iter().map(|record| record.id).collect();
        Ok(Reread {
            present: ids(present),
            archived: ids(archived),
            merged: asked.iter().filter(|id| merged.contains(*id)).cloned().collect(),
            gone,
        })
    }
}
