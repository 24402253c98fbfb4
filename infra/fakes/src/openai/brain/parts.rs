//! A request taken apart: whom it concerns, what is to be said, and the names of things.

use super::super::words::{is_common, listed};
use super::arguments::addresses_in;
use super::question::names_in;
use super::wish::{Deed, plainly};

/// One request.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Without politeness.
    pub text: String,
    /// What comes before the matter: the order and whom it concerns.
    pub head: String,
    /// What a mail is about, if that is said beside what it says.
    pub about: Option<String>,
    /// What is to be said or noted; empty if it is not said.
    pub matter: String,
    /// People named in the head.
    pub names: Vec<String>,
    /// Mail addresses named anywhere.
    pub addresses: Vec<String>,
}

pub fn parts(deed: Deed, text: &str) -> Parts {
    let text = plainly(text).trim().to_owned();
    let marks: &[&str] = match deed {
        Deed::Reply => {
            &[": ", " saying that ", " saying ", " that ", " telling her ", " telling him ", " telling them ", "\n"]
        }
        Deed::Mail => &[
            ": ",
            " saying that ",
            " saying ",
            " that ",
            " to say ",
            " telling her ",
            " telling him ",
            " telling them ",
            " know ",
            " if ",
            " whether ",
            " about ",
            " asking ",
            " to tell ",
            "\n",
        ],
        Deed::Note => &[": ", " saying that ", " saying ", " that ", "\n"],
        Deed::UpdateContact => &[" to ", " is ", ": ", " as ", " with "],
        Deed::CreateContact => &[" with a note ", " with the note ", " note: ", " notes: "],
        Deed::Schedule => &[" about ", " regarding ", " titled ", " called ", " to discuss ", " to talk about "],
        Deed::Rule => &[],
        _ => &[],
    };
    // The mark that comes first; of those at one place the longest.
    let found = marks.iter().filter_map(|mark| Some((find_mark(&text, mark)?, *mark)));
    let cut = found.min_by_key(|(at, mark)| (*at, usize::MAX - mark.len()));
    let (head, mut matter) = match cut {
        Some((at, mark)) => (text[..at].to_owned(), text[at + mark.len()..].trim().to_owned()),
        None => (text.clone(), String::new()),
    };
    // `about the easement: the papers are ready`
    let mut about = None;
    if deed == Deed::Mail && cut.is_some_and(|(_, mark)| mark == " about ") {
        let marks = [": ", " saying that ", " saying ", " that "];
        let first = marks.iter().filter_map(|mark| Some((find_mark(&matter, mark)?, mark.len()))).min();
        let (said, rest) = first.map_or((matter.as_str(), ""), |(at, len)| (&matter[..at], matter[at + len..].trim()));
        (about, matter) = (Some(said.trim_end_matches(['.', ',']).to_owned()), rest.to_owned());
    }
    let matter = unquoted(&matter).to_owned();
    let names = match deed {
        Deed::Schedule => company_in(&head).unwrap_or_default(),
        Deed::Mail => people_in(head.split(" subject").next().unwrap_or_default()),
        _ => people_in(&head),
    };
    Parts { head, names, addresses: addresses_in(&text), about, matter, text }
}

/// People after `with`, `for` or `invite`; none if no such word is there.
fn company_in(text: &str) -> Option<Vec<String>> {
    let lower = text.to_ascii_lowercase();
    let led = [" with ", "invite ", " for "].iter().filter_map(|mark| {
        let rest = &text[lower.find(mark)? + usize::from(mark.starts_with(' '))..];
        let from = &lower[lower.len() - rest.len()..];
        let end = [" at ", " in ", " on ", " by ", " about ", " over "].iter().filter_map(|stop| from.find(stop)).min();
        let rest = &rest[..end.unwrap_or(rest.len())];
        // What something is for is rarely a person, so that needs a capital.
        (*mark != " for " || rest.chars().any(char::is_uppercase)).then_some(rest)
    });
    led.map(|rest| people_in(&format!("- {rest}"))).find(|names| !names.is_empty())
}

/// Whom a meeting is with: whoever is named after `with`, else anybody named.
pub fn partners_in(text: &str) -> Vec<String> {
    company_in(text).unwrap_or_else(|| people_in(text))
}

/// Where a mark stands outside of quotation marks. `: ` inside of a time is none.
fn find_mark(text: &str, mark: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    let quoted = |at: usize| text[..at].matches('"').count() % 2 == 1;
    lower.match_indices(mark).map(|(at, _)| at).find(|at| !quoted(*at))
}

/// Without a pair of quotation marks around it.
pub fn unquoted(text: &str) -> &str {
    let text = text.trim();
    for (open, close) in [('"', '"'), ('“', '”'), ('\'', '\'')] {
        if let Some(inner) = text.strip_prefix(open).and_then(|text| text.trim_end_matches('.').strip_suffix(close)) {
            return inner;
        }
    }
    text
}

/// People named in a text. Somebody who writes without capitals means the words after `with`, `to` and their like.
pub fn people_in(text: &str) -> Vec<String> {
    let is_person = |name: &String| !NO_PEOPLE.contains(&name.to_lowercase().as_str()) && !name.contains('@');
    let named: Vec<String> = names_in(text).into_iter().filter(is_person).collect();
    if !named.is_empty() || text.chars().skip(1).any(char::is_uppercase) {
        return named;
    }
    let bare: Vec<&str> =
        text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'')).collect();
    for (at, word) in bare.iter().enumerate() {
        if !listed(LEADS, word.to_lowercase().as_str()) {
            continue;
        }
        let is_name = |word: &&str| {
            let plain = word.trim_end_matches("'s").to_lowercase();
            plain.len() > 1
                && plain.chars().all(char::is_alphabetic)
                && !is_common(&plain)
                && !listed(NO_NAMES, plain.as_str())
        };
        let taken: Vec<String> = bare[at + 1..]
            .iter()
            .take_while(|word| is_name(word))
            .take(2)
            .map(|word| capital(word.trim_end_matches("'s")))
            .collect();
        if !taken.is_empty() {
            return vec![taken.join(" ")];
        }
    }
    Vec::new()
}

const NO_PEOPLE: [&str; 12] = [
    "zoom",
    "teams",
    "google meet",
    "meet",
    "hubspot",
    "crm",
    "gmail",
    "google",
    "outlook",
    "skype",
    "subject",
    "note",
];
const LEADS: &str = "with invite to email mail for tell ask cancel of on";
const NO_NAMES: &str = "today tomorrow monday tuesday wednesday thursday friday saturday sunday noon week month minutes hour hours meeting appointment call review record phone video lunch coffee contact calendar half day january february april june july august";

pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
