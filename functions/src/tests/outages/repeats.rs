//! A provider in trouble is not given more of it: few repeats, at different moments, and soon none.

use std::time::Duration;

use fakes::server::{Fault, FaultKind};
use futures::future::join_all;
use serde_json::json;
use shared::clients::gmail::Gmail;
use shared::domain::accounts::tokens;
use shared::model::UserId;
use shared::model::user::Provider;

use super::*;

const CALLS: usize = 200;

/// Asks Gmail for something so often, ten at a time; answers how often Gmail was asked.
async fn asked(app: &TestApp, owner: i64, calls: usize) -> usize {
    let access = tokens::access(&app.app, UserId(owner), Provider::Google).await.unwrap();
    let gmail = Gmail { http: &app.app.http, base: &app.app.config.google.gmail_url, token: &access.token };
    let before = app.google.control().requests().len();
    for _ in 0..calls / 10 {
        assert!(join_all((0..10).map(|_| gmail.profile())).await.iter().all(Result::is_err));
    }
    app.google.control().requests().len() - before
}

fn always(status: u16) -> Fault {
    let kind = FaultKind::Status { status, headers: BTreeMap::new(), body: None };
    Fault { method: None, path: "/profile".into(), times: 1_000_000, kind }
}

/// All instances of the product together may not ask more than 1.2 times as often as on a good day. Refusals do not open the
/// circuit: what keeps them few is the budget of repeats alone.
#[tokio::test]
async fn when_all_calls_fail_hardly_more_is_sent_than_was_asked_for() {
    let app = TestApp::start().await;
    let owner = app.advisor(ADA).await.user_id().await;
    app.google.control().arm(always(429));

    let sent = asked(&app, owner, CALLS).await;

    let amplification = sent as f64 / CALLS as f64;
    figures::note(
        "amplification",
        json!({ "failure": "429", "calls": CALLS, "sent": sent, "amplification": amplification }),
    );
    assert!(sent > CALLS, "each call was made, and some were repeated");
    assert!(amplification <= 1.2, "{sent} requests for {CALLS} calls");
}

#[tokio::test]
async fn who_is_down_is_hardly_asked_at_all_and_found_to_be_back() {
    let app = TestApp::start().await;
    let owner = app.advisor(ADA).await.user_id().await;
    app.google.control().arm(always(503));

    let sent = asked(&app, owner, CALLS).await;
    let while_resting = asked(&app, owner, 10).await;
    app.app.clock.advance(Duration::from_secs(5));
    let probes = asked(&app, owner, 10).await;

    figures::note("breaker", json!({ "failure": "503", "calls": CALLS, "sent": sent, "probes_after_a_rest": probes }));
    // Ten are on their way together before the first of them fails, and each may have begun a repeat.
    assert!(sent <= 30, "{sent} requests for {CALLS} calls");
    assert_eq!((while_resting, probes), (0, 1), "one finds out for all");

    app.google.control().disarm();
    app.app.clock.advance(Duration::from_secs(5));
    let access = tokens::access(&app.app, UserId(owner), Provider::Google).await.unwrap();
    let gmail = Gmail { http: &app.app.http, base: &app.app.config.google.gmail_url, token: &access.token };
    assert!(gmail.profile().await.is_ok() && gmail.profile().await.is_ok());
}

/// A model that hangs keeps nobody else from working: it holds no connection to the database while it is waited for.
#[tokio::test]
async fn a_model_that_hangs_holds_up_nothing_else() {
    let app = TestApp::start().await;
    let cookies = practice(&app).await;
    let (app, wires) = app.wired().await;
    let ada = app.with_cookies(cookies);
    let body = json!({ "message": "Who is Tommy?", "stream": true }).to_string();
    wires.openai.make(fakes::proxy::Trouble::Hang);
    let mut hung = Vec::new();
    for _ in 0..20 {
        hung.push(ada.begin(http::Method::POST, "/api/chat", &FRONTEND, Some(body.clone())).await);
    }

    let others = join_all((0..30).map(|_| ada.get("/api/tasks"))).await;

    assert!(others.iter().all(|answer| answer.status == 200), "more chats hang than there are connections");
    assert!(hung.iter().all(|answer| answer.status() == 200));
    assert!(wires.openai.seen().iter().all(|seen| seen.let_go.is_none()), "they hang still");
}
