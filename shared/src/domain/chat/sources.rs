//! The numbered sources of a turn: what the model may cite, and how it is shown to the model.

use jiff::tz::TimeZone;

use super::answer::Cited;
use super::event::Citation;
use super::origin::{self, Origin};
use crate::domain::calendar::words;
use crate::domain::tools::DATES;
use crate::model::document::{Hit, Kind};

/// Sources in the order of their numbers, which begin at 1.
pub struct Sources {
    hits: Vec<Hit>,
    /// The advisor's address.
    own: String,
}

impl Sources {
    pub fn of(own: String) -> Self {
        Self { hits: Vec::new(), own }
    }

    /// The number of a source; the same span has one number however often it is found.
    pub fn add(&mut self, hit: Hit) -> usize {
        let same = |known: &Hit| known.document_id == hit.document_id && known.ordinal == hit.ordinal;
        if let Some(at) = self.hits.iter().position(same) {
            return at + 1;
        }
        self.hits.push(hit);
        self.hits.len()
    }

    /// Adds all, and answers the text that shows them to the model.
    pub fn show(&mut self, hits: Vec<Hit>, time_zone: &TimeZone) -> String {
        let shown = hits.into_iter().map(|hit| {
            // As it was found now: a series that is known already may be found for other dates.
            let shown = hit.clone();
            passage(self.add(hit), &shown, time_zone)
        });
        shown.collect::<Vec<_>>().join("\n")
    }

    /// Those after the first `known`, for the filter of the answer.
    pub fn cited_after(&self, known: usize) -> Vec<Cited> {
        let numbered = self.hits.iter().enumerate().skip(known);
        let cited = numbered.map(|(at, hit)| Cited {
            n: at + 1,
            url: link(hit).to_owned(),
            title: hit.title.clone(),
            text: format!("{}\n{}", hit.heading, hit.text),
        });
        cited.collect()
    }

    pub fn len(&self) -> usize {
        self.hits.len()
    }

    pub fn is_empty(&self) -> bool {
        self.hits.is_empty()
    }

    pub fn citations(&self, numbers: &[usize]) -> Vec<Citation> {
        let known = numbers.iter().filter_map(|n| Some((*n, self.hits.get(n.checked_sub(1)?)?)));
        let citations = known.map(|(n, hit)| Citation {
            n,
            source_type: hit.kind.name(),
            source_id: hit.source_id.clone(),
            title: hit.title.clone(),
            url: link(hit).to_owned(),
            text: hit.text.clone(),
        });
        citations.collect()
    }

    /// Whether anything in it was written by somebody else than the advisor's own office.
    pub fn from_outside(&self) -> bool {
        self.hits.iter().any(|hit| origin::of(hit, &self.own) == Origin::Outside)
    }
}

/// Where a source can be looked at.
fn link(hit: &Hit) -> &str {
    hit.metadata.get("url").and_then(|url| url.as_str()).unwrap_or_default()
}

/// A header line and the span, each line of it marked: whatever stands behind `| ` is somebody's words and never an
/// instruction, and no text can end its own marking.
fn passage(n: usize, hit: &Hit, time_zone: &TimeZone) -> String {
    let date = hit.occurred_at.to_zoned(time_zone.clone()).strftime("%Y-%m-%d").to_string();
    let field = |name: &str| one_line(hit.metadata.get(name).and_then(|value| value.as_str()).unwrap_or_default());
    let header = match hit.kind {
        Kind::Email => {
            format!(
                "email; from {}; to {}; on {date}; subject \"{}\"; email_id {}",
                field("sender"),
                field("to"),
                one_line(&hit.title),
                one_line(&hit.source_id)
            )
        }
        Kind::Contact => format!("contact; name {}; contact_id {}", one_line(&hit.title), one_line(&hit.source_id)),
        Kind::HubspotNote => {
            let about = one_line(hit.title.strip_prefix("Note on ").unwrap_or(&hit.title));
            format!("note; about {about}; contact_id {}; on {date}", field("contact_id"))
        }
        Kind::Calendar => event_header(hit, time_zone),
        Kind::HubspotDeal => {
            let with = hit.metadata.get("contacts").and_then(|with| with.as_array()).into_iter().flatten();
            let with = with.filter_map(|name| name.as_str()).map(one_line).collect::<Vec<_>>().join(", ");
            format!("deal; {}; deal_id {}; contacts {with}", one_line(&hit.title), one_line(&hit.source_id))
        }
        Kind::HubspotCompany => {
            format!("company; name {}; company_id {}", one_line(&hit.title), one_line(&hit.source_id))
        }
    };
    let lines = hit.text.lines().map(|line| format!("| {}\n", line.trim_end()));
    format!("[{n}] {header}\n{}", lines.collect::<String>())
}

/// When it is, on the advisor's clock. A series says so: its passage has the rule, and a search the dates that were asked for.
fn event_header(hit: &Hit, time_zone: &TimeZone) -> String {
    let mut header = format!("calendar; {}", one_line(&hit.title));
    let when = words::span_of(&hit.metadata).map(|span| words::when(&span, time_zone)).unwrap_or_default();
    let texts = |name: &str| -> Vec<&str> {
        let list = hit.metadata.get(name).and_then(|value| value.as_array());
        list.into_iter().flatten().filter_map(|value| value.as_str()).collect()
    };
    let (is_series, dates) = (!texts("recurrence").is_empty(), texts(DATES));
    header += &match (is_series, dates.is_empty()) {
        (_, false) => format!("; {}", dates.join("; ")),
        (true, true) => format!("; a series that began on {when}"),
        (false, true) => format!("; {when}; event_id {}", one_line(&hit.source_id)),
    };
    header
}

/// A header is one line, and its parts are apart.
fn one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control() || c == ';' || c == '"', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}
