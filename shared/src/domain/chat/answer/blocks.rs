//! What the start of a line makes of it: a heading, an item, code, a rule, a definition, or text.

use super::{Found, HOLD, Mode, Scan, find, links};

impl Scan {
    pub(super) fn line_start(&mut self, text: &[char], end: bool, indent: usize) -> Option<usize> {
        const TAB: usize = 4;
        match text[0] {
            '\n' => {
                self.out.blank_line();
                self.mode = Mode::LineStart { indent: 0 };
                return Some(1);
            }
            '\t' => {
                self.mode = Mode::LineStart { indent: indent + TAB };
                return Some(1);
            }
            c if c.is_whitespace() => {
                self.mode = Mode::LineStart { indent: indent + 1 };
                return Some(1);
            }
            // A quotation in mail style: what is quoted is text.
            '>' => return Some(1),
            _ => {}
        }

        let length = match find(text, end, |_, c| c.is_whitespace()) {
            Found::At(length) => length,
            Found::Nowhere => text.len().min(HOLD),
            Found::Undecided => return None,
        };
        let (token, after) = (&text[..length], text.get(length).copied());
        let spaced = after.is_some_and(|c| c != '\n');
        match token {
            _ if is_rule(token) && !spaced => {
                self.out.rule();
                self.mode = Mode::LineStart { indent: 0 };
                Some(length)
            }
            ['-' | '*' | '+' | '•'] if spaced => self.begin_item(indent, false, length),
            // A list can only begin with 1: its items are counted by whoever shows them.
            [digits @ .., '.' | ')'] if spaced && is_number(digits) && (self.out.is_in_list() || digits == ['1']) => {
                self.begin_item(indent, true, length)
            }
            _ if spaced && length <= 6 && token.iter().all(|c| *c == '#') => {
                self.out.heading();
                self.mode = Mode::Inline;
                Some(length)
            }
            ['`', '`', '`', ..] | ['~', '~', '~', ..] => self.fence(text, end, indent),
            ['|', ..] => self.table_row(text, end, indent),
            ['[', ..] => self.definition(text, end, indent),
            _ => self.begin_text(indent),
        }
    }

    fn begin_text(&mut self, indent: usize) -> Option<usize> {
        self.out.text_line(indent);
        self.mode = Mode::Inline;
        Some(0)
    }

    fn begin_item(&mut self, indent: usize, ordered: bool, length: usize) -> Option<usize> {
        self.out.item(indent, ordered);
        self.mode = Mode::Inline;
        Some(length)
    }

    /// The first line of a code block. With marks after its name it is code inside a line.
    fn fence(&mut self, text: &[char], end: bool, indent: usize) -> Option<usize> {
        let length = line(text, end)?;
        let mark = text[0];
        let marks = text.iter().take_while(|c| **c == mark).count();
        if mark == '`' && text[marks..length].contains(&mark) {
            return self.begin_text(indent);
        }
        self.mode = Mode::Fence { mark, length: marks };
        Some((length + 1).min(text.len()))
    }

    /// A line of a code block.
    pub(super) fn fenced(&mut self, text: &[char], end: bool, mark: char, length: usize) -> Option<usize> {
        let taken = line(text, end)?;
        let line: String = text[..taken].iter().collect();
        let closing = line.trim();
        if closing.chars().count() >= length && closing.chars().all(|c| c == mark) {
            self.end_fence();
            return Some(taken);
        }
        self.code.push_str(&links::neutral(&text[..taken]));
        if text.get(taken) == Some(&'\n') {
            self.code.push('\n');
        }
        if self.code.len() > HOLD {
            let code = std::mem::take(&mut self.code);
            self.out.code_block(code.trim_end_matches('\n').to_owned());
        }
        Some((taken + 1).min(text.len()))
    }

    pub(super) fn end_fence(&mut self) {
        if !self.code.is_empty() {
            let code = std::mem::take(&mut self.code);
            self.out.code_block(code.trim_end_matches('\n').to_owned());
        }
        if let Mode::Fence { .. } = self.mode {
            self.out.rule();
            self.mode = Mode::LineStart { indent: 0 };
        }
    }

    /// The line under a table's head is dropped, the others are lines of text.
    fn table_row(&mut self, text: &[char], end: bool, indent: usize) -> Option<usize> {
        let length = line(text, end)?;
        if text[..length].iter().all(|c| matches!(c, '|' | '-' | ':' | ' ')) {
            self.mode = Mode::DropLine;
            return Some(length);
        }
        self.begin_text(indent)
    }

    /// `[name]: address` is no text. Elsewhere a bracket at the start of a line is like any other.
    fn definition(&mut self, text: &[char], end: bool, indent: usize) -> Option<usize> {
        let length = line(text, end)?;
        let line: String = text[..length].iter().collect();
        let Some((_, destination)) = line.split_once("]:") else { return self.begin_text(indent) };
        let address = |first: &str| first.contains(['/', '.', ':', '<', '%', '?', '#']);
        if destination.split_whitespace().next().is_none_or(address) {
            self.mode = Mode::DropLine;
            return Some(length);
        }
        self.begin_text(indent)
    }
}

/// Length of the line `text` begins with, as far as it may be held back.
fn line(text: &[char], end: bool) -> Option<usize> {
    match find(text, end, |_, c| c == '\n') {
        Found::At(length) => Some(length),
        Found::Nowhere => Some(text.len().min(HOLD)),
        Found::Undecided => None,
    }
}

fn is_number(digits: &[char]) -> bool {
    (1..=9).contains(&digits.len()) && digits.iter().all(char::is_ascii_digit)
}

/// `---`, or the line that makes the one above it a heading.
fn is_rule(token: &[char]) -> bool {
    let first = token[0];
    (token.len() >= 3 && matches!(first, '-' | '*' | '_') || token.len() >= 2 && first == '=')
        && token.iter().all(|c| *c == first)
}
