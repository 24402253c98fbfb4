//! Mail that comes in: sent by the account, inserted by a client, or delivered from elsewhere.

use axum::http::{StatusCode, header};
use base64::Engine;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::call::{Call, strings, text};
use super::super::compose;
use super::super::keys;
use super::super::method::Scope;
use super::super::mime::{self, Part};
use super::super::refusal::{Answer, Refusal};
use super::super::state::State;
use super::mailbox::{Incoming, Mailbox};
use super::resource::{self, LENIENT};
use super::search;
use crate::practice;

/// The largest message Gmail takes.
const MOST_BYTES: usize = 36_700_160;

/// A message a client handed in.
pub(super) struct Given {
    pub raw: Vec<u8>,
    pub thread_id: Option<String>,
    /// The thread that a draft alone makes, which its successor goes on with.
    pub own_thread: Option<String>,
    pub label_ids: Vec<String>,
    /// The draft to send, for `drafts.send`.
    pub draft_id: Option<String>,
}

/// The JSON of an upload, and the message beside it.
type Upload = (Map<String, Value>, Option<Vec<u8>>);

/// Reads the message of a plain, media or multipart upload; `nested` says that the JSON holds it under `message`.
pub(super) fn given(call: &Call, nested: bool) -> Result<Given, Refusal> {
    let upload = call.uri_path.starts_with("/upload/");
    let (fields, media) = match call.param("uploadType") {
        Some("media") if upload => (Map::new(), Some(call.body.to_vec())),
        Some("multipart") if upload => multipart(call)?,
        _ if upload => return Err(Refusal::invalid("This fake takes uploadType media and multipart only")),
        _ => (call.json()?, None),
    };
    let draft_id = text(&fields, "id").map(str::to_owned);
    let fields =
        if nested { fields.get("message").and_then(Value::as_object).cloned().unwrap_or_default() } else { fields };
    let raw = match media {
        Some(raw) => raw,
        None => match text(&fields, "raw") {
            Some(packed) => LENIENT
                .decode(packed)
                .map_err(|_| Refusal::invalid("Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed"))?,
            None => Vec::new(),
        },
    };
    if raw.len() > MOST_BYTES {
        let message = "Request Entity Too Large";
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "uploadTooLarge", message));
    }
    let label_ids = strings(&fields, "labelIds")?;
    let thread_id = text(&fields, "threadId").map(str::to_owned);
    Ok(Given { raw, thread_id, own_thread: None, label_ids, draft_id })
}

pub(super) fn need_raw(given: &Given) -> Result<(), Refusal> {
    if given.raw.is_empty() {
        let message = "'raw' RFC822 payload message string or uploading message via /upload/* URL required";
        return Err(Refusal::invalid(message));
    }
    Ok(())
}

/// `multipart/related`: the JSON, then the message.
fn multipart(call: &Call) -> Result<Upload, Refusal> {
    let kind = call.header(header::CONTENT_TYPE).unwrap_or_default();
    let mut whole = format!("Content-Type: {kind}\r\n\r\n").into_bytes();
    whole.extend_from_slice(&call.body);
    match Part::parse(&whole).parts.as_slice() {
        [fields, media] => {
            let fields = serde_json::from_slice(&fields.body)
                .map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, "parseError", "Parse Error"))?;
            Ok((fields, Some(media.body.clone())))
        }
        _ => Err(Refusal::new(StatusCode::BAD_REQUEST, "badRequest", "Failed to parse multipart body")),
    }
}

pub(super) fn send(scope: &mut Scope<'_>) -> Answer {
    let given = given(scope.call, false)?;
    need_raw(&given)?;
    let email = scope.token.email.clone();
    send_as(scope.state, &email, &given, scope.now)
}

/// Sends a message from the account: a copy into its own mailbox, one into each other mailbox that is here.
pub(super) fn send_as(state: &mut State, email: &str, given: &Given, now: Timestamp) -> Answer {
    let mime = Part::parse(&given.raw);
    let recipients: Vec<String> =
        ["To", "Cc", "Bcc"].iter().filter_map(|name| mime.header(name)).flat_map(mime::addresses).collect();
    if recipients.is_empty() {
        let named = ["To", "Cc", "Bcc"].iter().find(|name| mime.header(name).is_some_and(|value| !value.is_empty()));
        return Err(Refusal::invalid(match named {
            Some(name) => format!("Invalid {name} header"),
            None => "Recipient address required".to_owned(),
        }));
    }
    let raw = complete(&given.raw, &mime, email, now);
    let sent = Part::parse(&raw);
    let internal_date = now.as_millisecond();

    let mailbox = state.mailboxes.get_mut(email).ok_or_else(Refusal::no_entity)?;
    let thread_id = wanted_thread(mailbox, given.thread_id.as_deref(), &sent)?.or_else(|| given.own_thread.clone());
    let mut label_ids = vec!["SENT".to_owned()];
    if recipients.iter().any(|address| address == &email.to_lowercase()) {
        label_ids.extend(["INBOX".to_owned(), "UNREAD".to_owned()]);
    }
    let id = mailbox.add(Incoming { id: None, thread_id, label_ids, internal_date, raw: raw.clone() }, now);
    let answer = mailbox.messages.get(&id).map(resource::labelled).unwrap_or_default();

    let copy = mime::without_header(&raw, "Bcc");
    let mut seen = vec![email.to_lowercase()];
    for address in recipients {
        if seen.contains(&address) {
            continue;
        }
        if let Some(other) = state.mailboxes.get_mut(&address) {
            let thread_id = conversation(other, &sent);
            let label_ids = vec!["UNREAD".to_owned(), "INBOX".to_owned()];
            let mut raw = format!("Delivered-To: {address}\r\n").into_bytes();
            raw.extend_from_slice(&copy);
            other.add(Incoming { id: None, thread_id, label_ids, internal_date, raw }, now);
        }
        seen.push(address);
    }
    Ok(answer)
}

/// Adds the headers Gmail adds; mail goes out under the account's own address.
fn complete(raw: &[u8], mime: &Part, email: &str, now: Timestamp) -> Vec<u8> {
    let mut head = format!(
        "Received: from 412071990418 named unknown by gmailapi.google.com with HTTPREST; {}\r\n",
        compose::date(now)
    );
    let mut rest = raw.to_vec();
    let from = mime.header("From").unwrap_or_default();
    if !mime::addresses(from).iter().any(|address| address.eq_ignore_ascii_case(email)) {
        rest = mime::without_header(&rest, "From");
        head.push_str(&format!("From: {email}\r\n"));
    }
    if mime.header("Date").is_none() {
        head.push_str(&format!("Date: {}\r\n", compose::date(now)));
    }
    if mime.header("Message-ID").is_none() {
        head.push_str(&format!("Message-ID: <CA{}@mail.gmail.com>\r\n", keys::secret(36)));
    }
    if mime.header("MIME-Version").is_none() {
        head.push_str("MIME-Version: 1.0\r\n");
    }
    let mut whole = head.into_bytes();
    whole.extend_from_slice(&rest);
    whole
}

/// The thread a client asked for, if the message belongs there: `threadId`, references and subject must all fit. A
/// message that does not fit is sent in a thread of its own.
pub(super) fn wanted_thread(
    mailbox: &Mailbox,
    thread_id: Option<&str>,
    mime: &Part,
) -> Result<Option<String>, Refusal> {
    let Some(thread_id) = thread_id else { return Ok(None) };
    let thread = mailbox.thread(super::messages::check_id(thread_id)?);
    let first = thread.first().ok_or_else(Refusal::no_entity)?;
    let same_subject = subject(mime) == subject(first.mime());
    let named = references(mime);
    let refers = thread.iter().any(|m| m.mime().header("Message-ID").is_some_and(|id| named.iter().any(|n| n == id)));
    Ok((same_subject && refers).then(|| thread_id.to_owned()))
}

/// The thread an arriving message continues.
fn conversation(mailbox: &Mailbox, mime: &Part) -> Option<String> {
    let parent = references(mime).into_iter().rev().find_map(|id| mailbox.by_message_id(&id))?;
    (subject(mime) == subject(parent.mime())).then(|| parent.thread_id.clone())
}

fn references(mime: &Part) -> Vec<String> {
    let named = ["References", "In-Reply-To"].iter().filter_map(|name| mime.header(name));
    named.flat_map(str::split_whitespace).map(str::to_owned).collect()
}

/// Without `Re:` and `Fwd:`.
fn subject(mime: &Part) -> String {
    let mut text = mime.header("Subject").unwrap_or_default().trim().to_lowercase();
    while let Some(rest) = ["re:", "fwd:", "fw:", "aw:"].iter().find_map(|prefix| text.strip_prefix(prefix)) {
        text = rest.trim().to_owned();
    }
    text
}

pub(super) fn insert(scope: &mut Scope<'_>) -> Answer {
    store(scope, false)
}

pub(super) fn import(scope: &mut Scope<'_>) -> Answer {
    store(scope, true)
}

/// Puts a message into the mailbox without sending it; an import is threaded and lands in the inbox.
fn store(scope: &mut Scope<'_>, import: bool) -> Answer {
    let (call, now) = (scope.call, scope.now);
    let given = given(call, false)?;
    need_raw(&given)?;
    // The defaults of the two methods differ.
    let by_header = match call.param("internalDateSource") {
        None => import,
        Some("dateHeader") => true,
        Some("receivedTime") => false,
        Some(other) => return Err(Refusal::invalid(format!("Invalid value at 'internal_date_source', \"{other}\""))),
    };
    let mailbox = scope.mailbox()?;
    if let Some(label) = given.label_ids.iter().find(|label| !mailbox.knows_label(label)) {
        return Err(Refusal::invalid(format!("Invalid label: {label}")));
    }
    let mime = Part::parse(&given.raw);
    let thread_id = match wanted_thread(mailbox, given.thread_id.as_deref(), &mime)? {
        None if import => conversation(mailbox, &mime),
        wanted => wanted,
    };
    let dated = mime.header("Date").and_then(|text| jiff::fmt::rfc2822::parse(text).ok()).filter(|_| by_header);
    let internal_date = dated.map_or(now, |zoned| zoned.timestamp()).as_millisecond();
    let incoming = Incoming { id: None, thread_id, label_ids: given.label_ids, internal_date, raw: given.raw };
    let id = mailbox.add(incoming, now);
    Ok(mailbox.messages.get(&id).map(resource::labelled).unwrap_or_default())
}

/// Delivers a mail from outside; `None` when the mailbox is not here. Empty ids are made up.
pub(in super::super) fn deliver(state: &mut State, mail: &practice::Mail, now: Timestamp) -> Option<(String, String)> {
    let mailbox = state.mailboxes.get_mut(&mail.mailbox)?;
    let mut mail = mail.clone();
    if mail.id.is_empty() {
        mail.id = mailbox.fresh_id(now);
    }
    if mail.message_id.is_empty() {
        let domain = mail.from.email.split_once('@').map_or("example.com", |(_, domain)| domain);
        mail.message_id = format!("<{}@{domain}>", keys::secret(18));
    }
    let raw = compose::compose(&mail).into_bytes();
    let thread_id =
        if mail.thread_id.is_empty() { conversation(mailbox, &Part::parse(&raw)) } else { Some(mail.thread_id) };
    let incoming = Incoming {
        id: Some(mail.id),
        thread_id,
        label_ids: mail.label_ids,
        internal_date: mail.date.as_millisecond(),
        raw,
    };
    let id = mailbox.add(incoming, now);
    let thread_id = mailbox.messages.get(&id).map(|message| message.thread_id.clone())?;
    Some((id, thread_id))
}

/// What a search in the account's mailbox would find, newest first: for tests and tools.
pub(in super::super) fn found(mailbox: &Mailbox, q: &str, now: Timestamp) -> Value {
    let found = search::Filter::of(q, now).find(mailbox);
    json!(found.iter().map(|message| resource::labelled(message)).collect::<Vec<_>>())
}
