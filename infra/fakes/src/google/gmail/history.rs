//! `users.history.list`.

use serde_json::{Value, json};

use super::super::method::Scope;
use super::super::refusal::{Answer, Refusal};
use super::mailbox::{Change, Record};

const TYPES: &[&str] = &["messageAdded", "messageDeleted", "labelAdded", "labelRemoved"];

pub(super) fn list(scope: &mut Scope<'_>) -> Answer {
    let call = scope.call;
    let start = call.number("startHistoryId")?.ok_or_else(|| Refusal::invalid("Missing required startHistoryId"))?;
    let types: Vec<&str> = call.params("historyTypes").collect();
    if let Some(other) = types.iter().find(|kind| !TYPES.contains(kind)) {
        return Err(Refusal::invalid(format!("Invalid value at 'history_types', \"{other}\"")));
    }
    let label = call.param("labelId");
    let size = call.page_size(100, 500)?;
    let after = match call.param("pageToken") {
        None => start,
        Some(token) => token.parse().map_err(|_| Refusal::invalid("Invalid pageToken"))?,
    };
    let mailbox = scope.mailbox()?;
    if start < mailbox.oldest || start > mailbox.history_id {
        return Err(Refusal::no_entity());
    }
    let matching = mailbox.history.iter().filter(|record| {
        record.id > after
            && (types.is_empty() || types.contains(&kind(record)))
            && label.is_none_or(|label| record.label_ids.iter().any(|id| id == label) || record.touches(label))
    });
    let found: Vec<&Record> = matching.take(size + 1).collect();
    let page = &found[..found.len().min(size)];
    let mut answer = json!({ "historyId": mailbox.history_id.to_string() });
    if !page.is_empty() {
        answer["history"] = page.iter().map(|record| show(record)).collect();
    }
    if let Some(last) = page.last().filter(|_| found.len() > size) {
        answer["nextPageToken"] = json!(last.id.to_string());
    }
    Ok(answer)
}

fn kind(record: &Record) -> &'static str {
    match record.change {
        Change::Added => "messageAdded",
        Change::Deleted => "messageDeleted",
        Change::LabelsAdded(_) => "labelAdded",
        Change::LabelsRemoved(_) => "labelRemoved",
    }
}

fn show(record: &Record) -> Value {
    let brief = json!({ "id": record.message_id, "threadId": record.thread_id });
    let mut message = brief.clone();
    if !record.label_ids.is_empty() {
        message["labelIds"] = json!(record.label_ids);
    }
    let mut value = json!({ "id": record.id.to_string(), "messages": [brief] });
    let (name, entry) = match &record.change {
        Change::Added => ("messagesAdded", json!({ "message": message })),
        Change::Deleted => ("messagesDeleted", json!({ "message": message })),
        Change::LabelsAdded(labels) => ("labelsAdded", json!({ "message": message, "labelIds": labels })),
        Change::LabelsRemoved(labels) => ("labelsRemoved", json!({ "message": message, "labelIds": labels })),
    };
    value[name] = json!([entry]);
    value
}
