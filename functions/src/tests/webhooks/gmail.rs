use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use fakes::google::PushFault;
use futures::future::join_all;

use super::*;

const TOLD: &str = "select count(*) from webhook_events where source = 'gmail'";

/// An advisor whose mailbox is watched, and the headers of a push that came for it.
pub(in crate::tests) async fn watched(app: &TestApp) -> HeaderMap {
    app.advisor(ADA).await;
    app.work().await;
    app.google.deliver(&mail(ADA, NORA, "First", "The first letter."));
    app.until(TOLD, "1").await;
    app.work().await;
    app.heard.of(GMAIL).pop().unwrap().0
}

pub(in crate::tests) fn envelope(message_id: &str, email: &str, history_id: u64) -> String {
    let data = json!({ "emailAddress": email, "historyId": history_id }).to_string();
    json!({
        "message": { "data": BASE64_STANDARD.encode(data), "messageId": message_id, "publishTime": "2026-11-23T10:00:00Z" },
        "subscription": "projects/practice/subscriptions/gmail",
    })
    .to_string()
}

#[tokio::test]
async fn a_mail_is_here_as_soon_as_it_is_pushed() {
    let app = TestApp::listening().await;
    watched(&app).await;

    app.google.deliver(&mail(ADA, NORA, "Second", "We bought the house in Boise."));
    app.until(TOLD, "2").await;
    app.work().await;

    assert_eq!(app.sql("select subject from emails order by 1").await, [["First"], ["Second"]]);
}

#[tokio::test]
async fn copies_and_pushes_that_were_overtaken_are_read_once() {
    let app = TestApp::listening().await;
    watched(&app).await;
    let events = "select count(*) from events where event_type = 'gmail.message.received'";
    let known = app.count(events).await;

    let deliver = |subject: &str| {
        let date = app.app.now();
        app.google.deliver(&fakes::practice::Mail { date, ..mail(ADA, NORA, subject, "Told of somehow.") });
    };

    app.google.break_next_push(PushFault::Duplicate);
    deliver("Twice");
    app.google.break_next_push(PushFault::Reordered);
    deliver("Late");
    deliver("Early");
    app.until(TOLD, "4").await;
    app.work().await;

    assert_eq!(app.heard.of(GMAIL).len(), 5, "one of them came twice");
    assert_eq!(app.count("select count(*) from emails").await, 4);
    assert_eq!(app.count(events).await, known + 3);
    assert_eq!(app.count("select count(*) from tasks where state = 'failed'").await, 0);
}

#[tokio::test]
async fn a_lost_push_is_found_by_the_clock() {
    let app = TestApp::listening_with(&[("SYNC_INTERVAL", "1")]).await;
    watched(&app).await;
    app.google.break_next_push(PushFault::Lost);
    app.google.deliver(&mail(ADA, NORA, "Lost", "Nobody told of this one."));
    tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
    assert_eq!(app.count(TOLD).await, 1);

    app.tick("schedules-reconcile").await;
    app.work().await;

    assert_eq!(app.count("select count(*) from emails where subject = 'Lost'").await, 1);
}

#[tokio::test]
async fn twenty_copies_of_a_push_are_one_task() {
    let app = TestApp::listening().await;
    let headers = watched(&app).await;
    let body = envelope("m-1", ADA, 99_999);

    let answers = join_all((0..20).map(|_| send_again(&app, GMAIL, &headers, &body))).await;

    let processed: Vec<Value> = answers.iter().map(Answer::json).filter(|answer| answer["processed"] == true).collect();
    let task = app.sql("select id from tasks where state = 'pending'").await;
    assert_eq!(task.len(), 1);
    assert_eq!(
        processed,
        [json!({
            "status": "ok", "processed": true, "task_id": task[0][0], "task_state": "pending", "result": null, "error": null,
        })]
    );
    let copies = answers.iter().filter(|answer| answer.json() == json!({ "status": "ok", "processed": false }));
    assert_eq!(copies.count(), 19);
}

#[tokio::test]
async fn an_older_history_id_asks_for_nothing_and_is_never_where_the_reading_goes_on() {
    let app = TestApp::listening().await;
    let headers = watched(&app).await;
    let before = app.sql("select cursor->>'history_id' from sync_cursors where source = 'gmail'").await;
    for (id, history_id, processed) in [("m-1", 99_999, true), ("m-2", 99_998, false), ("m-3", 100_000, true)] {
        let answer = send_again(&app, GMAIL, &headers, &envelope(id, ADA, history_id)).await;
        assert_eq!(answer.json()["processed"], processed, "{id}");
    }
    app.work().await;

    assert_eq!(app.sql("select pushed_history_id from watches where source = 'gmail'").await, [["100000"]]);
    let after = app.sql("select cursor->>'history_id' from sync_cursors where source = 'gmail'").await;
    assert_eq!(after, before, "the reading goes on from what Gmail's history said");
}

#[tokio::test]
async fn a_mailbox_nobody_connected_is_counted_and_acknowledged() {
    let app = TestApp::listening().await;
    let headers = watched(&app).await;

    let answer = send_again(&app, GMAIL, &headers, &envelope("m-1", "nobody@firm.example", 1)).await;

    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "status": "ok", "processed": false })));
    assert_eq!(app.sql("select source, deliveries from unknown_deliveries").await, [["gmail", "1"]]);
    assert_eq!(app.count("select count(*) from tasks where state = 'pending'").await, 0);
}

#[tokio::test]
async fn what_is_missing_is_named_and_both_alphabets_are_read() {
    let app = TestApp::listening().await;
    let headers = watched(&app).await;
    let data = |text: &str| json!({ "message": { "messageId": "m-9", "data": text } }).to_string();
    for (body, status, detail) in [
        ("{".to_owned(), 400, "Invalid JSON payload"),
        (json!({ "message": { "data": "e30=" } }).to_string(), 400, "Missing messageId"),
        (data("***"), 400, "Invalid message data"),
        (data("e30="), 400, "Missing emailAddress"),
        (data(&"a".repeat(1 << 20)), 413, "The request is larger than 1 MiB."),
    ] {
        let answer = send_again(&app, GMAIL, &headers, &body).await;
        assert_eq!((answer.status.as_u16(), answer.json()["detail"].as_str().unwrap()), (status, detail));
    }
    // The address is spelled as its owner likes, the history id is a text, and the alphabet is the other one.
    let text = json!({ "emailAddress": "Ada@Firm.Example", "historyId": "99999", "x": "???>>>~~~" }).to_string();
    let answer = send_again(&app, GMAIL, &headers, &data(&BASE64_URL_SAFE_NO_PAD.encode(text))).await;
    assert_eq!(answer.json()["processed"], true, "{}", answer.body);
}

#[tokio::test]
async fn nobody_is_believed_without_our_subscriptions_token() {
    let app = TestApp::listening().await;
    let headers = watched(&app).await;
    let genuine = headers["authorization"].to_str().unwrap().to_owned();
    let (content, signature) = genuine.rsplit_once('.').unwrap();
    let broken = format!("{content}.{}", signature.chars().rev().collect::<String>());
    let body = envelope("m-1", ADA, 99_999);
    let bare = genuine.trim_start_matches("Bearer ").to_owned();
    for given in [None, Some(""), Some("Bearer"), Some("Bearer x"), Some(&*bare), Some(&*broken), Some("Basic YTpi")] {
        let answer = send_again(&app, GMAIL, &with(&headers, "authorization", given), &body).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["detail"]), (401, &json!("Invalid token")), "{given:?}");
    }
    // An hour and a minute later the token is over.
    app.advance(std::time::Duration::from_secs(3_700));
    assert_eq!(send_again(&app, GMAIL, &headers, &body).await.status, 401);
    assert_eq!(app.count("select count(*) from webhook_events where dedupe_key like '%m-1'").await, 0);
}

#[tokio::test]
async fn a_token_for_another_account_or_another_address_is_refused() {
    for variable in [
        ("GOOGLE_PUBSUB_SERVICE_ACCOUNT", "somebody@else.example"),
        ("GOOGLE_PUBSUB_AUDIENCE", "https://another.example/hook"),
    ] {
        let app = TestApp::listening_with(&[variable]).await;
        app.advisor(ADA).await;
        app.work().await;
        app.google.deliver(&mail(ADA, NORA, "First", "The first letter."));
        for _ in 0..200 {
            if !app.heard.of(GMAIL).is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }

        let (headers, body) = app.heard.of(GMAIL).remove(0);
        assert_eq!(send_again(&app, GMAIL, &headers, &body).await.status, 401, "{variable:?}");
        assert_eq!(app.count(TOLD).await, 0);
    }
}

#[tokio::test]
async fn without_a_configured_account_nobody_is_believed_at_all() {
    let app = TestApp::listening_with(&[("GOOGLE_PUBSUB_SERVICE_ACCOUNT", "")]).await;

    let answer = app.visitor().call(Method::POST, GMAIL, &[("Authorization", "Bearer x.y.z")], Some("{}".into())).await;

    assert_eq!(answer.status, 401);
}
