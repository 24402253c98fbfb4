//! `users.threads`.

use serde_json::{Value, json};

use super::super::method::Scope;
use super::super::refusal::{Answer, Refusal};
use super::mailbox::Mailbox;
use super::messages::{check_id, check_metadata, label_changes};
use super::resource::{self, Format};
use super::search::{self, Filter};

/// The ids of a thread's messages, oldest first.
fn ids(mailbox: &Mailbox, thread_id: &str) -> Result<Vec<String>, Refusal> {
    let ids: Vec<_> = mailbox.thread(check_id(thread_id)?).iter().map(|message| message.id.clone()).collect();
    if ids.is_empty() { Err(Refusal::no_entity()) } else { Ok(ids) }
}

fn history_id(mailbox: &Mailbox, thread_id: &str) -> u64 {
    mailbox.thread(thread_id).iter().map(|message| message.history_id).max().unwrap_or_default()
}

pub(super) fn list(scope: &mut Scope<'_>) -> Answer {
    check_metadata(scope, None)?;
    let (call, now) = (scope.call, scope.now);
    let filter = Filter::new(call, now)?;
    let size = call.page_size(100, 500)?;
    let mailbox = scope.mailbox()?;
    // A thread stands where its newest match stands.
    let mut seen = std::collections::HashSet::new();
    let found = filter.find(mailbox).into_iter().filter(|message| seen.insert(message.thread_id.clone())).collect();
    let found: Vec<_> = found;
    let total = found.len();
    let rest = search::after_token(found, call.param("pageToken"))?;
    let page = &rest[..rest.len().min(size)];
    let mut answer = json!({ "resultSizeEstimate": total });
    if !page.is_empty() {
        let items = page.iter().map(|message| {
            let history_id = history_id(mailbox, &message.thread_id).to_string();
            json!({ "id": message.thread_id, "snippet": resource::snippet(message), "historyId": history_id })
        });
        answer["threads"] = items.collect();
    }
    if let Some(last) = page.last().filter(|_| rest.len() > size) {
        answer["nextPageToken"] = json!(search::page_token(last));
    }
    Ok(answer)
}

pub(super) fn get(scope: &mut Scope<'_>) -> Answer {
    let call = scope.call;
    let format = Format::of(call)?;
    if format == Format::Raw {
        return Err(Refusal::invalid("Invalid value at 'format', \"raw\""));
    }
    check_metadata(scope, Some(format))?;
    let wanted: Vec<&str> = call.params("metadataHeaders").collect();
    let mailbox = scope.mailbox()?;
    let id = call.path("id");
    ids(mailbox, id)?;
    let messages = mailbox.thread(id).into_iter().map(|message| resource::message(message, format, &wanted));
    let messages: Vec<Value> = messages.collect();
    Ok(json!({ "id": id, "historyId": history_id(mailbox, id).to_string(), "messages": messages }))
}

/// Changes the labels of every message and answers the thread.
fn relabel(scope: &mut Scope<'_>, add: &[String], remove: &[String]) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let mailbox = scope.mailbox()?;
    let id = call.path("id");
    for message in ids(mailbox, id)? {
        mailbox.modify(&message, add, remove, now);
    }
    let messages: Vec<Value> = mailbox.thread(id).into_iter().map(resource::labelled).collect();
    Ok(json!({ "id": id, "messages": messages }))
}

pub(super) fn modify(scope: &mut Scope<'_>) -> Answer {
    let body = scope.call.json()?;
    let (add, remove) = label_changes(scope.mailbox()?, &body)?;
    relabel(scope, &add, &remove)
}

pub(super) fn trash(scope: &mut Scope<'_>) -> Answer {
    relabel(scope, &["TRASH".to_owned()], &["INBOX".to_owned()])
}

pub(super) fn untrash(scope: &mut Scope<'_>) -> Answer {
    relabel(scope, &[], &["TRASH".to_owned()])
}

pub(super) fn delete(scope: &mut Scope<'_>) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let mailbox = scope.mailbox()?;
    for message in ids(mailbox, call.path("id"))? {
        mailbox.delete(&message, now);
    }
    Ok(Value::Null)
}
