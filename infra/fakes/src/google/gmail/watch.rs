//! `users.getProfile`, `users.watch` and `users.stop`.

use std::collections::HashSet;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::call::{strings, text};
use super::super::method::Scope;
use super::super::refusal::{Answer, Refusal};
use super::mailbox::Watch;

pub(super) fn profile(scope: &mut Scope<'_>) -> Answer {
    let mailbox = scope.mailbox()?;
    let threads: HashSet<_> = mailbox.messages.values().map(|message| &message.thread_id).collect();
    Ok(json!({
        "emailAddress": mailbox.email,
        "messagesTotal": mailbox.messages.len(),
        "threadsTotal": threads.len(),
        "historyId": mailbox.history_id.to_string(),
    }))
}

pub(super) fn watch(scope: &mut Scope<'_>) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let body = call.json()?;
    let topic = text(&body, "topicName").ok_or_else(|| Refusal::invalid("Invalid topicName"))?;
    let pieces: Vec<&str> = topic.split('/').collect();
    if !matches!(pieces[..], ["projects", project, "topics", name] if !project.is_empty() && !name.is_empty()) {
        return Err(Refusal::invalid("Invalid topicName does not match projects/*/topics/*"));
    }
    let label_ids = strings(&body, "labelIds")?;
    let behaviour = text(&body, "labelFilterBehavior").or_else(|| text(&body, "labelFilterAction"));
    let exclude = behaviour.is_some_and(|behaviour| behaviour.eq_ignore_ascii_case("exclude"));
    let mailbox = scope.mailbox()?;
    if let Some(label) = label_ids.iter().find(|label| !mailbox.knows_label(label)) {
        return Err(Refusal::invalid(format!("Invalid label: {label}")));
    }
    if mailbox.watch.as_ref().is_some_and(|watch| watch.expires > now && watch.topic != topic) {
        let message = "Only one user push notification client allowed per developer (call /stop then try again)";
        return Err(Refusal::invalid(message));
    }
    let expires = now + SignedDuration::from_hours(7 * 24);
    mailbox.watch = Some(Watch { topic: topic.to_owned(), label_ids, exclude, expires });
    Ok(json!({
        "historyId": mailbox.history_id.to_string(),
        "expiration": expires.as_millisecond().to_string(),
    }))
}

pub(super) fn stop(scope: &mut Scope<'_>) -> Answer {
    scope.mailbox()?.watch = None;
    Ok(Value::Null)
}
