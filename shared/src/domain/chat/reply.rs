//! Whether a message is a plain yes or no to what was offered. Exact words only: everything else is a message like any other.

use std::collections::BTreeSet;

/// An answer to an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub yes: bool,
    /// The numbers it is about, from 1; empty for all.
    pub numbers: BTreeSet<usize>,
}

const YES: &[&str] = &[
    "yes",
    "yes please",
    "y",
    "ok",
    "okay",
    "approve",
    "approved",
    "confirm",
    "confirmed",
    "go ahead",
    "send it",
    "do it",
    "sure",
    "yes send it",
    "yes do it",
    "yes go ahead",
];
const NO: &[&str] = &["no", "no thanks", "n", "cancel", "don't", "dont", "do not", "stop", "deny", "no don't"];

/// Longer messages say more than yes or no.
const LONGEST: usize = 80;

pub fn parse(message: &str) -> Option<Reply> {
    if message.chars().count() > LONGEST {
        return None;
    }
    let lower = message.to_lowercase().replace('’', "'");
    let words: Vec<&str> =
        lower.split(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | '!')).filter(|w| !w.is_empty()).collect();
    let told =
        words.iter().position(|word| word.starts_with(|c: char| c.is_ascii_digit() || c == '#')).unwrap_or(words.len());
    let (said, rest) = words.split_at(told);
    let said = said.join(" ");
    let yes = if YES.contains(&said.as_str()) {
        true
    } else if NO.contains(&said.as_str()) {
        false
    } else {
        return None;
    };
    let mut numbers = BTreeSet::new();
    for word in rest.iter().filter(|word| !matches!(**word, "and" | "&")) {
        numbers.insert(word.trim_start_matches('#').parse().ok()?);
    }
    Some(Reply { yes, numbers })
}

/// Whether a message of the assistant, as a client shows it (HTML or Markdown), holds this text. Letters and digits count.
///
/// A client that names no conversation proves with it that its reader has the offer before them: another tab of the same
/// session has not.
pub fn shows(message: &str, text: &str) -> bool {
    let wanted = letters(text);
    !wanted.is_empty() && (letters(message).contains(&wanted) || letters(&visible(message)).contains(&wanted))
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// HTML without its tags and references.
fn visible(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let is_tag = rest[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
        rest = match rest[at..].find('>').filter(|_| is_tag) {
            Some(end) => &rest[at + end + 1..],
            None => &rest[at + 1..],
        };
    }
    text.push_str(rest);
    ["&lt;", "&gt;", "&quot;", "&#39;", "&amp;"].iter().fold(text, |text, reference| text.replace(reference, " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_words_count() {
        let all = |yes| Some(Reply { yes, numbers: BTreeSet::new() });
        for yes in ["yes", "Yes!", " OK. ", "Yes, please", "go ahead", "Send it.", "SURE", "y", "yes, send it"] {
            assert_eq!(parse(yes), all(true), "{yes}");
        }
        for no in ["no", "No.", "cancel", "Don’t!", "don't", "stop", "n"] {
            assert_eq!(parse(no), all(false), "{no}");
        }
        for other in
            ["yes but change the subject", "yesterday", "not now", "send it to Bill", "", "1", "yes to Greg", "yes one"]
        {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[test]
    fn numbers_choose() {
        let some = |yes, numbers: &[usize]| Some(Reply { yes, numbers: numbers.iter().copied().collect() });
        assert_eq!(parse("yes 1,3"), some(true, &[1, 3]));
        assert_eq!(parse("Approve #2 and 3"), some(true, &[2, 3]));
        assert_eq!(parse("no 2"), some(false, &[2]));
        assert_eq!(parse("yes 2 please call"), None);
        assert_eq!(parse("ok 1x"), None);
    }

    #[test]
    fn an_offer_is_recognised_in_the_clients_html() {
        let preview = "Send an e-mail\nTo: bill@x.example\nSubject: A <b> & \"c\"\n\nHi Bill,\n1 < 2";
        let html = "<p>Ready.</p><p><strong>1.</strong><br><code>Send an e-mail</code><br><code>To: bill@x.example</code><br>\
                    <code>Subject: A &lt;b&gt; &amp; &quot;c&quot;</code></p><p><code>Hi Bill,</code><br><code>1 &lt; 2</code></p>";
        assert!(shows(html, preview));
        assert!(!shows("<p>Shall I look that up?</p>", preview));
        assert!(!shows(html, ""));
    }
}
