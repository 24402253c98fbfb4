use std::collections::BTreeMap;

use crate::error::Result;
use crate::model::crm::{Company, Contact, Deal, Named, Owner, Pipeline};
use crate::store::{Tenant, companies, contacts, owners, pipelines};

/// What owners, pipelines and stages are called, and the contacts and companies that some records refer to.
#[derive(Default)]
pub struct Directory {
    owners: BTreeMap<String, String>,
    pipelines: Vec<Pipeline>,
    contacts: BTreeMap<String, Contact>,
    companies: BTreeMap<String, Company>,
}

impl Directory {
    /// For deals.
    pub async fn of_deals(db: &Tenant<'_>, deals: &[Deal]) -> Result<Self> {
        let contacts = deals.iter().flat_map(|deal| deal.contact_ids.clone()).collect();
        let companies = deals.iter().flat_map(|deal| deal.company_ids.clone()).collect();
        Self::of(db, contacts, companies).await
    }

    /// With these contacts and companies, by HubSpot's ids.
    pub async fn of(db: &Tenant<'_>, contact_ids: Vec<String>, company_ids: Vec<String>) -> Result<Self> {
        let unique = |mut ids: Vec<String>| {
            ids.sort();
            ids.dedup();
            ids
        };
        let (contact_ids, company_ids) = (unique(contact_ids), unique(company_ids));
        let mut directory = Self {
            owners: owners::all(db).await?.iter().map(|owner: &Owner| (owner.id.clone(), owner.name())).collect(),
            pipelines: pipelines::all(db).await?,
            ..Self::default()
        };
        if !contact_ids.is_empty() {
            let found = contacts::get_many(db, &contact_ids).await?;
            directory.contacts = found.into_iter().map(|contact| (contact.hubspot_id.clone(), contact)).collect();
        }
        if !company_ids.is_empty() {
            let found = companies::get_many(db, &company_ids).await?;
            directory.companies = found.into_iter().map(|company| (company.hubspot_id.clone(), company)).collect();
        }
        Ok(directory)
    }

    pub fn owner(&self, id: Option<&str>) -> Option<&str> {
        self.owners.get(id?).map(String::as_str)
    }

    /// Those of these that are known, in their order.
    pub fn contacts(&self, ids: &[String]) -> Vec<&Contact> {
        ids.iter().filter_map(|id| self.contacts.get(id)).collect()
    }

    pub fn companies(&self, ids: &[String]) -> Vec<&Company> {
        ids.iter().filter_map(|id| self.companies.get(id)).collect()
    }

    /// The company a contact belongs to, by its record or by association.
    pub fn employer(&self, contact: &Contact) -> Option<String> {
        contact.company.clone().or_else(|| self.companies(&contact.company_ids).first().map(|company| company.name()))
    }

    pub fn named(&self, deal: &Deal) -> Named {
        let pipeline = self.pipelines.iter().find(|pipeline| Some(&pipeline.id) == deal.pipeline_id.as_ref());
        let stage = pipeline
            .and_then(|pipeline| pipeline.stages.iter().find(|stage| Some(&stage.id) == deal.stage_id.as_ref()));
        Named {
            stage: stage.map(|stage| stage.label.clone()),
            pipeline: pipeline.map(|pipeline| pipeline.label.clone()),
            owner: self.owner(deal.owner_id.as_deref()).map(str::to_owned),
            contacts: self.contacts(&deal.contact_ids).into_iter().map(Contact::name).collect(),
            companies: self.companies(&deal.company_ids).into_iter().map(Company::name).collect(),
        }
    }
}
