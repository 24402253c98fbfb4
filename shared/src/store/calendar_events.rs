//! The `calendar_events` table.

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;

use super::Tenant;
use crate::error::Result;
use crate::model::calendar::{CalendarEvent, Series, Span, Start};

/// Puts an event in the place of what was known of it. `reading` is the reading that saw it. Answers our id.
pub async fn put(db: &Tenant<'_>, event: &CalendarEvent, reading: i64) -> Result<i64> {
    let sql = "-- calendar_events::put
        insert into calendar_events (user_id, google_id, etag, status, summary, description, location, start_at, end_at, start_on,
               end_on, time_zone, recurrence, series_id, original_at, original_on, organizer, attendees, own, busy, video_link,
               html_link, google_created_at, google_updated_at, listed_in)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
        on conflict on constraint calendar_events_google_id_key do update
           set etag = excluded.etag, status = excluded.status, summary = excluded.summary, description = excluded.description,
               location = excluded.location, start_at = excluded.start_at, end_at = excluded.end_at,
               start_on = excluded.start_on, end_on = excluded.end_on, time_zone = excluded.time_zone,
               recurrence = excluded.recurrence, series_id = excluded.series_id, original_at = excluded.original_at,
               original_on = excluded.original_on, organizer = excluded.organizer, attendees = excluded.attendees,
               own = excluded.own, busy = excluded.busy, video_link = excluded.video_link, html_link = excluded.html_link,
               google_created_at = excluded.google_created_at, google_updated_at = excluded.google_updated_at,
               listed_in = excluded.listed_in, updated_at = now()
        returning id";
    let span = Columns::of_span(event.span);
    let original = Columns::of_start(event.series.as_ref().and_then(|series| series.original));
    let series_id = event.series.as_ref().map(|series| series.id.as_str());
    let organizer = event.organizer.as_ref().map(serde_json::to_value).transpose()?;
    let attendees = serde_json::to_value(&event.attendees)?;
    let row = db
        .row(
            sql,
            &[
                &db.owner.0,
                &event.google_id,
                &event.etag,
                &event.status.name(),
                &event.summary,
                &event.description,
                &event.location,
                &span.start_at,
                &span.end_at,
                &span.start_on,
                &span.end_on,
                &event.time_zone,
                &event.recurrence,
                &series_id,
                &original.start_at,
                &original.start_on,
                &organizer,
                &attendees,
                &event.own,
                &event.busy,
                &event.video_link,
                &event.html_link,
                &event.created_at,
                &event.updated_at,
                &reading,
            ],
        )
        .await?;
    Ok(row.try_get("id")?)
}

/// A span or a start as columns.
#[derive(Default)]
struct Columns {
    start_at: Option<Timestamp>,
    end_at: Option<Timestamp>,
    start_on: Option<Date>,
    end_on: Option<Date>,
}

impl Columns {
    fn of_span(span: Option<Span>) -> Self {
        match span {
            Some(Span::Time { from, until }) => Self { start_at: Some(from), end_at: Some(until), ..Self::default() },
            Some(Span::Days { from, until }) => Self { start_on: Some(from), end_on: Some(until), ..Self::default() },
            None => Self::default(),
        }
    }

    fn of_start(start: Option<Start>) -> Self {
        match start {
            Some(Start::At(at)) => Self { start_at: Some(at), ..Self::default() },
            Some(Start::On(day)) => Self { start_on: Some(day), ..Self::default() },
            None => Self::default(),
        }
    }
}

/// An event with what we keep beside it.
#[derive(Debug, Clone)]
pub struct Kept {
    pub event: CalendarEvent,
    /// The newest reading saw it, or nothing since then speaks against it.
    pub listed_in: i64,
}

const COLUMNS: &str =
    "google_id, etag, status, summary, description, location, start_at, end_at, start_on, end_on, time_zone, recurrence,
    series_id, original_at, original_on, organizer, attendees, own, busy, video_link, html_link, google_created_at,
    google_updated_at, listed_in";

pub async fn get_many(db: &Tenant<'_>, google_ids: &[String]) -> Result<Vec<Kept>> {
    let sql = format!(
        "-- calendar_events::get_many
        select {COLUMNS} from calendar_events where user_id = $1 and google_id = any($2)"
    );
    db.rows(&sql, &[&db.owner.0, &google_ids]).await?.iter().map(kept).collect()
}

/// What may take place between two moments, for somebody anywhere: events that touch it, all series, and the dates of a
/// series that are, or would have been, in it.
pub async fn around(db: &Tenant<'_>, since: Timestamp, until: Timestamp) -> Result<Vec<CalendarEvent>> {
    let sql = format!(
        "-- calendar_events::around
        select {COLUMNS} from calendar_events
         where user_id = $1
           and (recurrence <> '{{}}'
                or start_at < $3 and end_at >= $2
                or start_on < ($3 at time zone 'UTC')::date + 2 and end_on > ($2 at time zone 'UTC')::date - 2
                or series_id is not null and (original_at between $2 - interval '31 days' and $3
                   or original_on between ($2 at time zone 'UTC')::date - 31 and ($3 at time zone 'UTC')::date + 2))
         order by google_id"
    );
    let rows = db.rows(&sql, &[&db.owner.0, &since, &until]).await?;
    rows.iter().map(|row| Ok(kept(row)?.event)).collect()
}

pub async fn delete(db: &Tenant<'_>, google_ids: &[String]) -> Result<u64> {
    let sql = "-- calendar_events::delete
        delete from calendar_events where user_id = $1 and google_id = any($2)";
    db.execute(sql, &[&db.owner.0, &google_ids]).await
}

/// Their series is gone: whether its changed dates are, too, has to be asked.
pub async fn doubt_dates(db: &Tenant<'_>, series_ids: &[String]) -> Result<u64> {
    let sql = "-- calendar_events::doubt_dates
        update calendar_events set listed_in = 0 where user_id = $1 and series_id = any($2)";
    db.execute(sql, &[&db.owner.0, &series_ids]).await
}

/// A number for a reading of everything that no event was seen by yet.
pub async fn next_reading(db: &Tenant<'_>) -> Result<i64> {
    let sql = "-- calendar_events::next_reading
        select coalesce(max(listed_in), 0) + 1 from calendar_events where user_id = $1";
    Ok(db.row(sql, &[&db.owner.0]).await?.try_get(0)?)
}

/// The number of the newest reading of everything.
pub async fn newest_reading(db: &Tenant<'_>) -> Result<i64> {
    Ok((next_reading(db).await? - 1).max(1))
}

/// Some that this reading did not see.
pub async fn not_listed(db: &Tenant<'_>, reading: i64, limit: i64) -> Result<Vec<Kept>> {
    let sql = format!(
        "-- calendar_events::not_listed
        select {COLUMNS} from calendar_events where user_id = $1 and listed_in < $2 order by id limit $3"
    );
    db.rows(&sql, &[&db.owner.0, &reading, &limit]).await?.iter().map(kept).collect()
}

fn kept(row: &Row) -> Result<Kept> {
    let time = (row.try_get::<_, Option<Timestamp>>("start_at")?, row.try_get::<_, Option<Timestamp>>("end_at")?);
    let days = (row.try_get::<_, Option<Date>>("start_on")?, row.try_get::<_, Option<Date>>("end_on")?);
    let span = match (time, days) {
        ((Some(from), Some(until)), _) => Some(Span::Time { from, until }),
        (_, (Some(from), Some(until))) => Some(Span::Days { from, until }),
        _ => None,
    };
    let series = match row.try_get::<_, Option<String>>("series_id")? {
        Some(id) => {
            let at = row.try_get::<_, Option<Timestamp>>("original_at")?.map(Start::At);
            let on = row.try_get::<_, Option<Date>>("original_on")?.map(Start::On);
            Some(Series { id, original: at.or(on) })
        }
        None => None,
    };
    let organizer =
        row.try_get::<_, Option<serde_json::Value>>("organizer")?.map(serde_json::from_value).transpose()?;
    Ok(Kept {
        event: CalendarEvent {
            google_id: row.try_get("google_id")?,
            etag: row.try_get("etag")?,
            status: row.try_get::<_, &str>("status")?.parse()?,
            summary: row.try_get("summary")?,
            description: row.try_get("description")?,
            location: row.try_get("location")?,
            span,
            time_zone: row.try_get("time_zone")?,
            recurrence: row.try_get("recurrence")?,
            series,
            organizer,
            attendees: serde_json::from_value(row.try_get("attendees")?)?,
            own: row.try_get("own")?,
            busy: row.try_get("busy")?,
            video_link: row.try_get("video_link")?,
            html_link: row.try_get("html_link")?,
            created_at: row.try_get("google_created_at")?,
            updated_at: row.try_get("google_updated_at")?,
        },
        listed_in: row.try_get("listed_in")?,
    })
}
