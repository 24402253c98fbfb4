use std::time::Duration;

use fakes::server::{Fault, FaultKind};

use super::*;

const CHANNELS: &str = "select count(*) from watches where source = 'calendar' and confirmed_at is not null";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn refusal(path: &str, times: u32, status: u16) -> Fault {
    let kind = FaultKind::Status { status, headers: Default::default(), body: None };
    Fault { method: None, path: path.into(), times, kind }
}

/// How often Google was asked for something whose address contains this.
fn asked(app: &TestApp, path: &str) -> usize {
    app.google.control().requests().iter().filter(|request| request.uri.contains(path)).count()
}

async fn watches(person: &Person<'_>) -> Vec<Value> {
    person.get("/api/connections").await.json()["items"][0]["watches"].as_array().unwrap().clone()
}

#[tokio::test]
async fn begin_at_sign_in() {
    let app = TestApp::listening().await;
    let ada = app.advisor(ADA).await;
    app.work().await;
    app.until(CHANNELS, "1").await;

    let connection = ada.get("/api/connections").await.json()["items"][0].clone();
    assert_eq!((&connection["provider"], &connection["account"]), (&json!("google"), &json!(ADA)));
    assert_eq!(connection["needs_reconnect"], false);
    let scopes = connection["scopes"].as_array().unwrap();
    assert!(scopes.iter().any(|scope| scope.as_str().unwrap().ends_with("gmail.modify")), "{scopes:?}");
    for (watch, source) in watches(&ada).await.iter().zip(["gmail", "calendar"]) {
        assert_eq!((&watch["source"], &watch["state"]), (&json!(source), &json!("live")), "{watch}");
        let ends: jiff::Timestamp = watch["expires_at"].as_str().unwrap().parse().unwrap();
        assert!(ends > app.app.now() + jiff::SignedDuration::from_hours(6 * 24));
        assert_eq!(watch["last_error"], json!(null));
    }
    // All that is happening is told, but for what changes with every word and what is never read.
    let request = app.google.control().requests().into_iter().find(|request| request.uri.ends_with("/watch")).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&request.body).unwrap(),
        json!({
            "topicName": "projects/practice/topics/gmail", "labelIds": ["DRAFT", "SPAM"], "labelFilterBehavior": "exclude",
        })
    );
}

#[tokio::test]
async fn are_not_asked_for_where_nothing_could_arrive() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    app.work().await;
    app.tick("schedules-renew-watches").await;
    app.work().await;

    assert_eq!(asked(&app, "/watch"), 0);
    assert_eq!(app.count("select count(*) from tasks where task_type = 'watch'").await, 0);
    let answer = ada.post("/api/auth/setup-push-notifications", json!({})).await;
    assert_eq!(
        answer.json(),
        json!({
            "gmail": { "enabled": false, "error": "GOOGLE_PUBSUB_TOPIC not configured" },
            "calendar": { "enabled": false, "error": "WEBHOOK_BASE_URL not configured" },
        })
    );
}

#[tokio::test]
async fn are_renewed_before_they_end_and_a_channel_only_goes_when_the_next_was_heard_from() {
    let app = TestApp::listening().await;
    let ada = app.advisor(ADA).await;
    app.work().await;
    app.until(CHANNELS, "1").await;
    let first = app.sql("select channel_id from watches where source = 'calendar'").await;
    app.google.control().forget_requests();

    // The same day there is nothing to do; the next, Gmail is asked again.
    app.tick("schedules-renew-watches").await;
    app.work().await;
    assert_eq!(asked(&app, "watch"), 0);
    app.advance(DAY);
    app.tick("schedules-renew-watches").await;
    app.work().await;
    assert_eq!((asked(&app, "/users/me/watch"), asked(&app, "/events/watch")), (1, 0));

    // Two days before its end the channel gets a successor. Whatever happens in between is told by one or by both.
    app.advance(4 * DAY + Duration::from_secs(60));
    app.tick("schedules-renew-watches").await;
    app.work_once().await;
    app.until(CHANNELS, "2").await;
    assert_eq!(asked(&app, "/channels/stop"), 0, "the old one was there when the new one began");
    app.work().await;

    assert_eq!(asked(&app, "/channels/stop"), 1);
    let left = app.sql("select channel_id from watches where source = 'calendar'").await;
    assert_eq!(left.len(), 1);
    assert_ne!(left, first);
    app.tick("schedules-renew-watches").await;
    assert_eq!(app.count("select count(*) from tasks where state = 'pending'").await, 0, "all is well for days");
    assert_eq!(watches(&ada).await.len(), 2);
}

#[tokio::test]
async fn a_channel_whose_successor_was_never_heard_from_stays() {
    let app = TestApp::listening().await;
    app.advisor(ADA).await;
    app.work().await;
    app.until(CHANNELS, "1").await;
    app.sql("update watches set expires_at = now() + interval '1 day' where source = 'calendar'").await;
    // Nobody hears the new one: its row says so.
    app.tick("schedules-renew-watches").await;
    app.work_once().await;
    app.until(CHANNELS, "2").await;
    app.forget_messages().await;
    app.sql("update tasks set state = 'done' where state = 'pending'").await;
    app.sql("update watches set confirmed_at = null where expires_at > now() + interval '2 days'").await;

    app.tick("schedules-renew-watches").await;
    app.work().await;

    assert_eq!(app.count("select count(*) from watches where source = 'calendar'").await, 2);
    assert_eq!(asked(&app, "/channels/stop"), 0);
}

#[tokio::test]
async fn another_address_or_topic_is_told_to_google() {
    let app = TestApp::listening().await;
    app.advisor(ADA).await;
    app.work().await;
    app.until(CHANNELS, "1").await;
    app.google.control().forget_requests();
    app.sql("update watches set target = 'somewhere else'").await;

    app.tick("schedules-renew-watches").await;
    app.work().await;

    assert_eq!(
        (asked(&app, "/users/me/stop"), asked(&app, "/users/me/watch"), asked(&app, "/events/watch")),
        (1, 1, 1)
    );
    app.until("select count(*) from watches where target like 'somewhere%' and source = 'gmail'", "0").await;
}

#[tokio::test]
async fn what_google_refuses_is_shown_and_not_asked_for_at_once_again() {
    let app = TestApp::listening().await;
    app.google.control().arm(refusal("/events/watch", 1, 400));
    let ada = app.advisor(ADA).await;
    app.work().await;

    let watches = watches(&ada).await;
    assert_eq!((&watches[0]["state"], &watches[1]["state"]), (&json!("live"), &json!("refused")), "{watches:?}");
    assert!(watches[1]["last_error"].as_str().unwrap().starts_with("Google Calendar refused"));
    let failed = "select last_error from tasks where task_type = 'watch' and state = 'failed'";
    assert!(app.sql(failed).await[0][0].starts_with("Google Calendar refused"));

    app.tick("schedules-renew-watches").await;
    assert_eq!(app.count("select count(*) from tasks where state = 'pending'").await, 0);
    app.advance(Duration::from_secs(3_600));
    app.tick("schedules-renew-watches").await;
    app.work().await;
    app.until(CHANNELS, "1").await;
    assert_eq!(app.count("select count(*) from watches where state = 'refused'").await, 0);
}

#[tokio::test]
async fn can_be_set_up_while_somebody_waits() {
    let app = TestApp::listening().await;
    let ada = app.advisor(ADA).await;
    let answer = ada.post("/api/auth/setup-push-notifications", json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = answer.json();

    let channel = app.sql("select channel_id, resource_id from watches where source = 'calendar'").await;
    assert_eq!(channel.len(), 1);
    let number = |value: &Value| value.as_str().unwrap().parse::<i64>().unwrap();
    assert!(number(&answer["gmail"]["expiration"]) > app.app.now().as_millisecond());
    assert!(number(&answer["gmail"]["historyId"]) > 0);
    assert!(number(&answer["calendar"]["expiration"]) > app.app.now().as_millisecond());
    assert_eq!(answer["calendar"]["channelId"], channel[0][0]);
    assert_eq!(answer["calendar"]["resourceId"], channel[0][1]);
    for source in ["gmail", "calendar"] {
        assert_eq!((&answer[source]["enabled"], &answer[source]["error"]), (&json!(true), &json!(null)));
    }
    // The task of the sign-in finds all of it done, and asking again opens no second channel.
    app.work().await;
    ada.post("/api/auth/setup-push-notifications", json!({})).await;
    assert_eq!(asked(&app, "/events/watch"), 1);
}

#[tokio::test]
async fn setting_up_says_what_is_in_the_way() {
    let app = TestApp::listening().await;
    let visitor = app.visitor().post("/api/auth/setup-push-notifications", json!({})).await;
    assert_eq!((visitor.status.as_u16(), &visitor.json()["detail"]), (401, &json!("Not authenticated")));

    let ada = app.advisor(ADA).await;
    app.google.control().arm(refusal("/users/me/watch", 1, 400));
    let answer = ada.post("/api/auth/setup-push-notifications", json!({})).await.json();
    assert_eq!(answer["gmail"]["enabled"], false);
    assert!(answer["gmail"]["error"].as_str().unwrap().starts_with("Gmail refused"), "{answer}");
    assert_eq!(answer["calendar"]["enabled"], true);

    ada.delete("/api/connections/google").await;
    let answer = ada.post("/api/auth/setup-push-notifications", json!({})).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["detail"]), (400, &json!("Google account not connected")));
}

#[tokio::test]
async fn an_access_token_that_ended_is_replaced() {
    let app = TestApp::listening().await;
    let ada = app.advisor(ADA).await;
    app.work().await;
    app.google.expire_access_tokens(ADA);

    let answer = ada.post("/api/auth/setup-push-notifications", json!({})).await.json();

    assert_eq!(answer["gmail"]["enabled"], true, "{answer}");
}
