//! Each answer of each test is looked at for its headers and cookies (`support/protection.rs`), and the walk through the
//! description reaches every status that is described. Here are those that nobody describes: failures, and preflights.

use super::*;

/// Whatever fails, on every operation, for our own page and for another site's.
#[tokio::test]
async fn that_are_our_own_failures_are_protected_and_say_nothing() {
    let app = TestApp::start().await;
    let walk = settled(&app).await;
    app.sql("revoke all on all tables in schema public from fa_app").await;

    for operation in walk.operations(|operation| operation.refuses(429)) {
        for origin in [ORIGIN, "https://evil.example"] {
            let ada = walk.person(ADA);
            let headers = [("Origin", origin), FRONTEND[1], FRONTEND[2]];
            let answer = walk.look(&ada, &operation, &headers, operation.example()).await;
            assert_eq!(answer.status, 500, "{operation}: {}", answer.body);
            assert!(!answer.body.contains("permission") && !answer.body.contains("table"), "{}", answer.body);
            assert!(!answer.headers.contains_key("set-cookie"), "{operation}");
        }
    }
}

/// Of a stream the head is sent before it is known how it ends.
#[tokio::test]
async fn of_streams_are_protected_however_they_end() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    for (script, last) in [
        (vec![fakes::openai::Reply::text("Nobody.")], "finish"),
        (vec![fakes::openai::Reply::error(401), fakes::openai::Reply::error(401)], "error"),
    ] {
        app.openai.script(script);
        let body = serde_json::json!({ "message": "Who?", "stream": true });
        let answer = ada.post("/api/chat/stream", body).await;
        assert_eq!(answer.header("content-type"), "text/event-stream; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "no-store, no-transform");
        assert_eq!(answer.header("access-control-allow-origin"), ORIGIN);
        assert_eq!(*Turn::of(&answer).kinds().last().unwrap(), last);
    }
}

#[tokio::test]
async fn of_preflights_open_nothing_to_others() {
    let app = TestApp::start().await;
    let walk = Walk::describe(&app);
    for operation in changing(&walk) {
        for origin in
            [None, Some("null"), Some("https://evil.example"), Some("http://localhost:5173.evil.example"), Some(ORIGIN)]
        {
            let asked = [
                ("Access-Control-Request-Method", operation.method.as_str()),
                ("Access-Control-Request-Headers", "x-requested-with"),
            ];
            let headers =
                [&asked[..], &origin.map(|origin| ("Origin", origin)).into_iter().collect::<Vec<_>>()].concat();
            let answer = app.visitor().call(Method::OPTIONS, &operation.path, &headers, None).await;
            let ours = origin == Some(ORIGIN);
            assert_eq!(answer.status, if ours { 200 } else { 400 }, "{operation} for {origin:?}");
            for name in ["access-control-allow-methods", "access-control-allow-headers", "access-control-max-age"] {
                assert_eq!(answer.headers.contains_key(name), ours, "{operation} for {origin:?}: {name}");
            }
            assert!(!answer.header("access-control-allow-headers").contains('*'));
        }
    }
}
