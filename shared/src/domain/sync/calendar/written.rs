//! What one transaction of a reading writes: rows, documents and what happened.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use crate::domain::events;
use crate::domain::knowledge::{documents, mail_text};
use crate::error::Result;
use crate::model::TaskId;
use crate::model::calendar::CalendarEvent;
use crate::model::document::Kind;
use crate::model::event::NewEvent;
use crate::store::calendar_events::{self, Kept};
use crate::store::{self, Tenant, users};

/// What one transaction has written.
#[derive(Default)]
pub(super) struct Written {
    pub stored: i64,
    /// To be rung for after the commit.
    pub bells: Vec<TaskId>,
    /// A series is gone, and some of its dates may still be there.
    pub doubts: bool,
}

impl Written {
    pub async fn put(
        &mut self,
        tenant: &Tenant<'_>,
        mut event: CalendarEvent,
        reading: i64,
        zone: &TimeZone,
    ) -> Result<()> {
        event.description = mail_text::plain(&event.description);
        calendar_events::put(tenant, &event, reading).await?;
        // A date that is off is kept so that its series does not show it; there is nothing to find.
        if event.is_cancelled() {
            store::documents::delete(tenant, Kind::Calendar, &[event.google_id]).await?;
            return Ok(());
        }
        documents::put(tenant, &documents::of_event(&event, zone)).await?;
        self.stored += 1;
        Ok(())
    }

    pub async fn forget(&mut self, tenant: &Tenant<'_>, event: &CalendarEvent) -> Result<()> {
        let ids = [event.google_id.clone()];
        store::documents::delete(tenant, Kind::Calendar, &ids).await?;
        calendar_events::delete(tenant, &ids).await?;
        if event.series.is_none() {
            self.doubts |= calendar_events::doubt_dates(tenant, &ids).await? > 0;
        }
        Ok(())
    }

    pub async fn tell(&mut self, tenant: &Tenant<'_>, happened: Option<NewEvent>) -> Result<()> {
        if let Some(event) = happened {
            self.bells.extend(events::emit(tenant, &event).await?);
        }
        Ok(())
    }
}

/// Cancelled, and not as a date that its series would else show.
pub(super) fn is_gone(event: &CalendarEvent) -> bool {
    event.is_cancelled() && event.series.is_none()
}

/// These events and their series as they were before, by Google's ids.
pub(super) async fn known(tenant: &Tenant<'_>, events: &[CalendarEvent]) -> Result<HashMap<String, Kept>> {
    let mut ids: Vec<String> = events.iter().map(|event| event.google_id.clone()).collect();
    ids.extend(events.iter().filter_map(|event| event.series.as_ref()).map(|series| series.id.clone()));
    let kept = calendar_events::get_many(tenant, &ids).await?;
    Ok(kept.into_iter().map(|kept| (kept.event.google_id.clone(), kept)).collect())
}

/// The advisor's.
pub(super) async fn zone(tenant: &Tenant<'_>) -> Result<TimeZone> {
    let user = users::get(tenant).await?;
    Ok(user.and_then(|user| TimeZone::get(&user.time_zone).ok()).unwrap_or(TimeZone::UTC))
}
