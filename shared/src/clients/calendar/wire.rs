//! An event as Google writes it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use crate::model::calendar::{Attendee, CalendarEvent, Series, Span, Start, Status};
use crate::model::mail::Mailbox;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wire {
    id: String,
    #[serde(default)]
    etag: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    location: String,
    start: Option<Time>,
    end: Option<Time>,
    #[serde(default)]
    recurrence: Vec<String>,
    recurring_event_id: Option<String>,
    original_start_time: Option<Time>,
    organizer: Option<Person>,
    creator: Option<Person>,
    #[serde(default)]
    attendees: Vec<Person>,
    #[serde(default)]
    transparency: String,
    #[serde(default)]
    event_type: String,
    hangout_link: Option<String>,
    conference_data: Option<Conference>,
    #[serde(default)]
    html_link: String,
    created: Option<Timestamp>,
    updated: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Time {
    date: Option<Date>,
    date_time: Option<Timestamp>,
    time_zone: Option<String>,
}

impl Time {
    fn start(&self) -> Option<Start> {
        self.date_time.map(Start::At).or_else(|| self.date.map(Start::On))
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Person {
    email: String,
    display_name: String,
    response_status: String,
    organizer: bool,
    resource: bool,
    #[serde(rename = "self")]
    own: bool,
}

impl Person {
    fn mailbox(self) -> Option<Mailbox> {
        let mailbox = Mailbox { name: self.display_name, email: self.email.to_lowercase() };
        (!mailbox.name.is_empty() || !mailbox.email.is_empty()).then_some(mailbox)
    }

    fn attendee(self) -> Attendee {
        Attendee {
            name: self.display_name,
            email: self.email.to_lowercase(),
            response: self.response_status,
            organizer: self.organizer,
            own: self.own,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Conference {
    entry_points: Vec<EntryPoint>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct EntryPoint {
    entry_point_type: String,
    uri: Option<String>,
}

impl Wire {
    /// `None` for what is no event to anybody: where the advisor works on a day.
    pub(super) fn event(self) -> Option<CalendarEvent> {
        if self.event_type == "workingLocation" {
            return None;
        }
        let span = self.span();
        let video = self.conference_data.unwrap_or_default().entry_points.into_iter();
        let video = video.filter(|entry| entry.entry_point_type == "video").find_map(|entry| entry.uri);
        let declined = self.attendees.iter().any(|person| person.own && person.response_status == "declined");
        let is_own = |person: &Option<Person>| person.as_ref().is_some_and(|person| person.own);
        Some(CalendarEvent {
            google_id: self.id,
            etag: self.etag,
            status: match self.status.as_str() {
                "cancelled" => Status::Cancelled,
                "tentative" => Status::Tentative,
                _ => Status::Confirmed,
            },
            summary: self.summary,
            description: self.description,
            location: self.location,
            span,
            time_zone: self.start.and_then(|start| start.time_zone),
            recurrence: self.recurrence,
            series: self
                .recurring_event_id
                .map(|id| Series { id, original: self.original_start_time.as_ref().and_then(Time::start) }),
            own: is_own(&self.organizer) || is_own(&self.creator),
            organizer: self.organizer.and_then(Person::mailbox),
            attendees: self.attendees.into_iter().filter(|person| !person.resource).map(Person::attendee).collect(),
            busy: self.transparency != "transparent" && !declined,
            video_link: self.hangout_link.or(video),
            html_link: self.html_link,
            created_at: self.created,
            updated_at: self.updated,
        })
    }

    fn span(&self) -> Option<Span> {
        let (start, end) = (self.start.as_ref()?, self.end.as_ref());
        let end = |time: fn(&Time) -> Option<Start>| end.and_then(time);
        match start.start()? {
            Start::At(from) => {
                let until = match end(Time::start) {
                    Some(Start::At(until)) => until,
                    _ => from,
                };
                Some(Span::Time { from, until: until.max(from) })
            }
            Start::On(from) => {
                let until = match end(Time::start) {
                    Some(Start::On(until)) => until,
                    _ => from,
                };
                // A day that ends on itself is meant as that day.
                Some(Span::Days { from, until: until.max(from.tomorrow().unwrap_or(from)) })
            }
        }
    }
}
