//! The calls that are particular to one endpoint: those that go well, and refusals that take some doing.

use std::collections::BTreeMap;

use fakes::openai::Reply;
use fakes::server::{Fault, FaultKind};
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use super::super::support::*;
use super::super::webhooks;
use super::walk::Walk;

/// Operation, path or body that differs from its example, and what it answers.
pub const PLAIN: &[(&str, &str, u16)] = &[
    ("auth-google-start", "", 302),
    ("auth-google-callback", "?error=access_denied", 302),
    ("auth-google-callback", "?code=x&state=unknown", 400),
    ("auth-google-callback", "?state=x", 422),
    ("auth-hubspot-start", "", 302),
    ("auth-hubspot-callback", "?error=access_denied", 302),
    ("auth-hubspot-callback", "?code=x&state=unknown", 400),
    ("auth-hubspot-callback", "?state=x", 422),
    ("auth-me", "", 200),
    ("chat-health", "", 200),
    ("connections-list", "", 200),
    ("sessions-list", "", 200),
    ("account-export", "", 200),
    ("account-export-volume", "", 200),
    ("account-receipt", "", 404),
    ("approvals-list", "", 200),
    ("approvals-list", "?state=asleep", 422),
    ("approvals-get", "", 200),
    ("rules-list", "", 200),
    ("rules-get", "", 200),
    ("rules-health", "", 200),
    ("webhooks-health", "", 200),
    ("conversations-list", "", 200),
    ("conversations-messages", "", 200),
    ("ingest-status", "", 200),
    ("knowledge-stats", "", 200),
    ("tasks-list", "", 200),
    ("tasks-list", "?state=asleep", 422),
    ("tasks-get", "", 200),
    ("docs-openapi", "", 200),
    ("docs-swagger", "", 200),
    ("docs-swagger-file", "", 200),
    ("docs-redoc", "", 200),
    ("docs-redoc-file", "", 200),
    ("health-root", "", 200),
    ("health-check", "", 200),
    ("health-check-health", "", 200),
    ("health-ready", "", 200),
    ("health-database", "", 200),
    ("domain-verify", "", 200),
    ("console-page", "", 200),
    ("console-page-file", "", 200),
];

/// Operation, body, and what it answers.
pub const POSTED: &[(&str, &str, u16)] = &[
    ("knowledge-search", r#"{"query": "Tommy"}"#, 200),
    ("knowledge-search", r#"{"query": " "}"#, 400),
    ("knowledge-generate", "{}", 200),
    ("knowledge-generate", r#"{"source_type": "letters"}"#, 400),
    (
        "chat-send",
        r#"{"message": "Tommy?", "conversation_id": "0199d3c0-0000-7000-8000-00000000dead", "stream": false}"#,
        404,
    ),
    ("rules-create", r#"{"rule_text": "when gmail.message.received then log"}"#, 201),
    ("rules-create", r#"{"rule_text": " "}"#, 400),
    ("rules-update", r#"{"description": "Ours"}"#, 200),
    ("rules-update", r#"{"rule_text": " "}"#, 400),
    ("rules-test", "{}", 200),
    ("rules-test-test", r#"{"rule_text": "when gmail.message.received then log"}"#, 200),
    ("rules-test-test", r#"{"rule_text": " "}"#, 400),
    ("rules-confirm", r#"{"policy_hash": "of-another"}"#, 409),
    ("conversations-create", "{}", 201),
    ("ingest-gmail", "{}", 200),
    ("ingest-gmail-emails", "{}", 200),
    ("ingest-start", r#"{"source": "gmail"}"#, 200),
    ("ingest-calendar", "{}", 200),
    ("ingest-hubspot", "", 200),
    ("ingest-hubspot-contacts", "", 200),
    ("auth-refresh", "{}", 200),
    ("auth-setup-push-notifications", "{}", 200),
    ("chat-execute-tool", r#"{"tool_name": "search_contacts", "arguments": {"query": "Greg"}}"#, 200),
];

pub async fn make(walk: &mut Walk<'_>) {
    let ada = walk.person(ADA);
    for (id, query, status) in PLAIN {
        let operation = walk.operation(id);
        let answer = walk.call_at(&ada, &operation, query).await;
        assert_eq!(answer.status, *status, "{operation}{query}: {}", answer.body);
    }
    for (id, body, status) in POSTED {
        let operation = walk.operation(id);
        let answer = walk.call(&ada, &operation, &FRONTEND, Some((*body).to_owned())).await;
        assert_eq!(answer.status, *status, "{operation} {body}: {}", answer.body);
    }
    files(walk).await;
    chat(walk).await;
    operators(walk).await;
    approving(walk).await;
    instructing(walk).await;
    connecting(walk).await;
    webhooks(walk).await;
    push(walk).await;
    without_connections(walk).await;
    Box::pin(leaving(walk)).await;
    endings(walk).await;
}

async fn files(walk: &Walk<'_>) {
    let visitor = walk.app.visitor();
    for id in
        ["console-page", "console-page-file", "docs-swagger", "docs-swagger-file", "docs-redoc", "docs-redoc-file"]
    {
        let operation = walk.operation(id);
        let tag = walk.call(&visitor, &operation, &[], None).await.header("etag").to_owned();
        let again = walk.call(&visitor, &operation, &[("If-None-Match", &tag)], None).await;
        assert_eq!(again.status, 304, "{operation}");
        if id.ends_with("-file") {
            assert_eq!(walk.call_with(&visitor, &operation, "nothing.js", &[], None).await.status, 404, "{operation}");
        }
    }
    let verify = walk.operation("domain-verify");
    assert_eq!(walk.call_with(&visitor, &verify, "google0.html", &[], None).await.status, 404);
}

async fn chat(walk: &Walk<'_>) {
    let ada = walk.person(ADA);
    for id in ["chat-send", "chat-send-stream"] {
        let operation = walk.operation(id);
        for (stream, kind) in [(true, "text/event-stream; charset=utf-8"), (false, "application/json")] {
            walk.app.openai.script(vec![Reply::text("Nobody did.")]);
            let body = json!({ "message": "Tommy?", "stream": stream }).to_string();
            let answer = walk.call(&ada, &operation, &FRONTEND, Some(body)).await;
            assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, kind), "{operation}");
        }
        walk.app.openai.script(vec![Reply::error(401), Reply::error(401)]);
        let body = json!({ "message": "Tommy?", "stream": false }).to_string();
        let away = walk.call(&ada, &operation, &FRONTEND, Some(body.clone())).await;
        assert_eq!((away.status.as_u16(), away.header("retry-after")), (503, "10"), "{operation}");
        walk.app.openai.script(vec![Reply::error(400)]);
        assert_eq!(walk.call(&ada, &operation, &FRONTEND, Some(body)).await.status, 502, "{operation}");
        let nowhere =
            json!({ "message": "Tommy?", "conversation_id": "0199d3c0-0000-7000-8000-00000000dead", "stream": false });
        assert_eq!(walk.call(&ada, &operation, &FRONTEND, Some(nowhere.to_string())).await.status, 404, "{operation}");
    }
}

async fn operators(walk: &Walk<'_>) {
    let visitor = walk.app.visitor();
    for id in ["metrics-show", "health-database"] {
        let operation = walk.operation(id);
        let answer = walk.call(&visitor, &operation, &[("Authorization", "Bearer operator")], None).await;
        assert_eq!(answer.status, 200, "{operation}");
    }
    let nowhere = TestApp::start_with(&[("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")]).await;
    for id in ["health-ready", "health-database"] {
        let operation = walk.operation(id);
        assert_eq!(walk.call(&nowhere.visitor(), &operation, &[], None).await.status, 503, "{operation}");
    }
}

async fn approving(walk: &Walk<'_>) {
    let (ada, operation) = (walk.person(ADA), walk.operation("approvals-decide"));
    let unseen = operation.example();
    assert_eq!(walk.call(&ada, &operation, &FRONTEND, unseen).await.status, 409, "she has seen something else");
    let seen = json!({ "decision": "approve", "hash": walk.approval["hash"] }).to_string();
    let answer = walk.call(&ada, &operation, &FRONTEND, Some(seen)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// Over a version that is no more, with a model that is away, and as it should be.
async fn instructing(walk: &Walk<'_>) {
    let ada = walk.person(ADA);
    let stale = [FRONTEND.as_slice(), &[("If-Match", "\"99\"")]].concat();
    let seen = json!({ "policy_hash": walk.rule["policy_hash"] }).to_string();
    for (id, body) in [
        ("rules-update", Some(r#"{"is_active": true}"#.to_owned())),
        ("rules-confirm", Some(seen.clone())),
        ("rules-delete", None),
    ] {
        let operation = walk.operation(id);
        assert_eq!(walk.call(&ada, &operation, &stale, body).await.status, 412, "{operation}");
    }
    for id in ["rules-create", "rules-update", "rules-test-test"] {
        let operation = walk.operation(id);
        walk.app.openai.script(vec![Reply::error(401), Reply::error(401)]);
        let body = json!({ "rule_text": "When a client writes, tell me." }).to_string();
        assert_eq!(walk.call(&ada, &operation, &FRONTEND, Some(body)).await.status, 502, "{operation}");
    }
    let confirm = walk.operation("rules-confirm");
    let answer = walk.call(&ada, &confirm, &FRONTEND, Some(seen)).await;
    assert_eq!((answer.status.as_u16(), answer.json()["confirmed"].clone()), (200, json!(true)), "{}", answer.body);
    walk.app.sql("update memory_rules set policy = null").await;
    let test = walk.operation("rules-test");
    assert_eq!(walk.call(&ada, &test, &FRONTEND, Some("{}".into())).await.status, 409, "it has no policy");
}

/// As the providers call, and as somebody who would like to be one.
async fn webhooks(walk: &Walk<'_>) {
    let app = TestApp::listening().await;
    let stranger = app.visitor();
    let large = "x".repeat((1 << 20) + 1);
    let (hubspot, gmail, calendar) =
        (walk.operation("webhooks-hubspot"), walk.operation("webhooks-gmail"), walk.operation("webhooks-calendar"));
    for operation in [&hubspot, &gmail, &calendar] {
        assert_eq!(walk.call(&stranger, operation, &[], Some(large.clone())).await.status, 413, "{operation}");
    }

    let pushed = webhooks::gmail::watched(&app).await;
    let told = webhooks::calendar::watched(&app).await;
    let event = json!([webhooks::hubspot::event(&app, 1)]).to_string();
    let signed =
        |body: &str| webhooks::hubspot::signed(&app, webhooks::hubspot::SECRET, webhooks::hubspot::now(&app), body);
    let envelope = webhooks::gmail::envelope("m1", ADA, 7);
    let unknown = webhooks::with(&told, "x-goog-channel-token", Some("guessed"));
    for (operation, headers, body, status) in [
        (&hubspot, signed(&event), event.as_str(), 200),
        (&hubspot, signed("{}"), "{}", 400),
        (&hubspot, signed("{}"), "[]", 401),
        (&gmail, pushed.clone(), envelope.as_str(), 200),
        (&gmail, pushed, "{", 400),
        (&gmail, HeaderMap::new(), envelope.as_str(), 401),
        (&calendar, told, "", 200),
        (&calendar, HeaderMap::new(), "", 400),
        (&calendar, unknown, "", 401),
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        let answer = walk.call(&stranger, operation, &headers, Some(body.to_owned())).await;
        assert_eq!(answer.status, status, "{operation} {body}: {}", answer.body);
    }
}

/// Google gives no new token, for now.
async fn push(walk: &Walk<'_>) {
    let app = TestApp::listening().await;
    let ada = app.advisor(ADA).await;
    app.google.expire_access_tokens(ADA);
    let kind = FaultKind::Status { status: 500, headers: BTreeMap::default(), body: None };
    app.google.control().arm(Fault { method: None, path: "/token".into(), times: 20, kind });
    let operation = walk.operation("auth-setup-push-notifications");
    assert_eq!(walk.call(&ada, &operation, &FRONTEND, None).await.status, 502);
}

/// A link that Ada began, finished by Eve.
async fn connecting(walk: &Walk<'_>) {
    let (ada, eve) = (walk.person(ADA), walk.person(EVE));
    let consent = ada.get("/api/auth/hubspot/start").await.location();
    let callback = ada.callback(&format!("{consent}&user={ADA}"), "approve").await;
    let query = callback.split_once('?').unwrap().1;
    let browser = ada.cookies.lock().unwrap().get("oauth_browser").cloned().unwrap();
    eve.cookies.lock().unwrap().insert("oauth_browser".into(), browser);
    let operation = walk.operation("auth-hubspot-callback");
    let answer = walk.call_at(&eve, &operation, &format!("?{query}")).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
}

/// Who has connected nothing is told so, and who has to connect again, too.
async fn without_connections(walk: &Walk<'_>) {
    let (ada, eve) = (walk.person(ADA), walk.person(EVE));
    walk.app
        .sql(&format!("delete from connections where user_id = (select id from users where email = '{EVE}')"))
        .await;
    walk.app.sql("update connections set needs_reconnect = true, sealed_tokens = null").await;
    let reads = |path: &str| path.starts_with("/api/ingest") || path == "/api/auth/setup-push-notifications";
    for operation in walk.operations(|operation| reads(&operation.path) && operation.method == Method::POST) {
        assert_eq!(walk.call(&eve, &operation, &FRONTEND, operation.example()).await.status, 400, "{operation}");
        assert_eq!(walk.call(&ada, &operation, &FRONTEND, operation.example()).await.status, 409, "{operation}");
    }
    walk.app.sql("update connections set needs_reconnect = false").await;
}

/// Somebody who takes everything along, and goes.
async fn leaving(walk: &Walk<'_>) {
    let bea = walk.app.advisor("bea@firm.example").await;
    let export = walk.operation("account-export");
    assert_eq!(walk.call(&bea, &export, &[], None).await.status, 403, "another site cannot begin it");
    assert_eq!(walk.call(&bea, &export, &FRONTEND, None).await.status, 202);
    let delete = walk.operation("account-delete");
    let confirmed = json!({ "email": "bea@firm.example" }).to_string();
    let answer = walk.call(&bea, &delete, &FRONTEND, Some(confirmed)).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let receipt = answer.json()["receipt"].as_str().unwrap().to_owned();
    let shown = walk.call_with(&walk.app.visitor(), &walk.operation("account-receipt"), &receipt, &[], None).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
}

/// What is gone afterwards.
async fn endings(walk: &Walk<'_>) {
    let ada = walk.person(ADA);
    for id in ["conversations-delete", "rules-delete"] {
        let delete = walk.operation(id);
        assert_eq!(walk.call(&ada, &delete, &FRONTEND, None).await.status, 204, "{delete}");
    }
    let disconnect = walk.operation("connections-delete");
    assert_eq!(walk.call(&ada, &disconnect, &FRONTEND, None).await.status, 204);
    let elsewhere = walk.operation("sessions-delete-id");
    assert_eq!(walk.call(&ada, &elsewhere, &FRONTEND, None).await.status, 204);
    let logout = walk.operation("auth-logout");
    assert_eq!(walk.call(&ada, &logout, &[], None).await.status, 403, "another site cannot sign her out");
    let answer = walk.call(&ada, &logout, &FRONTEND, None).await;
    assert_eq!(answer.status, 200);
    assert_eq!(ada.get("/api/auth/me").await.json()["user"], Value::Null);
    let everywhere = walk.operation("sessions-delete");
    assert_eq!(walk.call(&walk.person(EVE), &everywhere, &FRONTEND, None).await.status, 204);
}
