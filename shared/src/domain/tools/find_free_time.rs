//! `find_free_time`: when the advisor, and those whose calendars can be seen, have time.

mod slots;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Caller, Output, Tool, dates, parse, schema_of};
use crate::clients::calendar::{Availability, Busy, Calendar};
use crate::domain::accounts::tokens;
use crate::domain::calendar::words;
use crate::error::{Error, Result};
use crate::model::calendar::Span;
use crate::model::user::Provider;
use slots::{Hours, Slots};

const NAME: &str = "find_free_time";

pub const TOOL: Tool = Tool {
    name: NAME,
    description: "Finds times that are free in the advisor's calendar, on working days and in working hours, for a \
                  meeting of some length. Name the client's time zone to get each time on both clocks; then only times \
                  between 7:00 and 21:00 of the client's day are offered. Attendees whose calendars cannot be seen are \
                  named. It books nothing.",
    schema: schema_of::<Args>,
    run: super::Run::Read(|caller, arguments| Box::pin(run(caller, arguments))),
};

/// Days looked at, when none are named, and at most.
const DAYS: i64 = 7;
const MOST_DAYS: i64 = 62;
/// People asked for besides the advisor.
const MOST_PEOPLE: usize = 20;
const WORK: (i64, i64) = (9, 17);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Length of the meeting in minutes, 5 to 480.
    duration_minutes: i64,
    /// First day to look at, as YYYY-MM-DD; today if left out.
    from: Option<String>,
    /// Last day to look at, as YYYY-MM-DD; six days after the first if left out.
    to: Option<String>,
    /// In place of from and to: today, tomorrow, this_week, next_week, this_month, or a day as YYYY-MM-DD.
    date_filter: Option<String>,
    /// E-mail addresses of others who have to be free too, as far as their calendars can be seen.
    attendees: Option<Vec<String>>,
    /// Full hour of the advisor's day from which on, 0 to 23; 9 if left out.
    earliest_hour: Option<i64>,
    /// Full hour of the advisor's day by which it has to end, 1 to 24; 17 if left out.
    latest_hour: Option<i64>,
    /// The client's time zone as an IANA name, such as Europe/Berlin.
    time_zone: Option<String>,
}

/// Arguments that make sense.
struct Wish {
    minutes: i64,
    first: Date,
    /// The first day after.
    after: Date,
    hours: Hours,
    client: Option<TimeZone>,
    people: Vec<String>,
}

async fn run(caller: &Caller<'_>, arguments: Value) -> Result<Output> {
    let wish = Wish::read(parse(NAME, arguments)?, &caller.now)?;
    let now = caller.now.timestamp();
    let nowhere = || Error::bad_request("find_free_time: these days cannot be looked at.");
    let (since, until) = dates::bounds(wish.first, wish.after, &caller.now).ok_or_else(nowhere)?;
    let since = since.max(now);

    let (busy, silent) = busy(caller, since, until, &wish.people).await?;
    let slots = Slots {
        minutes: wish.minutes,
        zone: caller.now.time_zone(),
        hours: wish.hours,
        client: wish.client.as_ref(),
        busy,
    };
    let found = slots.between(wish.first, wish.after, since);
    Ok(told(&wish, caller.now.time_zone(), &found, &silent))
}

impl Wish {
    fn read(args: Args, now: &Zoned) -> Result<Self> {
        let wrong = |what: &str| Error::bad_request(format!("Invalid arguments for {NAME}: {what}"));
        if !(5..=480).contains(&args.duration_minutes) {
            return Err(wrong("duration_minutes must be from 5 to 480."));
        }
        let (from, to) = (args.earliest_hour.unwrap_or(WORK.0), args.latest_hour.unwrap_or(WORK.1));
        if !(0..=23).contains(&from) || !(1..=24).contains(&to) || from >= to {
            return Err(wrong("earliest_hour must be from 0 to 23 and less than latest_hour, which may be up to 24."));
        }
        if args.duration_minutes > (to - from) * 60 {
            return Err(wrong("the meeting is longer than the hours between earliest_hour and latest_hour."));
        }
        let client = match args.time_zone.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
            Some(name) => Some(
                TimeZone::get(name)
                    .map_err(|_| wrong("time_zone must be an IANA name such as Europe/Berlin or America/New_York."))?,
            ),
            None => None,
        };
        let (first, after) = days(&args, now).map_err(wrong)?;
        Ok(Self {
            minutes: args.duration_minutes,
            first,
            after,
            hours: Hours { from, to },
            client,
            people: people(args.attendees.unwrap_or_default()).map_err(wrong)?,
        })
    }
}

fn days(args: &Args, now: &Zoned) -> Result<(Date, Date), &'static str> {
    let today = now.date();
    let filled = |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let (from, to) = (filled(&args.from), filled(&args.to));
    let named = dates::days_ahead(args.date_filter.as_deref(), now);
    let named = named.map_err(
        |_| "date_filter must be today, tomorrow, this_week, next_week, this_month, or a day as YYYY-MM-DD.",
    )?;
    let (first, after) = match named {
        Some(_) if from.is_some() || to.is_some() => return Err("give date_filter, or from and to, not both."),
        Some(days) => days,
        None => {
            let day = |text: &String| dates::day(text).ok_or("from and to must be days as YYYY-MM-DD.");
            let first = from.as_ref().map(day).transpose()?.unwrap_or(today);
            let last = to.as_ref().map(day).transpose()?.unwrap_or(first.saturating_add((DAYS - 1).days()));
            if last < first {
                return Err("to must not be before from.");
            }
            (first, last.saturating_add(1.day()))
        }
    };
    if after <= today {
        return Err("these days are over; name days from today on.");
    }
    let first = first.max(today);
    if first.saturating_add(MOST_DAYS.days()) < after {
        return Err("at most 62 days can be looked at in one call.");
    }
    Ok((first, after))
}

fn people(given: Vec<String>) -> Result<Vec<String>, &'static str> {
    let mut people: Vec<String> = Vec::new();
    for person in given {
        let address = person.trim().to_lowercase();
        let fits = address.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        if !fits || address.contains(char::is_whitespace) {
            return Err("attendees must be e-mail addresses; search_contacts finds the address of a person.");
        }
        if !people.contains(&address) {
            people.push(address);
        }
    }
    if people.len() > MOST_PEOPLE { Err("at most 20 attendees can be asked for.") } else { Ok(people) }
}

/// When anybody is busy, and whose calendar says nothing.
async fn busy(
    caller: &Caller<'_>,
    since: Timestamp,
    until: Timestamp,
    people: &[String],
) -> Result<(Vec<Busy>, Vec<String>)> {
    let own = "primary".to_owned();
    let ids: Vec<String> = [own.clone()].into_iter().chain(people.iter().cloned()).collect();
    let world = caller.world;
    let calendar = |token| Calendar { http: &world.http, base: &world.config.google.calendar_url, token };
    let access = tokens::access(world, caller.owner, Provider::Google).await?;
    let answer = match calendar(&access.token).free_busy(since, until, &ids).await {
        Err(error) if error.upstream_status() == Some(401) => {
            let access = tokens::renew(world, caller.owner, Provider::Google, &access.token).await?;
            calendar(&access.token).free_busy(since, until, &ids).await?
        }
        answer => answer?,
    };
    let mut taken = Vec::new();
    let mut silent = Vec::new();
    for (id, availability) in answer {
        match availability {
            Availability::Known(busy) => taken.extend(busy),
            // Without the advisor's own there is nothing to say.
            Availability::Unknown if id == own => {
                return Err(Error::bad_request("Google Calendar does not show the advisor's own calendar."));
            }
            Availability::Unknown => silent.push(id),
        }
    }
    Ok((taken, silent))
}

fn told(wish: &Wish, zone: &TimeZone, found: &[Span], silent: &[String]) -> Output {
    let mut lines = vec![match found.len() {
        0 => format!("There is no free time of {} minutes on these days in these hours.", wish.minutes),
        n => format!("{n} free times of {} minutes, on the advisor's clock:", wish.minutes),
    }];
    for span in found {
        let client = wish.client.as_ref().map(|client| format!(" (for the client: {})", words::when(span, client)));
        lines.push(format!("- {}{}", words::when(span, zone), client.unwrap_or_default()));
    }
    if !silent.is_empty() {
        lines.push(format!("Not known is when these are free: {}. Ask them.", silent.join(", ")));
    }
    let slots = found.iter().map(|span| {
        let (start, end) = words::wire(span, zone);
        let client = wish.client.as_ref().map(|client| words::wire(span, client));
        json!({
            "start": start, "end": end, "in_words": words::when(span, zone),
            "client_start": client.as_ref().map(|(start, _)| start), "client_end": client.as_ref().map(|(_, end)| end),
        })
    });
    Output {
        summary: lines.join("\n"),
        value: json!({
            "status": "success", "total": found.len(), "duration_minutes": wish.minutes, "time_zone": zone.iana_name(),
            "client_time_zone": wish.client.as_ref().and_then(TimeZone::iana_name), "slots": slots.collect::<Vec<_>>(),
            "not_known": silent,
        }),
        hits: Vec::new(),
    }
}
