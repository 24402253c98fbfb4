//! When people are busy, as far as their calendars tell the advisor.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::Calendar;
use crate::error::Result;

/// Somebody is busy from here until before there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Busy {
    pub start: Timestamp,
    pub end: Timestamp,
}

/// What one calendar says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    Known(Vec<Busy>),
    /// The calendar is not there, or not shown to the advisor.
    Unknown,
}

impl Calendar<'_> {
    /// Asks for the calendars of these ids, which are `primary` or addresses; at most 50.
    pub async fn free_busy(
        &self,
        from: Timestamp,
        until: Timestamp,
        ids: &[String],
    ) -> Result<BTreeMap<String, Availability>> {
        #[derive(Deserialize)]
        struct Answer {
            calendars: BTreeMap<String, One>,
        }
        #[derive(Deserialize)]
        struct One {
            #[serde(default)]
            busy: Vec<Busy>,
            #[serde(default)]
            errors: Vec<serde::de::IgnoredAny>,
        }

        let items: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
        let body = json!({ "timeMin": from, "timeMax": until, "items": items });
        let request = self.http.post(format!("{}/freeBusy", self.base)).bearer_auth(self.token).json(&body);
        let mut answer: Answer = request.retrying().send_json("calendar.free_busy").await?;
        let said = ids.iter().map(|id| {
            let one = answer.calendars.remove(id).filter(|one| one.errors.is_empty());
            (id.clone(), one.map_or(Availability::Unknown, |one| Availability::Known(one.busy)))
        });
        Ok(said.collect())
    }
}
