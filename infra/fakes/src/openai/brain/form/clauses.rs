//! The parts of an instruction: what sets it off, what holds then, what is to be done, and what is to be said.

use super::super::super::words::words;
use super::names::{place, tokens};

/// "When …, …", taken apart.
pub struct Instruction {
    pub when: String,
    pub deeds: Vec<String>,
    /// `at most N times a day`
    pub times: Option<u32>,
}

impl Instruction {
    pub fn read(text: &str) -> Self {
        let text = text.trim().trim_end_matches(['.', '!']);
        let (when, what) = halves(text);
        Self { when, deeds: deeds(&what), times: times(text) }
    }
}

const STARTS: [&str; 8] = ["whenever ", "when ", "every time ", "each time ", "if ", "once ", "as soon as ", "after "];

fn halves(text: &str) -> (String, String) {
    let lower = text.to_lowercase();
    let pair = |when: &str, what: &str| (when.trim().to_owned(), what.trim().to_owned());
    if STARTS.iter().any(|start| lower.starts_with(start)) {
        let end = [", ", " then "].iter().filter_map(|mark| Some((lower.find(mark)?, mark.len()))).min();
        return match end {
            Some((at, length)) => pair(&text[..at], &text[at + length..]),
            None => pair(text, text),
        };
    }
    let middle = STARTS.iter().filter_map(|start| lower.find(&format!(" {start}"))).min();
    match middle {
        Some(at) => pair(&text[at..], &text[..at]),
        None => pair(text, text),
    }
}

/// Each begins with what is to be done.
fn deeds(what: &str) -> Vec<String> {
    const VERBS: [&str; 18] = [
        "send",
        "create",
        "add",
        "write",
        "reply",
        "email",
        "log",
        "remind",
        "make",
        "tell",
        "let",
        "summarize",
        "summarise",
        "draft",
        "put",
        "leave",
        "schedule",
        "prepare",
    ];
    let mut deeds: Vec<String> = Vec::new();
    for part in
        what.replace(" and then ", " and ").replace(", then ", " and ").replace(", and ", " and ").split(" and ")
    {
        let bare = part.trim().trim_start_matches("please ").trim();
        let starts = words(bare).first().is_some_and(|word| VERBS.contains(&word.as_str()));
        match deeds.last_mut() {
            Some(last) if !starts => *last = format!("{last} and {bare}"),
            _ => deeds.push(bare.to_owned()),
        }
    }
    deeds
}

fn times(text: &str) -> Option<u32> {
    let words = words(text);
    let at = words.windows(2).position(|pair| ["a", "per"].contains(&pair[0].as_str()) && pair[1] == "day")?;
    let before = &words[..at];
    if before.last().is_some_and(|word| word == "once") {
        return Some(1);
    }
    before.iter().rev().take(2).find_map(|word| word.parse().ok())
}

/// Whether a fact, by the parts of its name, is spoken of; whether it is denied, and what it is compared with.
pub fn fact(name: &[String], when: &str) -> Option<(bool, Option<String>)> {
    let lower = format!(" {} ", words(when).join(" "));
    let has = |parts: &[&str]| parts.iter().all(|part| name.iter().any(|token| token == part));
    if has(&["hubspot"]) {
        // One of those invited is another matter.
        if has(&["attendee"]) && !super::says(when, "attendee") {
            return None;
        }
        return in_crm(&lower).map(|negated| (negated, None));
    }
    if has(&["organizer"]) {
        return (lower.contains(" i ") || lower.contains(" my own ")).then_some((false, None));
    }
    if has(&["has", "attendees"]) {
        return ["with guests", "with attendees", "invite"]
            .iter()
            .any(|said| lower.contains(said))
            .then_some((false, None));
    }
    if name.last().is_some_and(|token| token == "address") {
        return addresses(when).into_iter().next().map(|address| (false, Some(address)));
    }
    if name.last().is_some_and(|token| token == "domain") {
        return domain(when).map(|domain| (false, Some(domain)));
    }
    if name.last().is_some_and(|token| token == "contains") {
        let is_of_subject = has(&["subject"]) || has(&["summary"]);
        let speaks = ["subject", "title", "called", "titled"].iter().any(|word| lower.contains(&format!(" {word} ")));
        let is_whole_text = has(&["text"]);
        if is_of_subject != speaks || !(is_of_subject || is_whole_text) {
            return None;
        }
        return said(when).map(|value| (lower.contains(" not "), Some(value)));
    }
    None
}

/// Whether somebody is said not to be in the CRM, or to be in it; nothing when it is not spoken of.
fn in_crm(lower: &str) -> Option<bool> {
    const THERE: [&str; 6] =
        [" in hubspot ", " in my hubspot ", " in my crm ", " in the crm ", " in my contacts ", " known to hubspot "];
    const ABSENT: [&str; 5] =
        [" not a contact ", " isnt a contact ", " unknown sender ", " a stranger ", " dont know "];
    const PRESENT: [&str; 4] = [" existing contact ", " existing client ", " is a contact ", " known contact "];
    if ABSENT.iter().any(|said| lower.contains(said)) {
        return Some(true);
    }
    if let Some(at) = THERE.iter().find_map(|said| lower.find(said)) {
        let before: Vec<&str> = lower[..at].split(' ').collect();
        let denied = ["not", "isnt", "arent", "never", "no"];
        return Some(before.iter().rev().take(4).any(|word| denied.contains(word)));
    }
    PRESENT.iter().any(|said| lower.contains(said)).then_some(false)
}

/// What is quoted, or follows a word for containing.
fn said(text: &str) -> Option<String> {
    let quoted = |open: char, close: char| {
        let (_, rest) = text.split_once(open)?;
        rest.split_once(close).map(|(inner, _)| inner.trim().to_owned())
    };
    if let Some(quoted) = quoted('"', '"').or_else(|| quoted('“', '”')) {
        return Some(quoted);
    }
    let marks = [" contains ", " containing ", " mentions ", " mentioning ", " includes ", " says "];
    let rest = marks.iter().find_map(|mark| text.split_once(mark)).map(|(_, rest)| rest)?;
    Some(rest.trim_start_matches("the word ").split([',', '.']).next().unwrap_or(rest).trim().to_owned())
}

pub fn addresses(text: &str) -> Vec<String> {
    let trimmed = text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    let found = trimmed
        .filter(|word| word.split_once('@').is_some_and(|(local, host)| !local.is_empty() && host.contains('.')));
    found.map(str::to_lowercase).collect()
}

/// `acme.com` of "from anyone at acme.com".
fn domain(text: &str) -> Option<String> {
    let words = text.split_whitespace().map(|word| word.trim_end_matches(|c: char| !c.is_alphanumeric()));
    let mut host = words.filter_map(|word| {
        let host = word.trim_start_matches('@');
        let (name, end) = host.rsplit_once('.')?;
        let is_host = !host.contains('@') && !name.is_empty() && end.len() >= 2;
        (is_host && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-'))
            .then(|| host.to_lowercase())
    });
    host.next()
}

/// The alternative whose parts are all spoken of; of several, the one whose last part comes first.
pub fn alternative(options: &[String], deed: &str) -> Option<String> {
    let places = options.iter().filter_map(|option| {
        let tokens = tokens(option);
        let places: Option<Vec<usize>> = tokens.iter().map(|token| place(deed, token)).collect();
        places.and_then(|places| places.last().copied()).map(|place| (place, option))
    });
    places.min().map(|(_, option)| option.clone())
}

/// What is to be said.
pub struct Matter {
    /// Said outright: `thank you for being a client`.
    pub words: Option<String>,
    /// What it is to be about: `the meeting`.
    pub about: Option<String>,
}

impl Matter {
    pub fn of(deed: &str) -> Self {
        const SAYING: [&str; 12] = [
            " telling them that ",
            " telling them ",
            " saying that ",
            " saying ",
            " that says ",
            " to tell them that ",
            " to tell them ",
            " to say ",
            " to thank ",
            " thanking ",
            " with the text ",
            ": ",
        ];
        let said = SAYING.iter().filter_map(|mark| Some((deed.find(mark)?, *mark))).min();
        let words = said.map(|(at, mark)| {
            let rest = deed[at + mark.len()..].trim().trim_matches(['"', '“', '”']);
            match mark.trim() {
                "thanking" | "to thank" => format!("thank you {}", rest.trim_start_matches("them ").trim()),
                _ => rest.to_owned(),
            }
        });
        let about = words.as_deref().and_then(|words| words.strip_prefix("about ")).map(str::to_owned);
        let about = about.or_else(|| deed.split_once(" about ").map(|(_, about)| about.trim().to_owned()));
        Self { words: words.filter(|words| !words.starts_with("about ")), about }
    }
}
