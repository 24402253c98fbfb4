//! Whoever goes away takes the model's call along; whoever stays hears something, and always an end.

use std::time::{Duration, Instant};

use fakes::openai::Reply;
use fakes::proxy::Proxy;
use fakes::server::{Fault, FaultKind};
use http::{Method, Response};
use http_body_util::BodyExt;
use serde_json::json;
use shared::edge::ReplyBody;

use super::*;

const PROMISED: Duration = Duration::from_secs(1);

async fn begin(ada: &Person<'_>) -> Response<ReplyBody> {
    let body = json!({ "message": "Who is Tommy?", "stream": true }).to_string();
    ada.begin(Method::POST, "/api/chat", &FRONTEND, Some(body)).await
}

/// Reads until something like this was said.
async fn read_until(response: &mut Response<ReplyBody>, said: &str) {
    let mut heard = String::new();
    while !heard.contains(said) {
        let frame = response.frame().await.unwrap_or_else(|| panic!("{heard} ended before {said}")).unwrap();
        heard += std::str::from_utf8(frame.data_ref().unwrap()).unwrap();
    }
}

/// Waits until a call has ended from our side, after this. Answers how long that took.
async fn let_go(proxy: &Proxy, gone: Instant) -> Duration {
    let ended = async {
        loop {
            let ended = proxy.seen().iter().filter_map(|seen| seen.let_go).filter(|at| *at >= gone).min();
            match ended {
                Some(at) => return at - gone,
                None => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), ended).await.expect("the model's call went on")
}

/// The model takes the question and then is silent: before its head, or after it.
fn silently(app: &TestApp, with_head: bool) {
    if with_head {
        app.openai.script(vec![Reply { piece_ms: 600_000, ..Reply::text("Never said.") }]);
    } else {
        let kind = FaultKind::Slow { delay_ms: 600_000 };
        app.openai.control().arm(Fault { method: None, path: "/chat/completions".into(), times: 1, kind });
    }
}

/// Waits until the model was asked this often.
async fn asked(app: &TestApp, times: usize) {
    let chats = || app.openai.control().requests().iter().filter(|r| r.uri.contains("/chat/completions")).count();
    while chats() < times {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Before the model says anything; nothing is kept but the question.
#[tokio::test]
async fn a_client_that_goes_away_ends_the_models_call_within_a_second() {
    let app = TestApp::start().await;
    let cookies = practice(&app).await;
    let (app, wires) = app.wired().await;
    let ada = app.with_cookies(cookies);
    let mut took = Vec::new();
    for turn in 0..figures::times(4, 18) {
        silently(&app, turn % 2 == 0);
        let response = begin(&ada).await;
        asked(&app, turn + 1).await;

        let gone = Instant::now();
        drop(response);

        took.push(let_go(&wires.openai, gone).await);
    }
    assert!(took.iter().all(|took| *took < PROMISED), "{took:?}");
    figures::note("cancel", json!({ "when": "before the model spoke", "took": figures::percentiles(took) }));
    assert_eq!(
        app.count("select count(*) from messages where role = 'assistant'").await,
        0,
        "there was no answer to keep"
    );
}

/// In the middle of the answer: as far as it came it is kept, and marked.
#[tokio::test]
async fn what_was_said_by_then_is_kept_as_interrupted() {
    let app = TestApp::start().await;
    let cookies = practice(&app).await;
    let (app, wires) = app.wired().await;
    let ada = app.with_cookies(cookies);
    let mut took = Vec::new();
    let turns = figures::times(2, 18);
    for _ in 0..turns {
        app.openai.script(vec![Reply { piece_ms: 100, ..Reply::text("word ".repeat(300)) }]);
        let mut response = begin(&ada).await;
        read_until(&mut response, "word").await;

        let gone = Instant::now();
        drop(response);

        took.push(let_go(&wires.openai, gone).await);
    }
    assert!(took.iter().all(|took| *took < PROMISED), "{took:?}");
    figures::note("cancel", json!({ "when": "in the middle of the answer", "took": figures::percentiles(took) }));

    let kept = "select count(*) from messages where role = 'assistant' and finish_reason = 'interrupted' and content like 'word%'";
    let turns = i64::try_from(turns).unwrap();
    tokio::time::timeout(Duration::from_secs(10), async { while app.count(kept).await < turns {} }).await.unwrap();
    assert_eq!(app.count("select count(*) from messages where role = 'assistant'").await, turns);
}

/// The clock is only watched when figures are wanted; that silence is filled, a unit test of the encoder shows.
#[tokio::test]
async fn a_silent_model_is_filled_with_heartbeats() {
    if !figures::are_wanted() {
        return;
    }
    let app = TestApp::start().await;
    let cookies = practice(&app).await;
    let ada = app.with_cookies(cookies);
    silently(&app, false);
    let mut response = begin(&ada).await;
    read_until(&mut response, "conversation").await;

    let (mut last, mut intervals) = (Instant::now(), Vec::new());
    while intervals.len() < 3 {
        read_until(&mut response, ": keep-alive").await;
        intervals.push(last.elapsed());
        last = Instant::now();
    }

    assert!(intervals.iter().all(|interval| *interval <= Duration::from_secs(15)), "{intervals:?}");
    figures::note("heartbeat", json!({ "interval": figures::percentiles(intervals) }));
}
