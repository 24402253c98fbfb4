//! Reads address lists as they stand in `From`, `To` and `Cc` (RFC 5322 §3.4).

use super::{clean, encoded_word};
use crate::model::mail::Mailbox;

/// Everybody named in a header: quoted names, comments, groups and old routes understood, encoded words decoded,
/// addresses in lower case. What is not an address is kept as a name without one.
pub fn mailboxes(header: &str) -> Vec<Mailbox> {
    let mut reader = Reader { found: Vec::new(), entry: Entry::default() };
    let mut rest = header.chars();

    while let Some(c) = rest.next() {
        match c {
            '"' => reader.entry.words.push_str(&quoted(&mut rest)),
            '(' => reader.entry.comment = comment(&mut rest),
            '<' => reader.entry.angle = Some(rest.by_ref().take_while(|c| *c != '>').collect()),
            ',' | ';' => reader.end_of_entry(),
            // "name:" opens a group. A colon inside a word belongs to something that is no address at all.
            ':' if !reader.entry.words.contains('@') && reader.entry.angle.is_none() => {
                let next = rest.clone().next();
                match next {
                    Some('/') => reader.entry.words.push(c),
                    _ => reader.entry = Entry::default(),
                }
            }
            c => reader.entry.words.push(c),
        }
    }
    reader.end_of_entry();
    reader.found
}

struct Reader {
    found: Vec<Mailbox>,
    entry: Entry,
}

#[derive(Default)]
struct Entry {
    words: String,
    angle: Option<String>,
    comment: String,
}

impl Reader {
    fn end_of_entry(&mut self) {
        let entry = std::mem::take(&mut self.entry);
        let words = clean::line(&encoded_word::decode(entry.words.trim()));
        let comment = clean::line(&encoded_word::decode(&entry.comment));
        let angle = entry.angle.as_deref().map(without_route).unwrap_or_default();

        let mailbox = match (address(&angle), address(&words)) {
            (Some(email), _) => Mailbox { name: first_of(unquoted(&words), &comment), email },
            (None, Some(email)) => Mailbox { name: comment, email },
            (None, None) => {
                let kept = clean::line(&[words.as_str(), angle.as_str(), comment.as_str()].join(" "));
                Mailbox { name: unquoted(&kept).to_owned(), email: String::new() }
            }
        };
        if !mailbox.name.is_empty() || !mailbox.email.is_empty() {
            self.found.push(mailbox);
        }
    }
}

fn first_of(name: &str, comment: &str) -> String {
    if name.is_empty() { comment.to_owned() } else { name.to_owned() }
}

/// The characters up to the closing quotation mark.
fn quoted(rest: &mut std::str::Chars<'_>) -> String {
    let mut out = String::new();
    while let Some(c) = rest.next() {
        match c {
            '"' => break,
            '\\' => out.extend(rest.next()),
            c => out.push(c),
        }
    }
    out
}

/// The characters up to the closing parenthesis; comments nest.
fn comment(rest: &mut std::str::Chars<'_>) -> String {
    let mut out = String::new();
    let mut depth = 1;
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                out.extend(rest.next());
                continue;
            }
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        out.push(c);
    }
    out
}

/// `@a,@b:user@example.com`, out of use since 1995 and still seen, is `user@example.com`.
fn without_route(angle: &str) -> String {
    let address = if angle.trim_start().starts_with('@') { angle.rsplit(':').next() } else { None };
    clean::line(address.unwrap_or(angle))
}

/// The address in lower case, if `text` is one.
fn address(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches("mailto:");
    let (local, domain) = text.rsplit_once('@')?;
    let plausible =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || "<>,;\"".contains(c));
    (plausible(local) && plausible(domain) && !local.contains('@')).then(|| text.to_lowercase())
}

/// A name without the quotation marks that some senders put inside the quotation marks.
fn unquoted(name: &str) -> &str {
    let inner = name.strip_prefix('\'').and_then(|name| name.strip_suffix('\''));
    inner.unwrap_or(name).trim_matches('"').trim()
}
