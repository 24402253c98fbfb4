//! Internet messages put together: a practice mail as it would have come over the wire.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::practice::{Mail, Mailbox};

/// A header value in ASCII, as encoded words where it must be.
fn encode(value: &str) -> String {
    if value.is_ascii() {
        return value.replace(['\r', '\n'], " ");
    }
    let mut words = Vec::new();
    let mut piece = String::new();
    for letter in value.chars() {
        if piece.len() + letter.len_utf8() > 42 {
            words.push(std::mem::take(&mut piece));
        }
        piece.push(letter);
    }
    words.push(piece);
    let words: Vec<_> = words.iter().map(|word| format!("=?UTF-8?B?{}?=", STANDARD.encode(word))).collect();
    words.join("\r\n ")
}

fn name_address(mailbox: &Mailbox) -> String {
    if mailbox.name.is_empty() {
        return mailbox.email.clone();
    }
    let special = mailbox.name.contains([',', '.', '"', '(', ')', '<', '>', '@', ':', ';', '[', ']']);
    if mailbox.name.is_ascii() && special {
        let quoted = mailbox.name.replace('\\', "\\\\").replace('"', "\\\"");
        return format!("\"{quoted}\" <{}>", mailbox.email);
    }
    format!("{} <{}>", encode(&mailbox.name), mailbox.email)
}

fn list(mailboxes: &[Mailbox]) -> String {
    mailboxes.iter().map(name_address).collect::<Vec<_>>().join(",\r\n ")
}

/// The headers and body of one text part.
fn text_part(kind: &str, text: &str) -> String {
    let plain = text.is_ascii() && text.lines().all(|line| line.len() < 900);
    if plain {
        let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
        return format!("Content-Type: text/{kind}; charset=\"UTF-8\"\r\n\r\n{text}\r\n");
    }
    let packed = STANDARD.encode(text.replace("\r\n", "\n").replace('\n', "\r\n"));
    let lines: Vec<_> = packed.as_bytes().chunks(76).map(String::from_utf8_lossy).collect();
    format!(
        "Content-Type: text/{kind}; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        lines.join("\r\n")
    )
}

/// A date as RFC 5322 writes it.
pub(super) fn date(at: jiff::Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// The message of a practice mail, as it would have come over the wire.
pub(super) fn compose(mail: &Mail) -> String {
    let mut head = format!("MIME-Version: 1.0\r\nDate: {}\r\n", date(mail.date));
    let mut add = |name: &str, value: &str| head.push_str(&format!("{name}: {value}\r\n"));
    add("Message-ID", &mail.message_id);
    if let Some(parent) = &mail.in_reply_to {
        add("In-Reply-To", parent);
    }
    if !mail.references.is_empty() {
        add("References", &mail.references.join("\r\n "));
    }
    add("Subject", &encode(&mail.subject));
    add("From", &name_address(&mail.from));
    if !mail.to.is_empty() {
        add("To", &list(&mail.to));
    }
    if !mail.cc.is_empty() {
        add("Cc", &list(&mail.cc));
    }
    for (name, value) in &mail.headers {
        add(name, &encode(value));
    }
    match (&mail.text, &mail.html) {
        (Some(text), Some(html)) => {
            let boundary = format!("000000000000{}", mail.id);
            format!(
                "{head}Content-Type: multipart/alternative; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n{}\r\n\
                 --{boundary}\r\n{}\r\n--{boundary}--\r\n",
                text_part("plain", text),
                text_part("html", html)
            )
        }
        (None, Some(html)) => head + &text_part("html", html),
        (text, None) => head + &text_part("plain", text.as_deref().unwrap_or_default()),
    }
}
