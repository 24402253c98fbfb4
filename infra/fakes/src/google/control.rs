//! The fake's own routes for another process: the actions of [`super::Google`] over HTTP.
//!
//! | request | does |
//! |---|---|
//! | `POST /_control/mail` | delivers a mail: `{from, subject, text?, html?, to?, cc?, mailbox?, thread_id?, in_reply_to?, message_id?, labels?, date?}`; `mailbox` defaults to the first account; answers `{"id", "threadId"}` |
//! | `GET /_control/mail/{mailbox}?q=` | what a Gmail search finds |
//! | `DELETE /_control/mail/{mailbox}/{id}` | deletes for good |
//! | `POST /_control/mail/{mailbox}/{id}/trash` | moves to the trash |
//! | `POST /_control/mail/{mailbox}/{id}/labels` | `{"add": [], "remove": []}` |
//! | `GET /_control/threads/{mailbox}/{thread}` | the thread as text |
//! | `GET /_control/accounts` | who can sign in |
//! | `POST /_control/revoke`, `/expire_access_tokens` `{"email"}` | ends consents; ends access tokens |
//! | `POST /_control/expire_history`, `/expire_sync_tokens` `{"email"}` | makes cursors too old |
//! | `GET /_control/events?email=` | the stored events |
//! | `POST /_control/events?email=` | stores a Calendar event resource, answers it |
//! | `DELETE /_control/events/{email}/{id}` | cancels an event, or a date of a series |
//! | `PATCH /_control/events/{email}/{id}` | changes what the body names of an event, or of a date of a series |
//! | `POST /_control/push` | sets the push subscription, see [`super::PushConfig`]; `DELETE` removes it |
//! | `POST /_control/push/fault` `{"kind": "lost"}` | breaks the next notification, see [`super::PushFault`] |
//! | `POST /_control/id_tokens` `{"claims": {"aud": "other"}, "header": {}, "signature": "ours"}` | makes the next id_token a forged one, see [`super::Forgery`] |
//! | `POST /_control/quota` `{"enforce": true}` | switches Gmail's quota on or off |
//!
//! `email` and `mailbox` default to the first account wherever they are in a query or a body.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::{Path, Query, State as Extract};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::push::{PushConfig, PushFault};
use super::state::State;
use super::world::World;
use super::{Forgery, calendar, gmail, loopback};
use crate::practice::{Mail, Mailbox};
use crate::server::lock;

type Shared = Extract<Arc<World>>;

pub(super) fn router(world: &Arc<World>) -> Router {
    Router::new()
        .route("/_control/accounts", get(accounts))
        .route("/_control/mail", post(deliver))
        .route("/_control/mail/{mailbox}", get(find))
        .route("/_control/mail/{mailbox}/{id}", delete(delete_mail))
        .route("/_control/mail/{mailbox}/{id}/trash", post(trash_mail))
        .route("/_control/mail/{mailbox}/{id}/labels", post(label_mail))
        .route("/_control/threads/{mailbox}/{thread}", get(super::pages::thread_json))
        .route("/_control/revoke", post(revoke))
        .route("/_control/expire_access_tokens", post(expire_access_tokens))
        .route("/_control/expire_history", post(expire_history))
        .route("/_control/expire_sync_tokens", post(expire_sync_tokens))
        .route("/_control/events", get(events).post(put_event))
        .route("/_control/events/{email}/{id}", delete(delete_event).patch(amend_event))
        .route("/_control/push", post(set_push).delete(remove_push))
        .route("/_control/push/fault", post(break_push))
        .route("/_control/id_tokens", post(forge))
        .route("/_control/quota", post(quota))
        .with_state(world.clone())
}

fn problem(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({ "error": text }))).into_response()
}

fn no_mailbox() -> Response {
    problem(StatusCode::NOT_FOUND, "there is no such account")
}

fn done(hit: bool) -> Response {
    if hit { StatusCode::NO_CONTENT.into_response() } else { problem(StatusCode::NOT_FOUND, "there is no such thing") }
}

/// The named account, or the first.
fn whose(state: &State, named: Option<String>) -> Option<String> {
    named.or_else(|| state.accounts.first().map(|account| account.email.clone()))
}

#[derive(Deserialize)]
struct Account {
    #[serde(default, alias = "mailbox")]
    email: Option<String>,
}

async fn accounts(Extract(world): Shared) -> Json<Value> {
    let state = lock(&world.state);
    Json(state.accounts.iter().map(|one| json!({ "sub": one.sub, "email": one.email, "name": one.name })).collect())
}

/// One address, or a list, each as `Name <address>` or a bare address.
#[derive(Deserialize)]
#[serde(untagged)]
enum Addresses {
    One(String),
    Many(Vec<String>),
}

impl Addresses {
    fn mailboxes(self) -> Vec<Mailbox> {
        match self {
            Self::One(text) => vec![mailbox(&text)],
            Self::Many(texts) => texts.iter().map(|text| mailbox(text)).collect(),
        }
    }
}

fn mailbox(text: &str) -> Mailbox {
    match text.rsplit_once('<') {
        Some((name, rest)) => Mailbox {
            name: name.trim().trim_matches('"').to_owned(),
            email: rest.trim().trim_end_matches('>').to_owned(),
        },
        None => Mailbox { name: String::new(), email: text.trim().to_owned() },
    }
}

#[derive(Deserialize)]
struct Letter {
    from: String,
    #[serde(default)]
    to: Option<Addresses>,
    #[serde(default)]
    cc: Option<Addresses>,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    html: Option<String>,
    #[serde(default)]
    mailbox: Option<String>,
    #[serde(default)]
    thread_id: String,
    #[serde(default)]
    in_reply_to: Option<String>,
    #[serde(default)]
    message_id: String,
    #[serde(default)]
    labels: Option<Vec<String>>,
    #[serde(default)]
    date: Option<Timestamp>,
}

async fn deliver(Extract(world): Shared, Json(letter): Json<Letter>) -> Response {
    let now = world.now();
    let sent = world.change(|state| {
        let mailbox_email = whose(state, letter.mailbox)?;
        let to = letter.to.map_or_else(|| vec![mailbox(&mailbox_email)], Addresses::mailboxes);
        let mail = Mail {
            mailbox: mailbox_email,
            id: String::new(),
            thread_id: letter.thread_id,
            from: mailbox(&letter.from),
            to,
            cc: letter.cc.map(Addresses::mailboxes).unwrap_or_default(),
            subject: letter.subject,
            date: letter.date.unwrap_or(now),
            text: letter.text,
            html: letter.html,
            label_ids: letter.labels.unwrap_or_else(|| vec!["UNREAD".to_owned(), "INBOX".to_owned()]),
            message_id: letter.message_id,
            references: letter.in_reply_to.iter().cloned().collect(),
            in_reply_to: letter.in_reply_to,
            headers: Vec::new(),
        };
        gmail::send::deliver(state, &mail, now)
    });
    match sent {
        Some((id, thread_id)) => Json(json!({ "id": id, "threadId": thread_id })).into_response(),
        None => no_mailbox(),
    }
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
}

async fn find(Extract(world): Shared, Path(email): Path<String>, Query(search): Query<Search>) -> Response {
    let state = lock(&world.state);
    match state.mailboxes.get(&email) {
        Some(mailbox) => Json(gmail::send::found(mailbox, &search.q, world.now())).into_response(),
        None => no_mailbox(),
    }
}

async fn delete_mail(Extract(world): Shared, Path((email, id)): Path<(String, String)>) -> Response {
    done(world.change_mailbox(&email, |mailbox, now| mailbox.delete(&id, now)).unwrap_or(false))
}

async fn trash_mail(Extract(world): Shared, Path((email, id)): Path<(String, String)>) -> Response {
    done(world.change_mailbox(&email, |mailbox, now| mailbox.trash(&id, now)).unwrap_or(false))
}

#[derive(Deserialize)]
struct Labels {
    #[serde(default)]
    add: Vec<String>,
    #[serde(default)]
    remove: Vec<String>,
}

async fn label_mail(
    Extract(world): Shared,
    Path((email, id)): Path<(String, String)>,
    Json(labels): Json<Labels>,
) -> Response {
    let change = |mailbox: &mut gmail::mailbox::Mailbox, now| mailbox.modify(&id, &labels.add, &labels.remove, now);
    done(world.change_mailbox(&email, change).unwrap_or(false))
}

/// Runs an action on the named account.
fn on_account(world: &Arc<World>, named: Account, act: impl FnOnce(&mut State, &str)) -> Response {
    let hit = world.change(|state| {
        let email = whose(state, named.email).filter(|email| state.mailboxes.contains_key(email))?;
        act(state, &email);
        Some(())
    });
    hit.map_or_else(no_mailbox, |()| StatusCode::NO_CONTENT.into_response())
}

async fn revoke(Extract(world): Shared, Json(account): Json<Account>) -> Response {
    on_account(&world, account, |state, email| state.revoke(email, None))
}

async fn expire_access_tokens(Extract(world): Shared, Json(account): Json<Account>) -> Response {
    on_account(&world, account, |state, email| state.access_tokens.retain(|_, token| token.email != email))
}

async fn expire_history(Extract(world): Shared, Json(account): Json<Account>) -> Response {
    on_account(&world, account, |state, email| {
        if let Some(mailbox) = state.mailboxes.get_mut(email) {
            mailbox.expire_history();
        }
    })
}

async fn expire_sync_tokens(Extract(world): Shared, Json(account): Json<Account>) -> Response {
    on_account(&world, account, |state, email| {
        if let Some(calendar) = state.calendars.get_mut(email) {
            calendar.expire_sync_tokens();
        }
    })
}

async fn events(Extract(world): Shared, Query(account): Query<Account>) -> Response {
    let state = lock(&world.state);
    let Some(calendar) = whose(&state, account.email).and_then(|email| state.calendars.get(&email)) else {
        return no_mailbox();
    };
    Json(calendar.events.values().map(|stored| Value::Object(stored.event.clone())).collect::<Value>()).into_response()
}

async fn put_event(Extract(world): Shared, Query(account): Query<Account>, Json(event): Json<Value>) -> Response {
    let now = world.now();
    let Value::Object(event) = event else {
        return problem(StatusCode::BAD_REQUEST, "an event is an object");
    };
    let saved = world.change(|state| {
        let email = whose(state, account.email).filter(|email| state.calendars.contains_key(email))?;
        Some(calendar::save(state, &email, event, &world.url, now))
    });
    match saved {
        Some(Ok(event)) => Json(event).into_response(),
        Some(Err(refusal)) => refusal.into_response(super::refusal::Api::Calendar),
        None => no_mailbox(),
    }
}

async fn delete_event(Extract(world): Shared, Path((email, id)): Path<(String, String)>) -> Response {
    let now = world.now();
    done(world.change(|state| calendar::call_off(state, &email, &id, now)))
}

async fn amend_event(
    Extract(world): Shared,
    Path((email, id)): Path<(String, String)>,
    Json(patch): Json<serde_json::Map<String, Value>>,
) -> Response {
    let now = world.now();
    match world.change(|state| calendar::amend(state, &email, &id, patch, &world.url, now)) {
        Ok(event) => Json(event).into_response(),
        Err(refusal) => refusal.into_response(super::refusal::Api::Calendar),
    }
}

async fn set_push(Extract(world): Shared, Json(config): Json<PushConfig>) -> Response {
    if !Url::parse(&config.endpoint).is_ok_and(|url| loopback::is_local(&url)) {
        return problem(StatusCode::BAD_REQUEST, "the endpoint must be an address of this machine");
    }
    world.push.configure(Some(config));
    StatusCode::NO_CONTENT.into_response()
}

async fn remove_push(Extract(world): Shared) -> StatusCode {
    world.push.configure(None);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Break {
    kind: PushFault,
}

async fn break_push(Extract(world): Shared, Json(body): Json<Break>) -> StatusCode {
    world.push.break_next(body.kind);
    StatusCode::NO_CONTENT
}

async fn forge(Extract(world): Shared, Json(forgery): Json<Forgery>) -> StatusCode {
    lock(&world.forgeries).push_back(forgery);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Quota {
    enforce: bool,
}

async fn quota(Extract(world): Shared, Json(body): Json<Quota>) -> StatusCode {
    world.enforce_quota.store(body.enforce, Ordering::Relaxed);
    StatusCode::NO_CONTENT
}
