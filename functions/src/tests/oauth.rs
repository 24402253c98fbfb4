//! Signing in and connecting, attacked by somebody who can have a browser open any address, who has codes and states of their
//! own, and who now and then gets hold of another's.

mod account;
mod borrowed;
mod id_token;
mod linking;
mod redirects;
mod replay;

use super::support::*;

const OURS: &str = "http://localhost:8000";

/// The way back from Google's consent page, as a path of ours.
async fn from_google(person: &Person<'_>, email: &str) -> String {
    let consent = person.get("/api/auth/google/start").await.location();
    path(&person.callback(&format!("{consent}&account={email}"), "approve").await)
}

/// The way back from HubSpot's.
async fn from_hubspot(person: &Person<'_>, email: &str) -> String {
    let consent = person.get("/api/auth/hubspot/start").await.location();
    path(&person.callback(&format!("{consent}&user={email}"), "approve").await)
}

fn path(callback: &str) -> String {
    callback.strip_prefix(OURS).unwrap_or_else(|| panic!("{callback} is not ours")).to_owned()
}

/// One parameter of a way back, as it stands there.
fn parameter(path: &str, name: &str) -> String {
    let query = path.split_once('?').unwrap().1;
    let found = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("no {name} in {path}")).to_owned()
}

/// How many codes Google was asked to redeem.
fn redeemed(app: &TestApp) -> usize {
    let requests = app.google.control().requests();
    requests.iter().filter(|request| request.uri == "/token" && request.body.contains("authorization_code")).count()
}

/// How many codes HubSpot was asked to redeem.
fn connected(app: &TestApp) -> usize {
    let requests = app.hubspot.control().requests();
    requests
        .iter()
        .filter(|request| request.uri.ends_with("/token") && request.body.contains("authorization_code"))
        .count()
}

/// Nobody came in, and nothing was begun for anybody.
async fn assert_nobody(app: &TestApp, what: &str) {
    for table in ["users", "sessions", "session_tokens", "connections", "tasks"] {
        assert_eq!(app.count(&format!("select count(*) from {table}")).await, 0, "{what}: {table}");
    }
}

fn has_session(person: &Person<'_>) -> bool {
    person.cookies.lock().unwrap().contains_key("session")
}

/// The same cookies on another machine, or planted there.
fn take_cookie(from: &Person<'_>, name: &str, to: &Person<'_>) {
    let value = from.cookies.lock().unwrap()[name].clone();
    to.cookies.lock().unwrap().insert(name.to_owned(), value);
}
