//! What can be asked of an event without a model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds of events: each has facts of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    Mail,
    Calendar,
    Crm,
}

impl Family {
    /// In words, after "of".
    pub fn title(self) -> &'static str {
        match self {
            Self::Mail => "e-mail",
            Self::Calendar => "calendar events",
            Self::Crm => "HubSpot records",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RuleFact")]
pub enum Fact {
    /// The sender's address belongs to a HubSpot contact.
    SenderInHubspot,
    /// The sender's address is this.
    SenderAddress,
    /// The sender's address ends in this domain, or in one below it.
    SenderDomain,
    /// This is in the sender's name.
    SenderName,
    /// This address is among those it was sent to.
    Recipient,
    SubjectContains,
    /// This is in the subject or in the text.
    TextContains,
    /// The advisor made the calendar event.
    OrganizerIsAdvisor,
    HasAttendees,
    /// At least one of those invited is a HubSpot contact.
    AttendeeInHubspot,
    /// This address is among those invited.
    AttendeeAddress,
    /// At least one of those invited has an address in this domain.
    AttendeeDomain,
    SummaryContains,
    LocationContains,
    AllDay,
    /// `contact`, `company`, `deal` or `note`.
    RecordType,
    RecordNameContains,
    HasEmail,
    /// The record's address ends in this domain.
    EmailDomain,
    /// The property that changed has this name.
    PropertyIs,
    /// What it changed to is this.
    ValueIs,
}

impl Fact {
    pub const ALL: [Self; 21] = [
        Self::SenderInHubspot,
        Self::SenderAddress,
        Self::SenderDomain,
        Self::SenderName,
        Self::Recipient,
        Self::SubjectContains,
        Self::TextContains,
        Self::OrganizerIsAdvisor,
        Self::HasAttendees,
        Self::AttendeeInHubspot,
        Self::AttendeeAddress,
        Self::AttendeeDomain,
        Self::SummaryContains,
        Self::LocationContains,
        Self::AllDay,
        Self::RecordType,
        Self::RecordNameContains,
        Self::HasEmail,
        Self::EmailDomain,
        Self::PropertyIs,
        Self::ValueIs,
    ];

    /// As the grammar and the JSON name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SenderInHubspot => "sender_in_hubspot",
            Self::SenderAddress => "sender_address",
            Self::SenderDomain => "sender_domain",
            Self::SenderName => "sender_name",
            Self::Recipient => "recipient",
            Self::SubjectContains => "subject_contains",
            Self::TextContains => "text_contains",
            Self::OrganizerIsAdvisor => "organizer_is_advisor",
            Self::HasAttendees => "has_attendees",
            Self::AttendeeInHubspot => "attendee_in_hubspot",
            Self::AttendeeAddress => "attendee_address",
            Self::AttendeeDomain => "attendee_domain",
            Self::SummaryContains => "summary_contains",
            Self::LocationContains => "location_contains",
            Self::AllDay => "all_day",
            Self::RecordType => "record_type",
            Self::RecordNameContains => "record_name_contains",
            Self::HasEmail => "has_email",
            Self::EmailDomain => "email_domain",
            Self::PropertyIs => "property_is",
            Self::ValueIs => "value_is",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fact| fact.name() == name)
    }

    pub fn family(self) -> Family {
        match self {
            Self::SenderInHubspot
            | Self::SenderAddress
            | Self::SenderDomain
            | Self::SenderName
            | Self::Recipient
            | Self::SubjectContains
            | Self::TextContains => Family::Mail,
            Self::OrganizerIsAdvisor
            | Self::HasAttendees
            | Self::AttendeeInHubspot
            | Self::AttendeeAddress
            | Self::AttendeeDomain
            | Self::SummaryContains
            | Self::LocationContains
            | Self::AllDay => Family::Calendar,
            Self::RecordType
            | Self::RecordNameContains
            | Self::HasEmail
            | Self::EmailDomain
            | Self::PropertyIs
            | Self::ValueIs => Family::Crm,
        }
    }

    /// Whether it is compared with a value; the others are so or not.
    pub fn takes_value(self) -> bool {
        !matches!(
            self,
            Self::SenderInHubspot
                | Self::OrganizerIsAdvisor
                | Self::HasAttendees
                | Self::AttendeeInHubspot
                | Self::AllDay
                | Self::HasEmail
        )
    }

    /// Whether it can be told only once HubSpot has been read.
    pub fn needs_hubspot(self) -> bool {
        matches!(self, Self::SenderInHubspot | Self::AttendeeInHubspot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_one_name() {
        for fact in Fact::ALL {
            assert_eq!(serde_json::to_value(fact).unwrap(), fact.name());
            assert_eq!(Fact::from_name(fact.name()), Some(fact));
        }
    }
}
