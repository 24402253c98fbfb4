//! What a provider promised to tell us of.

use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "WatchSource")]
pub enum Source {
    Gmail,
    Calendar,
}

impl Source {
    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gmail => "gmail",
            Self::Calendar => "calendar",
        }
    }
}

impl FromStr for Source {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "gmail" => Ok(Self::Gmail),
            "calendar" => Ok(Self::Calendar),
            _ => Err(Error::internal("Stored data names an unknown source of messages.")),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "WatchState")]
pub enum State {
    /// The provider was asked, and how that ended is not known.
    Asked,
    Live,
    Refused,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Live => "live",
            Self::Refused => "refused",
        }
    }
}

impl FromStr for State {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        [Self::Asked, Self::Live, Self::Refused]
            .into_iter()
            .find(|state| state.name() == text)
            .ok_or_else(|| Error::internal("Stored data names an unknown state of a watch."))
    }
}

/// A watch, as the advisor may see it: nothing in it would let anybody speak in its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Watch {
    pub source: Source,
    pub state: State,
    /// The calendar channel's id; empty for Gmail.
    #[serde(skip)]
    pub channel_id: String,
    /// Where the messages go.
    #[serde(skip)]
    pub target: String,
    /// The provider's id of what is watched, once it is known.
    #[serde(skip)]
    pub resource_id: Option<String>,
    pub expires_at: Option<Timestamp>,
    /// When the provider was first heard from by it.
    pub confirmed_at: Option<Timestamp>,
    pub last_error: Option<String>,
    pub asked_at: Timestamp,
}

impl Watch {
    /// Whether it goes where it should, and for long enough.
    pub fn lasts(&self, target: &str, until: Timestamp) -> bool {
        self.state == State::Live && self.target == target && self.expires_at.is_some_and(|end| end > until)
    }
}
