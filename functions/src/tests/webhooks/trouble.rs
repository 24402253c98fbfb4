//! A provider that calls is answered and nothing it told is lost, whatever of ours or of theirs is down.

use std::collections::BTreeMap;
use std::time::Duration;

use fakes::server::{Control, Fault, FaultKind};
use fakes::world::shared_test_moto;

use super::hubspot::{SECRET, event, now, signed};
use super::*;
use crate::tests::support::{Door, Gate};

/// Everybody the product calls.
struct World {
    app: TestApp,
    queue: Gate,
}

impl World {
    /// With a gate before the queue. An advisor is connected to everything, and everything is watched.
    async fn listening() -> (Self, HeaderMap, HeaderMap) {
        let queue = Gate::before(&shared_test_moto().await.unwrap().endpoint()).await;
        let app = TestApp::listening_with(&[("AWS_ENDPOINT_URL", &queue.url)]).await;
        app.ready_advisor(ADA).await;
        app.google.deliver(&mail(ADA, NORA, "First", "The first letter."));
        app.until("select count(*) from webhook_events where source = 'gmail'", "1").await;
        app.until("select count(*) from watches where source = 'calendar' and confirmed_at is not null", "1").await;
        app.work().await;
        let pushed = app.heard.of(GMAIL).pop().unwrap().0;
        let told = with(&app.heard.of(CALENDAR).pop().unwrap().0, "x-goog-resource-state", Some("exists"));
        (Self { app, queue }, pushed, told)
    }

    fn providers(&self) -> [&Control; 3] {
        [self.app.google.control(), self.app.hubspot.control(), self.app.openai.control()]
    }

    fn all_down(&self, door: Door) {
        let kind = match door {
            Door::Silent => FaultKind::Slow { delay_ms: 600_000 },
            _ => FaultKind::Status { status: 500, headers: BTreeMap::new(), body: None },
        };
        for provider in self.providers() {
            provider.arm(Fault { method: None, path: String::new(), times: 100_000, kind: kind.clone() });
        }
        self.queue.set(door);
    }

    fn all_back(&self) {
        for provider in self.providers() {
            provider.disarm();
        }
        self.queue.set(Door::Open);
    }
}

#[tokio::test]
async fn everything_down_delays_the_work_and_never_the_answer() {
    let (world, pushed, told) = World::listening().await;
    let app = &world.app;
    // Of the providers' own calls none is to be heard in between.
    app.google.set_push(None).unwrap();
    app.hubspot.set_webhook_target("http://127.0.0.1:9", APP_ID).unwrap();
    for (round, door) in [(0_i64, Door::Shut), (1, Door::Silent)] {
        app.contact(&format!("60{round}"), "Nora", "Ellison", &format!("nora{round}@ellison.example"));
        app.google.deliver(&mail(ADA, NORA, &format!("While {door:?}"), "Hello."));
        world.all_down(door);

        let mut created = event(app, 1_000 + round);
        created["objectId"] = json!(600 + round);
        let body = json!([created]).to_string();
        let (signed, history_id) = (signed(app, SECRET, now(app), &body), 90_000 + round.unsigned_abs());
        let envelope = gmail::envelope(&format!("down-{round}"), ADA, history_id);
        let told = with(&told, "x-goog-message-number", Some(&(900 + round).to_string()));
        let said = futures::future::join_all([
            send_again(app, HUBSPOT, &signed, &body),
            send_again(app, GMAIL, &pushed, &envelope),
            send_again(app, CALENDAR, &told, ""),
        ]);
        // HubSpot gives up after five seconds; nobody comes near that.
        let said = tokio::time::timeout(Duration::from_secs(5), said).await;
        let said = said.unwrap_or_else(|_| panic!("{door:?}: an answer waited for somebody who is down"));
        for answer in said {
            assert_eq!(answer.status, 200, "{door:?}: {}", answer.body);
            assert!(answer.json()["processed"] == 1 || answer.json()["processed"] == true, "{}", answer.body);
        }
        assert_eq!(app.count("select count(*) from tasks where state = 'pending'").await, 3, "{door:?}");
        assert_eq!(app.work_once().await, 0, "{door:?}: no bell was heard");

        world.all_back();
        tokio::time::sleep(Duration::from_millis(50)).await;
        // A queue that was silent is tried again before long.
        for _ in 0..40 {
            app.sql("update tasks set rung_at = null where state = 'pending'").await;
            app.sweep().await;
            app.work().await;
            if app.count("select count(*) from tasks where state = 'pending'").await == 0 {
                break;
            }
            app.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        assert_eq!(app.sql(&format!("select email from contacts where hubspot_id = '60{round}'")).await.len(), 1);
        assert_eq!(app.sql(&format!("select id from emails where subject = 'While {door:?}'")).await.len(), 1);
        assert_eq!(app.count("select count(*) from tasks where state <> 'done'").await, 0, "{door:?}");
    }
}

#[tokio::test]
async fn a_database_that_is_down_is_our_fault_and_is_said_to_be() {
    let nobody = "postgresql://fa_test:x@127.0.0.1:1/gone";
    let app = TestApp::start_with(&[("DATABASE_URL", nobody), ("GOOGLE_PUBSUB_SERVICE_ACCOUNT", "a@b.example")]).await;
    let body = json!([event(&app, 1)]).to_string();
    let channel = [("x-goog-channel-id", "c"), ("x-goog-resource-state", "exists"), ("x-goog-channel-token", "t")];

    let answers = [
        send_again(&app, HUBSPOT, &signed(&app, SECRET, now(&app), &body), &body).await,
        app.visitor().call(Method::POST, GMAIL, &[("authorization", "Bearer a.b.c")], Some(body.clone())).await,
        app.visitor().call(Method::POST, CALENDAR, &channel, None).await,
    ];

    for answer in answers {
        assert_eq!(answer.status, 503, "whoever is refused does not come again: {}", answer.body);
    }
}

#[tokio::test]
async fn connections_that_break_off_lose_no_delivery() {
    let app = TestApp::start().await;
    app.ready_advisor(ADA).await;
    for id in 1..=6 {
        let body = json!([event(&app, id)]).to_string();
        app.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'fa_test' and datname = current_database()").await;
        let mut answer = send_again(&app, HUBSPOT, &signed(&app, SECRET, now(&app), &body), &body).await;
        assert!(answer.status == 200 || answer.status.is_server_error(), "{}", answer.body);
        if answer.status != 200 {
            answer = send_again(&app, HUBSPOT, &signed(&app, SECRET, now(&app), &body), &body).await;
        }
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    assert_eq!(app.count("select count(*) from webhook_events where task_id is not null").await, 6);
}

#[tokio::test]
async fn odd_content_is_read_or_refused_and_never_our_fault() {
    let app = TestApp::start().await;
    app.ready_advisor(ADA).await;
    let plain = event(&app, 1).to_string();
    let and = |more: &str| format!("[{},{more}]", plain);
    // A text with NUL, a time no calendar has, numbers of every size: of the hundred events of a delivery none holds up another.
    let fields = plain.trim_end_matches('}').replace("\"eventId\":1,", "");
    for (at, (more, processed)) in [
        (format!("{fields},\"eventId\":2,\"propertyName\":\"a\\u0000b\",\"x\\u0000\":\"\\u0000\"}}"), 2),
        (format!("{fields},\"eventId\":3,\"occurredAt\":-377000000000000}}"), 1),
        (format!("{fields},\"eventId\":4,\"occurredAt\":9223372036854775807}}"), 1),
        (format!("{fields},\"eventId\":1e400}}"), 0),
        (format!("{fields},\"eventId\":5,\"sourceId\":\"{}\"}}", "x".repeat(200_000)), 2),
        ("[".repeat(100) + &"]".repeat(100), 1),
        ("[".repeat(5_000) + &"]".repeat(5_000), 0),
        ("null".to_owned(), 1),
    ]
    .into_iter()
    .enumerate()
    {
        app.sql("delete from webhook_events").await;
        let body = and(&more);
        let answer = send_again(&app, HUBSPOT, &signed(&app, SECRET, now(&app), &body), &body).await;
        if processed == 0 {
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["detail"]),
                (400, &json!("Invalid JSON payload")),
                "{at}"
            );
        } else {
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["processed"]),
                (200, &json!(processed)),
                "{at}: {}",
                answer.body
            );
        }
    }
    // What the content is called does not matter: it was signed.
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data; boundary=x", "a/b; c=\u{1}"]
    {
        app.sql("delete from webhook_events").await;
        let body = format!("[{plain}]");
        let headers = signed(&app, SECRET, now(&app), &body);
        let headers = if kind.contains('\u{1}') { headers } else { with(&headers, "content-type", Some(kind)) };
        assert_eq!(send_again(&app, HUBSPOT, &headers, &body).await.status, 200, "{kind}");
    }
}
