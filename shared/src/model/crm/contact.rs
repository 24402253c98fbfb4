use std::collections::BTreeMap;

use jiff::Timestamp;

/// A contact. Texts HubSpot leaves out are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// HubSpot's record id: digits.
    pub hubspot_id: String,
    pub first_name: String,
    pub last_name: String,
    /// Lower case.
    pub email: Option<String>,
    /// Lower case, from `hs_additional_emails`.
    pub other_emails: Vec<String>,
    pub phone: Option<String>,
    pub company: Option<String>,
    pub job_title: Option<String>,
    pub lifecycle_stage: Option<String>,
    pub owner_id: Option<String>,
    /// HubSpot ids of the companies it belongs to.
    pub company_ids: Vec<String>,
    /// Every property as received.
    pub properties: BTreeMap<String, String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Contact {
    /// First and last name, or the address, or HubSpot's id: whatever there is to call them by.
    pub fn name(&self) -> String {
        let name = format!("{} {}", self.first_name, self.last_name);
        match (name.trim(), &self.email) {
            ("", Some(email)) => email.clone(),
            ("", None) => format!("Contact {}", self.hubspot_id),
            (name, _) => name.to_owned(),
        }
    }

    /// All addresses, the first one first.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.email.iter().chain(&self.other_emails).map(String::as_str)
    }

    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }
}

/// A note on one or more contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub hubspot_id: String,
    /// Plain text.
    pub body: String,
    pub owner_id: Option<String>,
    /// `hs_timestamp`: when it happened, by the author's account.
    pub noted_at: Timestamp,
    pub updated_at: Timestamp,
    /// HubSpot ids.
    pub contact_ids: Vec<String>,
}
