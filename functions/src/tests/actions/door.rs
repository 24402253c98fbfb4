//! The endpoint itself.

use super::*;

#[tokio::test]
async fn a_tool_that_reads_answers() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    let found = ada.does("search_contacts", json!({ "query": "greg" })).await;
    let as_the_seed_calls_it = ada.does("find_contact", json!({ "query": "greg" })).await;

    assert_eq!(found["contacts"][0]["email"], "greg@hall.example");
    assert_eq!(as_the_seed_calls_it, found);
}

#[tokio::test]
async fn what_there_is_not_is_said_as_the_seed_said_it() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    let answer = ada.tool("launch_rocket", json!({})).await;

    assert_eq!(
        answer,
        json!({ "status": "error", "result": null, "error": "Invalid arguments: Unknown function: launch_rocket" })
    );
}

#[tokio::test]
async fn wrong_arguments_are_named() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let cases = [
        ("create_note", json!({ "contact_id": "501", "note_body": " " }), "note_body: must not be blank."),
        ("create_note", json!({ "contact_id": "501" }), "missing field `note_body`"),
        ("create_note", json!({ "contact_id": "502", "note_body": "x" }), "search_contacts finds the id of one"),
        ("create_contact", json!({ "email": "nobody" }), "email: `nobody` is not an e-mail address."),
        ("create_contact", json!({ "email": "a@b.example", "shoe_size": "9" }), "unknown field `shoe_size`"),
        ("update_contact", json!({ "contact_id": "501" }), "at least one field must be given"),
        ("update_contact", json!({ "contact_id": 501, "phone": "1" }), "contact_id: invalid type"),
    ];
    for (tool, arguments, message) in cases {
        let error = ada.is_refused(tool, arguments).await;

        assert!(error.contains(message), "{tool}: {error}");
    }
    assert_eq!(app.count("select count(*) from actions").await, 0);
}

#[tokio::test]
async fn nobody_writes_without_a_session_or_from_another_site() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let body =
        json!({ "tool_name": "create_note", "arguments": { "contact_id": "501", "note_body": "x" } }).to_string();
    let evil = [("Origin", "https://evil.example"), ("Content-Type", "application/json"), ("X-Requested-With", "x")];
    let path = "/api/chat/execute-tool";

    let stranger = app.visitor().call(http::Method::POST, path, &FRONTEND, Some(body.clone())).await;
    let from_elsewhere = ada.call(http::Method::POST, path, &evil, Some(body)).await;

    assert_eq!((stranger.status.as_u16(), from_elsewhere.status.as_u16()), (401, 403));
    assert_eq!(asked(app.hubspot.control(), "POST", "/crm/objects/2026-09/notes"), 0);
}

#[tokio::test]
async fn somebody_elses_contact_does_not_exist() {
    let app = TestApp::start().await;
    practice(&app).await;
    let eve = app.ready_advisor(EVE).await;

    let error = eve.is_refused("create_note", json!({ "contact_id": "501", "note_body": "x" })).await;

    assert!(error.contains("There is no such contact"), "{error}");
}

#[tokio::test]
async fn what_is_asked_again_under_the_same_key_is_done_once() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let body =
        json!({ "tool_name": "create_note", "arguments": { "contact_id": "501", "note_body": "x" } }).to_string();
    let headers = [&FRONTEND[..], &[("Idempotency-Key", "note-1")]].concat();
    let ask = async || ada.call(http::Method::POST, "/api/chat/execute-tool", &headers, Some(body.clone())).await;

    let first = ask().await.json();
    let again = ask().await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    // The function was lost before it could answer: nobody remembers the key.
    app.sql("delete from idempotency_keys").await;
    let lost = ask().await.json();

    assert_eq!(first["status"], "success", "{first}");
    assert_eq!((&again.json(), &lost), (&first, &first));
    assert_eq!(app.in_portal(ada.user_id().await, "notes", "hs_note_body").await.len(), 1);
}
