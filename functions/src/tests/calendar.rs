//! The advisor's calendar: read, kept up to date, found, cited, and what happens in it.

mod reading;

use fakes::practice::{Event, Mailbox};
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
