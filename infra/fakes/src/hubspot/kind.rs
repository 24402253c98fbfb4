//! The object types the portal knows: their names, numbers, scopes and how they are associated.

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Contact,
    Company,
    Deal,
    Note,
    Task,
}

/// What a request wants to do, for the choice of scope.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Contact, Self::Company, Self::Deal, Self::Note, Self::Task];

    /// Accepts `contacts`, `contact` and `0-1`, as every path of the API does.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let lower = text.to_lowercase();
        Self::ALL
            .into_iter()
            .find(|kind| lower == kind.plural() || lower == kind.singular() || lower == kind.type_id())
            .ok_or_else(|| Refusal::invalid(format!("Unable to infer object type from: {text}")))
    }

    pub fn plural(self) -> &'static str {
        match self {
            Self::Contact => "contacts",
            Self::Company => "companies",
            Self::Deal => "deals",
            Self::Note => "notes",
            Self::Task => "tasks",
        }
    }

    pub fn singular(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Company => "company",
            Self::Deal => "deal",
            Self::Note => "note",
            Self::Task => "task",
        }
    }

    /// HubSpot's `objectTypeId`.
    pub fn type_id(self) -> &'static str {
        match self {
            Self::Contact => "0-1",
            Self::Company => "0-2",
            Self::Deal => "0-3",
            Self::Note => "0-46",
            Self::Task => "0-27",
        }
    }

    /// The property that moves with every change. Contacts have a name of their own for it.
    pub fn modified(self) -> &'static str {
        if self == Self::Contact { "lastmodifieddate" } else { "hs_lastmodifieddate" }
    }

    /// The property that holds when the record was created.
    pub fn created(self) -> &'static str {
        match self {
            Self::Contact | Self::Company | Self::Deal => "createdate",
            Self::Note | Self::Task => "hs_createdate",
        }
    }

    /// The scope of its reads or writes; notes and tasks go with contacts.
    pub fn scope(self, access: Access) -> &'static str {
        match (self, access) {
            (Self::Company, Access::Read) => "crm.objects.companies.read",
            (Self::Company, Access::Write) => "crm.objects.companies.write",
            (Self::Deal, Access::Read) => "crm.objects.deals.read",
            (Self::Deal, Access::Write) => "crm.objects.deals.write",
            (_, Access::Read) => "crm.objects.contacts.read",
            (_, Access::Write) => "crm.objects.contacts.write",
        }
    }
}

/// One association type HubSpot defines, in one direction.
#[derive(Clone, Copy, Debug)]
pub struct LinkType {
    pub from: Kind,
    pub to: Kind,
    pub id: u32,
    /// The type of the same association seen from the other side.
    pub inverse: u32,
    pub label: Option<&'static str>,
}

const fn link(from: Kind, to: Kind, id: u32, inverse: u32) -> LinkType {
    LinkType { from, to, id, inverse, label: None }
}

const fn primary(from: Kind, to: Kind, id: u32, inverse: u32) -> LinkType {
    LinkType { from, to, id, inverse, label: Some("Primary") }
}

/// The types of <https://developers.hubspot.com/docs/guides/api/crm/associations/associations-v4> for these objects.
/// The first type of a pair is its unlabelled default.
const LINK_TYPES: &[LinkType] = &[
    link(Kind::Contact, Kind::Company, 279, 280),
    link(Kind::Company, Kind::Contact, 280, 279),
    primary(Kind::Contact, Kind::Company, 1, 2),
    primary(Kind::Company, Kind::Contact, 2, 1),
    link(Kind::Deal, Kind::Contact, 3, 4),
    link(Kind::Contact, Kind::Deal, 4, 3),
    link(Kind::Deal, Kind::Company, 341, 342),
    link(Kind::Company, Kind::Deal, 342, 341),
    primary(Kind::Deal, Kind::Company, 5, 6),
    primary(Kind::Company, Kind::Deal, 6, 5),
    link(Kind::Contact, Kind::Contact, 449, 449),
    link(Kind::Company, Kind::Company, 450, 450),
    link(Kind::Deal, Kind::Deal, 451, 451),
    link(Kind::Company, Kind::Note, 189, 190),
    link(Kind::Note, Kind::Company, 190, 189),
    link(Kind::Contact, Kind::Note, 201, 202),
    link(Kind::Note, Kind::Contact, 202, 201),
    link(Kind::Deal, Kind::Note, 213, 214),
    link(Kind::Note, Kind::Deal, 214, 213),
    link(Kind::Company, Kind::Task, 191, 192),
    link(Kind::Task, Kind::Company, 192, 191),
    link(Kind::Contact, Kind::Task, 203, 204),
    link(Kind::Task, Kind::Contact, 204, 203),
    link(Kind::Deal, Kind::Task, 215, 216),
    link(Kind::Task, Kind::Deal, 216, 215),
];

/// Every type HubSpot defines from one kind to another, the default first.
pub fn link_types(from: Kind, to: Kind) -> impl Iterator<Item = &'static LinkType> {
    LINK_TYPES.iter().filter(move |link| link.from == from && link.to == to)
}
