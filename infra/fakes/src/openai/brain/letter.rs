//! A mail in the advisor's words: salutation, what was to be said, and the advisor's name.

use super::parts::capital;

/// The matter as a sentence to the reader: `that her papers are ready` becomes `Your papers are ready.`
pub fn sentence(matter: &str) -> String {
    let matter = matter.trim().trim_start_matches("that ");
    let mut words = matter.split_whitespace();
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let rest: Vec<&str> = words.collect();
    let swapped = match (first.to_lowercase().as_str(), second) {
        ("her" | "his" | "their", next) => Some(format!("your {next}")),
        ("she" | "he" | "they", verb) => Some(format!("you {}", of_you(verb))),
        _ => None,
    };
    let text = match swapped {
        Some(start) if rest.is_empty() => start,
        Some(start) => format!("{start} {}", rest.join(" ")),
        None => matter.to_owned(),
    };
    let ended = text.ends_with(['.', '!', '?']);
    format!("{}{}", capital(&text), if ended { "" } else { "." })
}

fn of_you(verb: &str) -> &str {
    match verb {
        "is" => "are",
        "has" => "have",
        "was" => "were",
        "does" => "do",
        "needs" => "need",
        "wants" => "want",
        other => other,
    }
}

/// The whole text.
pub fn body(first_name: Option<&str>, said: &str, advisor: Option<&str>) -> String {
    let hello = first_name.filter(|name| !name.is_empty()).map_or("Hello,".to_owned(), |name| format!("Hi {name},"));
    let bye = advisor.map(|name| format!("\n\nBest regards,\n{name}")).unwrap_or_default();
    format!("{hello}\n\n{said}{bye}")
}

/// `with the subject X`, `about X`, else the first words of what is said.
pub fn subject(head: &str, matter: &str) -> String {
    const MARKS: [&str; 5] = [" with the subject ", " with subject ", " subject: ", " about ", " regarding "];
    let lower = head.to_ascii_lowercase();
    let named = MARKS.iter().find_map(|mark| lower.find(mark).map(|at| head[at + mark.len()..].trim()));
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        return capital(super::parts::unquoted(named).trim_end_matches([',', '.']));
    }
    const MOST: usize = 8;
    let said = sentence(matter);
    let first = said.split(['.', '!', '?']).next().unwrap_or_default();
    first.split_whitespace().take(MOST).collect::<Vec<_>>().join(" ")
}

/// The advisor's name, as the prompt states it.
pub fn advisor_of(prompts: &[&str]) -> Option<String> {
    let said = prompts
        .iter()
        .find_map(|prompt| prompt.split_once("assistant of ").or_else(|| prompt.split_once("assistant for ")))?;
    let name: String = said.1.split([',', '.', '\n']).next().unwrap_or_default().trim().to_owned();
    (name != "the advisor" && !name.is_empty() && name.len() < 60).then_some(name)
}
