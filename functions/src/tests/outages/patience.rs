//! Who asks us to wait is not asked before: by no task of the same account, and by no other process.

use std::time::Duration;

use fakes::server::{Fault, FaultKind};
use serde_json::json;
use shared::domain::accounts::tokens;
use shared::error::Kind;
use shared::model::UserId;
use shared::model::user::Provider;

use super::*;

fn later(path: &str, header: (&str, String)) -> Fault {
    let headers = [(header.0.to_owned(), header.1)].into();
    Fault { method: None, path: path.into(), times: 1, kind: FaultKind::Status { status: 429, headers, body: None } }
}

/// Lets everything that waits be tried now, by its own clock.
async fn let_tasks_be_due(app: &TestApp) {
    app.sql("update tasks set run_after = now(), rung_at = null where state = 'pending'").await;
    app.sweep().await;
    app.work_once().await;
}

/// In seconds, and as a date. The stand-in's `Date` is the machine's.
#[tokio::test]
async fn of_an_account_that_asked_for_patience_nothing_is_asked_before() {
    #[expect(clippy::disallowed_methods, reason = "a header says it by the clock on the wall")]
    let in_two_minutes = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(122);
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&in_two_minutes).unwrap();
    for value in ["120".to_owned(), date] {
        let app = TestApp::start().await;
        let ada = app.ready_advisor(ADA).await;
        let eve = app.ready_advisor(EVE).await;
        let owner = ada.user_id().await;
        app.google.control().arm(later("/gmail/v1/users/me/history", ("retry-after", value.clone())));
        ada.post("/api/ingest/gmail", json!({})).await;
        app.work_once().await;
        let wait = app.sql("select extract(epoch from run_after - now())::int from tasks where task_type = 'gmail_sync' and state = 'pending'").await;
        let wait: i64 = wait[0][0].parse().unwrap();
        assert!((110..=170).contains(&wait), "{value}: the task waits {wait} s");

        let before = app.google.control().requests().len();
        ada.post("/api/ingest/calendar", json!({})).await;
        for _ in 0..3 {
            let_tasks_be_due(&app).await;
        }
        let elsewhere = tokens::access(&app.another().await, UserId(owner), Provider::Google).await;

        assert_eq!(app.google.control().requests().len(), before, "{value}: nobody asked");
        assert_eq!(elsewhere.err().map(|error| error.kind), Some(Kind::RateLimited), "another process knows it, too");
        eve.post("/api/ingest/gmail", json!({})).await;
        app.work_once().await;
        assert!(app.google.control().requests().len() > before, "another account does not have to wait");

        app.advance(Duration::from_secs(125));
        app.sql("update rate_limits set arrives_at = now() where key like 'wait-%'").await;
        app.sql("update tasks set state = 'pending', attempt = 0 where state = 'failed'").await;
        let_tasks_be_due(&app).await;
        app.work().await;
        assert_eq!(app.count("select count(*) from tasks where state <> 'done'").await, 0, "{value}");
        figures::note(
            "retry_after",
            json!({ "form": if value == "120" { "seconds" } else { "date" }, "calls_before": 0 }),
        );
    }
}

/// The model's limits are the application's: when it asks for patience, no advisor's question is sent.
#[tokio::test]
async fn a_model_that_asked_for_patience_is_left_alone_by_all_processes() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.advisor(ADA).await, app.advisor(EVE).await);
    app.openai.control().arm(later("/chat/completions", ("retry-after-ms", "90000".to_owned())));
    let chats = || app.openai.control().requests().iter().filter(|r| r.uri.contains("chat/completions")).count();

    let first = ada.post("/api/chat", json!({ "message": "Anything?", "stream": false })).await;
    let mut app_two = app.another().await;
    let second = eve.post("/api/chat", json!({ "message": "Anything?", "stream": false })).await;

    assert_eq!((first.status.as_u16(), first.header("retry-after")), (429, "90"));
    assert_eq!(second.status.as_u16(), 429);
    assert!(
        (80..=90).contains(&second.header("retry-after").parse::<u64>().unwrap()),
        "{}",
        second.header("retry-after")
    );
    assert_eq!(chats(), 1);
    app_two = app_two.until(std::time::Instant::now() + Duration::from_secs(60));
    let question = shared::domain::limits::model(&app_two, shared::domain::limits::CHAT_MODEL, None, 10).await;
    assert_eq!(question.unwrap_err().kind, Kind::RateLimited, "another process knows it, too");
}
