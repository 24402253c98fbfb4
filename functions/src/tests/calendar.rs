//! The advisor's calendar: read, kept up to date, found, cited, and what happens in it.

mod asking;
mod free_time;
mod happening;
mod reading;

use fakes::openai::Reply;
use fakes::practice::{Event, Mailbox};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::support::*;

pub const NORA: (&str, &str) = ("Nora Ellison", "nora@ellison.example");

/// An event of Ada's calendar, in Denver.
pub fn event(id: &str, summary: &str, from: &str, until: &str) -> Event {
    Event {
        calendar: ADA.into(),
        id: id.into(),
        summary: summary.into(),
        description: None,
        location: None,
        start: from.parse().unwrap(),
        end: until.parse().unwrap(),
        all_day: false,
        attendees: Vec::new(),
        recurrence: Vec::new(),
    }
}

pub fn with(mut event: Event, guest: (&str, &str)) -> Event {
    event.attendees.push(Mailbox { name: guest.0.into(), email: guest.1.into() });
    event
}

pub fn every(mut event: Event, rule: &str) -> Event {
    event.recurrence = vec![format!("RRULE:{rule}")];
    event
}

/// Has the calendar read again.
pub async fn read_again(app: &TestApp, ada: &Person<'_>) {
    let begun = ada.post("/api/ingest/calendar", json!({})).await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    app.work().await;
}

/// The one document of an event, as a search finds it.
pub async fn found(ada: &Person<'_>, query: &str) -> Value {
    let body = json!({ "query": query, "source_type": "calendar" });
    ada.post("/api/embeddings/search", body).await.json()["results"][0].clone()
}

pub async fn summaries(app: &TestApp) -> Vec<String> {
    app.sql("select summary from calendar_events where status <> 'cancelled' order by 1").await.concat()
}

/// What a tool answered: to the client, and to the model.
pub async fn call(app: &TestApp, ada: &Person<'_>, tool: &str, arguments: Value) -> (Value, String) {
    app.openai.script(vec![Reply::call(tool, arguments), Reply::text("Done.")]);
    let turn = ada.ask("What is in my calendar?").await;
    let result = turn.of_type("tool_result")[0]["output"].clone();
    let last: Value = serde_json::from_str(&app.openai.control().requests().pop().unwrap().body).unwrap();
    let told = last["messages"].as_array().or(last["input"].as_array()).unwrap().last().unwrap().clone();
    let told = told.get("content").or(told.get("output")).unwrap().as_str().unwrap().to_owned();
    (result, told)
}

/// Today on Ada's clock.
pub fn today(app: &TestApp) -> Date {
    app.app.now().to_zoned(denver()).date()
}

pub fn denver() -> TimeZone {
    TimeZone::get("America/Denver").unwrap()
}

/// A moment of Ada's day, as the fakes take it.
pub fn at(day: Date, hour: i8, minute: i8) -> String {
    day.at(hour, minute, 0, 0).to_zoned(denver()).unwrap().timestamp().to_string()
}
