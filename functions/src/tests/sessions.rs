//! Sessions: how tokens replace one another, what a thief can do with one, and what ends them.

mod cookies;
mod ending;
mod lifetime;
mod rotation;
mod theft;

use std::time::Duration;

use http::Method;
use serde_json::json;

use super::api::walk::Walk;
use super::support::*;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// A token is replaced when it is older than a quarter of an hour.
const DUE: Duration = Duration::from_secs(16 * 60);
/// Longer than requests may be under way with the token before.
const GRACE: Duration = Duration::from_secs(11);

fn token(person: &Person<'_>) -> String {
    person.cookies.lock().unwrap()["session"].clone()
}

/// Somebody else's browser with this token.
fn holder<'a>(app: &'a TestApp, token: &str) -> Person<'a> {
    let person = app.visitor();
    person.cookies.lock().unwrap().insert("session".into(), token.to_owned());
    person
}

/// Whether a token is good for a call, which may replace it.
async fn works(app: &TestApp, token: &str) -> bool {
    match holder(app, token).get("/api/auth/sessions").await.status.as_u16() {
        200 => true,
        401 => false,
        other => panic!("neither in nor out: {other}"),
    }
}

async fn refresh(person: &Person<'_>) -> Answer {
    person.post("/api/auth/refresh", json!({})).await
}

/// The new token an answer carries.
fn renewed(answer: &Answer) -> Option<String> {
    let cookie = answer.headers.get("set-cookie")?.to_str().unwrap();
    Some(cookie.strip_prefix("session=")?.split(';').next()?.to_owned())
}
