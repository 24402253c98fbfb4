//! What is only asked for: free times, the day's events, the next meeting, deals, the rules there are.

use jiff::civil::{Date, Time};
use jiff::{ToSpan, Zoned};

use super::super::super::turn::Tool;
use super::super::super::words::words;
use super::super::arguments::Facts;
use super::super::clock::{minutes_in, period_in, zone_said};
use super::super::events::{self, Event};
use super::super::lookup;
use super::super::parts::{partners_in, people_in};
use super::super::wish::Deed;
use super::super::{deals, passage};
use super::{Case, Step, call, meet};

/// The tool's own words.
pub fn told(case: &Case<'_>, tool: &Tool, facts: &Facts) -> Step {
    match case.result_of(tool) {
        Some(text) => Step::say(plain(text)),
        None => call(tool, facts),
    }
}

/// A tool's answer as text: its sentence and lines, without the marks of quoted lines.
fn plain(text: &str) -> String {
    let (_, rest) = passage::read(text);
    let lines =
        rest.lines().map(|line| line.strip_prefix("| ").map_or_else(|| line.to_owned(), |line| format!("- {line}")));
    let text = lines.collect::<Vec<_>>().join("\n").trim().to_owned();
    match text.strip_prefix("Error:") {
        Some(why) => format!("That did not work:{why}"),
        None => text,
    }
}

/// What a tool lists, a line each.
pub fn lines_of(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    let listed = lines.filter_map(|line| {
        line.strip_prefix("| ").or_else(|| line.strip_prefix("- ")).or_else(|| line.strip_prefix("* "))
    });
    listed.map(str::to_owned).collect()
}

pub fn free(case: &Case<'_>, tool: &Tool, now: &Zoned) -> Step {
    const USUAL_MINUTES: u32 = 30;
    let text = &case.wanted.text;
    let (from, until) = match period_in(text, now) {
        Some(period) => (period.from.max(now.date()), period.until.saturating_sub(1.day())),
        None => (now.date(), now.date().saturating_add(7.days())),
    };
    let facts = between(case.facts(), from, until, now).with("duration", minutes_in(text).unwrap_or(USUAL_MINUTES));
    // Only whoever names another's clock is told the times on it.
    let facts = facts.with_some("time_zone", zone_said(text).and_then(|zone| zone.iana_name().map(str::to_owned)));
    told(case, tool, &facts)
}

/// The first and the last day, as days and as moments, for tools that ask for either.
pub fn between(facts: Facts, from: Date, last: Date, now: &Zoned) -> Facts {
    let at = |day: Date| day.to_datetime(Time::midnight()).to_zoned(now.time_zone().clone()).ok();
    let stamp = |moment: Zoned| moment.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    facts
        .with("from_day", from.to_string())
        .with("last_day", last.to_string())
        .with_some("from", at(from).map(|start| stamp(start.max(now.clone()))))
        .with_some("last", at(last.saturating_add(1.day())).map(stamp))
}

pub fn agenda(case: &Case<'_>, tool: &Tool, now: &Zoned) -> Step {
    let text = &case.wanted.text;
    let names = partners_in(text);
    let period = period_in(text, now);
    if case.result_of(tool).is_none() {
        let facts = case.facts().with_some("date_filter", period.as_ref().and_then(|period| period.filter()));
        let facts = facts.with_some("attendee", names.first().cloned()).with("limit", lookup::MOST_LISTED);
        let is_bare = names.is_empty() && period.as_ref().and_then(|period| period.filter()).is_none();
        return call(tool, &facts.with_some("query", is_bare.then_some(ANYTHING)));
    }
    let all = events::all(case.passages, now);
    let kept: Vec<Event> = match &period {
        Some(period) => events::within(&all, period.from, period.until),
        None => all.into_iter().filter(|event| event.is_ahead(now)).collect(),
    };
    let mut kept: Vec<Event> = kept.into_iter().filter(|event| event.has(&names)).collect();
    // What began before is told on the first day asked for.
    let first = period.as_ref().map_or(now.date(), |period| period.from);
    kept.iter_mut().filter(|event| event.starts.is_none()).for_each(|event| event.day = event.day.max(first));
    kept.sort_by_key(|event| (event.day, event.starts));
    let when = period.map(|period| format!(" {}", said(&period.said))).unwrap_or_default();
    let with = names.first().map(|name| format!(" with {name}")).unwrap_or_default();
    if kept.is_empty() {
        return Step::say(format!("There is nothing{with} in your calendar{when}."));
    }
    Step::say(events::listed(&kept))
}

/// What is searched for by those who want to see all there is.
pub const ANYTHING: &str = "meetings";

/// `thursday` as `on Thursday`; `next week` as it is.
fn said(period: &str) -> String {
    let day = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"].contains(&period);
    if day { format!("on {}", super::super::parts::capital(period)) } else { period.to_owned() }
}

/// The next meeting with somebody, or the last.
pub fn meeting(case: &Case<'_>, tool: &Tool, now: &Zoned, next: bool) -> Step {
    let text = &case.wanted.text;
    let names = partners_in(text);
    let found = match events_by(case, tool, &names, "", now) {
        Ok(found) => found,
        Err(call) => return call,
    };
    let fitting: Vec<Event> =
        found.into_iter().filter(|event| event.has(&names) && event.is_ahead(now) == next).collect();
    let one = if next { fitting.first() } else { fitting.last() };
    let which = if next { "next" } else { "last" };
    let with = names.first().map(|name| format!(" with {name}")).unwrap_or_default();
    Step::say(match one {
        Some(event) => format!("Your {which} meeting{with} is {}{}.", event.label(), event.cited()),
        None => format!("I found no {} meeting{with} in your calendar.", if next { "upcoming" } else { "earlier" }),
    })
}

/// The events with these people, for changing one of them.
pub fn events_with(case: &Case<'_>, names: &[String], what: &str, now: &Zoned) -> Result<Vec<Event>, Step> {
    match Deed::Agenda.tool(case.tools) {
        Some(search) => events_by(case, search, names, what, now),
        None => Ok(events::all(case.passages, now)),
    }
}

/// Searched by who takes part, and if that finds nothing by the words.
fn events_by(case: &Case<'_>, tool: &Tool, names: &[String], what: &str, now: &Zoned) -> Result<Vec<Event>, Step> {
    let times = case.results.iter().filter(|result| result.tool == tool.name).count();
    let found = || events::all(case.passages, now);
    let fits = found().iter().any(|event| event.has(names) && event.is_ahead(now));
    if times == 0 || times == 1 && !names.is_empty() && !fits {
        return Err(call(tool, &meet::search_facts(case, names, what, times > 0, now)));
    }
    Ok(found())
}

pub fn deals(case: &Case<'_>, tool: &Tool, now: &Zoned) -> Option<Step> {
    if case.result_of(tool).is_none() {
        let text = &case.wanted.text;
        let names = people_in(text);
        let mut facts = case.facts();
        if !names.is_empty() {
            facts = facts.with("query", names.join(" "));
        }
        if let Some(period) = period_in(text, now) {
            facts = between(facts, period.from, period.until.saturating_sub(1.day()), now);
            facts = facts.with_some("date_filter", period.filter_of_closing());
        }
        if words(text).iter().any(|word| word == "open") {
            facts = facts.with("open_only", true);
        }
        return Some(call(tool, &facts.with("limit", lookup::MOST_LISTED)));
    }
    deals::answer(&case.wanted.text, case.passages, now).map(Step::say)
}
