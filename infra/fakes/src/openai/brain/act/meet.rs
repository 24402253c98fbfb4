//! Appointments: making, moving and cancelling them.

use jiff::civil::{Date, Time};
use jiff::{ToSpan, Zoned};

use super::super::super::turn::Tool;
use super::super::super::words::{is_common, listed, words};
use super::super::arguments::Facts;
use super::super::clock::{minutes_in, moment, period_in, when_in};
use super::super::events::{self, Event};
use super::super::parts::partners_in;
use super::super::resume::{WHEN, WHICH};
use super::super::whom::Person;
use super::super::wish::Deed;
use super::{Case, Step, call, read, title};

/// How long an appointment takes if nobody says.
const USUAL_MINUTES: i64 = 60;

pub fn schedule(case: &Case<'_>, tool: &Tool, now: &Zoned) -> Result<Step, Step> {
    let parts = case.parts(Deed::Schedule);
    let mut people: Vec<Person> = Vec::new();
    for name in &parts.names {
        people.push(case.whom(name)?);
    }
    let text = &case.wanted.text;
    let when = when_in(text, now);
    let minutes = minutes_in(text).map_or(USUAL_MINUTES, i64::from);
    let (Some(day), Some(time)) = (when.day, when.time) else {
        return Ok(when_then(case, now, when.day, minutes, &people));
    };
    let Some(start) = moment(day, time, text, now) else { return Ok(Step::say(WHEN)) };
    if start < *now {
        return Ok(Step::say(format!("{} is already over. {WHEN}", start.strftime("%A, %-d %B %Y, %H:%M"))));
    }
    let end = match when.ends {
        Some(ends) => moment(day, ends, text, now),
        None => start.checked_add(minutes.minutes()).ok(),
    };
    let names: Vec<&str> = people.iter().map(|person| person.name.as_str()).collect();
    let invited: Vec<String> =
        people.iter().filter_map(|person| person.email.clone()).chain(parts.addresses.clone()).collect();
    let facts = case
        .facts()
        .with("title", title::title(&parts, &names, now))
        .with("start", at(&start))
        .with_some("end", end.as_ref().map(at))
        .with_some("location", title::place(&parts, now))
        .with_some("attendees", (!invited.is_empty()).then_some(invited));
    Ok(call(tool, &facts))
}

/// Nobody said when: free times are looked for and offered, if there is a tool for that.
fn when_then(case: &Case<'_>, now: &Zoned, day: Option<Date>, minutes: i64, people: &[Person]) -> Step {
    let Some(free) = Deed::FreeTime.tool(case.tools) else { return Step::say(WHEN) };
    match case.result_of(free) {
        Some(found) => {
            let slots = read::lines_of(found);
            if slots.is_empty() {
                return Step::say(format!("I found no free time. {WHEN}"));
            }
            let listed: Vec<String> = slots.iter().take(5).map(|slot| format!("- {slot}")).collect();
            Step::say(format!("You are free at these times:\n{}\n\n{WHEN}", listed.join("\n")))
        }
        None => {
            let period = period_in(&case.wanted.text, now);
            let (from, until) = match (day, period) {
                (Some(day), _) => (day, day),
                (None, Some(period)) => (period.from, period.until.saturating_sub(1.day())),
                (None, None) => (now.date().saturating_add(1.day()), now.date().saturating_add(7.days())),
            };
            let emails: Vec<String> = people.iter().filter_map(|person| person.email.clone()).collect();
            call(
                free,
                &read::between(case.facts(), from, until, now).with("duration", minutes).with("attendees", emails),
            )
        }
    }
}

pub fn shift(case: &Case<'_>, tool: &Tool, now: &Zoned) -> Result<Step, Step> {
    let text = super::super::wish::plainly(&case.wanted.text).to_owned();
    let (what, target) = target(&text, now);
    let event = event(case, &what, now)?;
    let start = event.start(now).unwrap_or_else(|| now.clone());
    let when = when_in(&target, now);
    let new = if when.is_empty() {
        events::shifted(&start, &text).ok_or_else(|| Step::say(WHEN))?
    } else {
        let day = when.day.unwrap_or(event.day);
        let time = when.time.or(event.starts).unwrap_or(Time::midnight());
        moment(day, time, &target, now).ok_or_else(|| Step::say(WHEN))?
    };
    if new < *now {
        return Ok(Step::say(format!("{} is already over. {WHEN}", new.strftime("%A, %-d %B %Y, %H:%M"))));
    }
    let minutes = minutes_in(&target).map(i64::from).or_else(|| event.minutes()).unwrap_or(USUAL_MINUTES);
    let end = match when.ends {
        Some(ends) => moment(new.date(), ends, &target, now),
        None => new.checked_add(minutes.minutes()).ok(),
    };
    let Some(id) = &event.id else { return Err(no_id(&event)) };
    let facts =
        case.facts().with("event_id", id.clone()).with("start", at(&new)).with_some("end", end.as_ref().map(at));
    Ok(call(tool, &facts))
}

pub fn cancel(case: &Case<'_>, tool: &Tool, now: &Zoned) -> Result<Step, Step> {
    let event = event(case, &case.wanted.text, now)?;
    let lower = case.wanted.text.to_lowercase();
    let quiet = ["without telling", "without notifying", "don't tell", "do not tell", "quietly"]
        .iter()
        .any(|said| lower.contains(said));
    let Some(id) = &event.id else { return Err(no_id(&event)) };
    Ok(call(tool, &case.facts().with("event_id", id.clone()).with("send_updates", !quiet)))
}

/// What is moved, and to when: `my call with Nora` and `Friday 10:30`.
fn target(text: &str, now: &Zoned) -> (String, String) {
    for mark in [" to ", " until ", " for ", " on "] {
        if let Some((what, target)) = text.rsplit_once(mark)
            && !when_in(target, now).is_empty()
        {
            return (what.to_owned(), target.to_owned());
        }
    }
    (text.to_owned(), String::new())
}

/// The one event ahead that is meant, or the search for it, or a question which one.
fn event(case: &Case<'_>, what: &str, now: &Zoned) -> Result<Event, Step> {
    let names = partners_in(what);
    let found = read::events_with(case, &names, what, now)?;
    let old = period_in(what, now);
    let mut ahead: Vec<Event> = found.into_iter().filter(|event| event.is_ahead(now) && event.has(&names)).collect();
    if let Some(old) = &old {
        ahead = events::within(&ahead, old.from, old.until);
        let at = when_in(what, now).time;
        ahead.retain(|event| at.is_none() || event.starts == at);
    }
    if let Some(chosen) = &case.wanted.chosen {
        ahead.retain(|event| words(&event.label()) == words(chosen));
    }
    if ahead.len() > 1 {
        let called: Vec<Event> = ahead.iter().filter(|event| is_called(event, what, &names)).cloned().collect();
        ahead = if called.is_empty() { ahead } else { called };
    }
    let Some(first) = ahead.first().cloned() else {
        let with = names.first().map(|name| format!(" with {name}")).unwrap_or_default();
        let when = old.map(|old| format!(" {}", old.said)).unwrap_or_default();
        return Err(Step::say(format!("I found no upcoming meeting{with}{when} in your calendar.")));
    };
    if ahead.iter().any(|event| event.title != first.title) {
        let labels: Vec<String> = ahead.iter().take(5).map(Event::label).collect();
        return Err(Step::say(format!("Which meeting {WHICH}{}?", labels.join(" or "))));
    }
    Ok(first)
}

/// Whether the title has a word of the request that says what kind of meeting it is.
fn is_called(event: &Event, what: &str, names: &[String]) -> bool {
    const ANY: &str = "meeting appointment event move cancel reschedule upcoming change";
    let title = words(&event.title);
    let of_names: Vec<String> = names.iter().flat_map(|name| words(name)).collect();
    let told = words(what)
        .into_iter()
        .filter(|word| !is_common(word) && !listed(ANY, word.as_str()) && !of_names.contains(word));
    told.into_iter().any(|word| title.contains(&word))
}

fn no_id(event: &Event) -> Step {
    Step::say(format!("I found {}{}, but not the id it is changed by.", event.label(), event.cited()))
}

/// RFC 3339 with the offset of that day.
fn at(moment: &Zoned) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Facts a search for an event is made of.
pub fn search_facts(case: &Case<'_>, names: &[String], what: &str, by_words: bool, now: &Zoned) -> Facts {
    let filter = period_in(what, now).and_then(|period| period.filter());
    let facts = case.facts().with_some("date_filter", filter);
    match names.first() {
        Some(name) if !by_words => facts.with("attendee", name.clone()),
        Some(_) => facts.with("query", names.join(" ")),
        None => {
            let called = super::super::clock::without_times(&subject_of(what), now);
            facts.with("query", if called.is_empty() { read::ANYTHING.to_owned() } else { called })
        }
    }
}

/// What the event is called in the request: without the order and whose it is.
fn subject_of(what: &str) -> String {
    const EMPTY: &str = "move cancel reschedule postpone push shift delete remove change my the a our drop";
    let words = super::super::wish::plainly(what).split_whitespace();
    words.filter(|word| !listed(EMPTY, word.to_lowercase().as_str())).collect::<Vec<_>>().join(" ")
}
