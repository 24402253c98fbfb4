use fakes::server::{Fault, FaultKind};

use super::*;

fn asked(app: &TestApp, path: &str) -> usize {
    app.google.control().requests().iter().filter(|request| request.uri.ends_with(path)).count()
}

async fn watched(app: &TestApp) -> Person<'_> {
    let ada = app.advisor(ADA).await;
    app.work().await;
    app.until("select count(*) from watches where source = 'calendar' and confirmed_at is not null", "1").await;
    ada
}

#[tokio::test]
async fn google_is_forgotten_at_once_and_told_afterwards() {
    let app = TestApp::listening().await;
    let ada = watched(&app).await;

    let answer = ada.delete("/api/connections/google").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""));

    assert_eq!(ada.get("/api/connections").await.json(), json!({ "items": [] }));
    let me = ada.get("/api/auth/me").await.json();
    assert_eq!(
        (&me["user"]["email"], &me["user"]["google_connected"]),
        (&json!(ADA), &json!(false)),
        "still signed in"
    );
    assert_eq!(app.count("select count(*) from connections").await, 0);
    // What still comes is for nobody.
    app.google.deliver(&mail(ADA, NORA, "Late", "A letter."));
    app.until("select coalesce(sum(deliveries), 0) from unknown_deliveries", "1").await;

    app.work().await;
    assert_eq!((asked(&app, "/users/me/stop"), asked(&app, "/channels/stop"), asked(&app, "/revoke")), (1, 1, 1));
    assert_eq!(app.count("select count(*) from revocations").await, 0, "the tokens are gone");
    assert_eq!(app.count("select count(*) from watches").await, 0);
    let heard = app.heard.of(GMAIL).len();
    app.google.deliver(&mail(ADA, NORA, "Later", "Another letter."));
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(app.heard.of(GMAIL).len(), heard, "nothing is told any more");
    assert_eq!(ada.delete("/api/connections/google").await.status, 404);
}

#[tokio::test]
async fn hubspot_is_told_and_the_other_advisor_of_the_portal_stays_connected() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    let bea = app.ready_advisor("bea@firm.example").await;

    assert_eq!(ada.delete("/api/connections/hubspot").await.status, 204);
    app.work().await;

    let revoked = app.hubspot.control().requests().into_iter().filter(|r| r.uri.ends_with("/token/revoke")).count();
    assert_eq!(revoked, 1);
    assert_eq!(ada.get("/api/auth/me").await.json()["user"]["hubspot_connected"], false);
    assert_eq!(bea.get("/api/auth/me").await.json()["user"]["hubspot_connected"], true);
    app.contact("501", "Greg", "Hall", "greg@hall.example");
    bea.post("/api/ingest/hubspot", json!({})).await;
    app.work().await;
    assert_eq!(app.count("select count(*) from contacts where hubspot_id = '501'").await, 1);

    // Connected again it is read from the beginning.
    let landed = ada.connect_hubspot().await;
    assert!(landed.ends_with("/auth/hubspot/success"), "{landed}");
    app.work().await;
    assert_eq!(app.count("select count(*) from contacts where hubspot_id = '501'").await, 2);
}

#[tokio::test]
async fn a_provider_that_is_away_keeps_nobody_connected_and_is_told_later() {
    let app = TestApp::listening().await;
    let ada = watched(&app).await;
    let kind = FaultKind::Status { status: 503, headers: Default::default(), body: None };
    app.google.control().arm(Fault { method: None, path: "/revoke".into(), times: 100, kind });

    assert_eq!(ada.delete("/api/connections/google").await.status, 204);
    assert_eq!(ada.get("/api/connections").await.json(), json!({ "items": [] }));
    for _ in 0..4 {
        app.work().await;
        app.sql("update tasks set run_after = now(), rung_at = null where state = 'pending'").await;
        app.sweep().await;
    }
    let states = "select state from tasks where task_type = 'disconnect'";
    assert_eq!(app.sql(states).await, [["failed"]]);
    assert_eq!(app.count("select count(*) from revocations").await, 1);

    app.google.control().disarm();
    app.tick("schedules-renew-watches").await;
    app.work().await;

    assert_eq!(app.count("select count(*) from revocations").await, 0);
    assert_eq!(app.count("select count(*) from tasks where task_type = 'disconnect' and state = 'done'").await, 1);
}

#[tokio::test]
async fn a_goodbye_nobody_hears_is_given_up_after_a_week() {
    let app = TestApp::start().await;
    app.advisor(ADA).await;
    app.sql(
        "insert into revocations (user_id, provider, sealed_tokens, created_at)
         select id, 'hubspot', '\\x01', now() - interval '8 days' from users",
    )
    .await;

    app.tick("schedules-renew-watches").await;

    assert_eq!(app.count("select count(*) from revocations").await, 0);
}

#[tokio::test]
async fn whoever_connects_again_is_not_disconnected_by_the_goodbye() {
    let app = TestApp::listening().await;
    let ada = watched(&app).await;
    ada.delete("/api/connections/google").await;
    // Before the task ran.
    assert!(ada.sign_in(ADA).await.ends_with("/auth/success"));

    app.work().await;

    assert_eq!(asked(&app, "/revoke"), 0);
    assert_eq!(ada.get("/api/auth/me").await.json()["user"]["google_connected"], true);
    ada.post("/api/ingest/gmail", json!({})).await;
    app.work().await;
    assert_eq!(app.count("select count(*) from connections where needs_reconnect").await, 0);
}

#[tokio::test]
async fn a_consent_that_ended_at_google_is_forgotten_without_a_word() {
    let app = TestApp::listening().await;
    let ada = watched(&app).await;
    app.google.revoke_grants(ADA);

    ada.delete("/api/connections/google").await;
    app.work().await;

    assert_eq!(app.sql("select state from tasks where task_type = 'disconnect'").await, [["done"]]);
    assert_eq!(app.count("select (select count(*) from watches) + (select count(*) from revocations)").await, 0);
}

#[tokio::test]
async fn nobody_disconnects_somebody_else() {
    let app = TestApp::start().await;
    app.advisor(ADA).await;
    let eve = app.advisor(EVE).await;

    assert_eq!(eve.delete("/api/connections/hubspot").await.status, 404);
    assert_eq!(eve.delete("/api/connections/dropbox").await.status, 404);
    assert_eq!(app.visitor().delete("/api/connections/google").await.status, 401);
    assert_eq!(app.visitor().get("/api/connections").await.status, 401);
    eve.delete("/api/connections/google").await;
    assert_eq!(app.sql("select account_email from connections").await, [[ADA]]);
}
