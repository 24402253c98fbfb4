//! Texts of what is to be said and of the placeholders that are offered.

use super::super::super::words::{stem, words};
use super::clauses::Matter;
use super::names;

/// Placeholders a description offers for an event: `… ; for calendar events {event_summary} the event's title, …`.
pub struct Offer(Vec<String>);

impl Offer {
    pub fn of(description: &str, event: &str) -> Self {
        let event = names::tokens(event);
        let mut offered = Vec::new();
        for part in description.split(';') {
            let heading = part.split('{').next().unwrap_or_default().to_lowercase().replace("e-mail", "email");
            let is_for_all = heading.contains("always");
            let fits = event.iter().any(|token| names::says(&heading, token));
            if is_for_all || fits {
                offered.extend(placeholders(part));
            }
        }
        Self(offered)
    }

    fn find(&self, fits: impl Fn(&str) -> bool) -> Option<String> {
        self.0.iter().find(|name| fits(name)).map(|name| format!("{{{name}}}"))
    }

    /// Those that say something of a thing: by its name, or of the mail that set it off.
    fn about(&self, thing: &str) -> Vec<&String> {
        let thing: Vec<String> = words(thing).iter().map(|word| stem(word)).collect();
        let is = |names: &[&str]| names.iter().any(|name| thing.contains(&stem(name)));
        if is(&["meeting", "event", "appointment"]) {
            let told = ["event_summary", "event_start", "event_location"];
            return self.0.iter().filter(|name| told.contains(&name.as_str())).collect();
        }
        if is(&["email", "mail", "message", "it"]) {
            return self.0.iter().filter(|name| ["date", "subject", "snippet"].contains(&name.as_str())).collect();
        }
        Vec::new()
    }
}

fn placeholders(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.to_owned())
}

/// The text of a field of this name.
pub fn compose(field: &str, deed: &str, matter: &Matter, to: &str, offer: &Offer) -> String {
    let about = matter.about.as_deref().unwrap_or("it");
    match field {
        "subject" => subject(matter, about, offer),
        "note" | "message" => facts(about, offer).unwrap_or_else(|| sentence(deed)),
        "body" if to.is_empty() || names::says(deed, "note") && !names::says(deed, "send") => {
            matter.words.as_deref().map(sentence).or_else(|| facts(about, offer)).unwrap_or_else(|| sentence(deed))
        }
        "body" => letter(matter, about, to, offer),
        "type" => slug(deed),
        _ => sentence(deed),
    }
}

fn subject(matter: &Matter, about: &str, offer: &Offer) -> String {
    if let Some(said) = &matter.words {
        let words: Vec<&str> = said.split_whitespace().take(9).collect();
        return capital(words.join(" ").trim_end_matches(['.', ',', '!', '?']));
    }
    match offer.about(about).first() {
        Some(name) => format!("About {}: {{{name}}}", about.trim_start_matches("the ").trim_end_matches('.')),
        None => capital(about),
    }
}

fn letter(matter: &Matter, about: &str, to: &str, offer: &Offer) -> String {
    let person = to.trim_end_matches('s');
    let name = offer.find(|name| name.starts_with(person) && name.ends_with("first_name"));
    let greeting = name.map_or_else(|| "Hello,".to_owned(), |name| format!("Hi {name},"));
    let said = matter.words.as_deref().map(sentence);
    let said = said.or_else(|| facts(about, offer).map(|facts| format!("A few words {}:\n\n{facts}", named(about))));
    let end = offer.find(|name| name.starts_with("advisor")).map_or_else(String::new, |name| format!("\n{name}"));
    format!("{greeting}\n\n{}\n\nBest regards,{end}", said.unwrap_or_else(|| capital(about)))
}

fn named(about: &str) -> String {
    format!("about {}", about.trim_end_matches(['.', '!']))
}

/// A line for each thing that is known of it.
fn facts(about: &str, offer: &Offer) -> Option<String> {
    let names = offer.about(about);
    let line = |name: &&String| {
        let label = name.rsplit('_').next().unwrap_or(name);
        format!("{}: {{{name}}}", capital(label))
    };
    (!names.is_empty()).then(|| names.iter().map(line).collect::<Vec<_>>().join("\n"))
}

fn slug(deed: &str) -> String {
    let kept: Vec<String> = words(deed)
        .into_iter()
        .filter(|word| !["a", "an", "the", "to", "create", "add", "task", "me"].contains(&word.as_str()))
        .collect();
    if kept.is_empty() { "task".into() } else { kept.into_iter().take(4).collect::<Vec<_>>().join("_") }
}

fn sentence(text: &str) -> String {
    let text = capital(text.trim());
    if text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
