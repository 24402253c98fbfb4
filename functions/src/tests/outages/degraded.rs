//! What still works when something does not, and that it says so.

use std::time::Duration;

use fakes::openai::Reply;
use fakes::proxy::Trouble;
use fakes::server::{Fault, FaultKind};
use serde_json::{Value, json};

use super::*;

fn always(path: &str) -> Fault {
    let kind = FaultKind::Status { status: 503, headers: BTreeMap::new(), body: None };
    Fault { method: None, path: path.into(), times: 1_000_000, kind }
}

const WORDS_ONLY: &str = "only the words of the question were searched for";

fn ai_sdk(question: &str) -> Value {
    json!({ "id": "chat-1", "trigger": "submit-message", "messages": [
        { "id": "m1", "role": "user", "parts": [{ "type": "text", "text": question }] },
    ] })
}

#[tokio::test]
async fn without_embeddings_a_question_is_answered_from_its_words_and_the_answer_says_so() {
    let app = TestApp::start().await;
    let cookies = practice(&app).await;
    let ada = app.with_cookies(cookies);
    app.openai.control().arm(always("/embeddings"));
    app.openai.script(vec![
        Reply::text("Nora's son. [1]"),
        Reply::text("Nora's son. [1]"),
        Reply::text("Nora's son. [1]"),
    ]);

    let turn = ada.ask("Who is Tommy?").await;
    let whole = ada.post("/api/chat", json!({ "message": "Who is Tommy?", "stream": false })).await.json();
    let parts = ada.post("/api/chat", ai_sdk("Who is Tommy?")).await.body;
    let found = ada.post("/api/embeddings/search", json!({ "query": "Tommy" })).await.json();

    assert_eq!(turn.of_type("sources")[0][0]["email"]["subject"], "Saturday", "words find it");
    assert!(turn.html.starts_with("<p><em>The search by meaning is out of order"), "{}", turn.html);
    assert!(turn.html.contains(WORDS_ONLY) && turn.html.contains("Nora"), "{}", turn.html);
    assert_eq!(turn.of_type("notice")[0]["kind"], "words_only");
    assert_eq!(turn.kinds().last(), Some(&"finish"));
    assert!(whole["message"].as_str().unwrap().contains(WORDS_ONLY), "{whole}");
    assert_eq!(whole["notices"][0]["kind"], "words_only");
    assert!(
        parts.contains("data-notice") && parts.contains(WORDS_ONLY) && parts.trim_end().ends_with("[DONE]"),
        "{parts}"
    );
    assert_eq!((&found["by_words_only"], found["total_results"].as_u64() > Some(0)), (&json!(true), true));
    let prompt = app.openai.control().requests().pop().unwrap().body;
    assert!(prompt.contains("The advisor has been told"), "the model knows what it was given");
}

#[tokio::test]
async fn as_long_as_everything_works_nothing_is_said_of_it() {
    let app = TestApp::start().await;
    let cookies = practice(&app).await;
    let ada = app.with_cookies(cookies);
    app.openai.script(vec![Reply::text("Nora's son. [1]")]);

    let turn = ada.ask("Who is Tommy?").await;

    assert!(turn.html.starts_with("<p>Nora"), "{}", turn.html);
    assert!(turn.of_type("notice").is_empty());
    let found = ada.post("/api/embeddings/search", json!({ "query": "Tommy" })).await.json();
    assert_eq!(found["by_words_only"], false);
}

/// In every protocol: what was found, then that there is no answer, then nothing. Nothing is executed.
#[tokio::test]
async fn without_the_model_there_is_what_was_found_and_a_clear_end() {
    let app = TestApp::start().await;
    let cookies = practice(&app).await;
    let ada = app.with_cookies(cookies);
    app.openai.control().arm(always("/chat/completions"));

    let turn = ada.ask("Send Nora a mail about Tommy.").await;
    let whole = ada.post("/api/chat", json!({ "message": "Who is Tommy?", "stream": false })).await;
    let parts = ada.post("/api/chat", ai_sdk("Who is Tommy?")).await.body;

    assert_eq!((turn.kinds().first(), turn.kinds().last()), (Some(&"sources"), Some(&"error")), "{:?}", turn.kinds());
    assert_eq!(turn.of_type("error")[0], "The language model did not answer. Please try again in a moment.");
    assert_eq!(whole.status, 503);
    assert!(whole.header("retry-after").parse::<u64>().unwrap() <= 10);
    assert_eq!(whole.json()["type"], "unavailable");
    assert_eq!(whole.json()["sources"][0]["email"]["subject"], "Saturday", "{}", whole.body);
    assert!(
        parts.contains("data-sources") && parts.contains("\"errorText\":\"The language model did not answer"),
        "{parts}"
    );
    assert!(parts.trim_end().ends_with("data: [DONE]"), "{parts}");
    assert_eq!(app.count("select count(*) from actions").await, 0);
    assert_eq!(app.count("select count(*) from tasks where state <> 'done'").await, 0);
}

/// The same for one that answers and then breaks off, whichever way it does.
#[tokio::test]
async fn a_model_that_breaks_off_ends_every_protocol() {
    let app = TestApp::start().await;
    let cookies = practice(&app).await;
    let (app, wires) = app.wired().await;
    let ada = app.with_cookies(cookies);
    for reply in [Reply::text("One two three four").broken_after(2), Reply::text("One two three four").failing_after(2)]
    {
        app.openai.script(vec![reply.clone(), reply.clone(), reply]);
        let turn = ada.ask("Who is Tommy?").await;
        let parts = ada.post("/api/chat", ai_sdk("Who is Tommy?")).await.body;
        let whole = ada.post("/api/chat", json!({ "message": "Who is Tommy?", "stream": false })).await;

        assert!(turn.html.contains("One two"), "{}", turn.html);
        assert_eq!(
            turn.kinds().iter().filter(|kind| matches!(**kind, "error" | "finish")).collect::<Vec<_>>(),
            [&"error"]
        );
        assert!(parts.contains("\"type\":\"error\"") && parts.trim_end().ends_with("data: [DONE]"), "{parts}");
        assert_eq!(whole.status, 503);
    }
    // After the head and some of the body, by RST.
    app.openai.script(vec![Reply::text("word ".repeat(200)); 2]);
    wires.openai.make(Trouble::Reset(4_000));
    assert_eq!(ada.ask("Who is Tommy?").await.kinds().last(), Some(&"error"));
    let stored = app.sql("select finish_reason from messages where role = 'assistant'").await;
    assert!(stored.iter().all(|row| row[0] == "error"), "{stored:?}");
}

/// Google and HubSpot are away for a while: what is stored is answered, with its age.
#[tokio::test]
async fn without_its_provider_stored_data_is_answered_as_of_its_last_reading() {
    let app = TestApp::start().await;
    let cookies = practice(&app).await;
    let ada = app.with_cookies(cookies);
    app.google.control().arm(always(""));
    app.hubspot.control().arm(always(""));
    for source in ["gmail", "calendar", "hubspot"] {
        ada.post(&format!("/api/ingest/{source}"), json!({})).await;
    }
    app.work_once().await;
    app.work_once().await;
    app.sql("update sync_cursors set synced_at = '2026-03-02 17:00:00Z'").await;
    app.openai.script(vec![
        Reply::call("search_contacts", json!({ "query": "Greg", "limit": null })),
        Reply::text("Greg Hall is a client."),
    ]);

    let turn = ada.ask("Who is Greg?").await;
    let connections = ada.get("/api/connections").await.json();
    let tool = json!({ "tool_name": "search_contacts", "arguments": { "query": "Greg" } });
    let ran = ada.post("/api/chat/execute-tool", tool).await.json();

    let said = "HubSpot cannot be read at the moment: what is known of it is as of Monday, 2 March 2026, 10:00 (MST).";
    assert!(turn.html.contains(said) && turn.html.contains("Gmail cannot be read at the moment"), "{}", turn.html);
    assert!(turn.html.contains("Greg Hall is a client."), "{}", turn.html);
    let kinds: Vec<_> = turn.of_type("notice").iter().map(|notice| notice["kind"].clone()).collect();
    assert_eq!(kinds, ["stale", "stale", "stale"]);
    assert!(
        app.openai.control().requests().pop().unwrap().body.contains("Tell the advisor so"),
        "the model was told, too"
    );
    let stale: Vec<&str> = connections["items"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|item| item["stale"].as_array().unwrap())
        .map(|stale| stale["source"].as_str().unwrap())
        .collect();
    assert_eq!(stale, ["calendar", "gmail", "hubspot"]);
    assert_eq!(connections["items"][0]["stale"][0]["as_of"], "2026-03-02T17:00:00Z");
    assert_eq!(ran["result"]["stale"]["note"], said, "{ran}");

    app.google.control().disarm();
    app.hubspot.control().disarm();
    app.advance(Duration::from_secs(10));
    app.sql("update tasks set run_after = now(), rung_at = null where state = 'pending'").await;
    app.sweep().await;
    app.work().await;
    app.openai.script(vec![Reply::text("Greg Hall is a client.")]);
    assert!(ada.ask("Who is Greg?").await.of_type("notice").is_empty(), "what was read anew is not stale");
}
