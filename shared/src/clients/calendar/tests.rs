//! Reading a calendar of the stand-in for Google, and events it does not make.

use fakes::practice::{Event, Mailbox};
use fakes::server::{Fault, FaultKind};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::wire::Wire;
use super::{Availability, Busy, Calendar, Listing};
use crate::clients::google_oauth::tests::{ADA, World};
use crate::model::calendar::{CalendarEvent, Span, Start, Status};

struct Test {
    world: World,
    token: String,
}

impl Test {
    async fn start() -> Self {
        let world = World::start().await;
        let token = world.sign_in().await.tokens.access_token;
        Self { world, token }
    }

    fn calendar(&self) -> Calendar<'_> {
        Calendar { http: &self.world.http, base: &self.world.config.calendar_url, token: &self.token }
    }

    fn put(&self, id: &str, start: &str, end: &str, recurrence: &[&str]) {
        self.world.google.put_event(&Event {
            calendar: ADA.into(),
            id: id.into(),
            summary: format!("Event {id}"),
            description: None,
            location: None,
            start: at(start),
            end: at(end),
            all_day: false,
            attendees: vec![Mailbox { name: "Nora Åberg".into(), email: "Nora@Fir.example".into() }],
            recurrence: recurrence.iter().map(|line| (*line).to_owned()).collect(),
        });
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn page(listing: Listing) -> super::Page {
    match listing {
        Listing::Page(page) => page,
        Listing::TooOld => panic!("the token is too old"),
    }
}

#[tokio::test]
async fn a_calendar_is_read_whole_and_then_by_what_changed() {
    let test = Test::start().await;
    test.put("first1", "2026-11-05T16:00:00Z", "2026-11-05T17:00:00Z", &[]);
    test.put("series", "2026-11-06T16:00:00Z", "2026-11-06T17:00:00Z", &["RRULE:FREQ=DAILY"]);

    let all = page(test.calendar().list(None, None).await.unwrap());
    let ids: Vec<&str> = all.events.iter().map(|event| event.google_id.as_str()).collect();
    assert_eq!(ids, ["first1", "series"]);
    assert_eq!(all.time_zone.as_deref(), Some("America/Denver"));
    assert_eq!(all.events[0].attendees[0].email, "nora@fir.example");
    assert_eq!(all.events[1].recurrence, ["RRULE:FREQ=DAILY"]);

    test.world.google.delete_event(ADA, "first1");
    test.world.google.delete_event(ADA, "series_20261107T160000Z");
    let token = all.sync_token.unwrap();
    let changed = page(test.calendar().list(Some(&token), None).await.unwrap());
    assert!(changed.events.iter().all(CalendarEvent::is_cancelled));
    let date = changed.events[1].series.as_ref().unwrap();
    assert_eq!((date.id.as_str(), date.original), ("series", Some(Start::At(at("2026-11-07T16:00:00Z")))));

    test.world.google.expire_sync_tokens(ADA);
    assert!(matches!(test.calendar().list(Some(&token), None).await.unwrap(), Listing::TooOld));
}

#[tokio::test]
async fn one_event_is_there_off_or_unknown() {
    let test = Test::start().await;
    test.put("first1", "2026-11-05T16:00:00Z", "2026-11-05T17:00:00Z", &[]);

    assert_eq!(test.calendar().get("first1").await.unwrap().unwrap().summary, "Event first1");
    test.world.google.delete_event(ADA, "first1");
    assert_eq!(test.calendar().get("first1").await.unwrap().unwrap().status, Status::Cancelled);
    assert!(test.calendar().get("no/such one").await.unwrap().is_none());
}

#[tokio::test]
async fn busy_times_are_told_and_whose_are_not_known() {
    let test = Test::start().await;
    test.put("first1", "2026-11-05T16:00:00Z", "2026-11-05T17:00:00Z", &[]);
    let ids = ["primary".to_owned(), "stranger@else.example".to_owned()];

    let told = test.calendar().free_busy(at("2026-11-05T00:00:00Z"), at("2026-11-06T00:00:00Z"), &ids).await.unwrap();

    let busy = Busy { start: at("2026-11-05T16:00:00Z"), end: at("2026-11-05T17:00:00Z") };
    assert_eq!(told["primary"], Availability::Known(vec![busy]));
    assert_eq!(told["stranger@else.example"], Availability::Unknown);
}

#[tokio::test]
async fn an_answer_without_a_list_is_no_empty_calendar() {
    let test = Test::start().await;
    let kind = FaultKind::Status { status: 200, headers: Default::default(), body: Some(json!({ "kind": "x" })) };
    test.world.google.control().arm(Fault { method: None, path: "/events".into(), times: 1, kind });

    assert!(test.calendar().list(None, None).await.is_err());
}

fn read(event: Value) -> Option<CalendarEvent> {
    serde_json::from_value::<Wire>(event).unwrap().event()
}

#[test]
fn what_is_only_known_to_be_off_is_read() {
    let off = read(json!({ "id": "a_1", "status": "cancelled" })).unwrap();
    assert_eq!((off.status, off.span, off.series), (Status::Cancelled, None, None));
    let date = json!({
        "id": "a_20261105", "status": "cancelled", "recurringEventId": "a", "originalStartTime": { "date": "2026-11-05" },
    });
    assert_eq!(read(date).unwrap().series.unwrap().original, Some(Start::On("2026-11-05".parse().unwrap())));
}

#[test]
fn people_rooms_and_calls_are_told_apart() {
    let event = read(json!({
        "id": "a", "status": "tentative", "transparency": "opaque",
        "start": { "dateTime": "2026-11-05T09:00:00-07:00", "timeZone": "America/Denver" },
        "end": { "dateTime": "2026-11-05T10:00:00-07:00", "timeZone": "America/Denver" },
        "organizer": { "email": "Nora@Fir.example" },
        "attendees": [
            { "email": "nora@fir.example", "organizer": true, "responseStatus": "accepted" },
            { "email": "ada@firm.example", "self": true, "responseStatus": "declined" },
            { "email": "room@resource.example", "resource": true, "responseStatus": "accepted" },
        ],
        "conferenceData": { "entryPoints": [
            { "entryPointType": "phone", "uri": "tel:+1-303" }, { "entryPointType": "video", "uri": "https://zoom.example/j/1" },
        ] },
    }))
    .unwrap();
    assert_eq!(event.attendees.len(), 2);
    let guests: Vec<&str> = event.guests().map(|guest| guest.email.as_str()).collect();
    assert_eq!(guests, ["nora@fir.example"]);
    assert!(!event.busy && !event.own, "declined, and somebody else's");
    assert_eq!(event.video_link.as_deref(), Some("https://zoom.example/j/1"));
    let (from, until) = (at("2026-11-05T16:00:00Z"), at("2026-11-05T17:00:00Z"));
    assert_eq!(event.span, Some(Span::Time { from, until }));
}

#[test]
fn where_somebody_works_is_no_event() {
    assert!(read(json!({ "id": "a", "eventType": "workingLocation", "status": "confirmed" })).is_none());
}
