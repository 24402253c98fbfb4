//! Writes pieces as Markdown in which nothing but the pieces has a meaning.

use super::Piece;

/// One text in the making. What was written so far decides about white space before the next piece.
#[derive(Debug, Default)]
pub struct Markdown {
    written: bool,
    /// At the start of a line, where more characters have a meaning.
    line_start: bool,
    /// The number of the next item of each list around; `None` without numbers.
    lists: Vec<Option<usize>>,
}

impl Markdown {
    /// What to append for `piece`. Citations are `[[n]](url)`.
    pub fn render(&mut self, piece: &Piece) -> String {
        let line_start = std::mem::replace(&mut self.line_start, false);
        let out = match piece {
            Piece::Text(text) => escape(text, line_start),
            Piece::Strong(_) => "**".to_owned(),
            Piece::Emphasis(_) => "*".to_owned(),
            Piece::Code(code) => code_span(code),
            Piece::Cite { n, url, .. } => cite(*n, url),
            Piece::Break => {
                self.line_start = true;
                format!("  \n{}", indent(self.lists.len()))
            }
            Piece::Paragraph => {
                self.line_start = true;
                self.gap("\n\n")
            }
            Piece::ListStart { ordered } => {
                self.lists.push(ordered.then_some(1));
                // The first item of an outer list is a paragraph away from what is before it.
                if self.lists.len() == 1 { self.gap("\n") } else { String::new() }
            }
            Piece::Item => {
                self.line_start = true;
                let indent = indent(self.lists.len().saturating_sub(1));
                let marker = match self.lists.last_mut() {
                    Some(Some(n)) => {
                        *n += 1;
                        format!("{}. ", *n - 1)
                    }
                    _ => "- ".to_owned(),
                };
                format!("{}{indent}{marker}", self.gap("\n"))
            }
            Piece::ListEnd => {
                self.lists.pop();
                String::new()
            }
            Piece::CodeBlock(code) => format!("{}{}", self.gap("\n\n"), code_block(code)),
        };
        self.written |= !out.is_empty();
        out
    }

    /// White space that the first line does without.
    fn gap(&self, gap: &str) -> String {
        if self.written { gap.to_owned() } else { String::new() }
    }
}

fn indent(depth: usize) -> String {
    "    ".repeat(depth)
}

fn escape(text: &str, line_start: bool) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    for (at, c) in text.char_indices() {
        let marked = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '~' => true,
            '>' | '#' | '+' | '-' | '=' | '|' | ':' => line_start && at == 0,
            '.' | ')' => line_start && digits > 0 && at == digits,
            '&' => is_reference(&text[at + 1..]),
            _ => false,
        };
        if marked {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Whether these characters after `&` would make it something else.
fn is_reference(after: &str) -> bool {
    after
        .split_once(';')
        .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#'))
}

fn cite(n: usize, url: &str) -> String {
    if url.is_empty() {
        return format!("\\[{n}\\]");
    }
    let encoded = |c: char| match c {
        '(' | ')' | '<' | '>' | '\\' | '"' => format!("%{:02X}", u32::from(c)),
        c if c.is_whitespace() || c.is_control() => String::new(),
        c => c.to_string(),
    };
    format!("[[{n}]]({})", url.chars().map(encoded).collect::<String>())
}

fn code_span(code: &str) -> String {
    let marks = "`".repeat(longest_run(code) + 1);
    let pad = if code.starts_with('`') || code.ends_with('`') { " " } else { "" };
    format!("{marks}{pad}{code}{pad}{marks}")
}

fn code_block(code: &str) -> String {
    let marks = "`".repeat(longest_run(code).max(2) + 1);
    format!("{marks}\n{code}\n{marks}")
}

fn longest_run(code: &str) -> usize {
    code.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
