//! What is stored of a source that cannot be read at the moment is as of its last reading, and says so.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::{CALENDAR, GMAIL, HUBSPOT};
use crate::domain::World;
use crate::error::Result;
use crate::model::UserId;
use crate::model::document::Kind;
use crate::store::sync_cursors::{self, Progress};

/// A reading that failed is tried again within this; until then nothing is said.
const SOON: SignedDuration = SignedDuration::from_mins(2);

/// A source that could not be read lately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Stale {
    /// `gmail`, `calendar` or `hubspot`.
    pub source: String,
    /// When it was last read to its end; null when it never was.
    pub as_of: Option<Timestamp>,
}

/// Those whose last reading failed, and whose last good one is some time ago.
pub fn of(progress: &[Progress], now: Timestamp) -> Vec<Stale> {
    let is_old = |at: Option<Timestamp>| at.is_none_or(|at| now.duration_since(at) > SOON);
    let stale = progress.iter().filter(|p| p.last_error.is_some() && is_old(p.synced_at) && title(&p.source).is_some());
    stale.map(|p| Stale { source: p.source.clone(), as_of: p.synced_at }).collect()
}

pub async fn of_advisor(world: &World, owner: UserId) -> Result<Vec<Stale>> {
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let progress = sync_cursors::progress(&tenant).await?;
    tenant.commit().await?;
    Ok(of(&progress, world.now()))
}

/// Where documents of this kind come from.
pub fn source_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Email => GMAIL,
        Kind::Calendar => CALENDAR,
        Kind::Contact | Kind::HubspotNote | Kind::HubspotDeal | Kind::HubspotCompany => HUBSPOT,
    }
}

fn title(source: &str) -> Option<&'static str> {
    match source {
        GMAIL => Some("Gmail"),
        CALENDAR => Some("Google Calendar"),
        HUBSPOT => Some("HubSpot"),
        _ => None,
    }
}

impl Stale {
    /// For the advisor and for the model.
    pub fn sentence(&self, zone: &TimeZone) -> String {
        let title = title(&self.source).unwrap_or("A source");
        match self.as_of {
            Some(at) => {
                let at = at.to_zoned(zone.clone()).strftime("%A, %-d %B %Y, %H:%M (%Z)");
                format!("{title} cannot be read at the moment: what is known of it is as of {at}.")
            }
            None => format!(
                "{title} cannot be read at the moment, and was never read to its end: something may be missing."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_stale_when_its_last_reading_failed_and_the_last_good_one_is_old() {
        let now: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        let read = |source: &str, error: Option<&str>, minutes: i64| Progress {
            source: source.into(),
            fetched: 1,
            stored: 1,
            expected: None,
            last_error: error.map(str::to_owned),
            synced_at: Some(now - SignedDuration::from_mins(minutes)),
            updated_at: now,
        };
        let progress = [
            read(GMAIL, Some("away"), 10),
            read(CALENDAR, None, 10),
            read(HUBSPOT, Some("away"), 1),
            read("embeddings", Some("away"), 99),
        ];

        let stale = of(&progress, now);

        assert_eq!(stale.iter().map(|s| s.source.as_str()).collect::<Vec<_>>(), [GMAIL]);
        assert_eq!(
            stale[0].sentence(&TimeZone::UTC),
            "Gmail cannot be read at the moment: what is known of it is as of Monday, 2 March 2026, 09:50 (UTC)."
        );
    }
}
