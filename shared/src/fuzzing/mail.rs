//! A mail as anybody can write it: headers, plain text, HTML.

use jiff::Timestamp;

use super::Parts;
use crate::domain::knowledge::mail_text::{email_of, is_invisible, plain};
use crate::model::mail::{Email, Message};

const HIDDEN: &str = "zqhiddenqz";

/// Subject, `From`, `To`, snippet, plain text, HTML.
pub fn run(data: &[u8]) {
    let mut parts = Parts(data);
    let (subject, from, to) = (parts.text(), parts.text(), parts.text());
    let (snippet, text, html) = (parts.text(), parts.some_text(), parts.some_text());
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let message = Message {
        gmail_id: "18c2f0a1b2c3d4e5".into(),
        thread_id: "18c2f0a1b2c3d4e5".into(),
        history_id: 7,
        label_ids: Vec::new(),
        received_at: Timestamp::UNIX_EPOCH,
        snippet: snippet.into_owned(),
        headers: vec![
            header("Subject", &subject),
            header("From", &from),
            header("Reply-To", &from),
            header("To", &to),
            header("Message-ID", &to),
        ],
        text,
        html,
        attachment_names: Vec::new(),
    };
    seen(&email_of(&message, "me@firm.example"));
    for part in [&message.text, &message.html].into_iter().flatten() {
        is_visible(&plain(part));
    }
    hidden(message);
}

/// Everything of it is what a reader sees, and what is one line is one line.
fn seen(mail: &Email) {
    let people = mail.to.iter().chain([&mail.sender]).chain(&mail.reply_to);
    for person in people {
        is_line(&person.name);
        is_line(&person.email);
        assert!(!person.email.contains(|c: char| c.is_whitespace() || "<>,;\"".contains(c)), "{person:?}");
        assert_eq!(person.email, person.email.to_lowercase());
    }
    is_line(&mail.subject);
    is_line(&mail.snippet);
    is_line(mail.message_id.as_deref().unwrap_or_default());
    is_visible(&mail.body);
    is_visible(&mail.quoted);
}

fn is_visible(text: &str) {
    assert!(!text.contains(is_invisible), "{text:?}");
    assert!(!text.contains("\n\n\n"), "{text:?}");
}

fn is_line(text: &str) {
    is_visible(text);
    assert!(!text.contains(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']), "{text:?}");
}

/// What its sender hid stays hidden, whatever is around it.
fn hidden(mut message: Message) {
    let Some(html) = message.html.take() else { return };
    // A style sheet may show again what an attribute hides.
    if html.contains(HIDDEN) || html.to_lowercase().contains("important") {
        return;
    }
    message.text = None;
    message.html = Some(format!("<div style=\"display:none\">{HIDDEN}</div>{html}"));
    let mail = email_of(&message, "me@firm.example");
    assert!(!mail.body.contains(HIDDEN) && !mail.quoted.contains(HIDDEN), "{mail:?}");
}
