//! What a language model says, on its way to a client.

use super::Parts;
use crate::domain::chat::answer::{Answer, Cited, Piece};
use crate::edge::encode::html::Html;

/// How it is cut; the words.
pub fn run(data: &[u8]) {
    let mut parts = Parts(data);
    let seed = parts.byte();
    let text = String::from_utf8_lossy(parts.0);
    let (whole, plain) = shown(std::iter::once(text.as_ref()));

    let letters: Vec<String> = text.chars().map(String::from).collect();
    let (letter_wise, letter_wise_plain) = shown(letters.iter().map(String::as_str));
    let (cut, _) = shown(cut(&text, seed).into_iter());
    assert_eq!(whole, letter_wise, "letter by letter");
    assert_eq!(plain, letter_wise_plain);
    assert_eq!(whole, cut, "cut by {seed}");

    assert_eq!(is_well_formed(&whole), Ok(()));
    assert_eq!(has_no_address(&whole, &sources()), Ok(()));
    assert_eq!(is_harmless_html(&whole, &sources()), Ok(()));
}

fn sources() -> Vec<Cited> {
    let source =
        |n: usize, url: &str, text: &str| Cited { n, url: url.into(), title: "A title".into(), text: text.into() };
    vec![
        source(1, "https://mail.google.com/mail/?authuser=me@firm.example#all/18c2", "Tom plays baseball now."),
        source(2, "https://app.hubspot.com/contacts/7/record/0-1/9", "He said: “we need to sell AAPL before June”."),
        source(3, "", "Nothing here."),
    ]
}

fn shown<'a>(parts: impl Iterator<Item = &'a str>) -> (Vec<Piece>, String) {
    let mut answer = Answer::new(sources());
    let mut all: Vec<Piece> = Vec::new();
    let mut join = |more: Vec<Piece>| {
        for piece in more {
            match (all.last_mut(), piece) {
                (Some(Piece::Text(last)), Piece::Text(text)) => last.push_str(&text),
                (_, piece) => all.push(piece),
            }
        }
    };
    for part in parts {
        join(answer.push(part));
    }
    join(answer.finish());
    (all, answer.plain().to_owned())
}

/// Into parts of one to nine characters, as the seed has it.
fn cut(text: &str, seed: u8) -> Vec<&str> {
    let (mut parts, mut rest, mut state) = (Vec::new(), text, u32::from(seed));
    while !rest.is_empty() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let length = (state >> 24) as usize % 9 + 1;
        let end = rest.char_indices().nth(length).map_or(rest.len(), |(at, _)| at);
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
    }
    parts
}

/// Checks what [`Piece`] promises about sequences.
pub fn is_well_formed(pieces: &[Piece]) -> Result<(), String> {
    let (mut marks, mut lists): (Vec<&str>, Vec<bool>) = (Vec::new(), Vec::new());
    let mut block = false;
    for piece in pieces {
        let needs_block = !matches!(
            piece,
            Piece::Paragraph | Piece::ListStart { .. } | Piece::Item | Piece::ListEnd | Piece::CodeBlock(_)
        );
        if needs_block && !block {
            return Err(format!("{piece:?} outside of a block"));
        }
        if !needs_block && !marks.is_empty() {
            return Err(format!("{piece:?} inside a mark"));
        }
        match piece {
            Piece::Strong(true) => marks.push("b"),
            Piece::Emphasis(true) => marks.push("i"),
            Piece::Strong(false) if marks.pop() == Some("b") => {}
            Piece::Emphasis(false) if marks.pop() == Some("i") => {}
            Piece::Strong(false) | Piece::Emphasis(false) => return Err("marks out of order".into()),
            Piece::Text(text) if text.is_empty() || text.contains('\n') => return Err(format!("{text:?}")),
            Piece::ListStart { .. } => {
                lists.push(false);
                block = false;
            }
            Piece::Item => match lists.last_mut() {
                Some(items) => {
                    *items = true;
                    block = true;
                }
                None => return Err("an item without a list".into()),
            },
            Piece::ListEnd => {
                if lists.pop() != Some(true) {
                    return Err("an end without a list or item".into());
                }
                block = !lists.is_empty();
            }
            Piece::Paragraph | Piece::CodeBlock(_) if !lists.is_empty() => return Err("a block in a list".into()),
            Piece::Paragraph => block = true,
            Piece::CodeBlock(_) => block = false,
            _ => {}
        }
    }
    if marks.is_empty() && lists.is_empty() { Ok(()) } else { Err("something stays open".into()) }
}

/// What a client could make a link or a picture of, also where it takes the text of neighbours together. Told by other
/// means than the filter's own: whole signs of an address, and hosts with something after them.
pub fn has_no_address(pieces: &[Piece], sources: &[Cited]) -> Result<(), String> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(part) | Piece::Code(part) => text += &part.to_lowercase(),
            Piece::CodeBlock(part) => text += &format!("\n{}\n", part.to_lowercase()),
            Piece::Cite { url, .. } if sources.iter().any(|source| source.url == *url) => text.push(']'),
            Piece::Cite { url, .. } => return Err(format!("{url} is no source's")),
            Piece::Strong(_) | Piece::Emphasis(_) => {}
            _ => text.push('\n'),
        }
    }
    // What stands where an address was cannot be one; nor can the beginning of one that nothing follows.
    let text = text.replace("[link removed]", "\n");
    for sign in ["//", "https:/", "http:/", "javascript:", "vbscript:"] {
        let goes_on = |end: usize| text[end..].starts_with(|c: char| !c.is_whitespace() && c != ']');
        if text.match_indices(sign).any(|(at, _)| goes_on(at + sign.len())) {
            return Err(format!("{sign} in {pieces:?}"));
        }
    }
    // These are the ends of words, too: addresses only where a word begins.
    for sign in ["data:text/", "data:image/", "data:,", "mailto:x", "tel:+", "sms:+"] {
        let begins = |at: usize| !text[..at].ends_with(char::is_alphanumeric);
        if text.match_indices(sign).any(|(at, _)| begins(at)) {
            return Err(format!("{sign} in {pieces:?}"));
        }
    }
    for word in text.split(|c: char| !c.is_ascii() || c.is_ascii_whitespace() || "[]()<>\"'`|".contains(c)) {
        let host_and_more = |after: char| word.split_once(after).map(|(before, _)| before);
        for before in ['/', '?'].into_iter().filter_map(host_and_more) {
            let host =
                before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || "-.".contains(c))).next().unwrap_or_default();
            let labels: Vec<&str> = host.trim_start_matches(['-', '.']).split('.').collect();
            let last = labels.last().copied().unwrap_or_default();
            let is_host = labels.len() > 1 && labels.iter().all(|label| !label.is_empty());
            let carries = word[before.len() + 1..].chars().any(|c| c.is_ascii_alphanumeric());
            if is_host && carries && last.len() > 1 && last.chars().all(|c| c.is_ascii_alphabetic()) {
                return Err(format!("{word} in {pieces:?}"));
            }
        }
    }
    Ok(())
}

/// The HTML that the frontend gets has its own tags only, and no address but a source's.
fn is_harmless_html(pieces: &[Piece], sources: &[Cited]) -> Result<(), String> {
    let mut html = Html::default();
    let mut text: String = pieces.iter().map(|piece| html.render(piece)).collect();
    text += &html.close();
    for tag in text.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').ok_or("a tag stays open")?;
        let name = tag.trim_start_matches('/').split(' ').next().unwrap_or_default();
        let plain = ["strong", "em", "code", "br", "p", "ol", "ul", "li", "pre"].contains(&name) && !tag.contains(' ');
        let link = || {
            let (url, rest) = tag.strip_prefix("a href=\"")?.split_once('"')?;
            let is_known = sources.iter().any(|source| source.url.replace('&', "&amp;") == url);
            Some(is_known && rest == " target=\"_blank\" rel=\"noopener\"")
        };
        if !plain && tag != "/a" && link() != Some(true) {
            return Err(format!("<{tag}> in {text}"));
        }
    }
    Ok(())
}
