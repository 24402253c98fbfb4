//! `ops-rotate`: the functions' login to the database changes while they work.

use serde_json::{Value, json};
use shared::Result;
use uuid::Uuid;

use super::support::fresh::Fresh;
use super::support::{TestApp, vault};
use crate::ops::{migrate, rotate as command};

const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

async fn step(app: &TestApp, fresh: &Fresh, step: &str, token: &str) -> Result<Value> {
    let event = json!({ "Step": step, "SecretId": fresh.login_secret, "ClientRequestToken": token });
    (command::COMMAND.handler)(&app.app, event).await
}

async fn rotate(app: &TestApp, fresh: &Fresh) {
    let token = Uuid::new_v4().to_string();
    for name in STEPS {
        // Secrets Manager asks again when it did not hear.
        for _ in 0..2 {
            step(app, fresh, name, &token).await.unwrap();
        }
    }
}

async fn migrated() -> (Fresh, TestApp) {
    let fresh = Fresh::database().await;
    let app = fresh.app().await;
    (migrate::COMMAND.handler)(&app.app, json!({ "action": "up" })).await.unwrap();
    (fresh, app)
}

/// Whom the functions are connected as.
async fn connected(fresh: &Fresh) -> Vec<String> {
    let sessions = format!(
        "select distinct usename from pg_stat_activity where datname = '{}' and application_name = 'financial-advisor'",
        fresh.name
    );
    fresh.sql(&sessions).await.into_iter().flatten().flatten().collect()
}

#[tokio::test]
async fn at_no_moment_of_a_change_is_anybody_shut_out() {
    let (fresh, app) = migrated().await;
    let second = format!("{}_b", fresh.login);
    assert!(app.app.db().await.is_ok());

    let token = Uuid::new_v4().to_string();
    for name in STEPS {
        step(&app, &fresh, name, &token).await.unwrap();
        assert!(app.app.db().await.is_ok(), "who is connected, after {name}");
        assert!(fresh.app().await.app.db().await.is_ok(), "who comes anew, after {name}");
    }

    let late = fresh.app().await;
    assert!(late.app.db().await.is_ok());
    assert!(connected(&fresh).await.contains(&second), "{:?}", connected(&fresh).await);
    let role = format!(
        "select pg_has_role('{second}', 'fa_app', 'member'), rolsuper from pg_roles where rolname = '{second}'"
    );
    assert_eq!(fresh.sql(&role).await, [["t", "f"].map(|value| Some(value.to_owned()))]);
}

#[tokio::test]
async fn whoever_is_refused_with_the_password_before_reads_the_new_one() {
    let (fresh, app) = migrated().await;
    assert!(app.app.db().await.is_ok());

    rotate(&app, &fresh).await;
    rotate(&app, &fresh).await;
    let end = format!("select pg_terminate_backend(pid) from pg_stat_activity where usename = '{}'", fresh.login);
    fresh.sql(&end).await;

    // Whoever was at it a moment ago may find out by asking. Two rotations later the role it knows has another password.
    let _cut_off_or_not = app.app.db().await.unwrap().ping().await;
    app.app.db().await.unwrap().ping().await.unwrap();
    assert_eq!(connected(&fresh).await.join(" "), fresh.login);
}

#[tokio::test]
async fn a_login_the_database_does_not_know_never_counts() {
    let (fresh, app) = migrated().await;
    let token = Uuid::new_v4().to_string();

    assert!(step(&app, &fresh, "setSecret", &token).await.is_err(), "there is nothing to set yet");
    step(&app, &fresh, "createSecret", &token).await.unwrap();
    let untested = step(&app, &fresh, "testSecret", &token).await.unwrap_err();

    assert!(format!("{untested:?}").contains("28P01"), "{untested:?}");
    assert!(fresh.app().await.app.db().await.is_ok(), "the one before still counts");
}

#[tokio::test]
async fn another_secret_is_left_alone() {
    let (fresh, app) = migrated().await;
    let other = vault::create(&json!({ "username": "postgres", "password": "p" })).await;

    let event = json!({ "Step": "createSecret", "SecretId": other, "ClientRequestToken": Uuid::new_v4() });
    let refused = (command::COMMAND.handler)(&app.app, event).await.unwrap_err();

    assert_eq!(refused.kind, shared::error::Kind::Invalid);
    assert!(step(&app, &fresh, "dance", "t").await.is_err());
}
