//! Messages as the API shows them.

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::super::call::Call;
use super::super::html;
use super::super::keys;
use super::super::mime::Part;
use super::super::refusal::Refusal;
use super::mailbox::Message;

/// Base64url with or without padding.
pub(in super::super) const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Minimal,
    Full,
    Raw,
    Metadata,
}

impl Format {
    pub fn of(call: &Call) -> Result<Self, Refusal> {
        match call.param("format").unwrap_or("full").to_ascii_lowercase().as_str() {
            "full" => Ok(Self::Full),
            "minimal" => Ok(Self::Minimal),
            "metadata" => Ok(Self::Metadata),
            "raw" => Ok(Self::Raw),
            other => Err(Refusal::invalid(format!("Invalid value at 'format', \"{other}\""))),
        }
    }
}

/// Only the ids, as lists have them.
pub(super) fn brief(message: &Message) -> Value {
    json!({ "id": message.id, "threadId": message.thread_id })
}

/// The ids and labels, as changes and history have them.
pub(super) fn labelled(message: &Message) -> Value {
    let mut value = brief(message);
    if !message.label_ids.is_empty() {
        value["labelIds"] = json!(message.label_ids);
    }
    value
}

/// The whole resource; `wanted` names the headers of the metadata format, all of them when empty.
pub(super) fn message(message: &Message, format: Format, wanted: &[&str]) -> Value {
    let mut value = labelled(message);
    value["snippet"] = json!(snippet(message));
    match format {
        Format::Minimal => {}
        Format::Raw => value["raw"] = json!(URL_SAFE.encode(&message.raw)),
        Format::Full => value["payload"] = part(message, message.mime(), ""),
        Format::Metadata => {
            let mime = message.mime();
            let kept = mime
                .headers
                .iter()
                .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|one| one.eq_ignore_ascii_case(name)));
            value["payload"] = json!({ "mimeType": mime.mime_type, "headers": headers(kept) });
        }
    }
    value["sizeEstimate"] = json!(message.raw.len());
    value["historyId"] = json!(message.history_id.to_string());
    value["internalDate"] = json!(message.internal_date.to_string());
    value
}

fn headers<'a>(headers: impl Iterator<Item = &'a (String, String)>) -> Value {
    headers.map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn part(message: &Message, mime: &Part, id: &str) -> Value {
    let mut value = json!({
        "partId": id,
        "mimeType": mime.mime_type,
        "filename": mime.filename,
        "headers": headers(mime.headers.iter()),
    });
    if mime.parts.is_empty() {
        let mut body = json!({ "size": mime.body.len() });
        if !mime.filename.is_empty() {
            body["attachmentId"] = json!(attachment_id(&message.id, id));
        } else if !mime.body.is_empty() {
            body["data"] = json!(URL_SAFE.encode(&mime.body));
        }
        value["body"] = body;
    } else {
        value["body"] = json!({ "size": 0 });
        value["parts"] = mime.parts.iter().enumerate().map(|(n, below)| part(message, below, &child(id, n))).collect();
    }
    value
}

fn child(id: &str, index: usize) -> String {
    if id.is_empty() { index.to_string() } else { format!("{id}.{index}") }
}

/// Another one at each reading, as Gmail's are.
fn attachment_id(message_id: &str, part_id: &str) -> String {
    format!("ANGjdJ{}", URL_SAFE_NO_PAD.encode(format!("{message_id}:{part_id}:{}", keys::secret(24))))
}

/// The part an attachment id of this message speaks of.
pub(super) fn attachment<'a>(message: &'a Message, attachment_id: &str) -> Option<&'a Part> {
    let bytes = URL_SAFE_NO_PAD.decode(attachment_id.strip_prefix("ANGjdJ")?).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let mut pieces = text.split(':');
    if pieces.next()? != message.id {
        return None;
    }
    let part_id = pieces.next()?;
    let steps = part_id.split('.').filter(|step| !step.is_empty());
    steps.map(str::parse::<usize>).try_fold(message.mime(), |part, step| part.parts.get(step.ok()?))
}

/// The beginning of the text, escaped for HTML.
pub(super) fn snippet(message: &Message) -> String {
    let text = message.mime().text();
    let mut out = String::new();
    for word in text.split_whitespace() {
        if out.len() + word.len() > 200 {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    html::escape(&out)
}
