//! A busy day of one advisor, with everything that can be planted planted.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fakes::openai::Reply;
use fakes::server::{Fault, FaultKind};
use http::Method;
use shared::edge::service;

use super::canaries::Canaries;
use super::*;
use crate::tests::calendar::{event, with};

pub const CLIENT: (&str, &str) = ("Zephyrine Quillfeather", "zephyrine@quillfeather.example");
const SUBJECT: &str = "Heliotrope rebalancing";
const BODY: &str =
    "My number is 078-05-1120, my card 4929 1234 5678 9012, call +1 303 555 0148. I want to sell the marmalade bonds.";
const NOTE: &str = "Quixotic about annuities; keeps 34 alpacas.";
const MEETING: &str = "Tessellated trust review";
const PLACE: &str = "17 Gossamer Crescent, Boulder";
const PROMPT: &str = "Why did the kaleidoscope client sell?";
const ANSWER: &str = "Because of the palimpsest clause.";
const RULE: &str =
    "When Zephyrine Quillfeather emails me, send an email to vermilion@quillfeather.example about the zeppelin";
const ARGUMENT: &str = "obsidian lighthouse";
const CODE: &str = "4/0Pq7LmCodeNeverGiven77xWz";
const STATE: &str = "Rt5StateNeverBegunKj83hQvN2bYc";
const COOKIE: &str = "Ux9CookieNeverSetFg47mZpL6sDwA1eRkT0bNvJ8qHy";
const BEARER: &str = "Bd2BearerOfNobodyXc58kWtG3nMzQ";

/// Secrets of the installation, planted in its configuration.
pub const SECRETS: [(&str, &str); 7] = [
    ("SECRET_KEY", "kQ7vWm2xZt9rLb4nYc6sHd3fJg8pTa5e4711"),
    ("GOOGLE_OAUTH_CLIENT_SECRET", "GOCSPX-x8Kw3Vq9Zr5Tm2Yb7Nc4Ls6"),
    ("HUBSPOT_CLIENT_SECRET", "3b1c5e7a-9f2d-4a6b-8c0e-7d5f1a2b9e44"),
    ("HUBSPOT_CLIENT_SECRET_PREVIOUS", "9d8e7f6a-1b2c-4d3e-a5f6-0c9b8a7d6e55"),
    ("OPENAI_API_KEY", "sk-proj-Wz5Rk8Xq3Vt7Bn2Mj9Lc4Hf6Gd"),
    ("METRICS_TOKEN", "Tn4Zc8Wq2Xr6Vb9Km3Lj7Hg5Fd1Sp"),
    ("DATABASE_PASSWORD", "Yv3Kx9Qm5Wz7Rt2Bn8Cj4Lh6Gf1Ds"),
];

/// What nobody but Ada may see, and no log at all.
pub fn private() -> Canaries {
    let texts = [CLIENT.0, CLIENT.1, "Quillfeather", SUBJECT, "078-05-1120", "4929 1234 5678 9012", "303 555 0148"];
    let more = ["marmalade bonds", "34 alpacas", MEETING, PLACE, "kaleidoscope", "palimpsest", "zeppelin", ARGUMENT];
    let hers = [ADA, "Ada Lovett", "vermilion@quillfeather.example"];
    Canaries::of(&[&texts[..], &more, &hers].concat())
}

/// What opens doors, and what is sent in the place of it.
pub fn secret(app: &TestApp) -> Canaries {
    let mut canaries = Canaries::default();
    for planted in [CODE, STATE, COOKIE, BEARER].into_iter().chain(SECRETS.map(|(_, secret)| secret)) {
        canaries.add_token(planted);
    }
    canaries.add("only-for-tests");
    canaries.add_everything_shown(app);
    canaries
}

/// What was answered.
#[derive(Default)]
pub struct Answers {
    pub to_ada: Vec<String>,
    pub to_others: Vec<String>,
    /// Cookies and states of hers.
    pub tokens: Vec<String>,
}

impl Answers {
    pub fn ada(&mut self, Answer { status, body, .. }: Answer) -> Value {
        let read = serde_json::from_str(&body).unwrap_or_default();
        self.to_ada.push(format!("{status} {body}"));
        read
    }

    pub fn other(&mut self, Answer { status, headers, body }: Answer) {
        self.to_others.push(format!("{status} {headers:?} {body}"));
    }

    fn cookies(&mut self, person: &Person<'_>) {
        self.tokens.extend(person.cookies.lock().unwrap().values().cloned());
    }
}

/// With the planted secrets; the stand-ins know their own.
pub async fn start() -> TestApp {
    TestApp::listening_with(&SECRETS).await
}

/// Reads, asks, tells, decides, forges, and fails.
pub async fn day(app: &TestApp) -> Answers {
    let mut said = Answers::default();
    plant(app);
    let ada = app.ready_advisor(ADA).await;
    app.until("select count(*) from watches where confirmed_at is not null and source = 'calendar'", "1").await;
    said.cookies(&ada);
    sign_in_attempts(app, &mut said).await;
    conversation(app, &ada, &mut said).await;
    acting(app, &ada, &mut said).await;
    told_by_providers(app, &ada, &mut said).await;
    strangers(app, &mut said).await;
    echoes::every_provider_sends_back_what_it_got(app, &ada, &mut said).await;
    our_own_faults(app, &ada, &mut said).await;
    for path in ["/api/tasks", "/api/connections", "/api/ingest/status", "/api/rules", "/api/approvals?state=all"] {
        said.ada(ada.get(path).await);
    }
    said.cookies(&ada);
    // One sign-in is still under way.
    let consent = ada.get("/api/auth/google/start").await.location();
    let asked = canaries::url_pairs(consent.split_once('?').unwrap().1);
    said.tokens.extend(asked.into_iter().filter(|(name, _)| name == "state").map(|(_, state)| state));
    said.cookies(&ada);
    said
}

fn plant(app: &TestApp) {
    app.google.deliver(&mail(ADA, CLIENT, SUBJECT, BODY));
    app.contact("501", "Zephyrine", "Quillfeather", CLIENT.1);
    app.note("601", "501", NOTE);
    let mut meeting = event("review01", MEETING, "2026-11-05T16:00:00Z", "2026-11-05T17:00:00Z");
    meeting.location = Some(PLACE.into());
    app.google.put_event(&with(meeting, CLIENT));
}

async fn sign_in_attempts(app: &TestApp, said: &mut Answers) {
    let visitor = app.visitor();
    visitor.cookies.lock().unwrap().extend([("session".into(), COOKIE.into()), ("oauth".into(), COOKIE.into())]);
    for provider in ["google", "hubspot"] {
        let path = format!("/api/auth/{provider}/callback");
        for query in [
            format!("code={CODE}&state={STATE}"),
            format!("code={CODE}"),
            format!("state={STATE}"),
            format!("error=access_denied&error_description={}&state={STATE}", CLIENT.1),
        ] {
            said.other(visitor.get(&format!("{path}?{query}")).await);
        }
    }
    // A state that is good, with a code that is not.
    let consent = visitor.get("/api/auth/google/start").await.location();
    let asked = canaries::url_pairs(consent.split_once('?').unwrap().1);
    let state = &asked.iter().find(|(name, _)| name == "state").unwrap().1;
    said.tokens.push(state.clone());
    said.other(visitor.get(&format!("/api/auth/google/callback?code={CODE}&state={state}")).await);
}

async fn conversation(app: &TestApp, ada: &Person<'_>, said: &mut Answers) {
    app.openai
        .script(vec![Reply::call("search_contacts", json!({ "query": ARGUMENT, "limit": null })), Reply::text(ANSWER)]);
    said.ada(ada.post("/api/chat", json!({ "message": PROMPT, "stream": true })).await);
    app.openai.script(vec![Reply::text(ANSWER)]);
    said.ada(ada.post("/api/chat", json!({ "message": PROMPT, "stream": false })).await);
    app.openai.script(vec![Reply::text(ANSWER)]);
    let parts = json!([{ "type": "text", "text": PROMPT }]);
    let message = json!({ "id": "m1", "role": "user", "parts": parts });
    said.ada(
        ada.post("/api/chat/stream", json!({ "id": "c1", "trigger": "submit-message", "messages": [message] })).await,
    );
    for broken in [Reply::text(ANSWER).broken_after(1), Reply::text(ANSWER).failing_after(1), Reply::refusal(ANSWER)] {
        app.openai.script(vec![broken]);
        said.ada(ada.post("/api/chat", json!({ "message": PROMPT, "stream": true })).await);
    }
    said.ada(ada.post("/api/embeddings/search", json!({ "query": PROMPT })).await);
    said.ada(ada.get("/api/conversations").await);
    for body in [json!({ "message": [PROMPT] }), json!({ "message": PROMPT, "stream": CLIENT.1 }), json!({ PROMPT: 1 })]
    {
        said.ada(ada.post("/api/chat", body).await);
    }
    said.ada(ada.call(Method::POST, "/api/chat", &FRONTEND, Some(format!("{{\"message\": \"{PROMPT}"))).await);
}

async fn acting(app: &TestApp, ada: &Person<'_>, said: &mut Answers) {
    let letter =
        json!({ "to": [CLIENT.1], "cc": null, "bcc": null, "subject": SUBJECT, "body": BODY, "reply_to": null });
    for (tool, arguments) in [
        ("send_email", letter.clone()),
        ("send_email", json!({ "to": [ARGUMENT], "subject": SUBJECT, "body": BODY })),
        ("create_note", json!({ "contact_id": "501", "note_body": NOTE })),
        ("create_note", json!({ "contact_id": "404", "note_body": NOTE })),
        ("get_contact_by_id", json!({ "contact_id": CLIENT.1 })),
        ("search_emails", json!({ "query": ARGUMENT, "date_filter": ARGUMENT })),
        (ARGUMENT, json!({})),
    ] {
        said.ada(ada.post("/api/chat/execute-tool", json!({ "tool_name": tool, "arguments": arguments })).await);
    }
    app.openai.script(vec![Reply::call("send_email", letter), Reply::text(ANSWER)]);
    said.ada(ada.post("/api/chat", json!({ "message": "What did she write? Answer her.", "stream": true })).await);
    let waiting = said.ada(ada.get("/api/approvals").await)["items"][0].clone();
    if let Some(id) = waiting["id"].as_str() {
        let path = format!("/api/approvals/{id}");
        said.ada(ada.post(&path, json!({ "decision": "approve", "hash": BEARER })).await);
        said.ada(ada.post(&path, json!({ "decision": "approve", "hash": waiting["hash"] })).await);
    }
    said.ada(ada.post("/api/rules", json!({ "rule_text": RULE })).await);
    said.ada(ada.post("/api/rules", json!({ "rule_text": ARGUMENT })).await);
    app.work().await;
}

async fn told_by_providers(app: &TestApp, ada: &Person<'_>, said: &mut Answers) {
    app.google.deliver(&mail(ADA, CLIENT, SUBJECT, BODY));
    app.contact("502", "Zephyrine", "Quillfeather", "vermilion@quillfeather.example");
    app.until("select count(distinct source) from webhook_events", "2").await;
    app.work().await;
    for path in ["/api/webhooks/gmail", "/api/webhooks/calendar", "/api/webhooks/hubspot"] {
        let (headers, body) = app.heard.of(path).remove(0);
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        let forged =
            json!({ "message": { "data": BASE64_STANDARD.encode(json!({ "emailAddress": CLIENT.1 }).to_string()) } });
        let visitor = app.visitor();
        for (headers, body) in [
            (&headers[..], body.clone()),
            (&headers[..], forged.to_string()),
            (&[("Authorization", &*format!("Bearer {BEARER}")), ("x-goog-channel-token", BEARER)], body.clone()),
            (&[], body.clone()),
        ] {
            said.other(visitor.call(Method::POST, path, headers, Some(body)).await);
        }
    }
    said.ada(ada.post("/api/auth/setup-push-notifications", json!({})).await);
}

async fn strangers(app: &TestApp, said: &mut Answers) {
    let eve = app.advisor(EVE).await;
    let visitor = app.visitor();
    visitor.cookies.lock().unwrap().insert("session".into(), COOKIE.into());
    let operator = [("Authorization", &*format!("Bearer {BEARER}"))];
    for path in
        ["/openapi.json", "/health", "/ready", "/health/database", "/metrics", "/", "/docs", "/api/webhooks/health"]
    {
        said.other(visitor.get(path).await);
        said.other(eve.get(path).await);
        said.other(visitor.call(Method::GET, path, &operator, None).await);
    }
    let truly = [("Authorization", &*format!("Bearer {}", SECRETS[5].1))];
    said.other(visitor.call(Method::GET, "/metrics", &truly, None).await);
    said.other(visitor.call(Method::GET, "/health/database", &truly, None).await);
    for path in ["/api/tasks", "/api/connections", "/api/approvals?state=all", "/api/rules", "/api/conversations"] {
        said.other(eve.get(path).await);
        said.other(visitor.get(&format!("{path}?q={STATE}")).await);
    }
    said.other(eve.post("/api/embeddings/search", json!({ "query": "sell bonds" })).await);
    said.cookies(&eve);
}

/// The database refuses what is stored, in its own words, which quote the row; and handlers panic over what they got.
async fn our_own_faults(app: &TestApp, ada: &Person<'_>, said: &mut Answers) {
    let refuse = |table: &str, column: &str| {
        format!(
            "alter table {table} add constraint planted check ({column} not like '%marmalade%' and {column} not like '%kaleidoscope%') not valid"
        )
    };
    for (table, column) in [("emails", "body"), ("messages", "content"), ("notes", "body")] {
        app.sql(&refuse(table, column)).await;
    }
    app.google.deliver(&mail(ADA, CLIENT, SUBJECT, BODY));
    app.note("602", "501", BODY);
    said.ada(ada.post("/api/ingest/gmail", json!({})).await);
    said.ada(ada.post("/api/ingest/hubspot", json!({})).await);
    said.ada(ada.post("/api/chat", json!({ "message": PROMPT, "stream": true })).await);
    said.ada(ada.post("/api/chat", json!({ "message": PROMPT, "stream": false })).await);
    app.work().await;
    for table in ["emails", "messages", "notes"] {
        app.sql(&format!("alter table {table} drop constraint planted")).await;
    }
    for route in faults::ROUTES {
        let event = json!({
            "resource": route.path, "path": route.path, "httpMethod": "GET", "headers": {}, "multiValueHeaders": {},
            "requestContext": { "accountId": "1", "apiId": "t", "stage": "t", "httpMethod": "GET", "path": route.path,
                "resourcePath": route.path, "resourceId": "t", "requestId": "r", "identity": { "sourceIp": "127.0.0.1" } },
        });
        let request: lambda_http::request::LambdaRequest = serde_json::from_str(&event.to_string()).unwrap();
        let response = service(&app.app, route)(request.into()).await.unwrap();
        assert_eq!(response.status(), 500, "{}", route.path);
        let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
        said.to_others.push(String::from_utf8(body.to_vec()).unwrap());
    }
    let mut event = aws_lambda_events::sqs::SqsEvent::default();
    let mut message = aws_lambda_events::sqs::SqsMessage::default();
    let bell = json!({ "V1": { "task": "0199d3c0-0000-7000-8000-000000000002" } }).to_string();
    (message.message_id, message.body) = (Some("m-1".into()), Some(bell));
    event.records = vec![message];
    let answer = faults::CONSUMER.handle(&app.app, event.clone()).await;
    assert_eq!(answer.batch_item_failures.len(), 1, "it comes again");
    // What is no bell is dropped.
    event.records[0].body = Some(BODY.into());
    crate::workers::run_task::CONSUMER.handle(&app.app, event).await;
}

/// Handlers that do what handlers must not.
mod faults {
    use shared::Error;
    use shared::edge::{Consumer, Route};

    use super::BODY;

    pub const ROUTES: [Route; 3] = [
        Route::get("/panics", |_, _| Box::pin(async { panic!("{BODY}") })),
        Route::get("/misreads", |_, _| {
            Box::pin(async { Err(serde_json::from_str::<i64>(&format!("{BODY:?}")).unwrap_err().into()) })
        }),
        Route::get("/fails", |_, _| {
            Box::pin(async { Err(Error::internal("A fault.").because(std::io::Error::other(BODY))) })
        }),
    ];

    pub const CONSUMER: Consumer =
        Consumer { queue: "tasks", batch_size: 1, handler: |_, _| Box::pin(async { panic!("{BODY}") }) };
}

/// Makes a provider send back, in its refusal, what it was sent: where a code should be, and in a sentence.
pub fn echo(status: u16, path: &str, times: u32, token: &str) -> Fault {
    let text = format!("Bearer {token} of {} is not valid.", CLIENT.1);
    let body = json!({
        "error": { "message": text, "code": token, "type": token, "status": token, "errors": [{ "reason": token, "message": text }] },
        "error_description": text, "message": text, "category": token, "errorType": token, "policyName": token,
        "status": token, "code": token, "context": { "values": [text] }, "access_token": token,
    });
    let kind = FaultKind::Status { status, headers: Default::default(), body: Some(body) };
    Fault { method: None, path: path.into(), times, kind }
}
