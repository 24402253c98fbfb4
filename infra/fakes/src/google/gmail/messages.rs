//! `users.messages`: list, get, labels, trash, delete.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::{Map, Value, json};

use super::super::call::strings;
use super::super::method::Scope;
use super::super::refusal::{Answer, Refusal};
use super::mailbox::{Mailbox, Message};
use super::resource::{self, Format};
use super::search::{self, Filter};
use super::table::READ;

/// Ids are hexadecimal.
pub(super) fn check_id(id: &str) -> Result<&str, Refusal> {
    let fine = !id.is_empty() && id.len() <= 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if fine { Ok(id) } else { Err(Refusal::invalid("Invalid id value")) }
}

pub(super) fn find<'a>(mailbox: &'a Mailbox, id: &str) -> Result<&'a Message, Refusal> {
    mailbox.messages.get(check_id(id)?).ok_or_else(Refusal::no_entity)
}

/// What the metadata scope alone does not allow.
pub(super) fn check_metadata(scope: &Scope<'_>, format: Option<Format>) -> Result<(), Refusal> {
    if scope.may(READ) {
        return Ok(());
    }
    let forbidden = |message: &str| Err(Refusal::new(StatusCode::FORBIDDEN, "forbidden", message));
    match format {
        None if scope.call.param("q").is_some() => forbidden("Metadata scope does not support 'q' parameter"),
        Some(Format::Full) => forbidden("Metadata scope doesn't allow format FULL"),
        Some(Format::Raw) => forbidden("Metadata scope doesn't allow format RAW"),
        _ => Ok(()),
    }
}

pub(super) fn list(scope: &mut Scope<'_>) -> Answer {
    check_metadata(scope, None)?;
    let (call, now) = (scope.call, scope.now);
    let filter = Filter::new(call, now)?;
    let size = call.page_size(100, 500)?;
    let found = filter.find(scope.mailbox()?);
    let total = found.len();
    let rest = search::after_token(found, call.param("pageToken"))?;
    let page = &rest[..rest.len().min(size)];
    let mut answer = json!({ "resultSizeEstimate": total });
    if !page.is_empty() {
        answer["messages"] = page.iter().map(|message| resource::brief(message)).collect();
    }
    if let Some(last) = page.last().filter(|_| rest.len() > size) {
        answer["nextPageToken"] = json!(search::page_token(last));
    }
    Ok(answer)
}

pub(super) fn get(scope: &mut Scope<'_>) -> Answer {
    let call = scope.call;
    let format = Format::of(call)?;
    check_metadata(scope, Some(format))?;
    let wanted: Vec<&str> = call.params("metadataHeaders").collect();
    let mailbox = scope.mailbox()?;
    Ok(resource::message(find(mailbox, call.path("id"))?, format, &wanted))
}

pub(super) fn attachment(scope: &mut Scope<'_>) -> Answer {
    let call = scope.call;
    let message = find(scope.mailbox()?, call.path("id"))?;
    let part = resource::attachment(message, call.path("attachmentId"))
        .ok_or_else(|| Refusal::invalid("Invalid attachment token"))?;
    Ok(json!({ "size": part.body.len(), "data": URL_SAFE.encode(&part.body) }))
}

/// The two lists of a modification, checked.
pub(super) fn label_changes(
    mailbox: &Mailbox,
    body: &Map<String, Value>,
) -> Result<(Vec<String>, Vec<String>), Refusal> {
    let (add, remove) = (strings(body, "addLabelIds")?, strings(body, "removeLabelIds")?);
    for label in add.iter().chain(&remove) {
        if !mailbox.knows_label(label) || matches!(label.as_str(), "SENT" | "DRAFT" | "CHAT") {
            return Err(Refusal::invalid(format!("Invalid label: {label}")));
        }
    }
    if let Some(both) = add.iter().find(|label| remove.contains(label)) {
        return Err(Refusal::invalid(format!("Cannot both add and remove the same label: {both}")));
    }
    Ok((add, remove))
}

pub(super) fn modify(scope: &mut Scope<'_>) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let body = call.json()?;
    let mailbox = scope.mailbox()?;
    let (add, remove) = label_changes(mailbox, &body)?;
    if add.is_empty() && remove.is_empty() {
        return Err(Refusal::invalid("No label add or removes specified"));
    }
    let id = call.path("id");
    find(mailbox, id)?;
    mailbox.modify(id, &add, &remove, now);
    find(mailbox, id).map(resource::labelled)
}

pub(super) fn trash(scope: &mut Scope<'_>) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let mailbox = scope.mailbox()?;
    let id = call.path("id");
    find(mailbox, id)?;
    mailbox.trash(id, now);
    find(mailbox, id).map(resource::labelled)
}

pub(super) fn untrash(scope: &mut Scope<'_>) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let mailbox = scope.mailbox()?;
    let id = call.path("id");
    find(mailbox, id)?;
    mailbox.modify(id, &[], &["TRASH".to_owned()], now);
    find(mailbox, id).map(resource::labelled)
}

pub(super) fn delete(scope: &mut Scope<'_>) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let mailbox = scope.mailbox()?;
    find(mailbox, call.path("id"))?;
    mailbox.delete(call.path("id"), now);
    Ok(Value::Null)
}

fn ids(body: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    let ids = strings(body, "ids")?;
    match ids.len() {
        0 => Err(Refusal::invalid("No message ids specified.")),
        1..=1000 => Ok(ids),
        _ => Err(Refusal::invalid("Too many message ids: at most 1000 are allowed.")),
    }
}

/// Ids that are unknown are passed over.
pub(super) fn batch_modify(scope: &mut Scope<'_>) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let body = call.json()?;
    let ids = ids(&body)?;
    let mailbox = scope.mailbox()?;
    let (add, remove) = label_changes(mailbox, &body)?;
    for id in ids {
        mailbox.modify(&id, &add, &remove, now);
    }
    Ok(Value::Null)
}

pub(super) fn batch_delete(scope: &mut Scope<'_>) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let ids = ids(&call.json()?)?;
    let mailbox = scope.mailbox()?;
    for id in ids {
        mailbox.delete(&id, now);
    }
    Ok(Value::Null)
}
