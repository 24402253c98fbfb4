//! Having everything erased.

use std::collections::BTreeMap;
use std::time::Duration;

use fakes::server::{Fault, FaultKind};

use super::super::webhooks;
use super::*;

async fn leave(person: &Person<'_>, email: &str) -> Answer {
    let body = json!({ "email": email }).to_string();
    person.call(Method::DELETE, "/api/account", &FRONTEND, Some(body)).await
}

/// Leaves, and answers where the receipt is shown.
async fn left(person: &Person<'_>, email: &str) -> String {
    let answer = leave(person, email).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let shown = answer.json();
    assert_eq!(shown["url"], json!(format!("/api/account/receipts/{}", shown["receipt"].as_str().unwrap())));
    shown["url"].as_str().unwrap().to_owned()
}

/// Where something of theirs is still to be found. Numbers alone could be anybody's.
fn traces(rows: &[String], own: &[String]) -> Vec<String> {
    let own: Vec<String> = own.iter().filter(|own| own.len() > 4).map(|own| own.to_lowercase()).collect();
    let mut found = Vec::new();
    for row in rows.iter().map(|row| row.to_lowercase()) {
        found.extend(own.iter().filter(|own| row.contains(*own)).map(|own| format!("{own} in {row}")));
    }
    found
}

/// What waits is due.
async fn in_a_while(app: &TestApp) {
    app.forget_messages().await;
    app.sql("update tasks set run_after = now(), rung_at = null where state = 'pending'").await;
    app.sweep().await;
    app.work().await;
}

/// What was asked of Google under this path.
fn asked(app: &TestApp, path: &str) -> usize {
    let requests = app.google.control().requests();
    requests.iter().filter(|request| request.uri.to_string().contains(path)).count()
}

#[tokio::test]
async fn nothing_is_left_of_whoever_leaves_and_everything_of_everybody_else() {
    let app = TestApp::start().await;
    let (ada, bea) = plant(&app).await;
    let theirs = of(&app, bea.user).await;
    assert!(!traces(&everything(&app).await, &ada.own).is_empty());
    let elsewhere = app.advisor(ADA).await;

    let wrong = leave(&ada.person, BEA).await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    assert_eq!(ada.person.get("/api/tasks").await.status, 200, "nothing happened");
    let receipt = left(&ada.person, &format!(" {} ", ADA.to_uppercase())).await;

    // At once: nobody is signed in, and no name is left.
    for person in [&ada.person, &elsewhere] {
        assert_eq!(person.get("/api/tasks").await.status, 401);
    }
    assert_eq!(app.count(&format!("select count(*) from users where email = '{ADA}'")).await, 0);
    assert_eq!(app.visitor().get(&receipt).await.json()["state"], "erasing");
    app.work().await;

    let shown = app.visitor().get(&receipt).await.json();
    assert_eq!(shown["state"], "erased", "{shown}");
    assert_eq!(shown["told"], json!({ "google": true, "hubspot": true }));
    for kind in ["emails", "contacts", "chunk_text", "messages", "tasks", "calendar_events", "users"] {
        assert!(shown["erased"][kind].as_i64().unwrap() > 0, "{kind}: {shown}");
    }
    let rows = everything(&app).await;
    assert_eq!(traces(&rows, &ada.own), [""; 0]);
    for account in ["1001", ADA] {
        // But in the portal of the firm, whose people she was one of: that directory is the other's.
        let held = rows.iter().filter(|row| !row.starts_with("owners ") && row.contains(&format!("\"{account}\"")));
        assert_eq!(held.collect::<Vec<_>>(), [""; 0], "{account}");
    }
    for (table, key) in plant::tables(&app).await.iter().map(|table| (table, plant::key(table))) {
        assert_eq!(app.count(&format!("select count(*) from {table} where {key} = {}", ada.user)).await, 0, "{table}");
    }
    assert_eq!(of(&app, bea.user).await, theirs, "nothing of hers has changed");
    assert_eq!(asked(&app, "/revoke"), 1, "Google was told");

    // The same account comes back to nothing.
    let again = app.advisor(ADA).await;
    assert_ne!(again.user_id().await, ada.user);
    assert_eq!(again.get("/api/conversations").await.json(), json!([]));
    assert_eq!(app.visitor().get(&receipt).await.json()["state"], "erased");
    app.advance(Duration::from_secs(91 * 24 * 3600));
    app.sweep().await;
    assert_eq!(app.visitor().get(&receipt).await.status, 404, "a receipt is not kept for ever");
}

/// The worker is killed while it erases, at several places; then it goes on.
#[tokio::test]
async fn an_erasure_that_breaks_off_goes_on() {
    let app = TestApp::start().await;
    let (ada, bea) = plant(&app).await;
    let theirs = of(&app, bea.user).await;
    let receipt = left(&ada.person, ADA).await;

    for (place, table) in ["documents", "emails", "sessions", "users"].into_iter().enumerate() {
        let (mut client, connection) = tokio_postgres::connect(&app.owner_url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let holding = client.transaction().await.unwrap();
        // Reads go on; the first row that is to be deleted here waits.
        holding.batch_execute(&format!("lock table {table} in share mode")).await.unwrap();
        let waits =
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
                        and query like '%delete from%'";
        tokio::select! {
            _ = app.work_once() => panic!("{table}: it was not held up"),
            () = app.until(waits, "1") => {}
        }
        holding.rollback().await.unwrap();
        drop(client);
        assert_eq!(app.visitor().get(&receipt).await.json()["state"], "erasing", "{table}");
        app.until("select count(*) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'", "0").await;
        app.sql("update tasks set lease_until = now() - interval '1 second', attempt = 1 where state = 'in_progress'")
            .await;
        app.forget_messages().await;
        app.sweep().await;
        assert_eq!(
            app.count("select count(*) from tasks where task_type = 'erase_account' and state = 'pending'").await,
            1,
            "{place}"
        );
    }
    app.work().await;

    let shown = app.visitor().get(&receipt).await.json();
    assert_eq!((shown["state"].clone(), shown["erased"]["users"].clone()), (json!("erased"), json!(1)), "{shown}");
    assert_eq!(traces(&everything(&app).await, &ada.own), [""; 0]);
    assert_eq!(of(&app, bea.user).await, theirs);
}

/// A task that failed for good is begun anew.
#[tokio::test]
async fn an_erasure_is_never_given_up() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    let receipt = left(&ada, ADA).await;
    app.sql("update tasks set state = 'failed', updated_at = now() - interval '1 hour'").await;
    app.forget_messages().await;

    app.sweep().await;
    app.work().await;

    assert_eq!(app.visitor().get(&receipt).await.json()["state"], "erased");
    assert_eq!(app.count("select count(*) from users").await, 0);
}

/// What is held goes at once; a provider that is away is told later, for a day.
#[tokio::test]
async fn a_provider_that_is_away_does_not_keep_anything_here() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    let kind = FaultKind::Status { status: 500, headers: BTreeMap::default(), body: None };
    app.google.control().arm(Fault { method: None, path: "/token".into(), times: 1_000, kind });
    let receipt = left(&ada, ADA).await;
    app.work().await;

    let waiting = app.visitor().get(&receipt).await.json();
    assert_eq!(waiting["state"], "erasing");
    for table in ["emails", "contacts", "documents", "connections", "sessions", "conversations"] {
        assert_eq!(app.count(&format!("select count(*) from {table}")).await, 0, "{table}");
    }
    assert!(app.visitor().sign_in(ADA).await.contains("error="), "not before it is over");
    assert_eq!(app.count("select count(*) from revocations").await, 2);

    app.google.control().disarm();
    in_a_while(&app).await;
    assert_eq!(app.visitor().get(&receipt).await.json()["told"], json!({ "google": true, "hubspot": true }));
    assert_eq!(app.count("select count(*) from users").await, 0);
}

/// The consent stays with a provider that never answers, and the receipt does not say that it was told.
#[tokio::test]
async fn a_provider_that_stays_away_is_given_up_after_a_day() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    let kind = FaultKind::Status { status: 500, headers: BTreeMap::default(), body: None };
    app.google.control().arm(Fault { method: None, path: "/token".into(), times: 1_000, kind });
    let receipt = left(&ada, ADA).await;
    app.work().await;
    app.advance(Duration::from_secs(25 * 3600));
    in_a_while(&app).await;

    let shown = app.visitor().get(&receipt).await.json();
    assert_eq!(
        (shown["state"].clone(), shown["told"].clone()),
        (json!("erased"), json!({ "hubspot": true })),
        "{shown}"
    );
    assert_eq!(app.count("select count(*) from revocations").await, 0, "the tokens are gone all the same");
}

/// A webhook, a task that is under way and a sign-in that began before: none brings anything back.
#[tokio::test]
async fn what_comes_during_and_after_brings_nothing_back() {
    let app = TestApp::start().await;
    let ada = app.ready_advisor(ADA).await;
    let user = ada.user_id().await;
    // A worker has a task, and another waits for one.
    app.sql(&format!(
        "update tasks set state = 'in_progress', lease_until = now() + interval '2 seconds', attempt = 1
          where id = (select id from tasks where user_id = {user} and task_type = 'gmail_sync' limit 1)"
    ))
    .await;
    ada.post("/api/ingest/hubspot", json!({})).await;
    let consent = ada.get("/api/auth/hubspot/start").await.location();
    let callback = ada.callback(&format!("{consent}&user={ADA}"), "approve").await;
    let receipt = left(&ada, ADA).await;

    let event = json!([webhooks::hubspot::event(&app, 1)]).to_string();
    let signed = webhooks::hubspot::signed(&app, webhooks::hubspot::SECRET, webhooks::hubspot::now(&app), &event);
    let headers: Vec<_> = signed.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    let told = ada.call(Method::POST, "/api/webhooks/hubspot", &headers, Some(event.clone())).await;
    assert_eq!(told.status, 200, "{}", told.body);
    assert!(ada.get(callback.strip_prefix("http://localhost:8000").unwrap()).await.status.as_u16() != 200);
    app.tick("schedules-reconcile").await;
    app.tick("schedules-renew-watches").await;
    app.work().await;
    let held =
        "select (select count(*) from emails) + (select count(*) from contacts) + (select count(*) from webhook_events)
                     + (select count(*) from connections) + (select count(*) from sessions)";
    assert_eq!(app.count(held).await, 0);
    assert_eq!(app.visitor().get(&receipt).await.json()["state"], "erasing", "somebody may still be at work");

    app.sql("update tasks set lease_until = null where state = 'failed'").await;
    in_a_while(&app).await;
    assert_eq!(app.visitor().get(&receipt).await.json()["state"], "erased");
    let after = ada.call(Method::POST, "/api/webhooks/hubspot", &headers, Some(event)).await;
    assert_eq!(after.status, 200, "{}", after.body);
    app.tick("schedules-reconcile").await;
    app.work().await;
    for table in plant::tables(&app).await {
        assert_eq!(app.count(&format!("select count(*) from {table}")).await, 0, "{table}");
    }
}

/// An account that is closed without being erased rests.
#[tokio::test]
async fn a_closed_account_is_not_read_and_nothing_is_done_for_it() {
    let app = TestApp::start_with(&[("SYNC_INTERVAL", "1")]).await;
    let (ada, eve) = (app.ready_advisor(ADA).await, app.ready_advisor(EVE).await);
    let (ada, eve) = (ada.user_id().await, eve.user_id().await);
    app.sql("update tasks set updated_at = now() - interval '1 day'").await;
    app.sql(&format!(
        "insert into tasks (user_id, id, task_type, lane, payload) values ({ada}, gen_random_uuid(), 'embed', 'embed', '{{\"type\": \"embed\"}}')"
    ))
    .await;
    // Its bell has been rung by the time the account is closed.
    app.sweep().await;
    app.sql(&format!("update users set is_active = false where id = {ada}")).await;
    let done = app.count(&format!("select count(*) from tasks where user_id = {ada}")).await;

    app.tick("schedules-reconcile").await;
    app.sweep().await;
    app.work().await;

    let of = |user: i64| {
        format!(
            "select count(*) from tasks where user_id = {user} and created_at > now() - interval '1 minute' and updated_at > created_at and task_type like '%sync'"
        )
    };
    assert_eq!(app.count(&format!("select count(*) from tasks where user_id = {ada}")).await, done);
    assert_eq!(app.sql(&format!("select state, attempt from tasks where user_id = {ada} and task_type = 'embed' order by created_at desc limit 1")).await, [["pending", "0"]]);
    assert!(app.count(&of(eve)).await > 0, "others are read");
}
