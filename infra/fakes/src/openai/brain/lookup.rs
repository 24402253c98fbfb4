//! Which tool to look things up with next.

use super::super::script::Reply;
use super::super::turn::Tool;
use super::super::words::words;
use super::arguments::{Facts, addresses_in, for_tool};
use super::concepts::kin;
use super::parts::parts;
use super::passage::Passage;
use super::question::Question;
use super::wish::Deed;

/// What has been tried since the question was put.
#[derive(Clone, Debug, Default)]
pub struct Tried {
    pub tools: Vec<String>,
    /// The arguments of each call, in the same order.
    pub arguments: Vec<String>,
    pub rounds: usize,
}

impl Tried {
    /// Whether the tool was called with these words.
    pub fn has(&self, tool: &str, said: &str) -> bool {
        let wanted = words(said);
        let holds = |arguments: &String| {
            let given = words(arguments);
            wanted.iter().all(|word| given.contains(word))
        };
        self.tools.iter().zip(&self.arguments).any(|(name, arguments)| name == tool && holds(arguments))
    }
}

/// The most a tool is asked to list where the answer needs all.
pub const MOST_LISTED: u32 = 50;
/// The fields a contact's id may be in.
const CONTACT_ID: &[&str] = &["contact_id", "id", "contactid", "hs_object_id"];

/// Rounds of tool calls per question.
const MOST_ROUNDS: usize = 3;

/// The next call, if there is a tool left that may help.
pub fn next(question: &Question, tools: &[Tool], tried: &Tried, contacts: &[Passage]) -> Option<Reply> {
    if tried.rounds >= MOST_ROUNDS {
        return None;
    }
    let untried = |name: &str| tools.iter().find(|tool| tool.name == name && !tried.tools.contains(&tool.name));
    let contact = contact_of(question, contacts);
    let name = order(question, contact.is_some()).into_iter().find_map(untried)?;
    let of_contact = name.name.contains("contact") && !question.names.is_empty();
    let query = if of_contact { question.names.join(" ") } else { query(question) };
    let mut reply = call(name, question, contact, &query);
    // Once more in other words, as somebody does who knows how people put such things.
    if name.name.starts_with("search_")
        && !of_contact
        && let Some(other) = in_other_words(question)
    {
        reply.calls.extend(call(name, question, contact, &other).calls);
    }
    Some(reply)
}

fn in_other_words(question: &Question) -> Option<String> {
    const MOST: usize = 12;
    let mut others: Vec<&str> = question.terms.iter().flat_map(|term| kin(term)).collect();
    others.truncate(MOST);
    (!others.is_empty()).then(|| [question.names.join(" ").as_str(), &others.join(" ")].join(" ").trim().to_owned())
}

pub fn call(tool: &Tool, question: &Question, contact: Option<&Passage>, query: &str) -> Reply {
    Reply::call(tool.name.clone(), for_tool(tool, &facts(question, contact, query)))
}

/// What the question and the contact found for it say.
pub fn facts(question: &Question, contact: Option<&Passage>, query: &str) -> Facts {
    let field = |keys: &[&str]| contact.and_then(|contact| contact.field(keys));
    let name = question.names.first();
    let (first, last) = name.map_or((None, None), |name| match name.split_once(' ') {
        Some((first, last)) => (Some(first), Some(last)),
        None => (Some(name.as_str()), None),
    });
    let matter = parts(Deed::Mail, &question.text).matter;
    let matter = if matter.is_empty() { question.text.clone() } else { matter };
    Facts::of(&question.text)
        .with("query", query)
        .with("title", matter.split_whitespace().take(8).collect::<Vec<_>>().join(" "))
        .with("body", matter)
        .with("rule", question.text.clone())
        .with_some("contact_id", field(CONTACT_ID))
        .with_some(
            "email",
            addresses_in(&question.text).first().cloned().or_else(|| field(&["email"]).map(str::to_owned)),
        )
        .with_some("name", name.cloned())
        .with_some("first_name", first)
        .with_some("last_name", last)
}

/// The words to search for.
pub fn query(question: &Question) -> String {
    let mut query = question.names.clone();
    query.extend(words(&question.core).into_iter().filter(|word| question.terms.contains(word)));
    if query.is_empty() { question.text.clone() } else { query.join(" ") }
}

/// Tools by what the question is about.
fn order(question: &Question, knows_contact: bool) -> Vec<&'static str> {
    let asked = words(&question.text);
    let about = |any: &[&str]| any.iter().any(|word| asked.iter().any(|asked| asked == word));
    let mut order = Vec::new();
    let of_record = about(&["phone", "address", "birthday", "company", "job", "number", "contact", "employer"]);
    if knows_contact {
        if about(&["note", "notes"]) {
            order.push("get_contact_notes");
        }
        if of_record {
            order.push("get_contact_by_id");
        }
    }
    // What somebody said of a meeting stands in the mail.
    let says = about(&["say", "said", "wrote", "write", "mention", "mentioned", "ask", "asked"]);
    if !says
        && about(&["meeting", "meetings", "calendar", "appointment", "schedule", "event", "events", "free", "busy"])
    {
        order.push("search_calendar");
    }
    if about(&["deal", "deals", "pipeline", "opportunity", "closing"]) {
        order.push("search_deals");
    }
    if of_record || about(&["note", "notes"]) {
        order.push("search_contacts");
    }
    order.push("search_emails");
    if !question.names.is_empty() {
        order.push("search_contacts");
    }
    if knows_contact {
        order.push("get_contact_notes");
    }
    order
}

/// The contact the question names; only if there is just one.
pub fn contact_of<'a>(question: &Question, contacts: &'a [Passage]) -> Option<&'a Passage> {
    let named = |contact: &&Passage| {
        let known: Vec<String> = contact.header.iter().flat_map(|(_, value)| words(value)).collect();
        question.names.iter().any(|name| words(name).iter().all(|part| known.contains(part)))
    };
    let fitting: Vec<&Passage> =
        contacts.iter().filter(|contact| contact.field(CONTACT_ID).is_some()).filter(named).collect();
    let first = fitting.first()?;
    // Notes carry their contact's id too: several passages may be of one person.
    fitting.iter().all(|other| other.field(CONTACT_ID) == first.field(CONTACT_ID)).then_some(*first)
}
