//! Nothing hangs: whatever a provider does, every route that calls one has answered before its function's time is over.

use std::time::{Duration, Instant};

use fakes::proxy::{Blackhole, Proxy, Trouble, closed_port};
use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};

use super::*;
use crate::routes::CONSUMERS;
use crate::tests::webhooks;

/// What functions are told they have. The provider gets two seconds less; the rest is for a slow machine.
const TIME: Duration = Duration::from_secs(8);

/// How a call of a route went.
struct Outcome {
    what: &'static str,
    answer: Answer,
    took: Duration,
}

async fn timed(what: &'static str, call: impl Future<Output = Answer>) -> Outcome {
    let asked = Instant::now();
    let answer = tokio::time::timeout(TIME, call).await.unwrap_or_else(|_| panic!("{what} hung"));
    Outcome { what, answer, took: asked.elapsed() }
}

/// Every route that waits for a provider, all at once, and what it says while there is none.
async fn every_route_answers(app: &TestApp, ada: &Person<'_>, callbacks: &Callbacks<'_>, trouble: &str) {
    let tool = |name: &str, arguments: Value| {
        let body = json!({ "tool_name": name, "arguments": arguments });
        async move { ada.post("/api/chat/execute-tool", body).await }
    };
    let chat = |stream: bool| ada.post("/api/chat", json!({ "message": "Who is Tommy?", "stream": stream }));
    let pushed = webhooks::gmail::envelope("m1", ADA, 7);
    let stranger = app.visitor();
    let push: Vec<(&str, &str)> = callbacks.push.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let note = json!({ "contact_id": "501", "note_body": "He called." });

    let outcomes = join_all([
        boxed(timed("chat, streamed", chat(true))),
        boxed(timed("chat, whole", chat(false))),
        boxed(timed("search", ada.post("/api/embeddings/search", json!({ "query": "Tommy" })))),
        boxed(timed("a rule", ada.post("/api/rules", json!({ "rule_text": "When a client writes, tell me." })))),
        boxed(timed("free time", tool("find_free_time", json!({ "duration_minutes": 30 })))),
        boxed(timed("a note", tool("create_note", note))),
        boxed(timed("push", ada.post("/api/auth/setup-push-notifications", json!({})))),
        boxed(timed("Google's callback", callbacks.google.get(&callbacks.google_path))),
        boxed(timed("HubSpot's callback", ada.get(&callbacks.hubspot_path))),
        boxed(timed("Gmail's webhook", stranger.call(Method::POST, "/api/webhooks/gmail", &push, Some(pushed)))),
    ])
    .await;

    for Outcome { what, answer, took } in &outcomes {
        let (status, body) = (answer.status.as_u16(), &answer.body);
        let fine = match *what {
            "chat, streamed" => status == 200 && Turn::of(answer).kinds().last() == Some(&"error"),
            "chat, whole" => {
                status == 503 && !answer.header("retry-after").is_empty() && answer.json()["sources"].is_array()
            }
            "search" => status == 200 && answer.json()["by_words_only"] == true,
            // It goes on by itself, and says so.
            "push" => matches!(status, 200 | 502 | 503),
            "free time" | "a note" => status == 200 && answer.json()["status"] == "error",
            "Google's callback" | "HubSpot's callback" => status == 302 && answer.location().contains("error="),
            _ => matches!(status, 502 | 503),
        };
        assert!(fine, "{trouble}: {what} said {status} after {took:?}: {body}");
    }
    let slowest = outcomes.iter().max_by_key(|outcome| outcome.took).unwrap();
    let figures = json!({ "trouble": trouble, "routes": outcomes.len(), "slowest": slowest.what,
        "slowest_ms": slowest.took.as_millis() as u64, "allowed_ms": TIME.as_millis() as u64 });
    figures::note("time_outs", figures);
}

fn boxed<'a>(outcome: impl Future<Output = Outcome> + 'a) -> std::pin::Pin<Box<dyn Future<Output = Outcome> + 'a>> {
    Box::pin(outcome)
}

/// Visits to consent pages that only have to come back, and a push as Google signs it.
struct Callbacks<'a> {
    google: Person<'a>,
    google_path: String,
    hubspot_path: String,
    push: Vec<(String, String)>,
}

impl<'a> Callbacks<'a> {
    async fn begun(app: &'a TestApp, ada: &Person<'_>, push: Vec<(String, String)>) -> Self {
        let path = |url: String| url.strip_prefix("http://localhost:8000").unwrap().to_owned();
        let google = app.visitor();
        let consent = google.get("/api/auth/google/start").await.location();
        let google_path = path(google.callback(&format!("{consent}&account={EVE}"), "approve").await);
        let consent = ada.get("/api/auth/hubspot/start").await.location();
        let hubspot_path = path(ada.callback(&format!("{consent}&user={ADA}"), "approve").await);
        Self { google, google_path, hubspot_path, push }
    }
}

/// Signs in while all is well.
async fn prepared() -> (TestApp, BTreeMap<String, String>, Vec<(String, String)>) {
    let app = TestApp::listening().await;
    let cookies = practice(&app).await;
    let push = webhooks::gmail::watched(&app).await;
    let push = push.iter().map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned())).collect();
    (app, cookies, push)
}

/// The same for what is behind a proxy.
async fn survives(trouble: Trouble) {
    let (app, cookies, push) = prepared().await;
    let (mut app, wires) = app.wired().await;
    app.time = Some(TIME);
    let ada = app.with_cookies(cookies);
    let callbacks = Callbacks::begun(&app, &ada, push).await;

    wires.make(trouble);

    every_route_answers(&app, &ada, &callbacks, &format!("{trouble:?}")).await;
    let asked = |proxy: &Proxy| !proxy.seen().is_empty();
    assert!(wires.providers().into_iter().all(asked), "every provider was asked");
}

async fn survives_nobody(addr: std::net::SocketAddr, trouble: &str) {
    let (app, cookies, push) = prepared().await;
    let mut app = app.led_astray(addr).await;
    app.time = Some(TIME);
    let ada = app.with_cookies(cookies);
    let callbacks = Callbacks::begun(&app, &ada, push).await;

    every_route_answers(&app, &ada, &callbacks, trouble).await;
}

#[tokio::test]
async fn a_provider_that_takes_the_call_and_says_nothing_is_not_waited_for() {
    survives(Trouble::Hang).await;
}

#[tokio::test]
async fn one_that_stops_after_the_head_of_its_answer_is_not_waited_for() {
    survives(Trouble::AfterHead).await;
}

#[tokio::test]
async fn one_that_sends_a_byte_each_second_is_not_waited_for() {
    survives(Trouble::Drip(Duration::from_secs(1))).await;
}

#[tokio::test]
async fn half_a_body_and_a_reset_are_no_answer() {
    survives(Trouble::Cut(150)).await;
    survives(Trouble::Reset(60)).await;
}

#[tokio::test]
async fn nobody_at_a_port_is_no_answer() {
    survives_nobody(closed_port().await.unwrap(), "closed port").await;
}

#[tokio::test]
async fn an_address_that_never_picks_up_is_given_up() {
    let hole = Blackhole::start().await.unwrap();
    survives_nobody(hole.addr, "black hole").await;
}

/// The same for the work nobody waits for: it ends before Lambda ends it, and is tried again later.
#[tokio::test]
async fn no_task_hangs() {
    let app = TestApp::start().await;
    practice(&app).await;
    let (app, wires) = app.wired().await;
    app.sql("update tasks set state = 'pending', attempt = 0, run_after = now(), rung_at = null where task_type like '%_sync'").await;
    app.sweep().await;
    wires.make(Trouble::Hang);

    let messages = app.receive().await;
    assert!(messages.len() >= 3, "{}", messages.len());
    let (_, consumer) = CONSUMERS[0];
    let work = messages.into_iter().map(|(_, message)| {
        let mut event = aws_lambda_events::sqs::SqsEvent::default();
        event.records = vec![message];
        let app = app.app.until(Instant::now() + TIME);
        async move { tokio::time::timeout(TIME, consumer.handle(&app, event)).await.expect("a task hung") }
    });
    let answers = join_all(work).await;

    assert!(answers.iter().all(|answer| answer.batch_item_failures.is_empty()), "the row says when to go on");
    let waiting = app
        .count("select count(*) from tasks where task_type like '%_sync' and state = 'pending' and run_after > now()")
        .await;
    assert_eq!(waiting, 3);
}

#[tokio::test]
async fn a_queue_that_is_away_costs_time_and_no_task() {
    for trouble in [Trouble::Hang, Trouble::Refuse] {
        let app = TestApp::start().await;
        let cookies = practice(&app).await;
        let (app, wires) = app.wired().await;
        let ada = app.with_cookies(cookies);
        wires.aws.make(trouble);

        for _ in 0..figures::times(3, 20) {
            let asked = Instant::now();
            let accepted = ada.post("/api/ingest/gmail", json!({})).await;
            assert!(accepted.status.is_success(), "{}", accepted.body);
            assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
        }

        wires.aws.make(Trouble::Pass);
        // A queue that fell silent is left alone for five seconds.
        tokio::time::sleep(Duration::from_millis(5_100)).await;
        app.sql("update tasks set rung_at = now() - interval '2 minutes' where state = 'pending'").await;
        app.sweep().await;
        app.work().await;
        assert_eq!(app.count("select count(*) from tasks where state <> 'done'").await, 0);
    }
}

#[tokio::test]
async fn a_cold_start_without_secrets_says_so_and_goes_on_when_they_are_back() {
    let app = TestApp::start().await;
    let cookies = practice(&app).await;
    let secrets = [("SECRETS_ID", "nowhere"), ("SECRET_KEY", ""), ("OPENAI_API_KEY", "")];
    let (mut app, wires) = app.with_settings(&secrets).await.wired().await;
    app.time = Some(TIME);
    let ada = app.with_cookies(cookies);
    for trouble in [Trouble::Hang, Trouble::Refuse] {
        wires.aws.make(trouble);

        let outcome = timed("tasks", ada.get("/api/tasks")).await;

        let answer = outcome.answer;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "5"), "{}", answer.body);
        assert!(answer.body.contains("Secrets Manager"), "{}", answer.body);
    }
}
