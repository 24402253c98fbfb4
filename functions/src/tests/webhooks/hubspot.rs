use aws_lc_rs::{digest, hmac};
use fakes::hubspot::Trouble;
use futures::future::join_all;

use super::*;

pub(in crate::tests) const SECRET: &str = "hubspot-secret";

/// An event of HubSpot's, about a contact.
pub(in crate::tests) fn event(app: &TestApp, id: i64) -> Value {
    json!({
        "eventId": id, "subscriptionId": 77, "portalId": app.portal(), "appId": APP_ID,
        "occurredAt": 1_790_000_000_000_i64 + id, "subscriptionType": "contact.creation", "attemptNumber": 0,
        "objectId": 501, "changeSource": "CRM_UI", "changeFlag": "NEW",
    })
}

pub(in crate::tests) fn signed(app: &TestApp, secret: &str, sent: i64, body: &str) -> HeaderMap {
    let message = format!("POST{}{body}{sent}", app.app.config.webhook_url(HUBSPOT));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message.as_bytes());
    let mut headers = HeaderMap::new();
    headers.insert("x-hubspot-signature-v3", BASE64_STANDARD.encode(tag).parse().unwrap());
    headers.insert("x-hubspot-request-timestamp", sent.to_string().parse().unwrap());
    headers.insert("content-type", "application/json".parse().unwrap());
    headers
}

pub(in crate::tests) fn now(app: &TestApp) -> i64 {
    app.app.now().as_millisecond()
}

/// Delivers as HubSpot does.
async fn deliver(app: &TestApp, body: &str) -> Answer {
    send_again(app, HUBSPOT, &signed(app, SECRET, now(app), body), body).await
}

#[tokio::test]
async fn twenty_copies_of_a_delivery_are_one() {
    let app = TestApp::start().await;
    app.ready_advisor(ADA).await;
    let body = json!([event(&app, 1), event(&app, 2)]).to_string();
    // The other way round: copies with another order must not wait for each other in a circle.
    let reversed = json!([event(&app, 2), event(&app, 1)]).to_string();

    let answers = join_all((0..20).map(|n| deliver(&app, if n % 2 == 0 { &body } else { &reversed }))).await;

    let processed: i64 = answers
        .iter()
        .map(|answer| {
            assert_eq!(answer.status, 200, "{}", answer.body);
            answer.json()["processed"].as_i64().unwrap()
        })
        .sum();
    assert_eq!(processed, 2, "each event once");
    assert_eq!(app.count("select count(*) from webhook_events where source = 'hubspot'").await, 2);
    assert_eq!(app.count("select count(distinct task_id) from webhook_events").await, 1);
    assert_eq!(app.count("select count(*) from tasks where state = 'pending'").await, 1);
}

#[tokio::test]
async fn the_answer_has_the_seeds_shape() {
    let app = TestApp::start().await;
    app.ready_advisor(ADA).await;
    let mut stranger = event(&app, 2);
    stranger["portalId"] = json!(1);
    let body = json!([event(&app, 1), stranger, { "eventId": 3 }, "nonsense"]).to_string();

    let first = deliver(&app, &body).await.json();
    let task = app.sql("select id from tasks where state = 'pending'").await[0][0].clone();
    let again = deliver(&app, &body).await.json();

    assert_eq!(
        first,
        json!({ "status": "ok", "processed": 1, "total": 4, "results": [
            { "event_id": 1, "task_id": task, "task_state": "pending", "result": null, "error": null },
            { "event_id": 2, "task": null, "note": "No matching user" },
            { "event_id": 3, "error": "portalId is missing" },
            { "event_id": null, "error": "portalId is missing" },
        ]})
    );
    assert_eq!(again["processed"], 0);
    assert_eq!(again["results"][0], json!({ "event_id": 1, "task": null, "note": "Already processed" }));
    // Counted each time it came, for nobody in particular.
    assert_eq!(app.sql("select source, deliveries from unknown_deliveries").await, [["hubspot", "2"]]);
}

#[tokio::test]
async fn what_hubspot_did_not_sign_just_now_is_refused_and_leaves_nothing() {
    let app = TestApp::start().await;
    app.ready_advisor(ADA).await;
    let body = json!([event(&app, 1)]).to_string();
    let sent = now(&app);
    let genuine = signed(&app, SECRET, sent, &body);
    let old = signed(&app, SECRET, sent - 301_000, &body);
    let future = signed(&app, SECRET, sent + 302_000, &body);
    for headers in [
        HeaderMap::new(),
        signed(&app, "another-secret", sent, &body),
        signed(&app, "", sent, &body),
        signed(&app, SECRET, sent, "[]"),
        old,
        future,
        with(&genuine, "x-hubspot-request-timestamp", Some(&(sent + 1).to_string())),
        with(&genuine, "x-hubspot-request-timestamp", None),
        with(&genuine, "x-hubspot-signature-v3", None),
    ] {
        let answer = send_again(&app, HUBSPOT, &headers, &body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["detail"]),
            (401, &json!("Invalid signature")),
            "{headers:?}"
        );
    }
    assert_eq!(app.count("select count(*) from webhook_events").await, 0);
    assert_eq!(app.count("select count(*) from tasks where state = 'pending'").await, 0);
    assert_eq!(app.count("select count(*) from unknown_deliveries").await, 0);
    assert_eq!(send_again(&app, HUBSPOT, &genuine, &body).await.status, 200);
}

#[tokio::test]
async fn the_first_kind_of_signature_is_refused_unless_switched_on() {
    for (switch, status) in [("false", 401), ("true", 200)] {
        let app = TestApp::start_with(&[("HUBSPOT_WEBHOOK_V1", switch)]).await;
        app.ready_advisor(ADA).await;
        let body = json!([event(&app, 1)]).to_string();
        let hash = digest::digest(&digest::SHA256, format!("{SECRET}{body}").as_bytes());
        let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let mut headers = HeaderMap::new();
        headers.insert("x-hubspot-signature", hash.parse().unwrap());
        headers.insert("x-hubspot-signature-version", "v1".parse().unwrap());

        assert_eq!(send_again(&app, HUBSPOT, &headers, &body).await.status, status, "{switch}");
    }
}

#[tokio::test]
async fn a_secret_can_be_changed_without_losing_a_delivery() {
    let app = TestApp::start_with(&[("HUBSPOT_CLIENT_SECRET_PREVIOUS", "the-one-before")]).await;
    let body = "[]";

    for (secret, status) in [(SECRET, 200), ("the-one-before", 200), ("the-one-before-that", 401)] {
        let headers = signed(&app, secret, now(&app), body);
        assert_eq!(send_again(&app, HUBSPOT, &headers, body).await.status, status, "{secret}");
    }
}

#[tokio::test]
async fn a_delivery_is_an_array_of_at_most_a_hundred_events_and_a_mebibyte() {
    let app = TestApp::start().await;
    let many: Vec<Value> = (0..101).map(|id| event(&app, id)).collect();
    for (body, status, detail) in [
        ("not json".to_owned(), 400, "Invalid JSON payload"),
        ("{}".to_owned(), 400, "Payload must be an array of events"),
        (Value::from(many).to_string(), 400, "Too many events: at most 100 in one delivery"),
        (format!("[\"{}\"]", "a".repeat(1 << 20)), 413, "The request is larger than 1 MiB."),
    ] {
        let answer = deliver(&app, &body).await;
        assert_eq!((answer.status.as_u16(), answer.json()["detail"].as_str().unwrap()), (status, detail));
    }
}

#[tokio::test]
async fn a_portal_of_two_advisors_is_read_for_both() {
    let app = TestApp::start().await;
    app.ready_advisor(ADA).await;
    app.ready_advisor("bea@firm.example").await;
    app.ready_advisor(EVE).await;

    deliver(&app, &json!([event(&app, 1)]).to_string()).await;

    let told = "select u.email from webhook_events e join users u on u.id = e.user_id order by 1";
    assert_eq!(app.sql(told).await, [[ADA], ["bea@firm.example"]], "and not for who has another portal");
    assert_eq!(app.count("select count(*) from tasks where state = 'pending'").await, 2);
}

#[tokio::test]
async fn hubspots_own_deliveries_arrive_whatever_becomes_of_them() {
    let app = TestApp::listening_with(&[("SYNC_INTERVAL", "1")]).await;
    app.ready_advisor(ADA).await;
    app.hubspot.webhook_trouble(Trouble { duplicate: 2, reorder: 2, lose: 0 });

    app.contact("501", "Greg", "Hall", "greg@hall.example");
    app.contact("502", "Priya", "Raman", "priya@raman.example");
    app.until("select count(distinct payload->>'objectId') from webhook_events where source = 'hubspot'", "2").await;
    app.work().await;
    assert_eq!(app.sql("select last_name from contacts order by 1").await, [["Hall"], ["Raman"]]);
    assert_eq!(
        app.count("select count(*) - count(distinct dedupe_key) from webhook_events where source = 'hubspot'").await,
        0
    );

    let known = app.count("select count(*) from webhook_events").await;
    app.hubspot.webhook_trouble(Trouble { duplicate: 0, reorder: 0, lose: 100 });
    app.contact("503", "Sara", "Smith", "sara@smith.example");
    tokio::time::sleep(std::time::Duration::from_millis(1_300)).await;
    assert_eq!(app.count("select count(*) from webhook_events").await, known, "this one is lost");
    app.tick("schedules-reconcile").await;
    app.work().await;
    assert_eq!(app.count("select count(*) from contacts where last_name = 'Smith'").await, 1);
}
