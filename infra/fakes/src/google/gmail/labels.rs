//! `users.labels`.

use std::collections::HashSet;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::super::call::text;
use super::super::method::Scope;
use super::super::refusal::{Answer, Refusal};
use super::mailbox::{Label, Mailbox, SYSTEM_LABELS};

fn system(id: &str) -> Value {
    json!({ "id": id, "name": id, "type": "system" })
}

fn user(label: &Label) -> Value {
    json!({
        "id": label.id,
        "name": label.name,
        "type": "user",
        "labelListVisibility": label.label_list_visibility,
        "messageListVisibility": label.message_list_visibility,
    })
}

fn find(mailbox: &Mailbox, id: &str) -> Answer {
    if SYSTEM_LABELS.contains(&id) {
        return Ok(system(id));
    }
    mailbox.labels.iter().find(|label| label.id == id).map(user).ok_or_else(Refusal::no_entity)
}

pub(super) fn list(scope: &mut Scope<'_>) -> Answer {
    let mailbox = scope.mailbox()?;
    let labels: Vec<Value> = SYSTEM_LABELS.iter().map(|id| system(id)).chain(mailbox.labels.iter().map(user)).collect();
    Ok(json!({ "labels": labels }))
}

pub(super) fn get(scope: &mut Scope<'_>) -> Answer {
    let call = scope.call;
    let mailbox = scope.mailbox()?;
    let id = call.path("id");
    let mut label = find(mailbox, id)?;
    let all: Vec<_> = mailbox.messages.values().filter(|message| message.has(id)).collect();
    let unread: Vec<_> = all.iter().filter(|message| message.has("UNREAD")).collect();
    label["messagesTotal"] = json!(all.len());
    label["messagesUnread"] = json!(unread.len());
    label["threadsTotal"] = json!(all.iter().map(|message| &message.thread_id).collect::<HashSet<_>>().len());
    label["threadsUnread"] = json!(unread.iter().map(|message| &message.thread_id).collect::<HashSet<_>>().len());
    Ok(label)
}

fn check_name(mailbox: &Mailbox, name: &str, own_id: &str) -> Result<(), Refusal> {
    if SYSTEM_LABELS.iter().any(|id| id.eq_ignore_ascii_case(name)) {
        return Err(Refusal::invalid("Invalid label name"));
    }
    if mailbox.labels.iter().any(|label| label.name.eq_ignore_ascii_case(name) && label.id != own_id) {
        return Err(Refusal::new(StatusCode::CONFLICT, "aborted", "Label name exists or conflicts"));
    }
    Ok(())
}

fn fill(label: &mut Label, body: &Map<String, Value>) {
    if let Some(name) = text(body, "name") {
        label.name = name.to_owned();
    }
    if let Some(value) = text(body, "labelListVisibility") {
        label.label_list_visibility = value.to_owned();
    }
    if let Some(value) = text(body, "messageListVisibility") {
        label.message_list_visibility = value.to_owned();
    }
}

pub(super) fn create(scope: &mut Scope<'_>) -> Answer {
    let body = scope.call.json()?;
    let mailbox = scope.mailbox()?;
    let name = text(&body, "name").ok_or_else(|| Refusal::invalid("Invalid label name"))?;
    check_name(mailbox, name, "")?;
    mailbox.serial += 1;
    let mut label = Label {
        id: format!("Label_{}", mailbox.serial),
        name: String::new(),
        label_list_visibility: "labelShow".to_owned(),
        message_list_visibility: "show".to_owned(),
    };
    fill(&mut label, &body);
    mailbox.labels.push(label.clone());
    Ok(user(&label))
}

pub(super) fn update(scope: &mut Scope<'_>) -> Answer {
    let call = scope.call;
    let body = call.json()?;
    let mailbox = scope.mailbox()?;
    let id = call.path("id");
    if SYSTEM_LABELS.contains(&id) {
        return Err(Refusal::invalid("Cannot update system label"));
    }
    check_name(mailbox, text(&body, "name").unwrap_or_default(), id)?;
    let label = mailbox.labels.iter_mut().find(|label| label.id == id).ok_or_else(Refusal::no_entity)?;
    fill(label, &body);
    Ok(user(label))
}

pub(super) fn delete(scope: &mut Scope<'_>) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let mailbox = scope.mailbox()?;
    let id = call.path("id");
    if SYSTEM_LABELS.contains(&id) {
        return Err(Refusal::invalid("Cannot delete system label"));
    }
    find(mailbox, id)?;
    let tagged: Vec<String> = mailbox.messages.values().filter(|m| m.has(id)).map(|m| m.id.clone()).collect();
    for message in tagged {
        mailbox.modify(&message, &[], &[id.to_owned()], now);
    }
    mailbox.labels.retain(|label| label.id != id);
    Ok(Value::Null)
}
