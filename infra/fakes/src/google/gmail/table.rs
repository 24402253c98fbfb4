//! Every Gmail method the fake answers, with its scopes, its quota units and its parameters.

use axum::http::Method as Verb;

use super::super::method::Method;
use super::super::refusal::{Answer, Api};
use super::{drafts, history, labels, messages, send, threads, watch};
use crate::google::method::Scope;

const MAIL: &str = "https://mail.google.com/";
const MODIFY: &str = "https://www.googleapis.com/auth/gmail.modify";
const READONLY: &str = "https://www.googleapis.com/auth/gmail.readonly";
const METADATA: &str = "https://www.googleapis.com/auth/gmail.metadata";
const COMPOSE: &str = "https://www.googleapis.com/auth/gmail.compose";
const SEND: &str = "https://www.googleapis.com/auth/gmail.send";
const INSERT: &str = "https://www.googleapis.com/auth/gmail.insert";
const LABELS: &str = "https://www.googleapis.com/auth/gmail.labels";

/// Scopes that let a token see bodies and search.
pub(super) const READ: &[&str] = &[MAIL, MODIFY, READONLY];
const READ_META: &[&str] = &[MAIL, METADATA, MODIFY, READONLY];
const PROFILE: &[&str] = &[MAIL, COMPOSE, METADATA, MODIFY, READONLY];
const CHANGE: &[&str] = &[MAIL, MODIFY];
const DELETE: &[&str] = &[MAIL];
const SENDING: &[&str] = &[MAIL, COMPOSE, MODIFY, SEND];
const INSERTING: &[&str] = &[MAIL, INSERT, MODIFY];
const DRAFT_READ: &[&str] = &[MAIL, COMPOSE, MODIFY, READONLY];
const DRAFT_WRITE: &[&str] = &[MAIL, COMPOSE, MODIFY];
const LABEL_READ: &[&str] = &[MAIL, LABELS, METADATA, MODIFY, READONLY];
const LABEL_WRITE: &[&str] = &[MAIL, LABELS, MODIFY];

const NONE: &[&str] = &[];
const GET_PARAMS: &[&str] = &["format", "metadataHeaders"];
const LIST_PARAMS: &[&str] = &["q", "labelIds", "maxResults", "pageToken", "includeSpamTrash"];
const DRAFT_LIST: &[&str] = &["q", "maxResults", "pageToken", "includeSpamTrash"];
const HISTORY_PARAMS: &[&str] = &["historyTypes", "labelId", "maxResults", "pageToken", "startHistoryId"];
const INSERT_PARAMS: &[&str] = &["deleted", "internalDateSource"];
const IMPORT_PARAMS: &[&str] = &["deleted", "internalDateSource", "neverMarkSpam", "processForCalendar"];

const fn row(
    verb: Verb,
    path: &'static str,
    units: u32,
    scopes: &'static [&'static str],
    params: &'static [&'static str],
    run: fn(&mut Scope<'_>) -> Answer,
) -> Method {
    Method { api: Api::Gmail, verb, path, scopes, units, params, run }
}

#[rustfmt::skip]
pub(in super::super) const METHODS: &[Method] = &[
    row(Verb::GET, "/gmail/v1/users/{userId}/profile", 1, PROFILE, NONE, watch::profile),
    row(Verb::POST, "/gmail/v1/users/{userId}/watch", 100, READ_META, NONE, watch::watch),
    row(Verb::POST, "/gmail/v1/users/{userId}/stop", 50, READ_META, NONE, watch::stop),
    row(Verb::GET, "/gmail/v1/users/{userId}/history", 2, READ_META, HISTORY_PARAMS, history::list),

    row(Verb::GET, "/gmail/v1/users/{userId}/labels", 1, LABEL_READ, NONE, labels::list),
    row(Verb::POST, "/gmail/v1/users/{userId}/labels", 5, LABEL_WRITE, NONE, labels::create),
    row(Verb::GET, "/gmail/v1/users/{userId}/labels/{id}", 1, LABEL_READ, NONE, labels::get),
    row(Verb::PATCH, "/gmail/v1/users/{userId}/labels/{id}", 5, LABEL_WRITE, NONE, labels::update),
    row(Verb::PUT, "/gmail/v1/users/{userId}/labels/{id}", 5, LABEL_WRITE, NONE, labels::update),
    row(Verb::DELETE, "/gmail/v1/users/{userId}/labels/{id}", 5, LABEL_WRITE, NONE, labels::delete),

    row(Verb::GET, "/gmail/v1/users/{userId}/messages", 5, READ_META, LIST_PARAMS, messages::list),
    row(Verb::GET, "/gmail/v1/users/{userId}/messages/{id}", 20, READ_META, GET_PARAMS, messages::get),
    row(Verb::DELETE, "/gmail/v1/users/{userId}/messages/{id}", 10, DELETE, NONE, messages::delete),
    row(Verb::GET, "/gmail/v1/users/{userId}/messages/{id}/attachments/{attachmentId}", 20, READ, NONE, messages::attachment),
    row(Verb::POST, "/gmail/v1/users/{userId}/messages/{id}/modify", 5, CHANGE, NONE, messages::modify),
    row(Verb::POST, "/gmail/v1/users/{userId}/messages/{id}/trash", 20, CHANGE, NONE, messages::trash),
    row(Verb::POST, "/gmail/v1/users/{userId}/messages/{id}/untrash", 5, CHANGE, NONE, messages::untrash),
    row(Verb::POST, "/gmail/v1/users/{userId}/messages/batchModify", 50, CHANGE, NONE, messages::batch_modify),
    row(Verb::POST, "/gmail/v1/users/{userId}/messages/batchDelete", 50, DELETE, NONE, messages::batch_delete),
    row(Verb::POST, "/gmail/v1/users/{userId}/messages/send", 100, SENDING, NONE, send::send),
    row(Verb::POST, "/upload/gmail/v1/users/{userId}/messages/send", 100, SENDING, NONE, send::send),
    row(Verb::POST, "/gmail/v1/users/{userId}/messages", 25, INSERTING, INSERT_PARAMS, send::insert),
    row(Verb::POST, "/upload/gmail/v1/users/{userId}/messages", 25, INSERTING, INSERT_PARAMS, send::insert),
    row(Verb::POST, "/gmail/v1/users/{userId}/messages/import", 25, INSERTING, IMPORT_PARAMS, send::import),
    row(Verb::POST, "/upload/gmail/v1/users/{userId}/messages/import", 25, INSERTING, IMPORT_PARAMS, send::import),

    row(Verb::GET, "/gmail/v1/users/{userId}/threads", 10, READ_META, LIST_PARAMS, threads::list),
    row(Verb::GET, "/gmail/v1/users/{userId}/threads/{id}", 40, READ_META, GET_PARAMS, threads::get),
    row(Verb::DELETE, "/gmail/v1/users/{userId}/threads/{id}", 20, DELETE, NONE, threads::delete),
    row(Verb::POST, "/gmail/v1/users/{userId}/threads/{id}/modify", 10, CHANGE, NONE, threads::modify),
    row(Verb::POST, "/gmail/v1/users/{userId}/threads/{id}/trash", 20, CHANGE, NONE, threads::trash),
    row(Verb::POST, "/gmail/v1/users/{userId}/threads/{id}/untrash", 10, CHANGE, NONE, threads::untrash),

    row(Verb::GET, "/gmail/v1/users/{userId}/drafts", 5, DRAFT_READ, DRAFT_LIST, drafts::list),
    row(Verb::POST, "/gmail/v1/users/{userId}/drafts", 10, DRAFT_WRITE, NONE, drafts::create),
    row(Verb::POST, "/upload/gmail/v1/users/{userId}/drafts", 10, DRAFT_WRITE, NONE, drafts::create),
    row(Verb::GET, "/gmail/v1/users/{userId}/drafts/{id}", 20, DRAFT_READ, GET_PARAMS, drafts::get),
    row(Verb::PUT, "/gmail/v1/users/{userId}/drafts/{id}", 15, DRAFT_WRITE, NONE, drafts::update),
    row(Verb::PUT, "/upload/gmail/v1/users/{userId}/drafts/{id}", 15, DRAFT_WRITE, NONE, drafts::update),
    row(Verb::DELETE, "/gmail/v1/users/{userId}/drafts/{id}", 10, DRAFT_WRITE, NONE, drafts::delete),
    row(Verb::POST, "/gmail/v1/users/{userId}/drafts/send", 100, DRAFT_WRITE, NONE, drafts::send),
    row(Verb::POST, "/upload/gmail/v1/users/{userId}/drafts/send", 100, DRAFT_WRITE, NONE, drafts::send),
];
