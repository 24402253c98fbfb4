use serde_json::json;

use super::Caller;
use crate::openai::{Options, PerMinute, Reply};

#[tokio::test]
async fn asks_for_a_key() {
    let caller = Caller::new().await;
    let hello = json!({ "model": "stand-in", "input": "hello" });

    let keyless = caller.post_with_key("/v1/responses", None, &hello).await;
    let wrong = caller.post_with_key("/v1/responses", Some("hunter2"), &hello).await;

    assert_eq!((keyless.status, keyless.error("code")), (401, json!(null)));
    assert_eq!((wrong.status, wrong.error("code")), (401, json!("invalid_api_key")));
    assert!(!wrong.body.contains("hunter2"));
}

#[tokio::test]
async fn lists_its_models() {
    let caller = Caller::new().await;

    let list = caller.get("/v1/models").await.json();
    let missing = caller.get("/v1/models/gpt-0").await;

    assert_eq!(list["data"][0]["id"], "stand-in");
    assert_eq!((missing.status, missing.error("code")), (404, json!("model_not_found")));
}

#[tokio::test]
async fn answers_unknown_urls_and_bad_json_as_the_vendor_does() {
    let caller = Caller::new().await;

    let unknown = caller.post("/v1/nothing", &json!({})).await;
    let no_object = caller.post("/v1/embeddings", &json!("text")).await;

    assert_eq!((unknown.status, unknown.error("type")), (404, json!("invalid_request_error")));
    assert_eq!((no_object.status, no_object.error("param")), (400, json!(null)));
}

#[tokio::test]
async fn tells_its_limits_and_keeps_them() {
    let per_minute = PerMinute { requests: 2, tokens: 1000 };
    let caller = Caller::with(Options { per_minute, ..Options::default() }).await;
    let hello = json!({ "model": "text-embedding-3-small", "input": "hello there" });

    let first = caller.post("/v1/embeddings", &hello).await;
    caller.post("/v1/embeddings", &hello).await;
    let third = caller.post("/v1/embeddings", &hello).await;
    caller.openai.control().clock.advance(std::time::Duration::from_secs(60));
    let later = caller.post("/v1/embeddings", &hello).await;

    assert_eq!(first.headers["x-ratelimit-remaining-requests"], "1");
    assert_eq!(first.headers["x-ratelimit-remaining-tokens"], "998");
    assert!(first.headers["x-request-id"].to_str().unwrap().starts_with("req_"));
    assert_eq!((third.status, third.error("code")), (429, json!("rate_limit_exceeded")));
    assert!(third.headers.contains_key("retry-after"));
    assert_eq!(later.status, 200);
}

#[tokio::test]
async fn another_process_can_script_it() {
    let caller = Caller::new().await;
    let script = json!([{ "text": "As you wish." }, { "error": { "status": 429, "code": "insufficient_quota" } }]);

    let accepted = caller.post("/_control/script", &script).await;
    let ask = json!({ "model": "stand-in", "messages": [{ "role": "user", "content": "hi" }] });
    let first = caller.post("/v1/chat/completions", &ask).await;
    let second = caller.post("/v1/chat/completions", &ask).await;

    assert_eq!(accepted.status, 204);
    assert_eq!(first.json()["choices"][0]["message"]["content"], "As you wish.");
    assert_eq!((second.status, second.error("type")), (429, json!("insufficient_quota")));
}

#[tokio::test]
async fn a_scripted_answer_is_given_once() {
    let caller = Caller::new().await;
    caller.openai.script(vec![Reply::text("Once.")]);
    let ask = json!({ "model": "stand-in", "input": "hi" });

    let first = caller.post("/v1/responses", &ask).await;
    let second = caller.post("/v1/responses", &ask).await;

    assert!(first.body.contains("Once."));
    assert!(!second.body.contains("Once."));
}
