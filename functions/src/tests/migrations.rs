//! `ops-migrate`, invoked by CloudFormation and by hand, on databases nobody has seen yet.

use serde_json::{Value, json};
use shared::Result;

use super::support::cloudformation::Stack;
use super::support::fresh::Fresh;
use super::support::{TestApp, vault};
use crate::ops::migrate::COMMAND;

async fn invoke(app: &TestApp, event: Value) -> Result<Value> {
    (COMMAND.handler)(&app.app, event).await
}

#[tokio::test]
async fn a_new_database_has_its_schema_and_knows_the_functions_before_there_is_new_code() {
    let fresh = Fresh::database().await;
    let (app, stack) = (fresh.app().await, Stack::waits().await);
    assert!(app.app.db().await.is_err(), "nobody has let the functions in yet");

    invoke(&app, stack.event("Create")).await.unwrap();

    let (method, headers, answer) = stack.answer();
    let expected = json!({
        "Status": "SUCCESS", "Reason": "Done.", "PhysicalResourceId": "Schema", "LogicalResourceId": "Schema",
        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/fa/1", "RequestId": "7d4f",
    });
    assert_eq!((method.as_str(), answer), ("PUT", expected));
    // The address is signed for a request without one.
    assert_eq!(headers.get("content-type"), None);
    assert_eq!(app.visitor().get("/ready").await.status, 200);

    let about = "select rolsuper, rolcreaterole, rolbypassrls, rolpassword like 'SCRAM-SHA-256$%', pg_has_role(rolname, 'fa_app', 'member')
                   from pg_authid where rolname = ";
    let role = fresh.sql(&format!("{about}'{}'", fresh.login)).await;
    assert_eq!(role, [["f", "f", "f", "t", "t"].map(|value| Some(value.to_owned()))]);
    let by_hand = invoke(&app, json!({ "action": "history" })).await.unwrap();
    assert!(by_hand["migrations"].as_array().unwrap().iter().all(|step| step["applied"] == true), "{by_hand}");
}

#[tokio::test]
async fn another_password_in_the_secret_is_the_logins_from_the_next_migration_on() {
    let fresh = Fresh::database().await;
    let app = fresh.app().await;
    invoke(&app, json!({ "action": "up" })).await.unwrap();
    assert!(app.app.db().await.is_ok());

    vault::put(&fresh.login_secret, &json!({ "username": fresh.login, "password": "second" })).await;
    let other = fresh.app().await;
    assert!(other.app.db().await.is_err());
    let stack = Stack::waits().await;
    invoke(&other, stack.event("Update")).await.unwrap();

    assert!(other.app.db().await.is_ok());
    assert_eq!(stack.answer().2["Status"], "SUCCESS");
}

#[tokio::test]
async fn a_migration_that_fails_says_why_and_the_release_stops_there() {
    let fresh = Fresh::database().await;
    fresh.sql("create table users (id int)").await;
    let (app, stack) = (fresh.app().await, Stack::waits().await);

    invoke(&app, stack.event("Update")).await.unwrap_err();

    let answer = stack.answer().2;
    assert_eq!(answer["Status"], "FAILED");
    let reason = answer["Reason"].as_str().unwrap();
    assert!(reason.starts_with("A migration failed; the database is as it was before that migration."), "{reason}");
    assert!(reason.contains("migration 1: 42P07"), "{reason}");
    let known = fresh.sql(&format!("select 1 from pg_roles where rolname = '{}'", fresh.login)).await;
    assert_eq!(known.len(), 0, "nobody is let in to half a schema");
}

#[tokio::test]
async fn an_owner_who_is_not_let_in_is_told_without_the_password() {
    let fresh = Fresh::database().await;
    vault::put(&fresh.owner_secret, &json!({ "username": fresh.owner, "password": "of-yesterday" })).await;
    let (app, stack) = (fresh.app().await, Stack::waits().await);

    let error = invoke(&app, stack.event("Create")).await.unwrap_err();

    let answer = stack.answer().2;
    assert_eq!(answer["Status"], "FAILED");
    let reason = answer["Reason"].as_str().unwrap();
    assert!(reason.starts_with("The database cannot be reached as the owner of its schema. (28P01"), "{reason}");
    for words in [reason.to_owned(), format!("{error:?} {error}")] {
        assert!(!words.contains("of-yesterday") && !words.contains(&fresh.owner), "{words}");
    }
}

/// The code before a release is asked when the release is taken back, and knows less than the database by then.
#[tokio::test]
async fn a_release_that_is_taken_back_leaves_the_newer_schema_alone() {
    let fresh = Fresh::database().await;
    let (app, stack) = (fresh.app().await, Stack::waits().await);
    invoke(&app, json!({ "action": "up" })).await.unwrap();
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (9999, 'of tomorrow', true, '', 0)";
    fresh.sql(newer).await;

    invoke(&app, stack.event("Update")).await.unwrap();

    assert_eq!(stack.answer().2["Status"], "SUCCESS");
    assert!(invoke(&app, json!({ "action": "up" })).await.is_err(), "by hand it is said");
}

#[tokio::test]
async fn a_stack_that_goes_takes_nothing_along_and_an_answer_is_sent_until_it_is_heard() {
    let fresh = Fresh::database().await;
    vault::put(&fresh.owner_secret, &json!({ "username": fresh.owner, "password": "of-yesterday" })).await;
    let (app, stack) = (fresh.app().await, Stack::waits_after(1).await);

    invoke(&app, stack.event("Delete")).await.unwrap();

    assert_eq!(stack.answer().2["Status"], "SUCCESS");
    assert_eq!(fresh.sql("select 1 from pg_tables where schemaname = 'public'").await.len(), 0);
}
