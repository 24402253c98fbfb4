//! What can be searched: documents, their chunks, and a hit with everything a citation needs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::DocumentId;

/// Where a document came from. The names are those of the wire's `source_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Email,
    Contact,
    HubspotNote,
    Calendar,
    HubspotDeal,
    HubspotCompany,
}

impl Kind {
    pub const ALL: [Self; 6] =
        [Self::Email, Self::Contact, Self::HubspotNote, Self::Calendar, Self::HubspotDeal, Self::HubspotCompany];

    /// As stored.
    pub fn code(self) -> i16 {
        match self {
            Self::Email => 1,
            Self::Contact => 2,
            Self::HubspotNote => 3,
            Self::Calendar => 4,
            Self::HubspotDeal => 5,
            Self::HubspotCompany => 6,
        }
    }

    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// As on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Contact => "contact",
            Self::HubspotNote => "hubspot_note",
            Self::Calendar => "calendar",
            Self::HubspotDeal => "hubspot_deal",
            Self::HubspotCompany => "hubspot_company",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One mail, contact, note, event, deal or company, ready to be cut into chunks.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub kind: Kind,
    /// The provider's id.
    pub source_id: String,
    /// Subject, name or summary.
    pub title: String,
    /// Who and when, in words: embedded and indexed with every chunk, never quoted.
    pub heading: String,
    pub body: String,
    pub occurred_at: Timestamp,
    /// What the wire shows about it, by kind (`subject`, `sender`, `gmail_id`, …).
    pub metadata: serde_json::Value,
}

/// One piece of a document's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// From 0.
    pub ordinal: i32,
    /// Byte offset of `text` in the document's body.
    pub start: usize,
    pub text: String,
}

/// One chunk that answers a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub document_id: DocumentId,
    pub kind: Kind,
    pub source_id: String,
    pub title: String,
    pub heading: String,
    pub occurred_at: Timestamp,
    pub metadata: serde_json::Value,
    pub ordinal: i32,
    pub chunk_count: i32,
    /// The exact span that may be shown and quoted.
    pub text: String,
    /// Cosine similarity, 0 to 1.
    pub similarity: f64,
    pub created_at: Timestamp,
}
