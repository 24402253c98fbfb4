//! Internet messages taken apart: RFC 5322, 2045 and 2047.

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::html;

/// Accepts base64 with and without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// One part of a message, with everything below it.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    /// Decoded values, in the order and spelling of the message.
    pub headers: Vec<(String, String)>,
    /// Lower case, such as `text/plain`.
    pub mime_type: String,
    /// Empty for parts that are not attachments.
    pub filename: String,
    /// Decoded; text in UTF-8. Empty when there are `parts`.
    pub body: Vec<u8>,
    pub parts: Vec<Part>,
}

impl Part {
    pub fn parse(raw: &[u8]) -> Self {
        let (head, body) = split_head(raw);
        let headers = headers(head);
        let find = |name: &str| headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let content_type = find("Content-Type").cloned().unwrap_or_else(|| "text/plain".to_owned());
        let mime_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let disposition = find("Content-Disposition").cloned().unwrap_or_default();
        let filename = param(&disposition, "filename").or_else(|| param(&content_type, "name")).unwrap_or_default();
        let encoding = find("Content-Transfer-Encoding").map(|value| value.trim().to_ascii_lowercase());
        let mut part = Self { headers, mime_type, filename, ..Self::default() };
        match param(&content_type, "boundary").filter(|_| part.mime_type.starts_with("multipart/")) {
            Some(boundary) => part.parts = pieces(body, &boundary).into_iter().map(Self::parse).collect(),
            None => {
                let bytes = decode_body(body, encoding.as_deref());
                let charset = param(&content_type, "charset").unwrap_or_default().to_ascii_lowercase();
                let latin =
                    part.mime_type.starts_with("text/") && matches!(charset.as_str(), "iso-8859-1" | "windows-1252");
                part.body = if latin { latin1(&bytes).into_bytes() } else { bytes };
            }
        }
        part
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// This part and all below it, depth first.
    pub fn walk(&self) -> Vec<&Self> {
        let mut all = vec![self];
        all.extend(self.parts.iter().flat_map(Self::walk));
        all
    }

    /// The readable text: the first plain part, else the first HTML part without its tags.
    pub fn text(&self) -> String {
        let all = self.walk();
        let first = |kind: &str| all.iter().find(|part| part.mime_type == kind && part.filename.is_empty());
        if let Some(plain) = first("text/plain") {
            return String::from_utf8_lossy(&plain.body).into_owned();
        }
        first("text/html").map(|part| html::to_text(&String::from_utf8_lossy(&part.body))).unwrap_or_default()
    }

    pub fn has_attachment(&self) -> bool {
        self.walk().iter().any(|part| !part.filename.is_empty())
    }
}

fn split_head(raw: &[u8]) -> (&[u8], &[u8]) {
    for (index, _) in raw.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        let rest = &raw[index + 1..];
        if rest.starts_with(b"\r\n") {
            return (&raw[..=index], &rest[2..]);
        }
        if rest.starts_with(b"\n") {
            return (&raw[..=index], &rest[1..]);
        }
    }
    (raw, b"")
}

/// Unfolded and decoded; lines that are no headers are skipped.
fn headers(head: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(head);
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = found.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            found.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    found.into_iter().map(|(name, value)| (name, decode_words(&value))).collect()
}

/// A parameter of a structured header, with the simple form of RFC 2231.
fn param(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|piece| {
        let (key, value) = piece.split_once('=')?;
        let value = value.trim().trim_matches('"');
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        let extended = key.trim().strip_suffix('*')?;
        let encoded = value.splitn(3, '\'').nth(2)?;
        extended
            .eq_ignore_ascii_case(name)
            .then(|| percent_encoding::percent_decode_str(encoded).decode_utf8_lossy().into_owned())
    })
}

/// The pieces between the boundary lines.
fn pieces<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let marker = format!("--{boundary}");
    let mut found = Vec::new();
    let mut start: Option<usize> = None;
    let mut at = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(marker.as_bytes()) {
            if let Some(start) = start {
                // The line break before a boundary belongs to the boundary.
                let piece = &body[start..at];
                let piece = piece.strip_suffix(b"\n").unwrap_or(piece);
                found.push(piece.strip_suffix(b"\r").unwrap_or(piece));
            }
            start = Some(at + line.len());
            if line[marker.len()..].starts_with(b"--") {
                return found;
            }
        }
        at += line.len();
    }
    if let Some(start) = start.filter(|start| *start < body.len()) {
        found.push(&body[start..]);
    }
    found
}

fn decode_body(body: &[u8], encoding: Option<&str>) -> Vec<u8> {
    match encoding {
        Some("base64") => {
            let packed: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            LENIENT.decode(packed).unwrap_or_default()
        }
        Some("quoted-printable") => quoted_printable(body),
        _ => body.to_vec(),
    }
}

fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'=' {
            out.push(*byte);
        } else if let Some(after) = rest.strip_prefix(b"\r\n").or(rest.strip_prefix(b"\n")) {
            rest = after;
        } else if let Some(byte) = rest.get(..2).and_then(|two| hex::decode(two).ok()) {
            out.extend(byte);
            rest = &rest[2..];
        } else {
            out.push(b'=');
        }
    }
    out
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// Encoded words, `=?charset?B|Q?text?=`; white space between two of them vanishes.
fn decode_words(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    let mut after_word = false;
    while let Some(start) = rest.find("=?") {
        let Some((text, used)) = decode_word(&rest[start..]) else {
            out.push_str(&rest[..start + 2]);
            rest = &rest[start + 2..];
            after_word = false;
            continue;
        };
        let before = &rest[..start];
        if !(after_word && before.trim().is_empty()) {
            out.push_str(before);
        }
        out.push_str(&text);
        rest = &rest[start + used..];
        after_word = true;
    }
    out.push_str(rest);
    out
}

/// The text of the encoded word the input starts with, and its length.
fn decode_word(input: &str) -> Option<(String, usize)> {
    let mut pieces = input.get(2..)?.splitn(3, '?');
    let (charset, encoding, rest) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let end = rest.find("?=")?;
    let text = &rest[..end];
    let bytes = match encoding {
        "B" | "b" => LENIENT.decode(text).ok()?,
        "Q" | "q" => quoted_printable(text.replace('_', " ").as_bytes()),
        _ => return None,
    };
    let latin = matches!(charset.to_ascii_lowercase().as_str(), "iso-8859-1" | "windows-1252");
    let text = if latin { latin1(&bytes) } else { String::from_utf8_lossy(&bytes).into_owned() };
    Some((text, 2 + charset.len() + 1 + encoding.len() + 1 + end + 2))
}

/// The message without that header, folded lines included.
pub(super) fn without_header(raw: &[u8], name: &str) -> Vec<u8> {
    let (head, _) = split_head(raw);
    let mut kept = Vec::with_capacity(raw.len());
    let mut dropping = false;
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let key = line.split(|byte| *byte == b':').next().unwrap_or_default();
            dropping = key.eq_ignore_ascii_case(name.as_bytes());
        }
        if !dropping {
            kept.extend(line);
        }
    }
    kept.extend(&raw[head.len()..]);
    kept
}

/// The addresses of a header value, lower case: what stands in angle brackets, or the bare address.
pub(super) fn addresses(value: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut quoted = false;
    let mut current = String::new();
    for letter in value.chars().chain([',']) {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                let one = std::mem::take(&mut current);
                let address =
                    one.rsplit_once('<').map_or(one.as_str(), |(_, rest)| rest.split('>').next().unwrap_or(rest));
                if address.contains('@') {
                    found.push(address.trim().to_ascii_lowercase());
                }
                continue;
            }
            _ => {}
        }
        current.push(letter);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_message_apart() {
        let raw = b"From: =?UTF-8?Q?J=C3=BCrgen?= =?UTF-8?B?IEvDtnA=?= <j@x.com>\r\nSubject: one\r\n two\r\n\
            Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\nignored\r\n--b\r\nContent-Type: text/plain\r\n\
            Content-Transfer-Encoding: quoted-printable\r\n\r\nA=3DB=\r\nC\r\n--b\r\nContent-Type: text/csv; name=a.csv\r\n\
            Content-Transfer-Encoding: base64\r\n\r\nMSwy\r\n--b--\r\n";
        let part = Part::parse(raw);
        assert_eq!(part.header("from"), Some("Jürgen Köp <j@x.com>"));
        assert_eq!(part.header("Subject"), Some("one two"));
        assert_eq!(part.parts.len(), 2);
        assert_eq!(part.text(), "A=BC");
        assert_eq!((part.parts[1].filename.as_str(), part.parts[1].body.as_slice()), ("a.csv", b"1,2".as_slice()));
        assert!(part.has_attachment());
    }

    #[test]
    fn finds_addresses_behind_quoted_commas() {
        assert_eq!(addresses("\"Doe, Jane\" <Jane@X.com>, bob@y.org, nobody"), ["jane@x.com", "bob@y.org"]);
    }
}
