//! One id, from the call to whatever was done for it.

use std::time::Duration;

use http::Method;
use uuid::Uuid;

use super::*;

const CALL: &str = "a-call-of-adas-0001";
const HEADER: &str = "x-correlation-id";

async fn post(person: &Person<'_>, path: &str, body: &Value, id: &str) -> Answer {
    let headers = [FRONTEND.as_slice(), &[("X-Correlation-ID", id)]].concat();
    person.call(Method::POST, path, &headers, Some(body.to_string())).await
}

#[tokio::test]
async fn every_answer_says_under_which_id_it_is_found() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;

    let stream = post(&ada, "/api/chat", &json!({ "message": "Hello", "stream": true }), CALL).await;
    let refused = post(&ada, "/api/rules", &json!({ "rule_text": 7 }), CALL).await;
    let nobody = app.visitor().get("/api/tasks").await;
    let forged = post(&ada, "/api/rules", &json!({}), "short").await;

    assert_eq!((stream.status.as_u16(), stream.header(HEADER)), (200, CALL));
    assert_eq!((refused.status.as_u16(), refused.header(HEADER)), (422, CALL));
    assert_eq!(refused.json()["correlation_id"], CALL);
    for made in [&nobody, &forged] {
        assert!(made.header(HEADER).parse::<Uuid>().is_ok(), "{made:?}");
        assert_eq!(made.json()["correlation_id"], made.header(HEADER));
    }
    for answer in [&stream, &refused] {
        assert!(answer.header("access-control-expose-headers").contains("X-Correlation-ID"), "a page cannot read it");
    }
}

#[tokio::test]
async fn what_a_call_leads_to_carries_its_id_to_the_provider() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    app.google.deliver(&mail(ADA, ("Nora Ellison", "nora@ellison.example"), "Baseball", "Tommy plays baseball."));
    app.google.control().forget_requests();
    app.openai.control().forget_requests();
    let log = Log::default();
    let logging = log.start();

    let answer = post(&ada, "/api/ingest/gmail", &json!({}), CALL).await;
    app.work().await;
    drop(logging);

    assert_eq!(answer.status, 200, "{}", answer.body);
    for asked in [app.google.control().requests(), app.openai.control().requests()] {
        assert!(!asked.is_empty());
        for request in asked.iter().filter(|request| !request.uri.starts_with("/token")) {
            assert_eq!(
                request.headers.get(HEADER).map(String::as_str),
                Some(CALL),
                "{} {}",
                request.method,
                request.uri
            );
        }
    }
    // The reading, and the embedding that came of it.
    let calls =
        app.sql("select task_type from tasks where correlation_id = 'a-call-of-adas-0001' order by 1").await.concat();
    assert!(calls.contains(&"gmail_sync".to_owned()) && calls.contains(&"embed".to_owned()), "{calls:?}");
    let user = ada.user_id().await;
    let done: Vec<Value> = lines(&log).into_iter().filter(|line| line["message"] == "task done").collect();
    assert!(done.len() >= 2, "{done:?}");
    for line in done {
        assert_eq!((&line["correlation_id"], &line["user.id"]), (&json!(CALL), &json!(user.to_string())), "{line}");
        assert!(line["task.id"].is_string() && line["message.id"].is_string(), "{line}");
    }
}

/// The row is the truth: a bell that says nothing, or something else, changes nothing.
#[tokio::test]
async fn a_lost_bell_does_not_lose_the_id() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    post(&ada, "/api/ingest/gmail", &json!({}), CALL).await;
    app.forget_messages().await;
    app.google.control().forget_requests();

    app.sql("update tasks set rung_at = null").await;
    app.sweep().await;
    app.work().await;

    let asked = app.google.control().requests();
    assert!(asked.iter().any(|request| request.headers.get(HEADER).is_some_and(|id| id == CALL)), "{asked:?}");
}

#[tokio::test]
async fn every_line_of_a_request_says_whose_it_is() {
    let mut app = TestApp::start().await;
    app.time = Some(Duration::from_secs(20));
    let ada = app.advisor(ADA).await;
    let user = ada.user_id().await;
    let log = Log::default();
    let logging = log.start();

    ada.get("/api/tasks/0199d3c0-0000-7000-8000-000000000002").await;
    post(&ada, "/api/chat", &json!({ "message": "Who plays baseball?", "stream": true }), CALL).await;
    drop(logging);

    let lines = lines(&log);
    let refused = lines.iter().find(|line| line["message"] == "request refused").unwrap();
    assert!(refused["correlation_id"].as_str().unwrap().parse::<Uuid>().is_ok(), "{refused}");
    assert_eq!((&refused["user.id"], &refused["route"]), (&json!(user), &json!("/api/tasks/{id}")), "{refused}");
    assert!(refused.get("request.id").is_some(), "{refused}");
    let of_the_turn = lines.iter().filter(|line| line["db.query"] == "model_calls::insert").collect::<Vec<_>>();
    assert!(!of_the_turn.is_empty());
    for line in of_the_turn {
        assert_eq!((&line["correlation_id"], &line["user.id"]), (&json!(CALL), &json!(user)), "{line}");
    }
}

#[tokio::test]
async fn a_slow_query_is_named_and_not_quoted() {
    let app = TestApp::start_with(&[("SLOW_QUERY_MS", "0")]).await;
    let log = Log::default();
    let logging = log.start();
    app.visitor().get("/api/auth/me").await;
    drop(logging);
    let slow: Vec<Value> = lines(&log).into_iter().filter(|line| line["message"] == "a slow query").collect();

    assert!(slow.iter().any(|line| line["db.query"] == "request_windows::admit"), "{slow:?}");
    for line in &slow {
        assert!(line["duration_ms"].is_u64() && !line.to_string().contains("select"), "{line}");
    }
}
