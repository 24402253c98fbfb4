//! What is asked: the last thing the user said, and what earlier turns make of its pronouns.

use super::super::turn::{Message, Turn};
use super::super::words::{is_common, words};
use super::passage::{self, Passage};
use super::resume::{self, Wanted};

#[derive(Clone, Debug, Default)]
pub struct Question {
    /// As it was put.
    pub text: String,
    /// Without the question word, the names and the frame around the matter: `kid plays baseball`.
    pub core: String,
    /// The words that say what it is about.
    pub terms: Vec<String>,
    /// People named in it, or meant by its pronouns.
    pub names: Vec<String>,
    pub asks: Asks,
    /// What the conversation makes of it.
    pub wanted: Wanted,
    /// Whom the turns before named last.
    pub earlier: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asks {
    Who,
    Why,
    HowMuch,
    #[default]
    Other,
}

/// The question and the passages that came with it.
pub fn read(turn: &Turn) -> (Question, Vec<Passage>) {
    let last = turn.messages.iter().rposition(|message| matches!(message, Message::User(_)));
    let Some(Message::User(text)) = last.map(|at| &turn.messages[at]) else { return Default::default() };
    let mut passages = passage::read(text).0;
    // Some products put the passages into a message of their own, or into the instructions.
    for message in &turn.messages {
        if let Message::System(other) = message {
            passages.extend(passage::read(other).0);
        }
    }
    let before = last.map(|at| &turn.messages[..at]).unwrap_or_default();
    let wanted = last.map(|at| resume::wanted(&turn.messages, at)).unwrap_or_default();
    let question = understand(&wanted.text, before);
    (Question { wanted, earlier: earlier_names(before).into_iter().next(), ..question }, passages)
}

/// What follows the last `Question: ` at a line's start, else the last paragraph.
pub fn asked(text: &str) -> String {
    const MARK: &str = "Question: ";
    let marked = match text.rfind(&format!("\n{MARK}")) {
        Some(at) => Some(&text[at + 1 + MARK.len()..]),
        None => text.strip_prefix(MARK),
    };
    let last = || text.trim().rsplit("\n\n").next().unwrap_or_default();
    marked.unwrap_or_else(last).trim().to_owned()
}

fn understand(text: &str, before: &[Message]) -> Question {
    let mut names = names_in(text);
    if names.is_empty() && has_pronoun(text) {
        names = earlier_names(before);
    }
    let core = core(text);
    let of_name = |word: &str| names.iter().any(|name| words(name).iter().any(|part| part == word));
    let matter: Vec<&str> =
        core.split_whitespace().filter(|word| !words(word).iter().any(|word| of_name(word))).collect();
    let matter = if matter.len() < 2 { core.clone() } else { matter.join(" ") };
    let terms: Vec<String> = words(&matter).into_iter().filter(|word| !is_common(word) && !of_name(word)).collect();
    let first = words(text).into_iter().next().unwrap_or_default();
    let second = words(text).into_iter().nth(1).unwrap_or_default();
    let person = ["client", "clients", "person", "people", "family", "families", "household", "households", "couple"];
    let asks = match first.as_str() {
        "who" | "whose" | "whom" | "whos" => Asks::Who,
        "which" | "what" if person.contains(&second.as_str()) => Asks::Who,
        "why" => Asks::Why,
        "how" if ["much", "many", "large", "old", "big", "long", "high"].contains(&second.as_str()) => Asks::HowMuch,
        _ => Asks::Other,
    };
    Question { text: text.to_owned(), core: matter, terms, names, asks, ..Question::default() }
}

/// Runs of capitalised words that are not the first word of the text, or are followed by another one.
pub fn names_in(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut run: Vec<String> = Vec::new();
    let mut first_of_sentence = true;
    for raw in text.split_whitespace() {
        let word = raw.trim_matches(|c: char| !c.is_alphanumeric()).trim_end_matches("'s").trim_end_matches("’s");
        let capital = word.chars().next().is_some_and(char::is_uppercase) && word.chars().any(char::is_lowercase);
        let opener = first_of_sentence && (is_common(&word.to_lowercase()) || is_order(word));
        if capital && !opener && !is_calendar(word) && !word.eq_ignore_ascii_case("i") {
            run.push(word.to_owned());
        } else {
            finish(&mut run, &mut names);
        }
        let closed = raw.ends_with([',', '.', '?', '!', ';', ':']) || raw.ends_with("'s") || raw.ends_with("’s");
        if closed {
            finish(&mut run, &mut names);
        }
        first_of_sentence = raw.ends_with(['.', '?', '!']);
    }
    finish(&mut run, &mut names);
    names
}

fn finish(run: &mut Vec<String>, names: &mut Vec<String>) {
    if !run.is_empty() {
        let name = run.join(" ");
        run.clear();
        if !names.contains(&name) {
            names.push(name);
        }
    }
}

/// Verbs that open a request.
fn is_order(word: &str) -> bool {
    const ORDERS: [&str; 50] = [
        "schedule",
        "book",
        "email",
        "write",
        "add",
        "create",
        "make",
        "set",
        "remind",
        "send",
        "tell",
        "find",
        "show",
        "list",
        "draft",
        "reply",
        "search",
        "look",
        "call",
        "remember",
        "update",
        "cancel",
        "move",
        "reschedule",
        "change",
        "postpone",
        "shift",
        "push",
        "note",
        "log",
        "record",
        "answer",
        "respond",
        "arrange",
        "invite",
        "plan",
        "block",
        "put",
        "delete",
        "drop",
        "remove",
        "let",
        "save",
        "enter",
        "forward",
        "leave",
        "correct",
        "fix",
        "am",
        "could",
    ];
    ORDERS.contains(&word.to_lowercase().as_str())
}

fn is_calendar(word: &str) -> bool {
    const WORDS: [&str; 19] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    WORDS.contains(&word.to_lowercase().as_str())
}

fn has_pronoun(text: &str) -> bool {
    const PRONOUNS: [&str; 11] = ["he", "she", "him", "her", "his", "hers", "they", "them", "their", "theirs", "that"];
    words(text).iter().any(|word| PRONOUNS.contains(&word.as_str()))
}

/// The people of the last turn that names any: the question's own first, then those the answer begins with.
fn earlier_names(before: &[Message]) -> Vec<String> {
    for message in before.iter().rev() {
        let text = match message {
            Message::Assistant { text, .. } => text.split(['“', '[', ':']).next().unwrap_or_default().to_owned(),
            Message::User(text) => asked(&passage::read(text).1),
            _ => continue,
        };
        let names: Vec<String> =
            names_in(&text).into_iter().filter(|name| !NOT_PEOPLE.contains(&name.as_str())).collect();
        if let Some(first) = names.into_iter().next() {
            return vec![first];
        }
    }
    Vec::new()
}

/// Capitalised words of the stand-in's own sentences.
const NOT_PEOPLE: [&str; 16] = [
    "CRM", "A", "Your", "I", "Which", "Nothing", "Done", "The", "That", "There", "You", "HubSpot", "When", "What",
    "Whom", "To",
];

/// Drops the question word, and what only says that somebody said something.
fn core(text: &str) -> String {
    const OPENERS: [&str; 24] = [
        "who", "whose", "whom", "which", "what", "when", "where", "why", "how", "much", "many", "client", "clients",
        "person", "people", "is", "are", "was", "were", "did", "does", "do", "has", "have",
    ];
    const FRAME: [&str; 21] = [
        "mention",
        "mentioned",
        "mentions",
        "said",
        "say",
        "says",
        "saying",
        "told",
        "tell",
        "wrote",
        "write",
        "asked",
        "ask",
        "me",
        "us",
        "email",
        "emails",
        "did",
        "does",
        "about",
        "their",
    ];
    let kept = text.trim_end_matches(['?', '.', '!', ' ']).split_whitespace();
    let mut rest = kept.skip_while(|word| OPENERS.contains(&word.to_lowercase().as_str())).collect::<Vec<_>>();
    rest.retain(|word| !FRAME.contains(&word.to_lowercase().as_str()));
    if rest.is_empty() { text.to_owned() } else { rest.join(" ") }
}
