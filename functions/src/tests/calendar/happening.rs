use std::time::Duration;

use serde_json::{Value, json};

use super::{ADA, NORA, TestApp, event, every, read_again, with};

/// What happened, oldest first: type, subject, facts.
async fn happened(app: &TestApp) -> Vec<(String, String, Value)> {
    let rows = app.sql("select event_type, subject_id, facts from events where source = 'calendar' order by id").await;
    let short = |kind: &str| kind.trim_start_matches("calendar.event.").to_owned();
    rows.iter().map(|row| (short(&row[0]), row[1].clone(), serde_json::from_str(&row[2]).unwrap())).collect()
}

async fn kinds(app: &TestApp) -> Vec<(String, String)> {
    happened(app).await.into_iter().map(|(kind, subject, _)| (kind, subject)).collect()
}

fn one(kind: &str, subject: &str) -> (String, String) {
    (kind.into(), subject.into())
}

/// An advisor whose calendar had something in it long before.
async fn connected<'a>(app: &'a TestApp, old: &[fakes::practice::Event]) -> super::Person<'a> {
    for event in old {
        app.google.put_event(event);
    }
    app.advance(Duration::from_secs(3_600));
    // Accounts are connected by the database's clock.
    let ada = app.advisor(ADA).await;
    app.sql("update connections set created_at = now() + interval '1 hour'").await;
    app.work().await;
    app.advance(Duration::from_secs(60));
    ada
}

fn review(id: &str) -> fakes::practice::Event {
    with(event(id, "Annual review: Nora", "2027-02-04T16:00:00Z", "2027-02-04T17:00:00Z"), NORA)
}

#[tokio::test]
async fn what_was_there_before_has_not_happened() {
    let app = TestApp::start().await;
    let weekly = every(event("weekly01", "Check-in", "2026-10-29T15:00:00Z", "2026-10-29T15:30:00Z"), "FREQ=WEEKLY");
    let ada = connected(&app, &[review("review01"), weekly]).await;
    read_again(&app, &ada).await;

    assert_eq!(kinds(&app).await, []);
}

#[tokio::test]
async fn an_event_is_made_changed_and_called_off_once_each() {
    let app = TestApp::start().await;
    let ada = connected(&app, &[]).await;

    app.google.put_event(&review("review01"));
    read_again(&app, &ada).await;
    app.google.amend_event(ADA, "review01", &json!({ "location": "Office, library" }));
    read_again(&app, &ada).await;
    app.google.delete_event(ADA, "review01");
    read_again(&app, &ada).await;
    // Everything is read once more, and nothing happens by that.
    app.google.expire_sync_tokens(ADA);
    read_again(&app, &ada).await;

    let expected = [one("created", "review01"), one("updated", "review01"), one("cancelled", "review01")];
    assert_eq!(kinds(&app).await, expected);
    let facts = happened(&app).await[1].2.clone();
    let nora = json!([{ "name": NORA.0, "email": NORA.1 }]);
    assert_eq!((facts["own"].clone(), facts["attendees"].clone()), (json!(true), nora));
    assert_eq!(
        (facts["start"].clone(), facts["location"].clone()),
        ("2027-02-04T16:00:00Z".into(), "Office, library".into())
    );
    assert!(facts["url"].as_str().unwrap().contains("eid="));
    assert_eq!(app.count("select count(*) from tasks where task_type = 'handle_event'").await, 3);
}

#[tokio::test]
async fn what_nobody_cares_about_is_no_change() {
    let app = TestApp::start().await;
    let ada = connected(&app, &[review("review01")]).await;

    app.google.amend_event(ADA, "review01", &json!({ "description": "Bring the forms.", "colorId": "7" }));
    let answered = json!({ "attendees": [{ "email": NORA.1, "displayName": NORA.0, "responseStatus": "declined" }] });
    app.google.amend_event(ADA, "review01", &answered);
    read_again(&app, &ada).await;

    assert_eq!(kinds(&app).await, []);
    let stored = app.sql("select description, attendees->0->>'response' from calendar_events").await;
    assert_eq!(stored, [["Bring the forms.", "declined"]]);
}

#[tokio::test]
async fn a_date_of_a_series_is_moved_and_another_called_off() {
    let app = TestApp::start().await;
    let weekly = every(event("weekly01", "Check-in", "2026-10-29T15:00:00Z", "2026-10-29T15:30:00Z"), "FREQ=WEEKLY");
    let ada = connected(&app, &[with(weekly, NORA)]).await;

    let moved = json!({ "start": { "dateTime": "2027-02-05T13:00:00-07:00" }, "end": { "dateTime": "2027-02-05T13:30:00-07:00" } });
    app.google.amend_event(ADA, "weekly01_20270204T160000Z", &moved);
    app.google.delete_event(ADA, "weekly01_20270211T160000Z");
    read_again(&app, &ada).await;

    let expected = [one("updated", "weekly01_20270204T160000Z"), one("cancelled", "weekly01_20270211T160000Z")];
    assert_eq!(kinds(&app).await, expected);
    let facts = happened(&app).await;
    assert_eq!(facts[0].2["start"], "2027-02-05T20:00:00Z");
    assert_eq!(
        (facts[1].2["start"].clone(), facts[1].2["summary"].clone()),
        ("2027-02-11T16:00:00Z".into(), "Check-in".into())
    );

    // The end of a series is one happening, and not one for each of its dates.
    app.google.delete_event(ADA, "weekly01");
    read_again(&app, &ada).await;
    assert_eq!(kinds(&app).await[2..], [one("cancelled", "weekly01")]);
}

#[tokio::test]
async fn what_happened_while_a_sync_token_expired_is_not_lost() {
    let app = TestApp::start().await;
    let ada = connected(&app, &[review("review01"), review("review02")]).await;

    app.google.delete_event(ADA, "review01");
    app.google.amend_event(ADA, "review02", &json!({ "summary": "Review: Nora and Tom" }));
    app.google.put_event(&review("review03"));
    app.google.expire_sync_tokens(ADA);
    read_again(&app, &ada).await;

    let mut kinds = kinds(&app).await;
    kinds.sort();
    assert_eq!(kinds, [one("cancelled", "review01"), one("created", "review03"), one("updated", "review02")]);
}
