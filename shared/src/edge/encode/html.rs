//! Writes pieces as the small part of HTML that the existing frontend shows.
//!
//! It cleans what it gets with DOMPurify, and lets through `b i em strong a br p ul ol li code pre` and, on links,
//! `href target rel`. It cleans after every event, so every event here has whole tags.

use std::fmt::Write;

use crate::domain::chat::answer::Piece;

/// One text in the making: which elements are open.
#[derive(Debug, Default)]
pub struct Html {
    paragraph: bool,
    lists: Vec<List>,
}

#[derive(Debug)]
struct List {
    ordered: bool,
    item: bool,
}

impl Html {
    /// What to append for `piece`.
    pub fn render(&mut self, piece: &Piece) -> String {
        let mut out = String::new();
        match piece {
            Piece::Text(text) => escape_into(text, &mut out),
            Piece::Strong(on) => out.push_str(if *on { "<strong>" } else { "</strong>" }),
            Piece::Emphasis(on) => out.push_str(if *on { "<em>" } else { "</em>" }),
            Piece::Code(code) => {
                out.push_str("<code>");
                escape_into(code, &mut out);
                out.push_str("</code>");
            }
            Piece::Cite { n, url, .. } => cite(*n, url, &mut out),
            Piece::Break => out.push_str("<br>"),
            Piece::Paragraph => {
                self.close_into(&mut out);
                self.paragraph = true;
                out.push_str("<p>");
            }
            Piece::ListStart { ordered } => {
                if std::mem::take(&mut self.paragraph) {
                    out.push_str("</p>");
                }
                out.push_str(if *ordered { "<ol>" } else { "<ul>" });
                self.lists.push(List { ordered: *ordered, item: false });
            }
            Piece::Item => {
                if let Some(list) = self.lists.last_mut() {
                    out.push_str(if std::mem::replace(&mut list.item, true) { "</li><li>" } else { "<li>" });
                }
            }
            Piece::ListEnd => self.end_list_into(&mut out),
            Piece::CodeBlock(code) => {
                self.close_into(&mut out);
                out.push_str("<pre><code>");
                escape_into(code, &mut out);
                out.push_str("</code></pre>");
            }
        }
        out
    }

    /// The end tags of what is open.
    pub fn close(&mut self) -> String {
        let mut out = String::new();
        self.close_into(&mut out);
        out
    }

    fn close_into(&mut self, out: &mut String) {
        while !self.lists.is_empty() {
            self.end_list_into(out);
        }
        if std::mem::take(&mut self.paragraph) {
            out.push_str("</p>");
        }
    }

    fn end_list_into(&mut self, out: &mut String) {
        if let Some(List { ordered, item }) = self.lists.pop() {
            out.push_str(if item { "</li>" } else { "" });
            out.push_str(if ordered { "</ol>" } else { "</ul>" });
        }
    }
}

/// `[n]`, as a link where there is a page to open.
fn cite(n: usize, url: &str, out: &mut String) {
    if !url.starts_with("https://") && !url.starts_with("http://") {
        // A `String` takes whatever is written to it.
        let _ = write!(out, "[{n}]");
        return;
    }
    out.push_str("<a href=\"");
    escape_into(url, out);
    let _ = write!(out, "\" target=\"_blank\" rel=\"noopener\">[{n}]</a>");
}

fn escape_into(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}
