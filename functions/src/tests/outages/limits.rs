//! Limits hold for all processes together, to the call.

use fakes::openai::Reply;
use futures::future::join_all;
use http::Method;
use serde_json::json;

use super::*;

/// What is not believed.
const CLAIMED: [(&str, &str); 1] = [("X-Forwarded-For", "198.51.100.7")];

/// Four processes of the product, each with its own connections.
async fn four(app: &TestApp) -> Vec<shared::App> {
    let mut processes = Vec::new();
    for _ in 0..4 {
        let process = app.another().await;
        process.db().await.unwrap().ping().await.unwrap();
        processes.push(process);
    }
    processes
}

/// Calls all processes at once, so many times each, and answers how many calls were let in.
async fn let_in(
    processes: &[shared::App],
    person: &Person<'_>,
    path: &str,
    each: usize,
    ip: impl Fn(usize) -> String,
) -> usize {
    let calls = (0..each * processes.len()).map(|call| {
        let from = ip(call);
        person.begin_at(&processes[call % processes.len()], Method::GET, path, &CLAIMED, None, Some(from))
    });
    let statuses: Vec<u16> = join_all(calls).await.iter().map(|answer| answer.status().as_u16()).collect();
    assert!(statuses.iter().all(|status| matches!(status, 200 | 429)), "{statuses:?}");
    statuses.iter().filter(|status| **status == 200).count()
}

#[tokio::test]
async fn of_two_hundred_calls_to_four_processes_a_hundred_are_let_in() {
    let app = TestApp::start().await.with_settings(&[("RATE_LIMIT_PER_MINUTE", "100")]).await;
    let cookies = {
        let ada = app.advisor(ADA).await;
        app.sql("delete from request_windows").await;
        ada.cookies.into_inner().unwrap()
    };
    let processes = four(&app).await;
    let (ada, visitor) = (app.with_cookies(cookies), app.visitor());

    let of_an_address = let_in(&processes, &visitor, "/api/auth/me", 50, |_| "203.0.113.9".into()).await;
    let of_an_advisor = let_in(&processes, &ada, "/api/tasks", 50, |call| format!("192.0.2.{call}")).await;

    assert_eq!((of_an_address, of_an_advisor), (100, 100));
    figures::note(
        "limits",
        json!({ "processes": 4, "calls": 200, "limit": 100, "of_an_address": of_an_address, "of_an_advisor": of_an_advisor }),
    );
}

/// What is asked of OpenAI: by all advisors together, in requests and in tokens, and by each.
#[tokio::test]
async fn the_model_is_asked_no_more_than_its_account_allows() {
    for (name, most, ada_may, both_may) in [
        ("OPENAI_REQUESTS_PER_MINUTE", "6", 6, 6),
        ("OPENAI_REQUESTS_PER_MINUTE_EACH", "4", 4, 8),
        // An answer may take 2,000; what is asked takes some thousands, too.
        ("OPENAI_TOKENS_PER_MINUTE", "1", 1, 1),
    ] {
        let app = TestApp::start().await.with_settings(&[(name, most)]).await;
        let (ada, eve) = (app.advisor(ADA).await, app.advisor(EVE).await);
        let limited = async |person: &Person<'_>| {
            let mut answered = 0;
            for _ in 0..7 {
                app.openai.script(vec![Reply::text("Nobody.")]);
                let answer = person.post("/api/chat", json!({ "message": "Tommy?", "stream": false })).await;
                match answer.status.as_u16() {
                    200 => answered += 1,
                    429 => assert!(answer.header("retry-after").parse::<u64>().unwrap() <= 60),
                    other => panic!("{name}: {other} {}", answer.body),
                }
            }
            answered
        };
        // Questions are embedded, too; what is counted here is the other model.
        let kind = fakes::server::FaultKind::Status { status: 400, headers: BTreeMap::new(), body: None };
        app.openai.control().arm(fakes::server::Fault { method: None, path: "/embeddings".into(), times: 1_000, kind });
        app.sql("delete from request_windows").await;

        let first = limited(&ada).await;
        let both = first + limited(&eve).await;

        let chats = app.openai.control().requests().iter().filter(|r| r.uri.contains("chat/completions")).count();
        assert_eq!(chats, both, "{name}: nothing was sent that was not allowed");
        assert!(first <= ada_may && both <= both_may && first > 0, "{name}: {first}, {both}");
        app.sql("update request_windows set started_at = started_at - interval '61 seconds'").await;
        assert!(limited(&ada).await > 0, "{name}: the next minute begins anew");
    }
}
