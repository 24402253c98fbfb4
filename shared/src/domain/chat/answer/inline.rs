//! What stands inside a line: words, emphasis, code, tags and quotations.

use super::out::Mark;
use super::{Found, HOLD, Mode, Piece, Scan, find, find_in_block, links, quotes};

/// Elements that are taken for HTML when they stand in angle brackets. Others are words, as in `a<b>c`.
const TAGS: &[&str] = &[
    "a",
    "abbr",
    "article",
    "aside",
    "audio",
    "b",
    "base",
    "blockquote",
    "body",
    "br",
    "button",
    "center",
    "cite",
    "code",
    "col",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "figure",
    "font",
    "footer",
    "form",
    "frame",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "iframe",
    "image",
    "img",
    "input",
    "ins",
    "kbd",
    "label",
    "li",
    "link",
    "main",
    "mark",
    "math",
    "meta",
    "nav",
    "object",
    "ol",
    "option",
    "p",
    "picture",
    "pre",
    "q",
    "s",
    "script",
    "section",
    "select",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "template",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "track",
    "u",
    "ul",
    "video",
    "wbr",
];

impl Scan {
    pub(super) fn inline(&mut self, text: &[char], end: bool) -> Option<usize> {
        match text[0] {
            '\n' => {
                self.out.end_line();
                self.mode = Mode::LineStart { indent: 0 };
                Some(1)
            }
            c if c.is_whitespace() => {
                self.out.space();
                Some(1)
            }
            '*' | '_' => self.emphasis(text, end),
            '~' => self.strike(text, end),
            '`' => self.code_span(text, end),
            '[' | '【' => self.bracket(text, end),
            '!' => self.picture(text, end),
            '<' => self.tag(text, end),
            c if quotes::is_open(c) => self.quotation(text, end),
            _ => self.word(text, end),
        }
    }

    pub(super) fn literal(&mut self, text: &[char]) -> Option<usize> {
        self.out.characters(text);
        Some(text.len())
    }

    /// Text up to the next character that may mean something, once the whole word is there to be looked at.
    fn word(&mut self, text: &[char], end: bool) -> Option<usize> {
        let (length, whole) = match find(text, end, |_, c| c.is_whitespace()) {
            Found::At(length) => (length, true),
            Found::Nowhere => (text.len().min(HOLD), text.len() <= HOLD && end),
            Found::Undecided => return None,
        };
        let word = &text[..length];
        let special = |c: &char| matches!(c, '*' | '_' | '~' | '`' | '[' | '【' | '!' | '<') || quotes::is_open(*c);
        let next = word[1..].iter().position(special).map_or(length, |at| at + 1);
        match links::find(word) {
            Some((0, address_end)) => {
                self.address(&word[..address_end]);
                if !whole && address_end == length {
                    self.mode = Mode::Address;
                }
                Some(address_end)
            }
            Some((start, _)) => self.literal(&word[..start.min(next)]),
            None => self.literal(&word[..next]),
        }
    }

    fn address(&mut self, address: &[char]) {
        let text: String = address.iter().collect();
        match self.evidence.cite_address(&text) {
            Some(cite) => self.out.inline(cite),
            None if links::is_bare(address) && self.evidence.knows(&text) => self.out.text(&text),
            None => self.out.text(links::REMOVED),
        }
    }

    fn emphasis(&mut self, text: &[char], end: bool) -> Option<usize> {
        let mark = text[0];
        let length = match find(text, end, |_, c| c != mark) {
            Found::At(length) => length,
            Found::Nowhere => text.len().min(HOLD),
            Found::Undecided => return None,
        };
        let before = self.out.previous();
        let after = text.get(length).copied();
        let opens = after.is_some_and(|c| !c.is_whitespace());
        let closes = before.is_some_and(|c| !c.is_whitespace());
        let within = before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric);
        let marks: &[Mark] = match length {
            // All of a heading is strong.
            2 if self.out.is_heading() => return Some(length),
            3 if self.out.is_heading() => &[Mark::Emphasis],
            1 => &[Mark::Emphasis],
            2 => &[Mark::Strong],
            3 => &[Mark::Strong, Mark::Emphasis],
            _ => return self.literal(&text[..length]),
        };

        let open = marks.iter().all(|mark| self.out.has(*mark));
        if within && (mark == '_' || (length == 1 && !open)) {
            return self.literal(&text[..length]);
        }
        if open && closes {
            marks.iter().rev().for_each(|mark| self.out.unmark(*mark));
        } else if opens && !open {
            marks.iter().for_each(|mark| self.out.mark(*mark));
        } else {
            return self.literal(&text[..length]);
        }
        Some(length)
    }

    /// `~~` has no piece: what it strikes out stays as text.
    fn strike(&mut self, text: &[char], end: bool) -> Option<usize> {
        match text.get(1) {
            None if !end => None,
            Some('~') => Some(2),
            _ => self.literal(&text[..1]),
        }
    }

    fn code_span(&mut self, text: &[char], end: bool) -> Option<usize> {
        let marks = match find(text, end, |_, c| c != '`') {
            Found::At(marks) => marks,
            Found::Nowhere => return self.literal(&text[..text.len().min(HOLD)]),
            Found::Undecided => return None,
        };
        let mut run = 0;
        // The character after as many marks as opened it.
        let close = find_in_block(&text[marks..], end, |_, c| {
            let closed = run == marks && c != '`';
            run = if c == '`' { run + 1 } else { 0 };
            closed
        });
        let close = match close {
            Found::At(at) => marks + at,
            Found::Nowhere if end && run == marks && text.len() < HOLD => text.len(),
            Found::Nowhere => return self.literal(&text[..marks]),
            Found::Undecided => return None,
        };
        let code = links::neutral(&text[marks..close - marks]).replace('\n', " ");
        match code.trim() {
            "" => self.out.vanish(),
            code => self.out.inline(Piece::Code(code.to_owned())),
        }
        Some(close)
    }

    fn tag(&mut self, text: &[char], end: bool) -> Option<usize> {
        let slash = usize::from(text.get(1) == Some(&'/'));
        let name_end = match find(&text[1 + slash..], end, |_, c| !c.is_ascii_alphanumeric() && !"+-.".contains(c)) {
            Found::At(length) => 1 + slash + length,
            Found::Nowhere => return self.literal(&text[..1]),
            Found::Undecided => return None,
        };
        let name: String = text[1 + slash..name_end].iter().collect::<String>().to_ascii_lowercase();
        let after = text.get(name_end).copied();
        let address = after == Some(':') && slash == 0 && !name.is_empty();
        let markup = name.is_empty() && slash == 0 && matches!(after, Some('!' | '?'));
        if !address && !markup && !TAGS.contains(&name.as_str()) {
            return self.literal(&text[..1]);
        }

        let close = match find_in_block(text, end, |at, c| c == '>' || (c == '<' && at > 0)) {
            Found::At(close) if text[close] == '>' => close,
            Found::Undecided => return None,
            _ => return self.literal(&text[..1]),
        };
        if address {
            self.address(&text[1..close]);
        } else if name == "br" {
            self.out.line_break();
        } else {
            self.out.vanish();
        }
        Some(close + 1)
    }

    fn quotation(&mut self, text: &[char], end: bool) -> Option<usize> {
        let open = text[0];
        let inside = self.out.previous().is_some_and(char::is_alphanumeric);
        match text.get(1) {
            None if !end => return None,
            Some(next) if !next.is_whitespace() && (open != '"' || !inside) => {}
            _ => return self.literal(&text[..1]),
        }
        let close = match find_in_block(&text[1..], end, |_, c| quotes::closes(open, c)) {
            Found::At(close) => 1 + close,
            // What nothing closes cannot be compared, so it is not called a quotation.
            Found::Nowhere => return Some(1),
            Found::Undecided => return None,
        };
        let inner = &text[1..close];
        if quotes::words(inner) < quotes::WORDS || self.evidence.holds(inner) {
            self.out.characters(&text[..1]);
            self.run_inside(inner);
            self.out.characters(&text[close..=close]);
        } else {
            self.run_inside(inner);
        }
        Some(close + 1)
    }
}
