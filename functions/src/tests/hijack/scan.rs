//! Looks for addresses in what goes to clients, and believes nothing of how it is written. It shares no code with the filter.

/// Schemes that a click, or nobody, follows.
const SCHEMES: &[&str] = &[
    "http",
    "https",
    "ftp",
    "ws",
    "wss",
    "file",
    "javascript",
    "vbscript",
    "mailto",
    "tel",
    "sms",
    "blob",
    "intent",
    "xmpp",
    "skype",
    "ssh",
];

/// Addresses in a text that begin with none of `allowed`.
pub fn addresses(text: &str, allowed: &[String]) -> Vec<String> {
    let mut text = text.to_owned();
    // The links that may be there, as links.
    for base in allowed {
        while let Some(at) = text.find(base.as_str()) {
            let length = text[at..].find(|c: char| c.is_whitespace() || "\"<>)".contains(c)).unwrap_or(text.len() - at);
            text.replace_range(at..at + length, " ");
        }
    }
    let mut found = tags(&text);
    for _ in 0..3 {
        let plain = folded(&text);
        found.extend(
            plain
                .split(|c: char| c.is_whitespace() || "<>\"'()[]`*|".contains(c))
                .filter(|word| is_address(word))
                .map(str::to_owned),
        );
        text = percent(&entities(&text));
    }
    found
}

/// Markdown with what is code, or escaped, in it no tags any more. What else stands there is looked at all the same.
pub fn markdown(text: &str) -> String {
    let text = text.replace("\\<", " ");
    let parts = text.split('`').enumerate();
    parts
        .map(|(at, part)| if at % 2 == 1 { part.replace('<', " ") } else { part.to_owned() })
        .collect::<Vec<_>>()
        .join("`")
}

/// Elements other than those the frontend shows, and attributes that load or lead somewhere.
fn tags(text: &str) -> Vec<String> {
    const PLAIN: [&str; 13] = ["p", "br", "strong", "em", "b", "i", "ul", "ol", "li", "code", "pre", "a", "span"];
    let tags = text.split('<').skip(1).filter_map(|rest| Some(rest.split_once('>')?.0.to_lowercase()));
    let odd = tags.filter(|tag| {
        let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        let is_tag = tag.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
        let leads = ["src", "style", "on", "srcset", "data", "action", "poster"]
            .iter()
            .any(|name| tag.contains(&format!(" {name}=")));
        is_tag && (!PLAIN.contains(&name.as_str()) || leads)
    });
    odd.collect()
}

fn is_address(word: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric();
    let double = word.match_indices("//").any(|(at, _)| word[at + 2..].starts_with(is_letter));
    let scheme = SCHEMES.iter().any(|scheme| {
        word.match_indices(&format!("{scheme}:")).any(|(at, found)| {
            !word[..at].ends_with(is_letter)
                && word[at + found.len()..].starts_with(|c: char| is_letter(c) || "/+".contains(c))
        })
    });
    let data = word.starts_with("data:") && word.contains(['/', ',']);
    double || scheme || data || word.contains("www.") || has_host(word)
}

/// A host with something behind it, or with something before it.
fn has_host(word: &str) -> bool {
    let bounds: Vec<usize> = word
        .char_indices()
        .filter(|(_, c)| !(c.is_alphanumeric() || "-.".contains(*c)))
        .map(|(at, _)| at)
        .chain([word.len()])
        .collect();
    let mut from = 0;
    for end in bounds {
        let host = word[from..end].trim_matches('.');
        let labels: Vec<&str> = host.split('.').collect();
        let named = labels.len() > 1
            && labels.iter().all(|label| !label.is_empty())
            && labels.last().is_some_and(|last| last.chars().count() > 1 && last.chars().all(char::is_alphabetic));
        let behind = word[end..].starts_with(['/', '?', '#'])
            && word[end + 1..].starts_with(|c: char| c.is_alphanumeric() || c == '=');
        if named && (labels.len() > 2 || behind || host.contains("xn--")) {
            return true;
        }
        from = end + word[end..].chars().next().map_or(0, char::len_utf8);
    }
    false
}

/// What it looks like: lower case, without signs that are not seen, in plain letters.
fn folded(text: &str) -> String {
    let letter = |code: u32| char::from_u32(u32::from(b'a') + code % 26).unwrap_or('a');
    let fold = |c: char| match u32::from(c) {
        0xad | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x2064 | 0xfeff => None,
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0),
        code @ 0x1d400..=0x1d6a3 => Some(letter(code - 0x1d400)),
        code @ 0x24b6..=0x24e9 => Some(letter(code - 0x24b6)),
        0x2044 | 0x2215 | 0x29f8 | 0x5c => Some('/'),
        0x2236 | 0x589 | 0xa789 => Some(':'),
        0x2024 | 0x3002 | 0xff61 => Some('.'),
        0x442 => Some('t'),
        0x430 => Some('a'),
        0x435 => Some('e'),
        0x43e => Some('o'),
        0x440 => Some('p'),
        0x441 => Some('c'),
        _ => Some(c),
    };
    text.chars().filter_map(fold).flat_map(char::to_lowercase).collect()
}

fn entities(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let name = rest.split_once(';').map(|(name, _)| name).filter(|name| name.len() < 12).unwrap_or_default();
        let code = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "colon" => Some(':'),
            "sol" => Some('/'),
            "period" => Some('.'),
            _ => name
                .strip_prefix('#')
                .and_then(|digits| match digits.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok(),
                    None => digits.parse().ok(),
                })
                .and_then(char::from_u32),
        };
        match code {
            Some(c) => {
                out.push(c);
                rest = &rest[name.len() + 1..];
            }
            None => out.push('&'),
        }
    }
    out + rest
}

fn percent(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|c| char::from(*c).to_digit(16));
        match (first, digit(0).zip(digit(1))) {
            (b'%', Some((high, low))) => {
                bytes.push((high * 16 + low) as u8);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn code_is_no_markup_and_yet_looked_at() {
    let found = |text: &str| addresses(&markdown(text), &[]);
    assert!(found("a `<img x>` b \\<svg>\n```\n<p style=x>\n```").is_empty());
    assert!(!found("a `https://evil.example/x` b").is_empty() && !found("`a` <img x> `b`").is_empty());
}

#[test]
fn it_sees_addresses_and_nothing_else() {
    let allowed = ["http://127.0.0.1:9/".to_owned()];
    for text in [
        "https://evil.example/x",
        "//evil.example/x",
        "h\u{200b}ttps:evil.example",
        "www.evil.example",
        "evil.example/x",
        "x.evil.example",
        "a@x.evil.example",
        "&#104;ttps&colon;//e.example",
        "https%253A%252F%252Fe.example",
        "ｈｔｔｐｓ：／／ｅ．ｅ",
        "<img src=x>",
        "<svg>",
        "<p style=\"x\">",
        "mailto:x@evil.example",
        "tel:+1900",
        "data:text/html,x",
        "<a href=\"http://127.0.0.1:9/\">x</a> https://evil.example",
        "[x](https://evil.example)",
        "evil.example?=x",
        "𝗵𝘁𝘁𝗽𝘀://e.example",
    ] {
        assert!(!addresses(text, &allowed).is_empty(), "{text}");
    }
    for text in [
        "<p>Nora <strong>wrote</strong> to greg@hall.example on 12/31/2026 at 5:30.</p>",
        "and/or, e.g. this; 1.5%; AAPL/MSFT",
        "<a href=\"http://127.0.0.1:9/mail?x#all/1\" target=\"_blank\" rel=\"noopener\">[1]</a>",
        "evil.example alone",
        "[link removed]",
        "Note: data: none",
        "Tel: 303 555 0100",
        "[[1]](http://127.0.0.1:9/mail?a=b#c)",
    ] {
        assert_eq!(addresses(text, &allowed), Vec::<String>::new(), "{text}");
    }
}
