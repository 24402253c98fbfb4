//! Decodes `=?charset?B?…?=` words in headers (RFC 2047).

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Real senders leave the padding out or write too much of it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// `text` with every encoded word decoded; what is not one stays as it is. Gmail decodes most headers itself, so the
/// usual answer is the input.
///
/// Neighbours of one charset are decoded together: senders split words in the middle of a character. Charsets other
/// than UTF-8 and the Latin ones are read as UTF-8, with replacement characters where that fails.
pub fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut pending: Option<(String, Vec<u8>)> = None;
    let mut rest = text;

    while let Some(start) = rest.find("=?") {
        let between = &rest[..start];
        let Some((charset, bytes, length)) = word(&rest[start..]) else {
            flush(&mut pending, &mut out);
            out.push_str(&rest[..start + 2]);
            rest = &rest[start + 2..];
            continue;
        };
        match &mut pending {
            Some((open, collected)) if between.trim().is_empty() && *open == charset => collected.extend(bytes),
            Some(_) if between.trim().is_empty() => {
                flush(&mut pending, &mut out);
                pending = Some((charset, bytes));
            }
            _ => {
                flush(&mut pending, &mut out);
                out.push_str(between);
                pending = Some((charset, bytes));
            }
        }
        rest = &rest[start + length..];
    }
    flush(&mut pending, &mut out);
    out.push_str(rest);
    out
}

fn flush(pending: &mut Option<(String, Vec<u8>)>, out: &mut String) {
    if let Some((charset, bytes)) = pending.take() {
        out.push_str(&characters(&charset, &bytes));
    }
}

/// Charset, bytes and length of the encoded word that `text` begins with.
fn word(text: &str) -> Option<(String, Vec<u8>, usize)> {
    let inner = text.strip_prefix("=?")?;
    let (charset, after) = inner.split_once('?')?;
    let (encoding, after) = after.split_once('?')?;
    let (content, _) = after.split_once("?=")?;
    if charset.contains(char::is_whitespace) || content.contains(['\n', '?']) {
        return None;
    }

    let bytes = match encoding {
        "B" | "b" => BASE64.decode(content.trim()).ok()?,
        "Q" | "q" => quoted_printable(content),
        _ => return None,
    };
    let length = 2 + charset.len() + 1 + encoding.len() + 1 + content.len() + 2;
    // RFC 2231 allows a language after the charset.
    let charset = charset.split('*').next().unwrap_or_default().to_ascii_lowercase();
    Some((charset, bytes, length))
}

fn quoted_printable(content: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(content.len());
    let mut rest = content.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'_', _) => bytes.push(b' '),
            (b'=', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(hex_digit(*high) * 16 + hex_digit(*low));
                rest = after;
            }
            _ => bytes.push(*first),
        }
    }
    bytes
}

fn hex_digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'A').wrapping_add(10),
    }
}

fn characters(charset: &str, bytes: &[u8]) -> String {
    match charset {
        "iso-8859-1" | "iso-8859-15" | "latin1" | "windows-1252" | "cp1252" => {
            bytes.iter().map(|byte| windows_1252(*byte)).collect()
        }
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// What browsers and mail programs read for all Latin charsets (WHATWG Encoding Standard).
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}
