//! Finds addresses in text, however they are dressed up.

use crate::domain::rules::kinds;

/// What stands where an address was.
pub const REMOVED: &str = "[link removed]";

/// Schemes that are addresses whatever is before them.
const SCHEMES: &[&str] = &["https", "http", "ftp", "wss", "javascript", "vbscript"];

/// Schemes that are also the ends of words: addresses at the start of one only.
const SHORT_SCHEMES: &[&str] = &[
    "ws",
    "file",
    "mailto",
    "blob",
    "intent",
    "xmpp",
    "tel",
    "sms",
    "callto",
    "skype",
    "facetime",
    "sip",
    "sips",
    "webcal",
    "ldap",
    "gopher",
    "magnet",
    "bitcoin",
    "ssh",
    "telnet",
    "whatsapp",
    "viber",
    "tg",
    "zoommtg",
    "msteams",
    "filesystem",
];

/// The first address in `word`, which has no white space: where it begins and where it ends, without the punctuation
/// of the sentence around it.
pub fn find(word: &[char]) -> Option<(usize, usize)> {
    let folded: Vec<char> = word.iter().map(|c| fold(*c)).collect();
    if let Some(start) = start_of_address(&folded) {
        return Some((start, end_of_address(word, start)));
    }
    let decoded = percent_decoded(&folded);
    (decoded != folded && start_of_address(&decoded).is_some()).then_some((0, word.len()))
}

/// Whether an address is nothing but a host, or a mailbox at one: it carries only what stands in its own labels.
pub fn is_bare(address: &[char]) -> bool {
    address.iter().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '@'))
}

/// `text` with every address in it replaced.
pub fn neutral(text: &[char]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.first() {
        if first.is_whitespace() {
            out.push(*first);
            rest = &rest[1..];
            continue;
        }
        let length = rest.iter().position(|c| c.is_whitespace()).unwrap_or(rest.len());
        let mut word = &rest[..length];
        while let Some((start, end)) = find(word) {
            out.extend(&word[..start]);
            out.push_str(REMOVED);
            word = &word[end..];
        }
        out.extend(word);
        rest = &rest[length..];
    }
    out
}

fn start_of_address(folded: &[char]) -> Option<usize> {
    (0..folded.len()).find_map(|at| {
        let rest = &folded[at..];
        let boundary = at == 0 || !folded[at - 1].is_alphanumeric();
        if rest.starts_with(&['/', '/']) {
            let scheme = folded[..at].iter().rev().take_while(|c| c.is_alphanumeric() || ":+-./".contains(**c)).count();
            return Some(at - scheme);
        }
        let addressed = SCHEMES.iter().any(|scheme| has_scheme(rest, scheme))
            || (boundary && SHORT_SCHEMES.iter().any(|scheme| has_scheme(rest, scheme)))
            || (boundary && is_data(rest))
            || (rest.starts_with(&['w', 'w', 'w', '.']) && rest.get(4).is_some_and(|c| c.is_alphanumeric()))
            || ((boundary && at.checked_sub(1).is_none_or(|before| !"-.".contains(folded[before]))) && has_path(rest));
        if addressed {
            return Some(at);
        }
        let starts = boundary && at.checked_sub(1).is_none_or(|before| !"-.".contains(folded[before]));
        (starts && is_deep(rest)).then(|| at - local_part(&folded[..at]))
    })
}

/// Three labels or more: whoever owns a domain sees what stands before it, and that can be anything.
fn is_deep(text: &[char]) -> bool {
    let host: String = text.iter().take_while(|c| is_of_host(c)).collect();
    let labels: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    let named = labels.last().is_some_and(|last| last.chars().count() >= 2 && last.chars().all(char::is_alphabetic));
    let is_host = named && labels.len() > 2 && labels.iter().all(|label| !label.is_empty());
    // `gmail.message.received` is what rules are written with.
    is_host && kinds::resolve(host.trim_end_matches('.')).is_err()
}

/// How much before a host makes it a mailbox.
fn local_part(before: &[char]) -> usize {
    if before.last() != Some(&'@') {
        return 0;
    }
    let local = before[..before.len() - 1].iter().rev();
    1 + local.take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+')).count()
}

fn is_of_host(c: &char) -> bool {
    c.is_alphanumeric() || *c == '-' || *c == '.'
}

fn has_scheme(text: &[char], scheme: &str) -> bool {
    let length = scheme.len();
    text.len() > length + 1
        && text[length] == ':'
        && text.iter().zip(scheme.chars()).all(|(c, expected)| *c == expected)
}

/// `data:` is a common word; with a media type or a comma after it, it is an address.
fn is_data(text: &[char]) -> bool {
    has_scheme(text, "data") && text.iter().any(|c| matches!(c, ',' | ';' | '/'))
}

/// A host with something after it that can carry data.
fn has_path(text: &[char]) -> bool {
    /// DNS names are no longer.
    const LONGEST: usize = 253;
    let length = text.iter().take(LONGEST).take_while(|c| is_of_host(c)).count();
    let host: String = text[..length].iter().collect();
    let labels: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    let (Some(last), true) = (labels.last(), labels.len() > 1) else { return false };
    let numeric = labels.len() == 4 && labels.iter().all(|label| label.parse::<u8>().is_ok());
    let named = last.chars().count() >= 2 && last.chars().all(char::is_alphabetic);
    let encoded = labels.iter().any(|label| label.starts_with("xn--"));
    let after = |at: usize| text.get(length + at).copied();
    let carries = match after(0) {
        Some('/') => true,
        Some('?' | '#') => text[length..].iter().any(|c| c.is_alphanumeric()),
        Some(':') => after(1).is_some_and(|c| c.is_ascii_digit()) && text[length..].contains(&'/'),
        _ => false,
    };
    encoded || ((numeric || named) && carries)
}

fn end_of_address(word: &[char], start: usize) -> usize {
    let stop = |c: &char| matches!(c, '<' | '>' | '"' | '[' | ']' | '|' | '“' | '”' | '`' | '【' | '】');
    let end = word[start..].iter().position(stop).map_or(word.len(), |length| start + length);
    let trailing = |c: &&char| matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | '\'' | '*' | '_' | '~' | '’');
    let end = end - word[start..end].iter().rev().take_while(trailing).count();
    // Never nothing, or the reader would not get on.
    end.max(start + 1)
}

/// Percent-encoding undone, three times over.
fn percent_decoded(folded: &[char]) -> Vec<char> {
    let mut text = folded.to_vec();
    for _ in 0..3 {
        let mut out = Vec::with_capacity(text.len());
        let mut at = 0;
        while at < text.len() {
            let digits = match text[at..] {
                ['%', high, low, ..] => high.to_digit(16).zip(low.to_digit(16)),
                _ => None,
            };
            match digits.and_then(|(high, low)| char::from_u32(high * 16 + low)) {
                Some(c) => {
                    out.push(fold(c));
                    at += 3;
                }
                None => {
                    out.push(text[at]);
                    at += 1;
                }
            }
        }
        text = out;
    }
    text
}

/// The ASCII character that `c` looks like, in lower case. As many characters come out as go in.
fn fold(c: char) -> char {
    let c = match u32::from(c) {
        // Full-width forms.
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(c),
        // Mathematical letters and digits, alphabet after alphabet.
        code @ 0x1d400..=0x1d6a3 => letter(code - 0x1d400),
        code @ 0x1d7ce..=0x1d7ff => char::from_digit((code - 0x1d7ce) % 10, 10).unwrap_or(c),
        // Circled, parenthesised and regional letters.
        code @ 0x24b6..=0x24e9 => letter(code - 0x24b6),
        code @ 0x249c..=0x24b5 => letter(code - 0x249c),
        code @ 0x1f130..=0x1f149 => letter(code - 0x1f130),
        code @ 0x1f1e6..=0x1f1ff => letter(code - 0x1f1e6),
        _ => c,
    };
    match c {
        'а' | 'α' | 'ɑ' | 'ᵃ' => 'a',
        'в' | 'ᵇ' => 'b',
        'с' | 'ϲ' | 'ᶜ' => 'c',
        'ԁ' | 'ᵈ' => 'd',
        'е' | 'ё' | 'ε' | 'ᵉ' => 'e',
        'ᶠ' => 'f',
        'һ' | 'ʰ' | 'н' | 'ℎ' => 'h',
        'і' | 'ı' | 'ι' | 'ⁱ' | 'ɪ' => 'i',
        'ј' | 'ʲ' => 'j',
        'ⅼ' | 'ӏ' | 'ˡ' => 'l',
        'м' | 'ⅿ' | 'ᵐ' => 'm',
        'ո' | 'ⁿ' => 'n',
        'о' | 'ο' | 'օ' | 'ᵒ' => 'o',
        'р' | 'ρ' | 'ᵖ' => 'p',
        'ʳ' => 'r',
        'ѕ' | 'ſ' | 'ꜱ' | 'ˢ' => 's',
        'т' | 'τ' | 'ᴛ' | 'ᵗ' => 't',
        'υ' | 'ս' | 'ᵘ' => 'u',
        'ν' | 'ѵ' | 'ⅴ' | 'ᵛ' => 'v',
        'ԝ' | 'ѡ' | 'ω' | 'ʷ' => 'w',
        'х' | 'χ' | 'ⅹ' | 'ˣ' => 'x',
        'у' | 'γ' | 'ʸ' => 'y',
        '։' | '׃' | '܃' | 'ː' | '˸' | '∶' | '꞉' | '︓' | '﹕' => ':',
        '\\' | '⁄' | '∕' | '⟋' | '⧸' | '⧵' | '╱' | '〳' | '﹨' | '⫽' | '⧹' => '/',
        '․' | '。' | '｡' | '﹒' | '۔' => '.',
        c => c.to_lowercase().next().unwrap_or(c),
    }
}

/// The letter at a place in alphabets of 26 that follow one another.
fn letter(place: u32) -> char {
    char::from_u32(u32::from('a') + place % 26).unwrap_or('a')
}
