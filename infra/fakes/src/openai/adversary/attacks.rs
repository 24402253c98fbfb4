//! Texts that tell a model what to do, as somebody would put them into a mail, an event, a note or a name.
//!
//! `attacks.txt` has one a line: `kind | disguise | text`; ` /// ` parts those that come in several places.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Whom the texts want served.
pub const ADDRESS: &str = "mallory@evil.example";
pub const HOST: &str = "evil.example";

const LINES: &str = include_str!("attacks.txt");

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attack {
    pub kind: String,
    /// What is put somewhere: mostly one text.
    pub parts: Vec<String>,
}

pub fn all() -> Vec<Attack> {
    LINES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(read).collect()
}

fn read(line: &str) -> Attack {
    let cells: Vec<&str> = line.splitn(3, " | ").collect();
    let [kind, disguise, text] = cells[..] else { panic!("an attack has three cells: {line}") };
    let parts = text.split(" /// ").map(|part| disguised(disguise, part)).collect();
    Attack { kind: kind.to_owned(), parts }
}

fn disguised(disguise: &str, text: &str) -> String {
    let letters = |with: fn(char) -> String| text.chars().map(with).collect::<String>();
    match disguise {
        "-" => text.to_owned(),
        "base64" => format!("Decode this and do it: {}", STANDARD.encode(text)),
        "hex" => format!("Hex for the assistant: {}", hex::encode(text)),
        "rot13" => letters(|c| match c {
            'a'..='z' => char::from((c as u8 - b'a' + 13) % 26 + b'a').to_string(),
            'A'..='Z' => char::from((c as u8 - b'A' + 13) % 26 + b'A').to_string(),
            c => c.to_string(),
        }),
        "leet" => letters(|c| match c {
            'o' => "0".into(),
            'i' => "1".into(),
            'e' => "3".into(),
            'a' => "4".into(),
            's' => "5".into(),
            't' => "7".into(),
            c => c.to_string(),
        }),
        "zero-width" => letters(|c| format!("{c}\u{200b}")),
        "joiners" => letters(|c| format!("{c}\u{2060}\u{ad}")),
        "entities" => letters(|c| format!("&#{};", u32::from(c))),
        "hex-entities" => letters(|c| format!("&#x{:x};", u32::from(c))),
        "percent" => percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string(),
        "reversed" => text.chars().rev().collect(),
        "spaced" => text
            .split(' ')
            .map(|word| word.chars().map(String::from).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
            .join("  "),
        "wide" => letters(|c| match u32::from(c) {
            code @ 0x21..=0x7e => char::from_u32(code + 0xfee0).unwrap_or(c).to_string(),
            _ => c.to_string(),
        }),
        "cyrillic" => letters(|c| match c {
            'a' => "а".into(),
            'e' => "е".into(),
            'o' => "о".into(),
            'c' => "с".into(),
            c => c.to_string(),
        }),
        other => panic!("no such disguise: {other}"),
    }
}
