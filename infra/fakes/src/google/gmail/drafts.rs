//! `users.drafts`. A draft keeps its id; its message gets a new one at each change.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::method::Scope;
use super::super::mime::Part;
use super::super::refusal::{Answer, Refusal};
use super::mailbox::{Incoming, Mailbox};
use super::resource::{self, Format};
use super::search::{self, Filter};
use super::send::{self, Given};

fn message_id(mailbox: &Mailbox, draft_id: &str) -> Result<String, Refusal> {
    mailbox.drafts.get(draft_id).cloned().ok_or_else(Refusal::no_entity)
}

fn put(mailbox: &mut Mailbox, draft_id: &str, given: Given, now: Timestamp) -> Answer {
    let thread_id = send::wanted_thread(mailbox, given.thread_id.as_deref(), &Part::parse(&given.raw))?;
    let thread_id = thread_id.or(given.own_thread);
    let incoming = Incoming {
        id: None,
        thread_id,
        label_ids: vec!["DRAFT".to_owned()],
        internal_date: now.as_millisecond(),
        raw: given.raw,
    };
    let id = mailbox.add(incoming, now);
    let message = mailbox.messages.get(&id).map(resource::labelled).unwrap_or_default();
    mailbox.drafts.insert(draft_id.to_owned(), id);
    Ok(json!({ "id": draft_id, "message": message }))
}

pub(super) fn create(scope: &mut Scope<'_>) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let given = send::given(call, true)?;
    send::need_raw(&given)?;
    let mailbox = scope.mailbox()?;
    mailbox.serial += 1;
    let draft_id = format!("r{}{:04}", now.as_microsecond(), mailbox.serial);
    put(mailbox, &draft_id, given, now)
}

pub(super) fn update(scope: &mut Scope<'_>) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let mut given = send::given(call, true)?;
    send::need_raw(&given)?;
    let mailbox = scope.mailbox()?;
    let draft_id = call.path("id").to_owned();
    let old = message_id(mailbox, &draft_id)?;
    stay(mailbox, &old, &mut given);
    let answer = put(mailbox, &draft_id, given, now)?;
    mailbox.delete(&old, now);
    Ok(answer)
}

/// A draft stays in its thread unless another is named: in its own under whatever subject, in somebody's as long as it
/// still fits there.
fn stay(mailbox: &Mailbox, old: &str, given: &mut Given) {
    let Some(message) = mailbox.messages.get(old).filter(|_| given.thread_id.is_none()) else { return };
    if mailbox.thread(&message.thread_id).len() == 1 {
        given.own_thread = Some(message.thread_id.clone());
    } else {
        given.thread_id = Some(message.thread_id.clone());
    }
}

pub(super) fn get(scope: &mut Scope<'_>) -> Answer {
    let call = scope.call;
    let format = Format::of(call)?;
    let mailbox = scope.mailbox()?;
    let id = message_id(mailbox, call.path("id"))?;
    let message = mailbox.messages.get(&id).ok_or_else(Refusal::no_entity)?;
    Ok(json!({ "id": call.path("id"), "message": resource::message(message, format, &[]) }))
}

pub(super) fn list(scope: &mut Scope<'_>) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let filter = Filter::new(call, now)?;
    let size = call.page_size(100, 500)?;
    let mailbox = scope.mailbox()?;
    let found = filter.find(mailbox).into_iter().filter(|message| mailbox.drafts.values().any(|id| *id == message.id));
    let found: Vec<_> = found.collect();
    let total = found.len();
    let rest = search::after_token(found, call.param("pageToken"))?;
    let page = &rest[..rest.len().min(size)];
    let mut answer = json!({ "resultSizeEstimate": total });
    if !page.is_empty() {
        let draft_of = |id: &str| mailbox.drafts.iter().find(|(_, message)| *message == id).map(|(draft, _)| draft);
        let drafts = page.iter().map(|m| json!({ "id": draft_of(&m.id), "message": resource::brief(m) }));
        answer["drafts"] = drafts.collect();
    }
    if let Some(last) = page.last().filter(|_| rest.len() > size) {
        answer["nextPageToken"] = json!(search::page_token(last));
    }
    Ok(answer)
}

pub(super) fn delete(scope: &mut Scope<'_>) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let mailbox = scope.mailbox()?;
    let id = message_id(mailbox, call.path("id"))?;
    mailbox.delete(&id, now);
    Ok(Value::Null)
}

/// The draft vanishes, and its message becomes another one with `SENT`.
pub(super) fn send(scope: &mut Scope<'_>) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let mut given = send::given(call, true)?;
    let Some(draft_id) = given.draft_id.clone() else {
        send::need_raw(&given)?;
        let email = scope.token.email.clone();
        return send::send_as(scope.state, &email, &given, now);
    };
    let mailbox = scope.mailbox()?;
    let old = message_id(mailbox, &draft_id)?;
    let message = mailbox.messages.get(&old).ok_or_else(Refusal::no_entity)?;
    if given.raw.is_empty() {
        given.raw = message.raw.clone();
    }
    stay(mailbox, &old, &mut given);
    let email = scope.token.email.clone();
    let answer = send::send_as(scope.state, &email, &given, now)?;
    scope.mailbox()?.delete(&old, now);
    Ok(answer)
}
