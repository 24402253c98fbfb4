//! `search_calendar`: what is and was in the advisor's calendar, by day, by person and by what it is about.

mod wanted;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Caller, DATES, Output, Tool, dates, limit, parse, schema_of};
use crate::domain::calendar::agenda::{self, Occurrence};
use crate::domain::calendar::words;
use crate::domain::knowledge::retrieve::{Question, retrieve};
use crate::domain::sync::CALENDAR;
use crate::error::{Error, Result};
use crate::model::document::{Hit, Kind};
use crate::store::{calendar_events, search, sync_cursors};
use wanted::Wanted;

const NAME: &str = "search_calendar";

pub const TOOL: Tool = Tool {
    name: NAME,
    description: "Searches the advisor's calendar: what is on a day, when the next meeting with somebody is, what was \
                  discussed when. Give at least one of query, date_filter and attendee_filter. Without a date_filter \
                  what lies ahead comes first. Times are the advisor's.",
    schema: schema_of::<Args>,
    run: super::Run::Read(|caller, arguments| Box::pin(run(caller, arguments))),
};

/// Without a date, this far ahead is looked, and this far back.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 366);
const BEHIND: SignedDuration = SignedDuration::from_hours(24 * 366 * 2);
/// Without a date, so many dates of one series are enough.
const DATES_OF_SERIES: usize = 3;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// What it is about or who it is with, in plain words; may be left out.
    query: Option<String>,
    /// today, tomorrow, this_week, next_week, this_month, or a day as YYYY-MM-DD.
    date_filter: Option<String>,
    /// Part of the name or address of somebody who takes part.
    attendee_filter: Option<String>,
    /// How many, 1 to 50; 10 if left out.
    limit: Option<i64>,
}

async fn run(caller: &Caller<'_>, arguments: Value) -> Result<Output> {
    let args: Args = parse(NAME, arguments)?;
    let filled = |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let (query, attendee) = (filled(&args.query), filled(&args.attendee_filter));
    let days = dates::days_ahead(args.date_filter.as_deref(), &caller.now)?;
    if query.is_none() && attendee.is_none() && days.is_none() {
        return Err(Error::bad_request(
            "search_calendar needs at least one of query, date_filter and attendee_filter.",
        ));
    }
    let most = usize::try_from(limit(args.limit, 10, 50)).unwrap_or(10);

    let look = Look {
        caller,
        about: Wanted::read(caller, query.as_deref()).await?,
        with: Wanted::read(caller, attendee.as_deref()).await?,
    };
    let nearest = match &query {
        Some(query) => look.nearest(query).await?,
        None => Vec::new(),
    };
    let found = match days.and_then(|(first, after)| dates::bounds(first, after, &caller.now)) {
        Some((since, until)) => look.within(since, until, &nearest, most).await?,
        None => look.anywhen(&nearest, most).await?,
    };

    let mut db = caller.world.db().await?;
    let tenant = db.tenant(caller.owner).await?;
    let read = sync_cursors::progress(&tenant).await?;
    let read = read.iter().any(|progress| progress.source == CALENDAR && progress.synced_at.is_some());
    let ids = ids(&found);
    let hits = search::of_sources(&tenant, Kind::Calendar, &ids).await?;
    tenant.commit().await?;
    let listed: Vec<Value> = found.iter().map(|one| look.listed(one)).collect();
    let mut summary = match listed.len() {
        0 => "No event was found.".to_owned(),
        1 => "One event was found.".to_owned(),
        n => format!("{n} events were found."),
    };
    if !read {
        summary += " The calendar has not been read to its end yet.";
    }
    Ok(Output {
        summary,
        value: json!({
            "status": "success", "total": listed.len(), "query": query, "date_filter": args.date_filter,
            "attendee_filter": attendee, "events": listed,
        }),
        hits: hits.into_iter().map(|hit| look.dated(hit, &found)).collect(),
    })
}

/// One search.
struct Look<'a> {
    caller: &'a Caller<'a>,
    about: Wanted,
    with: Wanted,
}

impl Look<'_> {
    /// Everything in the window that has the right people; what fits the query best, where that is more than is wanted.
    /// The window decides: somebody who asks for "meetings tomorrow" wants all of them.
    async fn within(
        &self,
        since: Timestamp,
        until: Timestamp,
        nearest: &[String],
        most: usize,
    ) -> Result<Vec<Occurrence>> {
        let mut found = self.agenda(since, until).await?;
        found.retain(|one| self.with.is_with(&one.event));
        let rank: HashMap<&str, usize> = nearest.iter().enumerate().map(|(rank, id)| (id.as_str(), rank)).collect();
        found.sort_by_key(|one| {
            let rank = rank.get(one.event.google_id.as_str()).copied().unwrap_or(usize::MAX);
            (!self.about.is_about(&one.event), rank)
        });
        found.truncate(most);
        self.sort(&mut found);
        Ok(found)
    }

    /// What lies ahead and fits word for word, soonest first; then what else fits: by meaning, or with the right people,
    /// latest first.
    async fn anywhen(&self, nearest: &[String], most: usize) -> Result<Vec<Occurrence>> {
        let now = self.caller.now.timestamp();
        let ahead = self.agenda(now, now + AHEAD).await?;
        let fits = |one: &&Occurrence| self.with.is_with(&one.event) && self.about.is_about(&one.event);
        let mut dates: HashMap<&str, usize> = HashMap::new();
        let mut found: Vec<Occurrence> = Vec::new();
        for one in ahead.iter().filter(fits) {
            let seen = dates.entry(&one.event.google_id).or_default();
            *seen += 1;
            if *seen <= DATES_OF_SERIES {
                found.push(one.clone());
            }
        }
        found.truncate(most);
        let rest = match nearest {
            [] => {
                let mut behind = self.agenda(now - BEHIND, now).await?;
                behind.retain(|one| fits(&one) && one.span.bounds(self.caller.now.time_zone()).1 <= now);
                behind.reverse();
                behind
            }
            ids => self.by_id(ids, &ahead).await?,
        };
        for one in rest.into_iter().filter(|one| self.with.is_with(&one.event)) {
            if found.len() < most && !found.iter().any(|known| known.event.google_id == one.event.google_id) {
                found.push(one);
            }
        }
        Ok(found)
    }

    async fn agenda(&self, since: Timestamp, until: Timestamp) -> Result<Vec<Occurrence>> {
        let mut db = self.caller.world.db().await?;
        let tenant = db.tenant(self.caller.owner).await?;
        let found = agenda::between(&tenant, self.caller.now.time_zone(), since, until).await?;
        tenant.commit().await?;
        Ok(found)
    }

    /// Google's ids of what is nearest to the query, best first.
    async fn nearest(&self, query: &str) -> Result<Vec<String>> {
        let question = Question { text: query, kinds: &[Kind::Calendar], since: None, until: None, limit: 50 };
        let found = retrieve(self.caller.world, self.caller.owner, &question).await?;
        let mut ids: Vec<String> = Vec::new();
        for hit in found.hits {
            if !ids.contains(&hit.source_id) {
                ids.push(hit.source_id);
            }
        }
        Ok(ids)
    }

    /// These events in this order: a series by its next date, or its first when there is none.
    async fn by_id(&self, ids: &[String], ahead: &[Occurrence]) -> Result<Vec<Occurrence>> {
        let mut db = self.caller.world.db().await?;
        let tenant = db.tenant(self.caller.owner).await?;
        let kept = calendar_events::get_many(&tenant, ids).await?;
        tenant.commit().await?;
        let mut events: HashMap<String, _> =
            kept.into_iter().map(|kept| (kept.event.google_id.clone(), kept.event)).collect();
        let occurrence = |id: &String| {
            let event = events.remove(id)?;
            let next = ahead.iter().find(|one| one.event.google_id == *id).map(|one| one.span);
            Some(Occurrence { span: next.or(event.span)?, event })
        };
        Ok(ids.iter().filter_map(occurrence).collect())
    }

    fn sort(&self, found: &mut [Occurrence]) {
        found.sort_by_cached_key(|one| one.span.bounds(self.caller.now.time_zone()));
    }

    /// In the seed's shape.
    fn listed(&self, one: &Occurrence) -> Value {
        let (start, end) = words::wire(&one.span, self.caller.now.time_zone());
        let attendees =
            one.event.attendees.iter().map(
                |attendee| json!({ "email": attendee.email, "name": attendee.name, "response": attendee.response }),
            );
        json!({
            "event_id": one.google_id(),
            "summary": one.event.summary,
            "start_time": start,
            "end_time": end,
            "all_day": one.span.is_all_day(),
            "location": one.event.location,
            "attendees": attendees.collect::<Vec<_>>(),
            "description": one.event.description,
            "status": one.event.status,
            "is_recurring": one.event.is_series() || one.event.series.is_some(),
            "url": one.event.html_link,
        })
    }

    /// The passage of an event, with the dates of it that were found.
    fn dated(&self, mut hit: Hit, found: &[Occurrence]) -> Hit {
        let zone = self.caller.now.time_zone();
        let dates: Vec<&Occurrence> = found.iter().filter(|one| one.event.google_id == hit.source_id).collect();
        if let (Some(first), Value::Object(metadata)) = (dates.first(), &mut hit.metadata) {
            let (start, end) = words::wire(&first.span, zone);
            metadata.insert("start".into(), json!(start));
            metadata.insert("end".into(), json!(end));
            // Each with the id it is changed by: a date of a series has one of its own.
            let told = |one: &&Occurrence| format!("{} (event_id {})", words::when(&one.span, zone), one.google_id());
            metadata.insert(DATES.into(), dates.iter().map(told).collect());
            hit.occurred_at = first.span.bounds(zone).0;
        }
        hit
    }
}

/// Each event once, in the order of what was found.
fn ids(found: &[Occurrence]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for one in found {
        if !ids.contains(&one.event.google_id) {
            ids.push(one.event.google_id.clone());
        }
    }
    ids
}
