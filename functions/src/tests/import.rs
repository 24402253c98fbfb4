//! Moving from the system before this one: out of a database with its own schema, through its tables, into the product.

use std::collections::BTreeMap;

use fakes::google::Forgery;
use fakes::world::shared_test_cluster;
use serde_json::{Value, json};
use shared::domain::accounts::sealing;
use shared::domain::import::{self, Count, Options, Report};
use shared::model::UserId;
use shared::model::user::{Provider, Tokens};
use shared::store::Pool;
use shared::store::db::Address;

use super::account::of;
use super::support::*;

const SCHEMA: &str = include_str!("import/schema.sql");
const ROWS: &str = include_str!("import/rows.sql");

/// The earlier system's database with these tokens of Ada's; its address.
async fn seed(google: &Value, hubspot: &Value) -> String {
    let cluster = shared_test_cluster().await.unwrap();
    let url = cluster.fresh_database(None).await.unwrap();
    let rows = ROWS.replace("{google}", &google.to_string()).replace("{hubspot}", &hubspot.to_string());
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(&format!("{SCHEMA}{rows}")).await.unwrap();
    url
}

fn pool(url: &str) -> Pool {
    Pool::new(&Address {
        url: &url.to_owned().into(),
        user: None,
        password: None,
        authorities: None,
        require_tls: false,
        size: 1,
        slow: std::time::Duration::MAX,
    })
    .unwrap()
}

async fn moved(app: &TestApp, url: &str, dry_run: bool) -> Report {
    let options = Options { source: Some("old".into()), dry_run };
    let mut said = Vec::new();
    let report = import::run(&app.app, &pool(url), options, &mut |line| said.push(line)).await.unwrap();
    assert_eq!(said.len(), 4, "{said:?}");
    for (kind, Count { read, brought, known, left }) in &report.kinds {
        assert_eq!(*read, brought + known + left.values().sum::<u64>(), "{kind}: every row is accounted for");
    }
    report
}

/// What a consent at this provider gave, as the product keeps it.
async fn held(app: &TestApp, user: i64, provider: Provider) -> Tokens {
    let sql = format!(
        "select encode(sealed_tokens, 'hex') from connections where user_id = {user} and provider = '{}'",
        provider.code()
    );
    let hex = app.sql(&sql).await[0][0].clone();
    let sealed: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let keys = app.app.secrets().await.unwrap();
    sealing::open(&keys.token_keys, UserId(user), provider, &sealed).unwrap()
}

/// A world in which Ada gave her consent to the earlier system: the providers know her tokens, the product knows nobody.
async fn before() -> (TestApp, String) {
    let app = TestApp::start().await;
    let nora = ("Nora Ellison", "nora@ellison.example");
    app.google.deliver(&mail(ADA, nora, "New", "Since the move."));
    let (id, message_id) = ("00000000000000f1".to_owned(), "<f1@mail.example>".to_owned());
    let old = mail(ADA, nora, "Baseball & the pier", "Tommy pitches on Saturday at the harbour.");
    app.google.deliver(&fakes::practice::Mail { thread_id: id.clone(), id, message_id, ..old });
    app.contact("501", "Greg", "Hall", "greg@hall.example");
    let ada = app.advisor(ADA).await;
    ada.connect_hubspot().await;
    let user = ada.user_id().await;
    let (google, hubspot) = (held(&app, user, Provider::Google).await, held(&app, user, Provider::HubSpot).await);
    app.sql("delete from users").await;
    app.forget_messages().await;
    let google = json!({
        "access_token": google.access_token, "refresh_token": google.refresh_token, "token_uri": "https://oauth2.googleapis.com/token",
        "client_id": "google-client", "client_secret": "google-secret", "scopes": google.scopes, "expiry": "2025-10-01T00:59:59.123456",
    });
    let hubspot = json!({
        "access_token": hubspot.access_token, "refresh_token": hubspot.refresh_token, "expires_in": 1800, "expiry": "2025-10-01T00:29:59", "token_type": "bearer",
    });
    let url = seed(&google, &hubspot).await;
    (app, url)
}

/// Before the providers have been read.
async fn rows_are_as_they_were(app: &TestApp) {
    let mails = app.sql("select gmail_id, subject, sender_email, outbound, body, received_at at time zone 'UTC', thread_id, message_id, in_reply_to
                           from emails where gmail_id like '%f_' order by 1").await;
    assert_eq!(
        mails[0][..7],
        [
            "00000000000000f1",
            "Baseball & the pier",
            "nora@ellison.example",
            "f",
            "Tommy pitches on Saturday at the harbour.",
            "2025-09-30 23:30:00",
            "00000000000000f1"
        ]
    );
    assert_eq!(mails[0][7], "<f1@mail.example>");
    assert_eq!(
        (mails[1][3].as_str(), mails[1][4].as_str(), mails[1][8].as_str()),
        ("t", "Give him my best.", "<f1@mail.example>")
    );
    assert_eq!(mails[2][5..7], ["2025-10-02 00:00:00", "00000000000000f3"]);

    let contact = app
        .sql(
            "select email, other_emails, job_title, properties->>'numemployees' from contacts where hubspot_id = '501'",
        )
        .await;
    assert_eq!(contact, [["greg@hall.example", "{g.hall@mail.example}", "Boat builder", "7"]]);
    let zones =
        app.sql("select email, timezone, is_active, created_at at time zone 'UTC' from users order by email").await;
    assert_eq!(zones[0][1..], ["America/Denver", "t", "2025-06-01 08:00:00.123456"]);
    assert_eq!(zones[1][1..3], ["UTC", "t"]);
    assert_eq!(zones[3][2], "f", "who was closed stays closed");
    let tasks = app.sql("select task_type, state, last_error, completed_at at time zone 'UTC', cause_task is not null from tasks where lane = 'import' order by id").await;
    assert_eq!(tasks[0], ["gmail_sync", "done", "null", "2025-10-01 00:05:00", "f"]);
    assert_eq!(tasks[1], ["llm_process_event", "failed", "No model.", "2025-10-01 00:09:00", "t"]);
    assert!(tasks[2..].iter().all(|task| task[1] == "failed" && task[2].starts_with("It was still open")), "{tasks:?}");
}

/// What the instructions want to write has to be confirmed.
async fn rules_wait(ada: &Person<'_>) {
    let rules = ada.get("/api/rules").await.json();
    let rules: Vec<(&str, bool, bool)> = rules
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| {
            (
                rule["rule_text"].as_str().unwrap(),
                rule["is_active"].as_bool().unwrap(),
                rule["confirmed"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        rules,
        [
            ("when nothing.at.all then explode", false, false),
            ("When somebody mentions a boat, tell me.", true, false),
            ("when gmail.message.received then log", true, false),
        ]
    );
}

#[tokio::test]
async fn every_row_is_brought_and_the_advisors_sign_in_to_it() {
    let (app, url) = before().await;

    let report = moved(&app, &url, false).await;

    let brought: BTreeMap<&str, (u64, u64)> =
        report.kinds.iter().map(|(kind, count)| (*kind, (count.read, count.brought))).collect();
    assert_eq!(
        brought,
        BTreeMap::from([
            ("advisors", (4, 4)),
            ("connections", (5, 2)),
            ("contacts", (3, 2)),
            ("emails", (4, 4)),
            ("rules", (4, 3)),
            ("tasks", (5, 4)),
            ("vector items", (2, 0)),
        ])
    );
    rows_are_as_they_were(&app).await;

    // With what Ada's tokens open here, her accounts are read, before she has signed in.
    assert_eq!(app.count("select count(*) from connections where sealed_tokens is not null").await, 2);
    app.tick("schedules-reconcile").await;
    app.work().await;
    assert_eq!(app.count("select count(*) from emails where subject = 'New'").await, 1, "the mailbox is read");
    assert_eq!(
        app.count("select count(*) from emails where subject = 'Re: Baseball'").await,
        0,
        "Gmail has it no more"
    );
    assert_eq!(app.count("select count(*) from connections where needs_reconnect").await, 0);

    let ada = app.advisor(ADA).await;
    assert_eq!(app.count("select count(*) from users").await, 4, "she is the one who was brought");
    let me = ada.get("/api/auth/me").await.json();
    assert_eq!(me["user"]["email"], ADA);
    app.work().await;

    let found = ada.post("/api/embeddings/search", json!({ "query": "Tommy pitches" })).await.json();
    assert!(found.to_string().contains("Tommy pitches on Saturday"), "{found}");
    rules_wait(&ada).await;
    let listed = ada.get("/api/tasks?limit=100").await.json();
    assert!(listed["items"].as_array().unwrap().iter().any(|task| task["task_type"] == "send_email"));
    assert_eq!(
        app.google.control().requests().iter().filter(|request| request.uri.contains("/send")).count(),
        0,
        "nothing is sent"
    );
    assert!(app.visitor().sign_in("bea@firm.example").await.ends_with("/auth/success"));
    assert_eq!(app.count("select count(*) from users").await, 4);
}

#[tokio::test]
async fn a_second_move_brings_nothing_twice_and_a_dry_run_nothing_at_all() {
    let (app, url) = before().await;

    let rows = app.rows().await;
    let dry = moved(&app, &url, true).await;
    assert_eq!(changed(&rows, &app.rows().await), [""; 0], "a dry run writes nothing");
    let first = moved(&app, &url, false).await;
    let brought = |report: &Report| -> Vec<(&'static str, u64)> {
        report.kinds.iter().map(|(kind, count)| (*kind, count.brought)).collect()
    };
    assert_eq!(brought(&dry), brought(&first), "and says what a move will do");

    let users: Vec<i64> =
        app.sql("select id from users order by 1").await.concat().iter().map(|id| id.parse().unwrap()).collect();
    let mut then = Vec::new();
    for user in &users {
        then.push(of(&app, *user).await);
    }
    // What was decided here since stands.
    let second = moved(&app, &url, false).await;

    assert!(second.kinds.values().all(|count| count.brought == 0), "{second:?}");
    assert_eq!(second.kinds["emails"].known, 4);
    for (user, then) in users.iter().zip(then) {
        let without_account =
            |rows: Vec<Vec<String>>| rows.into_iter().filter(|row| row[0] != "users").collect::<Vec<_>>();
        assert_eq!(without_account(of(&app, *user).await), without_account(then));
    }
    let ada = app.advisor(ADA).await;
    assert_eq!(ada.delete("/api/connections/hubspot").await.status, 204);
    app.work().await;
    moved(&app, &url, false).await;
    assert_eq!(
        app.count("select count(*) from connections where provider = 'hubspot'").await,
        0,
        "what she took back stays taken back"
    );
    assert_eq!(app.count("select count(*) from users where google_sub = '1001'").await, 1);
}

/// An address alone makes nobody somebody else.
#[tokio::test]
async fn only_an_account_google_vouches_for_is_given_what_was_brought_and_only_once() {
    let (app, url) = before().await;
    moved(&app, &url, false).await;
    let users = async || app.count("select count(*) from users where google_sub like 'import:%'").await;
    assert_eq!(users().await, 4);
    let sign_in = async |claims: Value| {
        app.google.forge_next_id_token(Forgery { claims: claims.as_object().unwrap().clone(), ..Forgery::default() });
        let person = app.visitor();
        (person.sign_in(ADA).await, person)
    };

    // Of a domain that is not run by Google: whoever has the mailbox today.
    let (landed, stranger) = sign_in(json!({ "hd": null, "sub": "7001" })).await;
    assert!(landed.ends_with("/auth/success"));
    assert_eq!(stranger.get("/api/rules").await.json(), json!([]));
    assert_eq!(users().await, 4);
    app.sql("delete from users where google_sub = '7001'").await;
    let (landed, _) = sign_in(json!({ "email_verified": false })).await;
    assert!(landed.contains("error="));
    assert_eq!(users().await, 4);

    // The first one it vouches for.
    let ada = app.advisor(ADA).await;
    assert_eq!(users().await, 3);
    assert_eq!(ada.get("/api/rules").await.json().as_array().unwrap().len(), 3);
    let (_, heir) = sign_in(json!({ "sub": "7002" })).await;
    assert_eq!(heir.get("/api/rules").await.json(), json!([]), "and nobody after");

    // Not for ever.
    app.advance(std::time::Duration::from_secs(31 * 24 * 3600));
    let bea = app.advisor("bea@firm.example").await;
    assert_eq!(users().await, 3);
    assert_eq!(bea.get("/api/auth/me").await.json()["user"]["email"], "bea@firm.example");
}

#[tokio::test]
async fn who_signed_in_here_before_the_move_keeps_what_they_have() {
    let (app, url) = before().await;
    let bea = app.advisor("bea@firm.example").await;
    let user = bea.user_id().await;
    let then = of(&app, user).await;

    let report = moved(&app, &url, false).await;

    assert_eq!(report.kinds["advisors"].left, BTreeMap::from([("Somebody with this address is here already.", 1)]));
    assert_eq!(report.kinds["contacts"].left["Their advisor was not brought."], 1);
    assert_eq!(of(&app, user).await, then);
}

#[tokio::test]
async fn another_database_is_told_that_it_is_none() {
    let app = TestApp::start().await;

    let options = Options { source: None, dry_run: false };
    let refused = import::run(&app.app, &pool(&app.owner_url), options, &mut |_| {}).await.unwrap_err();

    assert!(refused.detail.starts_with("This is not a database of the earlier system"), "{}", refused.detail);
}
