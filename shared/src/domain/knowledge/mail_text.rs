//! Turns a fetched message into the mail we keep: who wrote what to whom, without quotes, signatures and hidden text.

mod address;
mod clean;
mod css;
mod encoded_word;
mod html;
mod quote;
mod signature;

use crate::model::mail::{Email, Mailbox, Message};

pub(crate) use clean::is_invisible;
use quote::Split;

/// The mail to keep of `message`, found in the mailbox of `own_address`.
///
/// `body` is what its sender wrote in this message and a reader could see; `quoted` is everything else a reader could
/// see: quoted mail, then the signature. A forward's content is news to the reader and stays in the body. The
/// `text/plain` part is taken unless it is empty, a stub that points to the HTML one, or HTML itself.
///
/// A mail is `outbound` when Gmail labels it as sent; the `From` header, which anybody can write, decides only for
/// messages without labels.
pub fn email_of(message: &Message, own_address: &str) -> Email {
    let subject = clean::line(&encoded_word::decode(message.header("Subject").unwrap_or_default()));
    let sender = mailboxes(message, "From").into_iter().next().unwrap_or_else(nobody);
    let split = body_of(message, quote::is_forward(&subject));
    let outbound = if message.label_ids.is_empty() {
        sender.email == own_address.trim().to_lowercase()
    } else {
        message.label_ids.iter().any(|label| label == "SENT")
    };

    Email {
        gmail_id: message.gmail_id.clone(),
        thread_id: message.thread_id.clone(),
        history_id: message.history_id,
        message_id: id_of(message, "Message-ID"),
        in_reply_to: id_of(message, "In-Reply-To"),
        subject,
        sender,
        reply_to: mailboxes(message, "Reply-To").into_iter().next(),
        to: mailboxes(message, "To"),
        cc: mailboxes(message, "Cc"),
        bcc: mailboxes(message, "Bcc"),
        label_ids: message.label_ids.clone(),
        snippet: clean::line(&html::unescape(&message.snippet)),
        body: split.body,
        quoted: split.quoted,
        outbound,
        received_at: message.received_at,
    }
}

/// What a reader sees of a text that may be HTML, such as an event's description.
pub fn plain(text: &str) -> String {
    // Calendars write HTML without its frame: a tag anywhere, or a reference, is enough.
    let is_markup = text.contains("</") || text.contains("<br") || text.contains("&nbsp;") || text.contains("&amp;");
    if is_markup || clean::looks_like_markup(text) {
        html::shown(&text.replace('\n', "<br>"), true).body
    } else {
        clean::text(text)
    }
}

/// Everybody in all headers of this name.
fn mailboxes(message: &Message, name: &str) -> Vec<Mailbox> {
    let values = message.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
    values.flat_map(|(_, value)| address::mailboxes(value)).collect()
}

fn nobody() -> Mailbox {
    Mailbox { name: String::new(), email: String::new() }
}

/// The first id of a header such as `<a@b> <c@d>`, with its brackets.
fn id_of(message: &Message, name: &str) -> Option<String> {
    let id = message.header(name)?.split_whitespace().next()?;
    Some(clean::line(id)).filter(|id| !id.is_empty())
}

fn body_of(message: &Message, forward: bool) -> Split {
    let text = message.text.as_deref().map(clean::text).unwrap_or_default();
    let markup = message.html.as_deref().filter(|html| !html.trim().is_empty());
    let shown = match markup {
        Some(markup) if is_stub(&text) => html::shown(markup, forward),
        None if clean::looks_like_markup(&text) => html::shown(&text, forward),
        _ => return quote::split(&text, forward),
    };
    if shown.body.is_empty() && shown.quoted.is_empty() {
        return quote::split(&text, forward);
    }

    let mut split = quote::split(&shown.body, forward);
    split.quoted = quote::join(&split.quoted, &shown.quoted);
    split
}

/// Whether a `text/plain` part says nothing but "look at the other one".
fn is_stub(text: &str) -> bool {
    const LONGEST: usize = 400;
    const SIGNS: &[&str] = &[
        "in your browser",
        "in a browser",
        "web version",
        "online version",
        "view this email",
        "view this message",
        "html email",
        "html version",
        "html message",
        "html-e-mail",
        "does not support html",
        "im browser",
    ];
    if text.is_empty() || clean::looks_like_markup(text) {
        return true;
    }
    let lower = text.to_lowercase();
    text.chars().count() <= LONGEST && SIGNS.iter().any(|sign| lower.contains(sign))
}

#[cfg(test)]
mod tests;
