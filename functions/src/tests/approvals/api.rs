//! The endpoints.

use super::*;

impl Person<'_> {
    async fn decide(&self, approval: &Value, body: Value) -> Answer {
        self.post(&format!("/api/approvals/{}", approval["id"].as_str().unwrap()), body).await
    }
}

#[tokio::test]
async fn an_approval_names_what_was_seen_and_tells_what_came_of_it() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let approval = waiting_note(&app, &mut Page::of(&ada), "Tommy pitches.").await;

    let missing = ada.decide(&approval, json!({ "decision": "approve" })).await;
    assert_eq!((missing.status.as_u16(), missing.body.contains("hash")), (422, true), "{}", missing.body);
    let stale = ada.decide(&approval, json!({ "decision": "approve", "hash": "00".repeat(32) })).await;
    assert_eq!((stale.status.as_u16(), notes(&app)), (409, 0));
    assert!(stale.json()["detail"].as_str().unwrap().contains("look at it again"), "{}", stale.body);

    let done = ada.decide(&approval, json!({ "decision": "approve", "hash": approval["hash"] })).await.json();
    assert_eq!((&done["state"], &done["decided_by"]), (&json!("done"), &json!("session")), "{done}");
    assert_eq!((&done["result"]["status"], &done["result"]["body"]), (&json!("success"), &json!("Tommy pitches.")));
    assert_eq!(notes(&app), 1);

    let again = ada.decide(&approval, json!({ "decision": "approve", "hash": approval["hash"] })).await;
    assert_eq!(again.status, 409);
    let late = ada.decide(&approval, json!({ "decision": "deny" })).await;
    assert!(late.status == 409 && late.body.contains("done"), "{}", late.body);
    app.work().await;
    assert_eq!(notes(&app), 1);

    // The conversation hears of it.
    let path = format!("/api/conversations/{}/messages", approval["conversation_id"].as_str().unwrap());
    let messages = ada.get(&path).await.json();
    assert!(messages[2]["content"].as_str().unwrap().starts_with("**Done:** `Add a note"), "{messages}");
}

#[tokio::test]
async fn an_edit_is_another_action_with_another_hash() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let approval = waiting_note(&app, &mut Page::of(&ada), "Tommy pitches.").await;
    let edit = |field: &str, value: Value| {
        let mut action = approval["action"].clone();
        action[field] = value;
        json!({ "decision": "edit", "action": action })
    };

    for (body, field) in [
        (json!({ "decision": "edit" }), "action"),
        (edit("note_body", json!(" ")), "action.note_body"),
        (edit("note_body", json!(7)), "action"),
        (edit("contact_id", json!("502")), "action.contact_id"),
        (edit("bcc", json!(["eve@evil.example"])), "bcc"),
        (edit("tool", json!("send_email")), "action"),
        (json!({ "decision": "perhaps" }), "decision"),
        (json!({ "decision": "deny", "extra": 1 }), "extra"),
    ] {
        let refused = ada.decide(&approval, body.clone()).await;
        assert_eq!(refused.status, 422, "{body}: {}", refused.body);
        let told = field.split('.').next_back().unwrap();
        assert!(refused.body.contains(told), "{body}: {}", refused.body);
    }

    let edited = ada.decide(&approval, edit("note_body", json!("Tommy catches. "))).await.json();
    assert_eq!((&edited["state"], &edited["action"]["note_body"]), (&json!("pending"), &json!("Tommy catches.")));
    assert_ne!(edited["hash"], approval["hash"]);
    assert!(edited["preview"].as_str().unwrap().contains("Tommy catches."));
    assert_eq!((&edited["version"], &approval["version"]), (&json!(2), &json!(1)));

    let old = ada.decide(&approval, json!({ "decision": "approve", "hash": approval["hash"] })).await;
    assert_eq!((old.status.as_u16(), notes(&app)), (409, 0));
    let done = ada.decide(&approval, json!({ "decision": "approve", "hash": edited["hash"] })).await.json();
    assert_eq!(done["result"]["body"], "Tommy catches.", "{done}");
}

#[tokio::test]
async fn somebody_elses_is_not_there() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let (eve, visitor) = (app.advisor(EVE).await, app.visitor());
    let approval = waiting_note(&app, &mut Page::of(&ada), "Tommy pitches.").await;
    let path = format!("/api/approvals/{}", approval["id"].as_str().unwrap());
    let yes = json!({ "decision": "approve", "hash": approval["hash"] });

    assert_eq!(eve.get(&path).await.status, 404);
    assert_eq!(eve.post(&path, yes.clone()).await.status, 404);
    assert_eq!(eve.post(&path, json!({ "decision": "edit", "action": approval["action"] })).await.status, 404);
    assert_eq!(eve.get("/api/approvals?state=all").await.json()["items"], json!([]));
    assert_eq!(visitor.get(&path).await.status, 401);
    assert_eq!(visitor.post(&path, yes.clone()).await.status, 401);
    // Another site has the cookie, but not our header.
    let forged = [("Origin", "https://evil.example"), ("Content-Type", "application/json")];
    let refused = ada.call(http::Method::POST, &path, &forged, Some(yes.to_string())).await;
    assert_eq!((refused.status.as_u16(), notes(&app)), (403, 0));
}

#[tokio::test]
async fn the_list_is_of_what_waits_and_is_paged() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    let mut page = Page::of(&ada);
    let mut ids = Vec::new();
    for n in 1..=3 {
        app.openai.script(vec![note(&format!("Note {n}.")), Reply::text("Prepared.")]);
        let turn = page.say("Keep what Nora wrote with Greg").await;
        ids.insert(0, turn.of_type("approval_required")[0]["id"].clone());
    }
    ada.decide(&json!({ "id": ids[1] }), json!({ "decision": "deny" })).await;

    let first = ada.get("/api/approvals?limit=1").await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = ada.get(&format!("/api/approvals?limit=1&cursor={cursor}")).await.json();
    assert_eq!((&first["items"][0]["id"], &second["items"][0]["id"]), (&ids[0], &ids[2]));
    assert_eq!(second["next_cursor"], Value::Null);
    let all = ada.get("/api/approvals?state=all").await.json();
    assert_eq!(all["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect::<Vec<_>>(), ids);
    assert_eq!(ada.get("/api/approvals?state=denied").await.json()["items"][0]["id"], ids[1]);
    for wrong in ["state=odd", "cursor=x", "limit=0"] {
        assert_eq!(ada.get(&format!("/api/approvals?{wrong}")).await.status, 422, "{wrong}");
    }
}
