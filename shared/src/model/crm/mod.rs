//! HubSpot's records as we keep them.

mod contact;
mod deal;
mod directory;
mod event;

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use contact::{Contact, Note};
pub use deal::{Company, Deal, Named};
pub use directory::{Owner, Pipeline, Stage};
pub use event::{HubspotEvent, is_own};

use super::document::Kind;
use crate::error::Error;

/// The types of records that are kept, in the order in which they are read: whoever is named by others comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectType {
    Company,
    Contact,
    Deal,
    Note,
}

impl ObjectType {
    pub const ALL: [Self; 4] = [Self::Company, Self::Contact, Self::Deal, Self::Note];

    /// As stored, and as HubSpot's webhooks call it.
    pub fn singular(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Contact => "contact",
            Self::Deal => "deal",
            Self::Note => "note",
        }
    }

    /// As in the paths of HubSpot's API.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Company => "companies",
            Self::Contact => "contacts",
            Self::Deal => "deals",
            Self::Note => "notes",
        }
    }

    /// HubSpot's `objectTypeId`.
    pub fn type_id(self) -> &'static str {
        match self {
            Self::Contact => "0-1",
            Self::Company => "0-2",
            Self::Deal => "0-3",
            Self::Note => "0-46",
        }
    }

    /// The types of records whose association with one of this type is kept on its side.
    pub fn linked(self) -> &'static [Self] {
        match self {
            Self::Company => &[],
            Self::Contact => &[Self::Company],
            Self::Deal => &[Self::Contact, Self::Company],
            Self::Note => &[Self::Contact],
        }
    }

    /// What its documents are.
    pub fn kind(self) -> Kind {
        match self {
            Self::Company => Kind::HubspotCompany,
            Self::Contact => Kind::Contact,
            Self::Deal => Kind::HubspotDeal,
            Self::Note => Kind::HubspotNote,
        }
    }
}

impl FromStr for ObjectType {
    type Err = Error;

    /// Its name, singular or plural in whatever case, or HubSpot's `objectTypeId`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let name = text.to_lowercase();
        let is_meant = |one: &Self| [one.singular(), one.plural(), one.type_id()].contains(&name.as_str());
        Self::ALL
            .into_iter()
            .find(is_meant)
            .ok_or_else(|| Error::bad_request("This type of HubSpot record is not kept here."))
    }
}

/// A record as HubSpot gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// HubSpot's record id: digits.
    pub id: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// In the recycling bin since.
    pub archived_at: Option<Timestamp>,
    /// The ids of records that were merged into it.
    pub merged_ids: Vec<String>,
    /// HubSpot's word for who made it, such as `CRM_UI`; empty when it does not say.
    pub source: String,
    /// Which application or person that was, in HubSpot's numbers.
    pub source_id: Option<String>,
    /// What the properties that were asked for have been, by name, newest first.
    pub history: BTreeMap<String, Vec<Version>>,
    pub body: Body,
}

/// What a property was from this moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub value: String,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    Company(Company),
    Contact(Contact),
    Deal(Deal),
    Note(Note),
}

impl Record {
    pub fn object(&self) -> ObjectType {
        match self.body {
            Body::Company(_) => ObjectType::Company,
            Body::Contact(_) => ObjectType::Contact,
            Body::Deal(_) => ObjectType::Deal,
            Body::Note(_) => ObjectType::Note,
        }
    }

    /// What it is called.
    pub fn name(&self) -> String {
        match &self.body {
            Body::Company(company) => company.name(),
            Body::Contact(contact) => contact.name(),
            Body::Deal(deal) => deal.name(),
            Body::Note(_) => "Note".to_owned(),
        }
    }

    pub fn email(&self) -> Option<&str> {
        match &self.body {
            Body::Contact(contact) => contact.email.as_deref(),
            _ => None,
        }
    }

    /// Says which records of type `to` it is associated with.
    pub fn link(&mut self, to: ObjectType, ids: Vec<String>) {
        match (&mut self.body, to) {
            (Body::Contact(contact), ObjectType::Company) => contact.company_ids = ids,
            (Body::Deal(deal), ObjectType::Contact) => deal.contact_ids = ids,
            (Body::Deal(deal), ObjectType::Company) => deal.company_ids = ids,
            (Body::Note(note), ObjectType::Contact) => note.contact_ids = ids,
            _ => {}
        }
    }

    /// What a property was at this moment, as far as its history was asked for and goes back.
    pub fn value_at(&self, property: &str, at: Timestamp) -> Option<&str> {
        let versions = self.history.get(property)?;
        let then = versions.iter().filter(|version| version.at <= at).max_by_key(|version| version.at);
        then.map(|version| version.value.as_str())
    }
}
