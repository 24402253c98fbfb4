use fakes::openai::Reply;
use jiff::ToSpan;
use serde_json::{Value, json};

use super::{ADA, NORA, TestApp, at, call, event, every, today, with};

fn asked(query: Option<&str>, day: Option<&str>, attendee: Option<&str>) -> Value {
    json!({ "query": query, "date_filter": day, "attendee_filter": attendee, "limit": null })
}

fn summaries(result: &Value) -> Vec<&str> {
    result["events"].as_array().unwrap().iter().map(|event| event["summary"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_day_is_the_advisors_day() {
    let app = TestApp::start().await;
    let day = today(&app);
    let tomorrow = day.tomorrow().unwrap();
    // Late in Denver is the next day in London.
    for (id, summary, day, hour) in [("late0001", "Late call", day, 23), ("early001", "Breakfast: Sara", tomorrow, 7)] {
        app.google.put_event(&event(id, summary, &at(day, hour, 0), &at(day, hour, 30)));
    }
    let ada = app.advisor(ADA).await;
    app.work().await;

    let (result, told) = call(&app, &ada, "search_calendar", asked(None, Some("tomorrow"), None)).await;
    assert_eq!(summaries(&result), ["Breakfast: Sara"]);
    assert_eq!(result["events"][0]["event_id"], "early001");
    assert!(result["events"][0]["start_time"].as_str().unwrap().starts_with(&format!("{tomorrow}T07:00:00-0")));
    let header = told.lines().find(|line| line.starts_with('[')).unwrap();
    assert!(header.contains("calendar; Breakfast: Sara; ") && header.contains(", 07:00–07:30 M"), "{told}");
    let (result, _) = call(&app, &ada, "search_calendar", asked(None, Some(&day.to_string()), None)).await;
    assert_eq!(summaries(&result), ["Late call"]);
    let (result, _) = call(&app, &ada, "search_calendar", asked(Some("meetings"), Some("today"), None)).await;
    assert_eq!(summaries(&result), ["Late call"]);
}

#[tokio::test]
async fn a_day_with_another_number_of_hours_is_a_day() {
    let app = TestApp::start().await;
    for (id, from, until) in [
        ("autumn01", "2026-11-01T06:00:00Z", "2026-11-01T06:30:00Z"),
        ("autumn02", "2026-11-02T06:30:00Z", "2026-11-02T06:45:00Z"),
        ("autumn03", "2026-11-02T07:00:00Z", "2026-11-02T07:30:00Z"),
        ("spring01", "2027-03-15T05:30:00Z", "2027-03-15T05:45:00Z"),
        ("spring02", "2027-03-15T06:00:00Z", "2027-03-15T06:30:00Z"),
    ] {
        app.google.put_event(&event(id, id, from, until));
    }
    let ada = app.advisor(ADA).await;
    app.work().await;

    let (result, _) = call(&app, &ada, "search_calendar", asked(None, Some("2026-11-01"), None)).await;
    assert_eq!(summaries(&result), ["autumn01", "autumn02"]);
    let starts: Vec<&Value> = result["events"].as_array().unwrap().iter().map(|event| &event["start_time"]).collect();
    assert_eq!(starts, ["2026-11-01T00:00:00-06:00", "2026-11-01T23:30:00-07:00"]);
    let (result, _) = call(&app, &ada, "search_calendar", asked(None, Some("2027-03-14"), None)).await;
    assert_eq!(summaries(&result), ["spring01"]);
}

#[tokio::test]
async fn the_next_meeting_with_somebody_is_found_by_name_and_by_any_address() {
    let app = TestApp::start().await;
    let day = today(&app);
    app.contact("501", "Sara", "Smith", "sara@smith.example");
    let guest = ("", "sara@smith.example");
    let past = day.saturating_sub(20.days());
    for (id, summary, day, guest) in [
        ("past0001", "Last year's plan", past, guest),
        ("next0001", "Buy-out numbers", day.saturating_add(9.days()), guest),
        ("next0002", "Second look", day.saturating_add(30.days()), guest),
        ("other001", "Plan review", day.saturating_add(2.days()), NORA),
    ] {
        app.google.put_event(&with(event(id, summary, &at(day, 10, 0), &at(day, 11, 0)), guest));
    }
    let ada = app.ready_advisor(ADA).await;

    let (result, _) = call(&app, &ada, "search_calendar", asked(None, None, Some("Sara Smith"))).await;
    assert_eq!(summaries(&result), ["Buy-out numbers", "Second look", "Last year's plan"]);
    let (result, _) = call(&app, &ada, "search_calendar", asked(Some("next meeting with Sara"), None, None)).await;
    assert_eq!(summaries(&result)[0], "Buy-out numbers");
    let (result, _) = call(&app, &ada, "search_calendar", asked(None, None, Some("nora@ellison"))).await;
    assert_eq!(summaries(&result), ["Plan review"]);
}

#[tokio::test]
async fn a_series_shows_the_dates_that_are_and_not_those_that_were_moved_or_called_off() {
    let app = TestApp::start().await;
    let weekly =
        every(event("weekly01", "Check-in: Greg", "2026-10-29T15:00:00Z", "2026-10-29T15:30:00Z"), "FREQ=WEEKLY");
    app.google.put_event(&weekly);
    app.google.amend_event(
        ADA,
        "weekly01_20261105T160000Z",
        &json!({ "start": { "dateTime": "2026-11-06T13:00:00-07:00" }, "end": { "dateTime": "2026-11-06T13:30:00-07:00" } }),
    );
    app.google.delete_event(ADA, "weekly01_20261112T160000Z");
    let ada = app.advisor(ADA).await;
    app.work().await;

    for (day, start) in [
        ("2026-10-29", Some("2026-10-29T09:00:00-06:00")),
        ("2026-11-05", None),
        ("2026-11-06", Some("2026-11-06T13:00:00-07:00")),
        ("2026-11-12", None),
        ("2026-11-19", Some("2026-11-19T09:00:00-07:00")),
        ("2027-03-18", Some("2027-03-18T09:00:00-06:00")),
    ] {
        let (result, _) = call(&app, &ada, "search_calendar", asked(None, Some(day), None)).await;
        let starts: Vec<&str> =
            result["events"].as_array().unwrap().iter().map(|event| event["start_time"].as_str().unwrap()).collect();
        assert_eq!(starts, Vec::from_iter(start), "{day}");
    }
    let (result, told) = call(&app, &ada, "search_calendar", asked(None, Some("2026-11-19"), None)).await;
    assert_eq!(result["events"][0]["event_id"], "weekly01_20261119T160000Z");
    assert!(told.contains("calendar; Check-in: Greg; Thursday, 19 November 2026, 09:00–09:30 MST"), "{told}");
    assert!(told.contains("| Repeats: every week."), "{told}");
}

#[tokio::test]
async fn whole_days_belong_to_each_of_their_days() {
    let app = TestApp::start().await;
    let mut leave = event("leave001", "Out of office: Oaxaca", "2026-10-31T06:00:00Z", "2026-11-03T07:00:00Z");
    leave.all_day = true;
    app.google.put_event(&leave);
    let ada = app.advisor(ADA).await;
    app.work().await;

    for (day, found) in [("2026-10-30", 0), ("2026-10-31", 1), ("2026-11-02", 1), ("2026-11-03", 0)] {
        let (result, _) = call(&app, &ada, "search_calendar", asked(None, Some(day), None)).await;
        assert_eq!(result["total"], found, "{day}");
    }
}

#[tokio::test]
async fn an_answer_links_to_the_event_it_speaks_of() {
    let app = TestApp::start().await;
    let review = event("review01", "Annual review: Nora", "2026-11-05T16:00:00Z", "2026-11-05T17:00:00Z");
    app.google.put_event(&with(review, NORA));
    let ada = app.advisor(ADA).await;
    app.work().await;
    app.openai.script(vec![
        Reply::call("search_calendar", asked(Some("annual review Nora"), None, None)),
        Reply::text("It was on 5 November, “09:00–10:00 MST” [1]."),
    ]);

    let turn = ada.ask("When was Nora's review?").await;

    assert!(turn.html.contains("/calendar/event?eid="), "{}", turn.html);
    assert!(turn.html.contains("“09:00–10:00 MST”"), "{}", turn.html);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_what_can() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    app.work().await;

    for (arguments, says) in [
        (asked(None, None, None), "at least one of query, date_filter and attendee_filter"),
        (asked(None, Some("someday"), None), "next_week"),
        (json!({ "query": 5 }), "query"),
    ] {
        let (_, told) = call(&app, &ada, "search_calendar", arguments).await;
        assert!(told.starts_with("Error: ") && told.contains(says), "{told}");
    }
}
