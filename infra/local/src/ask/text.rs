//! The small HTML subset of the answers as plain text for a terminal.

/// Turns HTML that arrives in pieces into text. A tag or an entity may be split between two pieces.
#[derive(Default)]
pub struct Plain {
    pending: String,
    /// Whether anything was written since the last line break; the first break of an answer is not.
    in_line: bool,
    written: bool,
    /// The link that is open, and what it says so far.
    open: Option<Link>,
    links: Vec<Link>,
}

/// A link of the answer: a citation says its number in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub text: String,
    pub href: String,
}

impl Plain {
    pub fn push(&mut self, html: &str) -> String {
        self.pending.push_str(html);
        let mut text = String::new();
        while let Some(first) = self.pending.chars().next() {
            let end = match first {
                '<' => self.pending.find('>').map(|end| end + 1),
                '&' => self.pending.find(';').map(|end| end + 1),
                _ => Some(self.pending.find(['<', '&']).unwrap_or(self.pending.len())),
            };
            // A lone ampersand is text, however long one waits for its semicolon.
            let end = match end {
                Some(end) if first == '&' && end > 10 => 1,
                None if first == '&' && self.pending.len() > 10 => 1,
                Some(end) => end,
                None => break,
            };
            let token: String = self.pending.drain(..end).collect();
            match first {
                '<' => self.tag(&token, &mut text),
                '&' => self.write(&unescape(&token), &mut text),
                _ => self.write(&token, &mut text),
            }
        }
        text
    }

    /// The links so far, in the order of the text.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    fn tag(&mut self, tag: &str, text: &mut String) {
        let name: String = tag.trim_start_matches(['<', '/']).chars().take_while(char::is_ascii_alphanumeric).collect();
        match (name.as_str(), tag.starts_with("</")) {
            ("a", false) => {
                let href = tag.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
                self.open = Some(Link { text: String::new(), href: unescape(href) });
            }
            ("a", true) => self.links.extend(self.open.take()),
            ("br", _) | ("pre" | "ul" | "ol", _) => self.break_line(text),
            ("p", false) => {
                self.break_line(text);
                if self.written {
                    text.push('\n');
                }
            }
            ("p" | "li", true) => self.break_line(text),
            ("li", false) => {
                self.break_line(text);
                self.write("  • ", text);
            }
            _ => {}
        }
    }

    fn write(&mut self, words: &str, text: &mut String) {
        if words.is_empty() || (!self.in_line && words.trim().is_empty()) {
            return;
        }
        text.push_str(words);
        if let Some(link) = &mut self.open {
            link.text.push_str(words);
        }
        self.in_line = true;
        self.written = true;
    }

    fn break_line(&mut self, text: &mut String) {
        if self.in_line {
            text.push('\n');
            self.in_line = false;
        }
    }
}

/// Replaces the entities that escaping makes.
pub fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(pieces: &[&str]) -> String {
        let mut plain = Plain::default();
        pieces.iter().map(|piece| plain.push(piece)).collect()
    }

    #[test]
    fn tags_become_lines_and_entities_characters() {
        let html = "<p><b>Nora</b> said &ldquo;hi&rdquo; &amp; left <a href=\"x\">[1]</a>.</p><ul><li>one</li><li>two</li></ul><p>End</p>";

        assert_eq!(plain(&[html]), "Nora said &ldquo;hi&rdquo; & left [1].\n  • one\n  • two\n\nEnd\n");
    }

    #[test]
    fn links_are_remembered() {
        let mut plain = Plain::default();
        plain.push("See <a class=\"c\" href=\"http://x/?a=1&amp;b=2\" target=\"_blank\">[2");
        plain.push("]</a>.");

        assert_eq!(plain.links(), [Link { text: "[2]".to_owned(), href: "http://x/?a=1&b=2".to_owned() }]);
    }

    #[test]
    fn pieces_may_end_anywhere() {
        let whole = "a &lt; b<br>AT&T is fine, and <i>c</i> too";
        let letters: Vec<String> = whole.chars().map(String::from).collect();
        let pieces: Vec<&str> = letters.iter().map(String::as_str).collect();

        assert_eq!(plain(&pieces), "a < b\nAT&T is fine, and c too");
        assert_eq!(plain(&[whole]), plain(&pieces));
    }
}
