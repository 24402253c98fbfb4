//! A conversation that goes on: the stand-in asked back, and this is the answer.

use super::super::turn::Message;
use super::super::words::{is_common, stem, words};
use super::question::{asked, names_in};
use super::wish;

/// What is wanted, with everything the conversation has made clear by now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub text: String,
    /// The one of several that was chosen, as it was offered.
    pub chosen: Option<String>,
}

/// Questions the stand-in asks back; what the answer does to the request follows from which it was.
pub const WHEN: &str = "When should it be?";
pub const SAY: &str = "What should it say?";
pub const WHICH: &str = "do you mean: ";

/// The request the user's message at this place makes, together with what came before it.
pub fn wanted(messages: &[Message], at: usize) -> Wanted {
    let Some(Message::User(text)) = messages.get(at) else { return Wanted::default() };
    let said = asked(&super::passage::read(text).1);
    let plain = Wanted { text: said.clone(), chosen: None };
    let before = messages[..at].iter().rev().find_map(|message| match message {
        Message::Assistant { text, calls } if calls.is_empty() => Some(without_marks(text)),
        _ => None,
    });
    let user_before = messages[..at].iter().rposition(|message| matches!(message, Message::User(_)));
    let (Some(back), Some(user_before)) = (before, user_before) else { return plain };
    let is_new = said.split_whitespace().count() > 14 || said.ends_with('?') || wish::deed(&said).is_some();
    if is_new {
        return plain;
    }
    let base = || wanted(messages, user_before);
    if let Some((which, options)) = options(&back) {
        return chosen(&which, &options, &said, base).unwrap_or(plain);
    }
    if back.trim_end().ends_with(WHEN) {
        let base = base();
        let text = slot(&back, &said).unwrap_or(said);
        return Wanted { text: format!("{} {}", base.text.trim_end_matches(['.', '!']), led(&text)), ..base };
    }
    if back.trim_end().ends_with(SAY) {
        let base = base();
        return Wanted { text: format!("{}: {said}", base.text.trim_end_matches(['.', '!', ':'])), ..base };
    }
    plain
}

/// `Which Greg do you mean: A (…) or B (…)?`: what was unclear, and what was offered.
fn options(text: &str) -> Option<(String, Vec<String>)> {
    let at = text.rfind(WHICH)?;
    let which = text[..at].rfind("Which ").map(|from| text[from + "Which ".len()..at].trim().to_owned())?;
    let listed = text[at + WHICH.len()..].trim().trim_end_matches('?');
    Some((which, listed.split(" or ").map(|option| option.trim().to_owned()).collect()))
}

fn chosen(which: &str, options: &[String], said: &str, base: impl Fn() -> Wanted) -> Option<Wanted> {
    let is_name = which.chars().next().is_some_and(char::is_uppercase);
    let pick = pick(options, said);
    if !is_name {
        return pick.map(|option| Wanted { chosen: Some(option), ..base() });
    }
    // The name alone; what follows in brackets told it from the others.
    let name = match &pick {
        Some(option) => option.split(" (").next().unwrap_or(option).trim().to_owned(),
        None => {
            names_in(&format!("- {said}")).into_iter().find(|name| name.starts_with(which) && name.contains(' '))?
        }
    };
    let base = base();
    Some(Wanted { text: base.text.replacen(which, &name, 1), chosen: pick })
}

/// The option with most of the answer's words in it, if there is one such; or the first, second, … of them.
fn pick(options: &[String], said: &str) -> Option<String> {
    const PLACES: [(&str, usize); 8] =
        [("first", 0), ("1", 0), ("former", 0), ("second", 1), ("2", 1), ("latter", 1), ("third", 2), ("3", 2)];
    let said = words(said);
    let meant: Vec<String> = said.iter().filter(|word| !is_common(word)).map(|word| stem(word)).collect();
    let hits = |option: &String| {
        let own: Vec<String> = words(option).iter().map(|word| stem(word)).collect();
        meant.iter().filter(|word| own.contains(word)).count()
    };
    let best = options.iter().map(hits).max()?;
    let leading: Vec<&String> = options.iter().filter(|option| hits(option) == best).collect();
    if let (true, [one]) = (best > 0, leading.as_slice()) {
        return Some((*one).clone());
    }
    let place = said.iter().find_map(|word| PLACES.iter().find(|(name, _)| name == word)).map(|(_, at)| *at);
    let last = said.iter().any(|word| word == "last").then(|| options.len() - 1);
    options.get(place.or(last)?).cloned()
}

/// The listed time that is meant by `the first one`.
fn slot(back: &str, said: &str) -> Option<String> {
    let listed: Vec<String> =
        back.lines().filter_map(|line| line.trim().strip_prefix("- ").map(str::to_owned)).collect();
    let ordinals = ["first", "second", "third", "last", "1", "2", "3"];
    words(said).iter().any(|word| ordinals.contains(&word.as_str())).then(|| pick(&listed, said)).flatten()
}

/// `3pm` as an answer is a time without the word before it that makes one of `3`.
fn led(text: &str) -> String {
    let is_bare = text.trim().chars().all(|c| c.is_ascii_digit());
    if is_bare { format!("at {}", text.trim()) } else { text.trim().to_owned() }
}

/// What was said, as it was said: a client hands back what it showed, with its marks, or the Markdown that was kept.
fn without_marks(text: &str) -> String {
    const LINES: [(&str, &str); 5] =
        [("<li>", "\n- "), ("</li>", "\n"), ("</p>", "\n"), ("<br>", "\n"), ("</ul>", "\n")];
    let mut text = text.to_owned();
    for (tag, line) in LINES {
        text = text.replace(tag, line);
    }
    let mut plain = String::new();
    let mut inside = false;
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            _ if !inside => plain.push(c),
            _ => {}
        }
    }
    let plain = plain
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    without_links(&plain)
}

/// `[[3]](address)` as `[3]`, and what is escaped as it stands.
fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("]](") {
        plain.push_str(&rest[..at]);
        rest = rest[at + 3..].split_once(')').map_or("", |(_, after)| after);
        plain.push(']');
    }
    plain.push_str(rest);
    let plain = plain.replace("[[", "[");
    let mut bare = String::new();
    let mut chars = plain.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' || !chars.peek().is_some_and(char::is_ascii_punctuation) {
            bare.push(c);
        }
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_read_whatever_it_is_wrapped_in() {
        let kept = "Which Greg do you mean: Greg Hall (greg\\_h@x.example [[1]](https://h.example/1)) or Greg Novak?";
        let shown = "<p>You are free:</p><ul><li>Monday, 9:00</li><li>Tuesday</li></ul><p>When should it be?</p>";

        assert_eq!(without_marks(kept), "Which Greg do you mean: Greg Hall (greg_h@x.example [1]) or Greg Novak?");
        let lines: Vec<String> =
            without_marks(shown).lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        assert_eq!(lines, ["You are free:", "- Monday, 9:00", "- Tuesday", "When should it be?"]);
    }
}
