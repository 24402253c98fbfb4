//! What begins with a bracket: citations, links and pictures.

use super::{Found, Scan, citations, find_in_block};

impl Scan {
    pub(super) fn picture(&mut self, text: &[char], end: bool) -> Option<usize> {
        match text.get(1) {
            None if !end => None,
            Some('[') => match link(&text[1..], end)? {
                Link::Labelled { label, length, .. } => {
                    self.run_inside(label);
                    Some(1 + length)
                }
                Link::None => self.literal(&text[..1]),
            },
            _ => self.literal(&text[..1]),
        }
    }

    pub(super) fn bracket(&mut self, text: &[char], end: bool) -> Option<usize> {
        let close = match matching(text, end, text[0], if text[0] == '[' { ']' } else { '】' }) {
            Found::At(close) => close,
            Found::Nowhere => return self.literal(&text[..1]),
            Found::Undecided => return None,
        };
        let link = if text[0] == '[' { link(text, end)? } else { Link::None };
        match (citations::numbers(&text[1..close]), link) {
            (Some(numbers), Link::Labelled { length, inline: true, .. }) => {
                self.cite(&numbers);
                Some(length)
            }
            (Some(numbers), _) => {
                self.cite(&numbers);
                Some(close + 1)
            }
            (None, Link::Labelled { label, target, length, .. }) => {
                self.run_inside(label);
                self.follow(target);
                Some(length)
            }
            (None, Link::None) => self.literal(&text[..1]),
        }
    }

    fn cite(&mut self, numbers: &[usize]) {
        for n in numbers {
            match self.evidence.cite(*n) {
                Some(cite) => self.out.inline(cite),
                None => self.out.vanish(),
            }
        }
    }

    /// What a link's label is followed by: a citation, if it led to a source.
    fn follow(&mut self, target: &[char]) {
        if let Some(numbers) = citations::numbers(target) {
            return self.cite(&numbers);
        }
        let target: String = target.iter().collect();
        let address = target.split_whitespace().next().unwrap_or_default();
        match self.evidence.cite_address(address.trim_start_matches('<').trim_end_matches('>')) {
            Some(cite) => self.out.inline(cite),
            None => self.out.vanish(),
        }
    }
}

enum Link<'a> {
    Labelled { label: &'a [char], target: &'a [char], length: usize, inline: bool },
    None,
}

/// `[label](target)` or `[label][target]` at the start of `text`.
fn link<'a>(text: &'a [char], end: bool) -> Option<Link<'a>> {
    let label_end = match matching(text, end, '[', ']') {
        Found::At(close) => close,
        Found::Nowhere => return Some(Link::None),
        Found::Undecided => return None,
    };
    let label = &text[1..label_end];
    let rest = &text[label_end + 1..];
    let (open, close) = match rest.first() {
        None if !end => return None,
        Some('(') => ('(', ')'),
        Some('[') => ('[', ']'),
        _ => return Some(Link::None),
    };
    let target_end = match matching(rest, end, open, close) {
        Found::At(close) => close,
        Found::Nowhere => return Some(Link::None),
        Found::Undecided => return None,
    };
    let target = &rest[1..target_end];
    if open == '(' && !is_destination(target) {
        return Some(Link::None);
    }
    Some(Link::Labelled { label, target, length: label_end + 1 + target_end + 1, inline: open == '(' })
}

/// The bracket that closes the one `text` begins with.
fn matching(text: &[char], end: bool, open: char, close: char) -> Found {
    let mut depth = 0_usize;
    find_in_block(text, end, |_, c| {
        if c == open {
            depth += 1;
        } else if c == close {
            depth = depth.saturating_sub(1);
        }
        depth == 0
    })
}

/// Whether parentheses after a label hold an address, and not a remark.
fn is_destination(target: &[char]) -> bool {
    let target: String = target.iter().collect();
    let target = target.trim();
    match target.split_once(char::is_whitespace) {
        None => true,
        Some((address, title)) => address.starts_with('<') || title.trim_start().starts_with(['"', '\'', '(']),
    }
}
