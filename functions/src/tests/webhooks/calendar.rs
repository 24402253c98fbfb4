use std::time::Duration;

use futures::future::join_all;

use super::*;

const TOLD: &str = "select count(*) from webhook_events where source = 'calendar'";

/// An advisor whose calendar is watched, and the headers of the first message.
pub(in crate::tests) async fn watched(app: &TestApp) -> HeaderMap {
    app.advisor(ADA).await;
    app.work().await;
    app.until("select count(*) from watches where source = 'calendar' and confirmed_at is not null", "1").await;
    app.heard.of(CALENDAR).remove(0).0
}

pub(super) fn meeting(id: &str) -> fakes::practice::Event {
    let start = jiff::Timestamp::from_second(1_796_000_000).unwrap();
    fakes::practice::Event {
        calendar: ADA.into(),
        id: id.into(),
        summary: "Review".into(),
        description: None,
        location: None,
        start,
        end: start + Duration::from_secs(3600),
        all_day: false,
        attendees: Vec::new(),
        recurrence: Vec::new(),
    }
}

#[tokio::test]
async fn the_first_message_of_a_channel_only_says_that_it_works() {
    let app = TestApp::listening().await;
    let headers = watched(&app).await;

    assert_eq!(headers["x-goog-resource-state"], "sync");
    let answer = send_again(&app, CALENDAR, &headers, "").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "status": "ok", "sync": true })));
    assert_eq!(app.count("select count(*) from tasks where state = 'pending'").await, 0);
}

#[tokio::test]
async fn a_change_asks_for_one_reading_however_often_it_is_told() {
    let app = TestApp::listening().await;
    let ada = app.advisor(ADA).await;
    app.work().await;
    app.until("select count(*) from watches where source = 'calendar' and confirmed_at is not null", "1").await;
    app.google.put_event(&meeting("abcde01"));
    app.until(TOLD, "1").await;
    let (headers, _) = app.heard.of(CALENDAR).pop().unwrap();
    app.work().await;

    let copies = join_all((0..20).map(|_| send_again(&app, CALENDAR, &headers, ""))).await;
    for copy in copies {
        assert_eq!(copy.json(), json!({ "status": "ok", "processed": false, "reason": "Duplicate" }));
    }
    let next = with(&headers, "x-goog-message-number", Some("1000"));
    let answer = send_again(&app, CALENDAR, &next, "").await.json();
    let task = app.sql("select id, user_id from tasks where state = 'pending'").await;
    assert_eq!(task.len(), 1);
    assert_eq!(
        answer,
        json!({
            "status": "ok", "processed": true, "user_id": ada.user_id().await, "task_id": task[0][0],
            "task_state": "pending", "result": null, "error": null,
        })
    );
}

#[tokio::test]
async fn who_does_not_know_the_channels_token_is_refused() {
    let app = TestApp::listening().await;
    let headers = watched(&app).await;
    let token = headers["x-goog-channel-token"].to_str().unwrap();
    assert!(token.len() >= 43, "256 bits");
    let changed = with(&headers, "x-goog-resource-state", Some("exists"));
    let stored = app.sql("select encode(token_hash, 'hex') from watches where source = 'calendar'").await[0][0].clone();
    for token in [None, Some(""), Some("guess"), Some(&token[1..]), Some(stored.as_str())] {
        let answer = send_again(&app, CALENDAR, &with(&changed, "x-goog-channel-token", token), "").await;
        assert_eq!(answer.status, 401, "{token:?}");
        assert_eq!(answer.json()["detail"], "Invalid channel token");
    }
    let answer = send_again(&app, CALENDAR, &with(&changed, "x-goog-resource-id", Some("another")), "").await;
    assert_eq!(answer.status, 401, "a channel is for one resource");
    // Not even that a channel works is said to somebody else.
    let answer = send_again(&app, CALENDAR, &with(&headers, "x-goog-channel-token", Some("guess")), "").await;
    assert_eq!(answer.status, 401);
    assert_eq!(app.count(TOLD).await, 0);
}

#[tokio::test]
async fn a_channel_nobody_opened_is_counted_and_acknowledged() {
    let app = TestApp::listening().await;
    let headers = watched(&app).await;

    let answer = send_again(&app, CALENDAR, &with(&headers, "x-goog-channel-id", Some("another")), "").await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({ "status": "ok", "processed": false, "reason": "No matching user" }));
    assert_eq!(app.sql("select source, deliveries from unknown_deliveries").await, [["calendar", "1"]]);
}

#[tokio::test]
async fn a_message_without_its_headers_is_none() {
    let app = TestApp::listening().await;
    let headers = watched(&app).await;
    for name in ["x-goog-channel-id", "x-goog-resource-state"] {
        let answer = send_again(&app, CALENDAR, &with(&headers, name, None), "").await;
        assert_eq!((answer.status.as_u16(), &answer.json()["detail"]), (400, &json!("Missing required headers")));
    }
}
