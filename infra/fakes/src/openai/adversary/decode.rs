//! A text and everything it may be in disguise.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The text itself first.
pub fn views(text: &str) -> Vec<String> {
    let clean = folded(&visible(text));
    let mut views = vec![clean.clone(), entities(&clean), percent(&clean), rot13(&clean), leet(&clean), spaced(&clean)];
    views.push(clean.lines().map(|line| line.chars().rev().collect::<String>()).collect::<Vec<_>>().join("\n"));
    views.extend(packed(text));
    views.push(joined(&clean));
    views
}

/// Without signs that are not seen.
fn visible(text: &str) -> String {
    let hidden = |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    text.chars().filter(|c| !hidden(*c)).collect()
}

/// Full-width letters and Cyrillic look-alikes as what they look like, where a word is not all Cyrillic.
fn folded(text: &str) -> String {
    let fold = |c: char| match u32::from(c) {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(c),
        _ => c,
    };
    let look = |c: char| match c {
        'а' => 'a',
        'е' => 'e',
        'о' => 'o',
        'р' => 'p',
        'с' => 'c',
        'х' => 'x',
        'у' => 'y',
        'і' => 'i',
        'ѕ' => 's',
        c => c,
    };
    let wide: String = text.chars().map(fold).collect();
    let word = |word: &str| {
        let mixed = word.chars().any(|c| c.is_ascii_alphabetic());
        if mixed { word.chars().map(look).collect() } else { word.to_owned() }
    };
    wide.split('\n').map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join("\n")
}

fn entities(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("&#") {
        out.push_str(&rest[..at]);
        let end = rest[at..].find(';').map(|end| at + end);
        let code = end.and_then(|end| {
            let digits = &rest[at + 2..end];
            let code = match digits.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => digits.parse(),
            };
            char::from_u32(code.ok()?)
        });
        match (code, end) {
            (Some(c), Some(end)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            _ => {
                out.push_str("&#");
                rest = &rest[at + 2..];
            }
        }
    }
    out + rest
}

fn percent(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn rot13(text: &str) -> String {
    let turn = |c: char, base: u8| char::from((c as u8 - base + 13) % 26 + base);
    let letter = |c: char| match c {
        'a'..='z' => turn(c, b'a'),
        'A'..='Z' => turn(c, b'A'),
        c => c,
    };
    text.chars().map(letter).collect()
}

fn leet(text: &str) -> String {
    let letter = |c: char| match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        c => c,
    };
    text.chars().map(letter).collect()
}

/// `s e n d  i t` as `send it`.
fn spaced(text: &str) -> String {
    let words = text.split("  ").map(|word| {
        let letters: Vec<&str> = word.split(' ').collect();
        if letters.len() > 2 && letters.iter().all(|letter| letter.chars().count() == 1) {
            letters.concat()
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What words in base64 or hexadecimal hold.
fn packed(text: &str) -> Vec<String> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ')' | '<' | '>' | ':' | ','));
    let long = words.map(|word| word.trim_end_matches(['.', '='])).filter(|word| word.len() >= 16);
    let bytes = long.flat_map(|word| {
        [hex::decode(word).ok(), STANDARD_NO_PAD.decode(word).ok(), URL_SAFE_NO_PAD.decode(word).ok()]
    });
    bytes.flatten().filter_map(|bytes| String::from_utf8(bytes).ok()).collect()
}

/// An order whose parts say `(1/2)` and `(2/2)`, wherever they stand.
fn joined(text: &str) -> String {
    let parts = |mark: &str| -> Vec<String> {
        text.split(mark).skip(1).filter_map(|rest| rest.lines().next()).map(|line| line.trim().to_owned()).collect()
    };
    let (first, second) = (parts("(1/2)"), parts("(2/2)"));
    let pairs = first.iter().flat_map(|one| second.iter().map(move |two| format!("{one} {two}")));
    pairs.collect::<Vec<_>>().join("\n")
}
