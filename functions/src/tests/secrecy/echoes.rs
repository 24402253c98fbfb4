//! Providers that refuse and send back what they were sent: the token, the address, the letter.

use fakes::openai::Reply;
use fakes::server::{Control, Fault, FaultKind};

use super::walk::{Answers, CLIENT, echo};
use super::*;

/// The last thing of this kind the provider was shown.
fn last_bearer(control: &Control) -> String {
    let requests = control.requests();
    let shown = requests.iter().rev().find_map(|request| request.headers.get("authorization")).unwrap();
    shown.trim_start_matches("Bearer ").to_owned()
}

/// Does what waits for another try, too.
async fn go_on(app: &TestApp) {
    app.sql("update tasks set run_after = now(), rung_at = null where state = 'pending'").await;
    app.sweep().await;
    app.work_once().await;
}

pub async fn every_provider_sends_back_what_it_got(app: &TestApp, ada: &Person<'_>, said: &mut Answers) {
    let google = last_bearer(app.google.control());
    let hubspot = last_bearer(app.hubspot.control());
    let openai = last_bearer(app.openai.control());
    for status in [400, 401, 403, 409, 429, 500] {
        // What is worth another try is tried again after a pause: one provider at a time is enough then.
        if status != 429 {
            app.google.control().arm(echo(status, "/gmail/", 3, &google));
        }
        if status < 429 {
            app.google.control().arm(echo(status, "/calendar/", 3, &google));
            app.openai.control().arm(echo(status, "/v1/", 2, &openai));
        }
        if status != 500 {
            app.hubspot.control().arm(echo(status, "/crm/", 3, &hubspot));
        }
        for source in ["gmail", "calendar", "hubspot"] {
            said.ada(ada.post(&format!("/api/ingest/{source}"), json!({})).await);
        }
        go_on(app).await;
        said.ada(ada.post("/api/chat", json!({ "message": "What is new?", "stream": false })).await);
        let note = json!({ "tool_name": "create_note", "arguments": { "contact_id": "501", "note_body": CLIENT.0 } });
        said.ada(ada.post("/api/chat/execute-tool", note).await);
        for control in [app.google.control(), app.hubspot.control(), app.openai.control()] {
            control.disarm();
        }
    }
    // No answer, and half of one.
    for kind in [FaultKind::AppliedThenDropped, FaultKind::HalfBody] {
        app.google.control().arm(Fault { method: None, path: "/gmail/".into(), times: 3, kind });
        said.ada(ada.post("/api/ingest/gmail", json!({})).await);
        go_on(app).await;
        app.google.control().disarm();
    }
    // The token endpoints: a sign-in, a connection and a refresh, each refused with its own form in the answer.
    for status in [400, 401, 500] {
        let visitor = app.visitor();
        let consent = visitor.get("/api/auth/google/start").await.location();
        let callback = visitor.callback(&consent, "approve").await;
        let code = canaries::url_pairs(callback.split_once('?').unwrap().1);
        let code = code.iter().find(|(name, _)| name == "code").unwrap().1.clone();
        app.google.control().arm(echo(status, "/token", 3, &code));
        said.ada(visitor.get(callback.strip_prefix("http://localhost:8000").unwrap()).await);
        app.google.control().disarm();
    }
    app.advance(std::time::Duration::from_secs(3600));
    let shown = app.google.control().requests().iter().rev().find(|r| r.uri == "/token").unwrap().body.clone();
    app.google.control().arm(echo(500, "/token", 2, &shown));
    app.hubspot.control().arm(echo(500, "/token", 2, &shown));
    said.ada(ada.post("/api/ingest/gmail", json!({})).await);
    said.ada(ada.post("/api/ingest/hubspot", json!({})).await);
    go_on(app).await;
    app.google.control().disarm();
    app.hubspot.control().disarm();
    app.openai.script(vec![Reply::text("Nothing is new.")]);
    said.ada(ada.post("/api/chat", json!({ "message": "What is new?", "stream": true })).await);
    go_on(app).await;
}
