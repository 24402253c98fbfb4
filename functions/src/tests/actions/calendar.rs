//! The calendar.

use fakes::practice;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::*;

const EVENTS: &str = "/calendar/v3/calendars/primary/events";
const BEA: &str = "bea@firm.example";

/// This hour of Denver's clock, ten days from now, as the model writes it.
fn at(app: &TestApp, hour: i8) -> (String, Timestamp) {
    let zone = TimeZone::get("America/Denver").unwrap();
    let local = app.app.now().to_zoned(zone.clone()).date().saturating_add(10.days()).at(hour, 0, 0, 0);
    (local.strftime("%Y-%m-%dT%H:%M").to_string(), local.to_zoned(zone).unwrap().timestamp())
}

fn event(app: &TestApp, id: &str, guests: &[&str]) -> practice::Event {
    practice::Event {
        calendar: ADA.into(),
        id: id.into(),
        summary: "Review".into(),
        description: Some("Bring the papers.".into()),
        location: None,
        start: at(app, 15).1,
        end: at(app, 16).1,
        all_day: false,
        attendees: guests
            .iter()
            .map(|email| practice::Mailbox { name: String::new(), email: (*email).into() })
            .collect(),
        recurrence: Vec::new(),
    }
}

impl TestApp {
    /// What stands in somebody's calendar, as Google says it.
    async fn in_calendar(&self, email: &str) -> Vec<Value> {
        let text = self.page(&format!("{}/_control/events?email={email}", self.google.url())).await;
        serde_json::from_str::<Value>(&text).unwrap().as_array().unwrap().clone()
    }
}

fn meeting(app: &TestApp) -> Value {
    json!({
        "summary": "Review with Bea", "start_time": at(app, 15).0, "end_time": at(app, 16).0, "attendees": [BEA],
        "location": "Office", "description": "Yearly",
    })
}

#[tokio::test]
async fn an_event_is_in_the_calendar_at_the_advisors_hour_and_its_guests_are_told() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;

    let result = ada.does("schedule_event", meeting(&app)).await;

    let shown = (&result["status"], &result["summary"], &result["attendees"]);
    assert_eq!(shown, (&json!("success"), &json!("Review with Bea"), &json!([BEA])));
    assert_eq!(result["start"].as_str().unwrap().parse::<Timestamp>().unwrap(), at(&app, 15).1);
    assert_eq!(result["end"].as_str().unwrap().parse::<Timestamp>().unwrap(), at(&app, 16).1);
    assert!(result["event_link"].as_str().unwrap().starts_with("http"), "{result}");
    assert_eq!(
        (&result["event"]["location"], &result["event"]["start"]["timeZone"]),
        (&json!("Office"), &json!("America/Denver"))
    );
    let hers = app.in_calendar(ADA).await;
    assert_eq!((hers.len(), &hers[0]["id"]), (1, &result["event_id"]));
    assert_eq!(app.in_calendar(BEA).await[0]["summary"], "Review with Bea");
    let requests = app.google.control().requests();
    assert!(requests.iter().any(|request| request.uri == format!("{EVENTS}?sendUpdates=all")), "the guests get a mail");
    let read = app.sql("select summary, start_at = to_timestamp(0) from calendar_events").await;
    assert_eq!(read, [["Review with Bea", "f"]], "it is here at once");
    app.work().await;
    ada.post("/api/ingest/calendar", json!({})).await;
    app.work().await;
    assert_eq!(app.count("select count(*) from calendar_events").await, 1);
    assert_eq!(app.count("select count(*) from events").await, 0, "what we did ourselves has not happened to us");
}

#[tokio::test]
async fn times_that_make_no_sense_are_named() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    let (three, four) = (at(&app, 15).0, at(&app, 16).0);
    let cases = [
        (json!({ "summary": "x", "start_time": four, "end_time": three }), "end_time: must be after start_time."),
        (json!({ "summary": "x", "start_time": "2020-01-01T10:00", "end_time": "2020-01-01T11:00" }), "is in the past"),
        (
            json!({ "summary": "x", "start_time": "next Tuesday", "end_time": four }),
            "start_time: `next Tuesday` is not a date",
        ),
        (json!({ "summary": " ", "start_time": three, "end_time": four }), "summary: must not be blank."),
        (json!({ "summary": "x", "start_time": three, "end_time": four, "attendees": ["Bea"] }), "attendees.0: `Bea`"),
    ];
    for (arguments, message) in cases {
        let error = ada.is_refused("schedule_event", arguments.clone()).await;

        assert!(error.contains(message), "{arguments}: {error}");
    }
    for tool in ["update_event", "cancel_event"] {
        let error = ada.is_refused(tool, json!({ "event_id": "nowhere00", "summary": "x" })).await;
        let expected =
            if tool == "update_event" { "search_calendar gives the event_id" } else { "unknown field `summary`" };
        assert!(error.contains(expected), "{tool}: {error}");
    }
    assert_eq!(asked(app.google.control(), "POST", EVENTS), 0);
}

#[tokio::test]
async fn only_what_is_given_of_an_event_changes() {
    let app = TestApp::start().await;
    app.google.put_event(&event(&app, "review01", &[BEA]));
    let ada = app.ready_advisor(ADA).await;

    let result = ada.does("update_event", json!({ "event_id": "review01", "start_time": at(&app, 17).0 })).await;

    assert_eq!((&result["status"], &result["summary"]), (&json!("success"), &json!("Review")));
    assert!(result["updated_at"].is_string());
    let stored = app.in_calendar(ADA).await[0].clone();
    let instant = |name: &str| stored[name]["dateTime"].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert_eq!(instant("start"), at(&app, 17).1);
    assert_eq!(
        instant("end"),
        at(&app, 17).1 + SignedDuration::from_hours(1),
        "a moved meeting takes as long as before"
    );
    assert_eq!(
        (&stored["description"], &stored["attendees"][0]["responseStatus"]),
        (&json!("Bring the papers."), &json!("accepted"))
    );
    let patched = app.google.control().requests().into_iter().find(|request| request.method == "PATCH").unwrap();
    let body: Value = serde_json::from_str(&patched.body).unwrap();
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["end", "start"]);
    assert!(patched.headers.contains_key("if-match") && patched.uri.ends_with("sendUpdates=all"), "{patched:?}");
    assert_eq!(
        app.count(&format!("select count(*) from calendar_events where start_at = '{}'", at(&app, 17).1)).await,
        1
    );
    assert_eq!(app.sql("select before_image->>'summary' from effects").await, [["Review"]]);
}

#[tokio::test]
async fn who_was_invited_and_stays_keeps_their_answer() {
    let app = TestApp::start().await;
    app.google.put_event(&event(&app, "review01", &[BEA, "gone@example.com"]));
    let ada = app.ready_advisor(ADA).await;

    ada.does("update_event", json!({ "event_id": "review01", "attendees": [BEA, "new@example.com"] })).await;

    let stored = app.in_calendar(ADA).await[0]["attendees"].clone();
    let answers: Vec<(&Value, &Value)> =
        stored.as_array().unwrap().iter().map(|person| (&person["email"], &person["responseStatus"])).collect();
    assert_eq!(answers, [(&json!(BEA), &json!("accepted")), (&json!("new@example.com"), &json!("needsAction"))]);
}

#[tokio::test]
async fn an_event_somebody_else_changed_meanwhile_is_left_alone() {
    let app = TestApp::start().await;
    app.google.put_event(&event(&app, "review01", &[]));
    let ada = app.ready_advisor(ADA).await;
    app.google.control().arm(fault("PATCH", "/events/review01", asks_for_patience()));
    ada.tool("update_event", json!({ "event_id": "review01", "summary": "Ours" })).await;

    app.google.put_event(&practice::Event { summary: "Theirs".into(), ..event(&app, "review01", &[]) });
    app.later().await;

    let (state, error) = app.action().await;
    assert_eq!(state, "failed");
    assert!(error.contains("changed by somebody else") && error.contains("nothing was changed"), "{error}");
    assert_eq!(app.in_calendar(ADA).await[0]["summary"], "Theirs");
}

#[tokio::test]
async fn a_cancelled_event_is_gone_here_and_there() {
    let app = TestApp::start().await;
    app.google.put_event(&event(&app, "review01", &[BEA]));
    let ada = app.ready_advisor(ADA).await;
    assert_eq!(app.count("select count(*) from calendar_events").await, 1);

    let result = ada.does("cancel_event", json!({ "event_id": "review01" })).await;

    assert_eq!(result, json!({ "status": "success", "event_id": "review01", "message": "The event is cancelled." }));
    assert_eq!(app.in_calendar(ADA).await[0]["status"], "cancelled");
    assert_eq!(app.in_calendar(BEA).await[0]["status"], "cancelled");
    assert_eq!(app.count("select count(*) from calendar_events").await, 0);
    assert_eq!(app.count("select count(*) from documents").await, 0);
    let again = ada.is_refused("cancel_event", json!({ "event_id": "review01" })).await;
    assert!(again.contains("There is no such event in the calendar"), "{again}");
}

#[tokio::test]
async fn an_event_that_is_off_already_when_it_is_to_be_cancelled_is_done_with() {
    let app = TestApp::start().await;
    app.google.put_event(&event(&app, "review01", &[]));
    let ada = app.ready_advisor(ADA).await;
    app.google.control().arm(fault("DELETE", "/events/review01", asks_for_patience()));
    ada.tool("cancel_event", json!({ "event_id": "review01", "send_updates": false })).await;

    app.google.delete_event(ADA, "review01");
    app.later().await;

    assert_eq!(app.action().await.0, "done");
    let deletes = app.google.control().requests().into_iter().filter(|request| request.method == "DELETE");
    assert!(deletes.into_iter().all(|request| request.uri.ends_with("sendUpdates=none")));
}

mod happens_once {
    use super::*;

    async fn check(kind: FaultKind) {
        for (tool, method) in [("schedule_event", "POST"), ("update_event", "PATCH"), ("cancel_event", "DELETE")] {
            let app = TestApp::start().await;
            app.google.put_event(&event(&app, "review01", &[]));
            let ada = app.ready_advisor(ADA).await;
            app.google.control().arm(fault(method, "/calendars/primary/events", kind.clone()));
            let arguments = match tool {
                "schedule_event" => meeting(&app),
                "update_event" => json!({ "event_id": "review01", "summary": "Changed" }),
                _ => json!({ "event_id": "review01" }),
            };

            let answer = ada.tool(tool, arguments).await;
            for _ in 0..3 {
                app.later().await;
            }

            assert_eq!(app.action().await, ("done".into(), String::new()), "{tool} under {kind:?}: {answer}");
            let events = app.in_calendar(ADA).await;
            let count = if tool == "schedule_event" { 2 } else { 1 };
            assert_eq!(events.len(), count, "{tool} under {kind:?}");
            let review = events.iter().find(|event| event["id"] == "review01").unwrap();
            match tool {
                "update_event" => assert_eq!(review["summary"], "Changed"),
                "cancel_event" => assert_eq!(review["status"], "cancelled"),
                _ => assert_eq!(app.sql("select result->>'status' from actions").await, [["success"]]),
            }
        }
    }

    #[tokio::test]
    async fn when_google_fails_before_it() {
        check(status(500)).await;
    }

    #[tokio::test]
    async fn when_the_answer_is_lost() {
        check(FaultKind::AppliedThenDropped).await;
    }

    #[tokio::test]
    async fn when_google_asks_for_patience_or_refuses_the_token() {
        check(asks_for_patience()).await;
        check(status(401)).await;
    }
}

#[tokio::test]
async fn an_event_of_ours_that_is_read_before_we_know_of_it_is_known_for_ours() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    // Google takes it, and we hear nothing.
    app.google.control().arm(fault("POST", EVENTS, FaultKind::AppliedThenDropped));
    ada.tool("schedule_event", meeting(&app)).await;
    assert_eq!(app.sql("select state from effects").await, [["started"]]);

    ada.post("/api/ingest/calendar", json!({})).await;
    app.work().await;
    assert_eq!(app.count("select count(*) from events where event_type = 'calendar.event.created'").await, 1);
    // Nobody waits any longer for what is under way.
    app.sql("update events set created_at = created_at - interval '1 hour'").await;
    app.at_once().await;

    let handled = app.sql("select result ->> 'passed_over' from tasks where task_type = 'handle_event'").await;
    assert_eq!(handled, [["own"]]);
}
