use fakes::server::{Fault, FaultKind};
use serde_json::json;

use super::{ADA, EVE, NORA, TestApp, event, every, found, read_again, summaries, with};

fn review() -> fakes::practice::Event {
    let mut review = event("review01", "Annual review: Nora", "2026-11-05T16:00:00Z", "2026-11-05T17:00:00Z");
    review.location = Some("Office, library".into());
    review.description = Some("<p>Bring the <b>529 plan</b> forms.</p>".into());
    with(review, NORA)
}

#[tokio::test]
async fn a_calendar_is_read_at_sign_in_and_can_be_searched() {
    let app = TestApp::start().await;
    app.google.put_event(&review());

    let ada = app.advisor(ADA).await;
    app.work().await;

    let status = ada.get("/api/ingest/status").await.json();
    assert_eq!(status["complete"], true, "{status}");
    let hit = found(&ada, "529 plan forms").await;
    assert_eq!((hit["source_type"].clone(), hit["source_id"].clone()), ("calendar".into(), "review01".into()));
    let text = hit["text"].as_str().unwrap();
    assert!(text.contains("When: Thursday, 5 November 2026, 09:00–10:00 MST."), "{text}");
    assert!(text.contains("Where: Office, library.") && text.contains("Bring the 529 plan forms."), "{text}");
    let metadata = &hit["metadata"];
    assert_eq!(metadata["start"], "2026-11-05T09:00:00-07:00");
    assert_eq!(metadata["end"], "2026-11-05T10:00:00-07:00");
    let nora = json!({ "email": NORA.1, "name": NORA.0, "response": "accepted", "organizer": false });
    assert_eq!(metadata["attendees"], json!([nora]));
    assert_eq!((metadata["organizer_email"].clone(), metadata["is_recurring"].clone()), (json!(ADA), json!(false)));
    assert!(metadata["url"].as_str().is_some_and(|url| url == metadata["html_link"]), "{metadata}");
}

#[tokio::test]
async fn the_calendars_zone_becomes_the_advisors() {
    let app = TestApp::start().await;
    app.advisor(ADA).await;
    app.work().await;

    assert_eq!(app.sql("select timezone from users").await, [["America/Denver"]]);
}

#[tokio::test]
async fn what_changed_is_read_without_reading_everything() {
    let app = TestApp::start().await;
    app.google.put_event(&review());
    app.google.put_event(&event("lunch001", "Lunch: Trish", "2026-11-06T19:00:00Z", "2026-11-06T20:00:00Z"));
    let ada = app.advisor(ADA).await;
    app.work().await;
    app.google.control().forget_requests();

    app.google.delete_event(ADA, "lunch001");
    app.google.amend_event(
        ADA,
        "review01",
        &json!({ "start": { "dateTime": "2026-11-09T14:00:00-07:00" }, "end": { "dateTime": "2026-11-09T15:00:00-07:00" } }),
    );
    app.google.put_event(&event("walk0001", "Walk: Ana", "2026-11-07T19:00:00Z", "2026-11-07T20:00:00Z"));
    read_again(&app, &ada).await;

    assert_eq!(summaries(&app).await, ["Annual review: Nora", "Walk: Ana"]);
    assert_eq!(app.count("select count(*) from documents where kind = 4").await, 2);
    let text = found(&ada, "529 plan forms").await["text"].as_str().unwrap().to_owned();
    assert!(text.contains("Monday, 9 November 2026, 14:00–15:00 MST"), "{text}");
    let lists: Vec<String> = app.google.control().requests().into_iter().map(|request| request.uri).collect();
    let lists: Vec<&String> = lists.iter().filter(|uri| uri.contains("/events?")).collect();
    assert!(!lists.is_empty() && lists.iter().all(|uri| uri.contains("syncToken=")), "{lists:?}");
}

#[tokio::test]
async fn a_calendar_whose_sync_token_is_gone_is_compared_and_neither_lost_nor_doubled() {
    let app = TestApp::start().await;
    app.google.put_event(&review());
    app.google.put_event(&event("gone0001", "Gone", "2026-11-06T19:00:00Z", "2026-11-06T20:00:00Z"));
    let ada = app.advisor(ADA).await;
    app.work().await;

    app.google.delete_event(ADA, "gone0001");
    app.google.put_event(&event("new00001", "New", "2026-11-07T19:00:00Z", "2026-11-07T20:00:00Z"));
    app.google.expire_sync_tokens(ADA);
    read_again(&app, &ada).await;

    assert_eq!(summaries(&app).await, ["Annual review: Nora", "New"]);
    assert_eq!(app.count("select count(*) from calendar_events").await, 2);
    assert_eq!(app.count("select count(*) from documents where kind = 4").await, 2);
}

fn answer(path: &str, status: u16, body: Option<serde_json::Value>) -> Fault {
    let kind = FaultKind::Status { status, headers: Default::default(), body };
    Fault { method: None, path: path.into(), times: 1, kind }
}

#[tokio::test]
async fn an_empty_list_forgets_nothing() {
    let app = TestApp::start().await;
    app.google.put_event(&review());
    let ada = app.advisor(ADA).await;
    app.work().await;
    let rows =
        "select (select id from calendar_events), (select id from documents where kind = 4), count(*) from events";
    let before = app.sql(rows).await;
    app.google.expire_sync_tokens(ADA);
    ada.post("/api/ingest/calendar", json!({})).await;
    app.google.control().arm(answer("/events", 410, None));
    let empty = json!({ "items": [], "nextSyncToken": "made-up", "timeZone": "America/Denver" });
    app.google.control().arm(answer("/events", 200, Some(empty)));

    app.work().await;

    assert_eq!(app.sql(rows).await, before, "neither was forgotten, not even for a while");
    assert_eq!(ada.get("/api/ingest/status").await.json()["complete"], true);
}

#[tokio::test]
async fn a_list_that_fails_or_has_no_end_forgets_nothing() {
    let app = TestApp::start().await;
    app.google.put_event(&review());
    let ada = app.advisor(ADA).await;
    app.work().await;
    for (status, body) in [
        (500, None),
        (403, Some(json!({ "error": { "code": 403, "errors": [{ "reason": "insufficientPermissions" }] } }))),
        (200, Some(json!({}))),
        (200, Some(json!({ "items": [] }))),
    ] {
        app.google.expire_sync_tokens(ADA);
        let mut fault = answer("/events", status, body);
        fault.times = 3;
        app.google.control().arm(fault);
        ada.post("/api/ingest/calendar", json!({})).await;
        app.work_once().await;

        let sources = ada.get("/api/ingest/status").await.json()["sources"].clone();
        let calendar =
            sources.as_array().unwrap().iter().find(|source| source["source"] == "calendar").unwrap().clone();
        assert!(calendar["last_error"].is_string(), "{status}: {calendar}");
        assert_eq!(summaries(&app).await, ["Annual review: Nora"]);
        app.google.control().disarm();
        app.sql("update tasks set state = 'done' where state = 'pending'").await;
    }

    read_again(&app, &ada).await;
    assert_eq!(app.count("select count(*) from documents where kind = 4").await, 1);
}

#[tokio::test]
async fn a_long_calendar_is_read_in_pages() {
    let app = TestApp::start().await;
    for n in 0..260 {
        app.google.put_event(&event(&format!("meet{n:04}"), "Meeting", "2026-11-06T19:00:00Z", "2026-11-06T20:00:00Z"));
    }
    app.advisor(ADA).await;

    app.work().await;

    assert_eq!(app.count("select count(*) from calendar_events").await, 260);
    let pages =
        app.google.control().requests().into_iter().filter(|request| request.uri.contains("pageToken=")).count();
    assert_eq!(pages, 1);
}

#[tokio::test]
async fn a_token_that_ended_is_replaced() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    app.work().await;
    app.google.put_event(&review());
    app.google.expire_access_tokens(ADA);

    read_again(&app, &ada).await;

    assert_eq!(summaries(&app).await, ["Annual review: Nora"]);
}

#[tokio::test]
async fn whole_days_end_on_their_last_day() {
    let app = TestApp::start().await;
    let mut leave = event("leave001", "Out of office: Oaxaca", "2026-10-31T06:00:00Z", "2026-11-03T07:00:00Z");
    leave.all_day = true;
    app.google.put_event(&leave);
    let ada = app.advisor(ADA).await;
    app.work().await;

    let hit = found(&ada, "Oaxaca").await;
    assert_eq!(
        (hit["metadata"]["start"].clone(), hit["metadata"]["end"].clone()),
        ("2026-10-31".into(), "2026-11-03".into())
    );
    let text = hit["text"].as_str().unwrap();
    assert!(text.contains("Saturday, 31 October 2026 to Monday, 2 November 2026, all day"), "{text}");
}

#[tokio::test]
async fn a_series_is_one_record_and_a_moved_date_another() {
    let app = TestApp::start().await;
    let weekly = event("weekly01", "Check-in: Greg", "2026-10-29T15:00:00Z", "2026-10-29T15:30:00Z");
    app.google.put_event(&every(weekly, "FREQ=WEEKLY"));
    app.google.amend_event(
        ADA,
        "weekly01_20261105T160000Z",
        &json!({ "start": { "dateTime": "2026-11-06T13:00:00-07:00" }, "end": { "dateTime": "2026-11-06T13:30:00-07:00" } }),
    );
    app.google.delete_event(ADA, "weekly01_20261112T160000Z");
    let ada = app.advisor(ADA).await;
    app.work().await;

    let rows =
        app.sql("select status, series_id, original_at is not null from calendar_events order by google_id").await;
    let dates = [["confirmed", "null", "f"], ["confirmed", "weekly01", "t"], ["cancelled", "weekly01", "t"]];
    assert_eq!(rows, dates);
    assert_eq!(app.count("select count(*) from documents where kind = 4").await, 2);

    app.google.delete_event(ADA, "weekly01");
    read_again(&app, &ada).await;
    assert_eq!(summaries(&app).await, Vec::<String>::new());
    assert_eq!(app.count("select count(*) from documents where kind = 4").await, 0);
}

#[tokio::test]
async fn a_changed_date_is_asked_for_when_its_series_is_gone() {
    let app = TestApp::start().await;
    let weekly = event("weekly01", "Check-in: Greg", "2026-10-29T15:00:00Z", "2026-10-29T15:30:00Z");
    app.google.put_event(&every(weekly, "FREQ=WEEKLY"));
    app.google.amend_event(ADA, "weekly01_20261105T160000Z", &json!({ "location": "Phone" }));
    app.google.delete_event(ADA, "weekly01_20261112T160000Z");
    let ada = app.advisor(ADA).await;
    app.work().await;
    let token = app.sql("select cursor->>'sync_token' from sync_cursors where source = 'calendar'").await[0][0].clone();
    app.google.delete_event(ADA, "weekly01");
    let series = json!({ "id": "weekly01", "status": "cancelled" });
    let only_the_series = json!({ "items": [series], "nextSyncToken": token, "timeZone": "America/Denver" });
    app.google.control().arm(answer("/events", 200, Some(only_the_series)));
    app.google.control().forget_requests();

    read_again(&app, &ada).await;

    let asked: Vec<String> = app.google.control().requests().into_iter().map(|request| request.uri).collect();
    assert!(asked.iter().any(|uri| uri.ends_with("/events/weekly01%5F20261105T160000Z")), "{asked:?}");
    assert_eq!(app.count("select count(*) from documents where kind = 4").await, 0);
}

#[tokio::test]
async fn one_advisors_calendar_is_nobody_elses() {
    let app = TestApp::start().await;
    app.google.put_event(&review());
    app.advisor(ADA).await;
    let eve = app.advisor(EVE).await;
    app.work().await;

    assert!(found(&eve, "529 plan forms").await.is_null());
}

#[tokio::test]
async fn the_endpoints_say_what_they_take() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;

    let begun = ada.post("/api/ingest", json!({ "source": "calendar", "calendar_id": ADA, "max_results": 100 })).await;
    assert_eq!((begun.status.as_u16(), begun.json()["source"].clone()), (200, "calendar".into()));
    assert!(begun.json()["job_id"].is_string() && begun.json()["stats"]["deleted_events"].is_number());
    let task = ada.get(&format!("/api/tasks/{}", begun.json()["job_id"].as_str().unwrap())).await.json();
    assert_eq!(task["task_type"], "calendar_sync");
    assert_eq!(ada.post("/api/ingest/calendar?calendar_id=primary&max_results=250", json!({})).await.status, 200);

    let refused = ada.post("/api/ingest", json!({ "source": "fax" })).await;
    assert_eq!(refused.status, 400);
    assert!(refused.json()["detail"].as_str().unwrap().starts_with("Invalid source: fax"), "{}", refused.body);
    assert_eq!(ada.post("/api/ingest", json!({})).await.status, 422);
    assert_eq!(ada.post("/api/ingest", json!({ "source": "gmail", "max_results": 0 })).await.status, 422);
    assert_eq!(ada.post("/api/ingest/calendar?calendar_id=team@firm.example", json!({})).await.status, 422);
    let missing = ada.post("/api/ingest", json!({ "source": "hubspot" })).await;
    assert_eq!(
        (
            missing.status.as_u16(),
            missing.json()["detail"].as_str().unwrap().starts_with("HubSpot OAuth tokens not found")
        ),
        (400, true)
    );
}

#[tokio::test]
async fn the_clock_reads_calendars_too() {
    let app = TestApp::start_with(&[("SYNC_INTERVAL", "60")]).await;
    app.advisor(ADA).await;
    app.work().await;
    app.google.put_event(&review());

    app.sql("update tasks set updated_at = now() - interval '2 minutes'").await;
    app.tick("schedules-reconcile").await;
    app.work().await;

    assert_eq!(summaries(&app).await, ["Annual review: Nora"]);
}

#[tokio::test]
async fn a_calendar_that_is_not_allowed_is_left_alone_and_the_rest_is_read() {
    let app = TestApp::start_with(&[("SYNC_INTERVAL", "60")]).await;
    app.google.put_event(&review());
    let ada = app.visitor();
    let consent = ada.get("/api/auth/google/start").await.location();
    let unticked = format!("{consent}&account={ADA}&untick=https://www.googleapis.com/auth/calendar");

    let landed = ada.consent(&unticked, "approve").await;
    app.work().await;
    app.sql("update tasks set updated_at = now() - interval '2 minutes'").await;
    app.tick("schedules-reconcile").await;
    app.work().await;

    assert!(landed.ends_with("/auth/success"), "{landed}");
    let status = ada.get("/api/ingest/status").await.json();
    let told = (&status["gmail_connected"], &status["calendar_connected"], &status["complete"]);
    assert_eq!(told, (&json!(true), &json!(false), &json!(true)), "{status}");
    assert_eq!(app.count("select count(*) from tasks where task_type = 'calendar_sync'").await, 0);
    let refused = ada.post("/api/ingest/calendar", json!({})).await;
    assert_eq!(refused.status, 409);
    assert!(refused.json()["detail"].as_str().unwrap().contains("connect Google again"), "{}", refused.body);
}
