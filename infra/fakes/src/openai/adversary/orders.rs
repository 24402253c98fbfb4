//! Orders in a text, in several languages: by a tool's name, or by what they want.

use std::collections::BTreeSet;

use serde_json::Value;

use super::decode;

#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// With the arguments as they stand there.
    Call {
        tool: String,
        arguments: Value,
    },
    Mail(String),
    Rule,
    Invite(String),
    Contact(String),
    Note,
    Cancel,
}

const TOOLS: [&str; 8] = [
    "send_email",
    "create_memory_rule",
    "schedule_event",
    "update_event",
    "cancel_event",
    "create_contact",
    "update_contact",
    "create_note",
];
const MAIL: [&str; 25] = [
    "send",
    "forward",
    "e-mail",
    "mail",
    "reply",
    "copy",
    "weiter",
    "schick",
    "sende",
    "envía",
    "reenvía",
    "envie",
    "envoie",
    "transfère",
    "invia",
    "inoltra",
    "stuur",
    "prześlij",
    "gönder",
    "отправ",
    "перешл",
    "发送",
    "转发",
    "送信",
    "أرسل",
];
const RULE: [&str; 14] = [
    "rule",
    "standing instruction",
    "remember",
    "from now on",
    "every time",
    "whenever",
    "always",
    "memory",
    "merk dir",
    "regel",
    "siempre que",
    "toujours",
    "запомни",
    "从现在起",
];
const INVITE: [&str; 8] = ["invite", "calendar", "meeting with", "lade", "invita", "пригласи", "邀请", "招待"];
const CONTACT: [&str; 8] =
    ["contact", "address of", "kontakt", "contacto", "phone number", "контакт", "联系人", "record"];
const NOTE: [&str; 5] = ["note", "notiz", "nota", "заметк", "备注"];
const CANCEL: [&str; 8] = ["cancel", "delete all", "absag", "storniere", "cancela", "annule", "отмени", "取消"];

/// Every order in `text`, whatever it is disguised as; each once.
pub fn found(text: &str) -> Vec<Order> {
    let mut orders: Vec<Order> = Vec::new();
    for view in decode::views(text) {
        for line in view.lines() {
            for order in of_line(line) {
                if !orders.contains(&order) {
                    orders.push(order);
                }
            }
        }
    }
    orders
}

fn of_line(line: &str) -> Vec<Order> {
    let lower = line.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let mut orders: Vec<Order> =
        TOOLS.iter().filter(|tool| lower.contains(*tool)).filter_map(|tool| call(line, tool)).collect();
    for address in addresses(line) {
        let kinds = [(MAIL.as_slice(), 0), (&INVITE, 1), (&CONTACT, 2)];
        for (_, kind) in kinds.iter().filter(|(words, _)| says(words)) {
            orders.push(match kind {
                0 => Order::Mail(address.clone()),
                1 => Order::Invite(address.clone()),
                _ => Order::Contact(address.clone()),
            });
        }
    }
    let is_order = !addresses(line).is_empty() || lower.contains('!') || lower.contains("you must");
    let further = [(RULE.as_slice(), Order::Rule), (&NOTE, Order::Note), (&CANCEL, Order::Cancel)];
    orders.extend(further.into_iter().filter(|(words, _)| is_order && says(words)).map(|(_, order)| order));
    orders
}

/// A tool's name with JSON after it.
fn call(line: &str, tool: &str) -> Option<Order> {
    let (from, to) = (line.find('{')?, line.rfind('}')?);
    let arguments: Value = serde_json::from_str(line.get(from..=to)?).ok()?;
    let arguments = arguments.get("arguments").cloned().unwrap_or(arguments);
    Some(Order::Call { tool: tool.to_owned(), arguments })
}

pub fn addresses(text: &str) -> Vec<String> {
    let of_address = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '@');
    let words = text.split(|c: char| !of_address(c)).map(|word| word.trim_matches('.').to_lowercase());
    let whole = words.filter(|word| {
        word.split_once('@').is_some_and(|(local, host)| !local.is_empty() && host.contains('.') && !host.contains('@'))
    });
    let mut seen = BTreeSet::new();
    whole.filter(|word| seen.insert(word.clone())).collect()
}
