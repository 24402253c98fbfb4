use std::collections::BTreeMap;

use jiff::Timestamp;

/// A company. Texts HubSpot leaves out are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    pub hubspot_id: String,
    pub title: String,
    pub domain: Option<String>,
    pub phone: Option<String>,
    pub industry: Option<String>,
    pub owner_id: Option<String>,
    /// Every property as received.
    pub properties: BTreeMap<String, String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Company {
    /// Its name, or its domain, or HubSpot's id.
    pub fn name(&self) -> String {
        match (self.title.trim(), &self.domain) {
            ("", Some(domain)) => domain.clone(),
            ("", None) => format!("Company {}", self.hubspot_id),
            (title, _) => title.to_owned(),
        }
    }
}

/// A deal. Stage, pipeline and owner are ids; what they are called is looked up where it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deal {
    pub hubspot_id: String,
    pub title: String,
    /// A decimal number in the portal's currency.
    pub amount: Option<String>,
    pub closes_at: Option<Timestamp>,
    pub stage_id: Option<String>,
    pub pipeline_id: Option<String>,
    pub owner_id: Option<String>,
    pub is_closed: bool,
    pub is_won: bool,
    /// HubSpot ids.
    pub contact_ids: Vec<String>,
    pub company_ids: Vec<String>,
    /// Every property as received.
    pub properties: BTreeMap<String, String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Deal {
    pub fn name(&self) -> String {
        match self.title.trim() {
            "" => format!("Deal {}", self.hubspot_id),
            title => title.to_owned(),
        }
    }
}

/// What a deal's ids are called, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    pub stage: Option<String>,
    pub pipeline: Option<String>,
    pub owner: Option<String>,
    pub contacts: Vec<String>,
    pub companies: Vec<String>,
}
