//! What every step of a reading stands on: the portal, whose it is, and the pace it allows.

use jiff::Timestamp;

use super::super::is_token_refused;
use crate::clients::hubspot::{HubSpot, PAGE, Page, Window};
use crate::domain::accounts::tokens::{self, Access};
use crate::domain::knowledge::documents::Links;
use crate::domain::{World, limits};
use crate::error::Result;
use crate::model::UserId;
use crate::model::crm::{ObjectType, Record};
use crate::model::user::Provider;

/// One advisor's portal.
pub struct Portal<'a> {
    pub world: &'a World,
    pub owner: UserId,
    pub access: &'a Access,
}

/// What HubSpot says of some ids.
#[derive(Default)]
pub struct Read {
    /// Those that are there, with their associations.
    pub present: Vec<Record>,
    /// Those in the recycling bin.
    pub archived: Vec<Record>,
    /// Those HubSpot has never heard of, or no more.
    pub gone: Vec<String>,
}

/// The token to begin with.
pub async fn access(world: &World, owner: UserId) -> Result<Access> {
    tokens::access(world, owner, Provider::HubSpot).await
}

/// Another token, if that was why the work failed.
pub async fn renewed<T>(portal: &Portal<'_>, answer: &Result<T>) -> Result<Option<Access>> {
    if !is_token_refused(answer) {
        return Ok(None);
    }
    tokens::renew(portal.world, portal.owner, Provider::HubSpot, &portal.access.token).await.map(Some)
}

impl Portal<'_> {
    /// For one request, when it is its turn.
    pub async fn hubspot(&self) -> Result<HubSpot<'_>> {
        limits::turn(self.world, limits::HUBSPOT, &self.access.account_id).await?;
        Ok(self.client())
    }

    fn client(&self) -> HubSpot<'_> {
        HubSpot { http: &self.world.http, base: &self.world.config.hubspot.api_url, token: &self.access.token }
    }

    pub fn links(&self) -> Links<'_> {
        Links { app_url: &self.world.config.hubspot.app_url, portal: &self.access.account_id }
    }

    /// What is older was there before the advisor asked anything of us.
    pub fn connected_at(&self) -> Timestamp {
        self.access.connected_at
    }

    pub fn app_id(&self) -> Option<i64> {
        self.access.app_id
    }

    /// A page of everything; whoever has more associations than a page carries is asked for them.
    pub async fn page(&self, object: ObjectType, after: Option<&str>) -> Result<Page> {
        let mut page = self.hubspot().await?.page(object, after, false).await?;
        if !page.cut_off.is_empty() {
            let is_cut_off = |record: &Record| page.cut_off.contains(&record.id);
            let (mut cut_off, whole): (Vec<Record>, Vec<Record>) = page.records.into_iter().partition(is_cut_off);
            self.link(object, &mut cut_off).await?;
            page.records = [whole, cut_off].concat();
        }
        Ok(page)
    }

    /// A page of what changed, with associations.
    pub async fn modified(&self, object: ObjectType, window: &Window, after: Option<&str>) -> Result<Page> {
        limits::turn(self.world, limits::HUBSPOT_SEARCH, &self.access.account_id).await?;
        let mut page = self.client().modified(object, window, after).await?;
        self.link(object, &mut page.records).await?;
        Ok(page)
    }

    /// What has become of these, [`PAGE`] at most.
    pub async fn read(&self, object: ObjectType, ids: &[String], history: &[&str]) -> Result<Read> {
        if ids.is_empty() {
            return Ok(Read::default());
        }
        let live = self.hubspot().await?.read(object, ids, false, history).await?;
        let mut read = Read { present: live.records, ..Read::default() };
        self.link(object, &mut read.present).await?;
        if !live.missing.is_empty() {
            let binned = self.hubspot().await?.read(object, &live.missing, true, &[]).await?;
            read.archived = binned.records;
            read.gone = binned.missing;
        }
        Ok(read)
    }

    /// The ids of records of type `to` that any of these are associated with.
    pub async fn neighbours(&self, from: ObjectType, ids: &[String], to: ObjectType) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for some in ids.chunks(PAGE) {
            let links = self.hubspot().await?.associated(from, some, to).await?;
            found.extend(links.into_values().flatten());
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    async fn link(&self, object: ObjectType, records: &mut [Record]) -> Result<()> {
        for to in object.linked() {
            for some in records.chunks_mut(PAGE) {
                let ids: Vec<String> = some.iter().map(|record| record.id.clone()).collect();
                let mut links = self.hubspot().await?.associated(object, &ids, *to).await?;
                for record in some {
                    let ids = links.remove(&record.id).unwrap_or_default();
                    record.link(*to, ids);
                }
            }
        }
        Ok(())
    }
}
