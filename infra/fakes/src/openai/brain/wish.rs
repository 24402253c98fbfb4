//! What the advisor wants done, or wants to know of calendar and deals: one kind of request each.

use super::super::turn::Tool;
use super::super::words::{listed, words};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Schedule,
    Move,
    Cancel,
    Note,
    UpdateContact,
    CreateContact,
    Reply,
    Mail,
    Rule,
    Rules,
    FreeTime,
    Agenda,
    NextMeeting,
    LastMeeting,
    Deals,
}

impl Deed {
    /// What the tools that do it are called, the best fit first: all of the parts stand in the name.
    fn tools(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Schedule => {
                &[&["schedule"], &["create", "event"], &["book"], &["appointment"], &["create", "meeting"]]
            }
            Self::Move => &[&["update", "event"], &["move", "event"], &["reschedule"]],
            Self::Cancel => &[&["cancel", "event"], &["delete", "event"]],
            Self::Note => &[&["create", "note"], &["add", "note"], &["note"]],
            Self::UpdateContact => &[&["update", "contact"]],
            Self::CreateContact => &[&["create", "contact"], &["add", "contact"]],
            Self::Reply | Self::Mail => &[&["send", "email"], &["send", "mail"], &["draft"], &["reply"]],
            Self::Rule => &[&["create", "rule"], &["rule"], &["instruction"], &["remember"]],
            Self::Rules => &[&["list", "rule"]],
            Self::FreeTime => &[&["free"], &["availability"]],
            Self::Agenda | Self::NextMeeting | Self::LastMeeting => &[&["search_calendar"], &["list", "event"]],
            Self::Deals => &[&["search_deals"], &["list", "deal"]],
        }
    }

    pub fn writes(self) -> bool {
        use Deed::{Agenda, Deals, FreeTime, LastMeeting, NextMeeting, Rules};
        ![Agenda, Deals, FreeTime, LastMeeting, NextMeeting, Rules].contains(&self)
    }

    /// The offered tool that does it.
    pub fn tool(self, offered: &[Tool]) -> Option<&Tool> {
        let fits = |tool: &&Tool, parts: &[&str]| parts.iter().all(|part| tool.name.to_lowercase().contains(part));
        let writes = |tool: &&Tool| !self.writes() || !reads(tool);
        self.tools().iter().find_map(|parts| offered.iter().filter(writes).find(|tool| fits(tool, parts)))
    }
}

pub fn reads(tool: &Tool) -> bool {
    ["search", "get", "list", "find", "read", "lookup"].iter().any(|start| tool.name.to_lowercase().starts_with(start))
}

/// The request without its politeness.
pub fn plainly(text: &str) -> &str {
    const POLITE: [&str; 9] = [
        "please ",
        "can you ",
        "could you ",
        "would you ",
        "will you ",
        "i want you to ",
        "i'd like you to ",
        "i need you to ",
        "help me ",
    ];
    let mut text = text.trim();
    while let Some(start) =
        POLITE.iter().find(|start| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
    {
        text = text[start.len()..].trim_start();
    }
    text
}

/// What is asked for; none for a question about people.
pub fn deed(text: &str) -> Option<Deed> {
    let text = plainly(text);
    let lower = text.to_lowercase().replace('’', "'");
    let said = words(text);
    let first = said.first().map_or("", String::as_str);
    let any = |list: &str| said.iter().any(|word| listed(list, word));
    let asks = lower.trim_end().ends_with('?') || listed(QUESTIONS, first);
    if any("rule rules instructions") && (asks || listed("list show", first)) {
        return Some(Deed::Rules);
    }
    if is_standing(&lower, first) {
        return Some(Deed::Rule);
    }
    if let Some(read) = read(&lower, &said, first) {
        return Some(read);
    }
    if asks && !lower.contains(" to ") && !is_order(first) {
        return None;
    }
    write(&lower, &said, first)
}

const QUESTIONS: &str = "who whose whom which what when where why how do does did is are";
const EVENTS: &str = "meeting meetings appointment appointments call event events review reviews lunch coffee dinner session checkin calendar invitation visit";
const FIELDS: &str = "phone telephone mobile cell number email mail address company employer job title position website city town state zip stage name";

/// Something that is to hold from now on.
fn is_standing(lower: &str, first: &str) -> bool {
    let remembered =
        ["remember:", "remember that", "remember to", "remember, ", "remember when", "remember if", "remember - "];
    let opens =
        ["from now on", "every time", "each time", "any time", "add a rule", "add rule", "create a rule", "new rule"];
    let starts = |list: &[&str]| list.iter().any(|start| lower.starts_with(start));
    if starts(&remembered) || starts(&opens) || listed("always whenever never", first) {
        return !lower.ends_with('?');
    }
    listed("when if", first) && lower.contains(',') && !lower.trim_end().ends_with('?')
}

fn read(lower: &str, said: &[String], first: &str) -> Option<Deed> {
    let any = |list: &str| said.iter().any(|word| listed(list, word));
    let starts = listed(QUESTIONS, first) || listed("find show list give am have tell", first);
    if !starts {
        return None;
    }
    if any("deal deals pipeline opportunity opportunities") {
        return Some(Deed::Deals);
    }
    let mine = any("i my we our me") || listed("find show", first);
    if mine && (any("free available availability slot slots opening openings") || lower.contains("have time")) {
        return Some(Deed::FreeTime);
    }
    // What somebody said of a meeting stands in the mail.
    if any("say said mention mentioned write wrote ask asked think want wanted told") {
        return None;
    }
    let meets = any("meeting meet see appointment call review lunch coffee seeing");
    if meets && mine && first == "when" && any("last previous did was") {
        return Some(Deed::LastMeeting);
    }
    let with = any("with meet see meeting seeing");
    if meets
        && mine
        && (any("next upcoming") && !lower.contains("next week") && !lower.contains("next month")
            || first == "when" && with)
    {
        return Some(Deed::NextMeeting);
    }
    let have = [
        "do i have",
        "have i got",
        "am i doing",
        "am i meeting",
        "is on my",
        "on my calendar",
        "my schedule",
        "my agenda",
    ];
    let about_me =
        have.iter().any(|phrase| lower.contains(phrase)) || mine && any("meetings appointments events calendar");
    let of_days = any(
        "today tonight tomorrow week month monday tuesday wednesday thursday friday saturday sunday calendar schedule agenda yesterday days weeks upcoming meetings appointments",
    );
    (about_me && of_days).then_some(Deed::Agenda)
}

fn is_order(first: &str) -> bool {
    const ORDERS: &str = "add answer arrange ask block book call cancel change compose correct create delete draft drop email enter fix invite leave let log mail make message move note plan postpone push put record remove reply reschedule respond save schedule send set shift tell update write rename forward";
    listed(ORDERS, first)
}

fn write(lower: &str, said: &[String], first: &str) -> Option<Deed> {
    let any = |list: &str| said.iter().any(|word| listed(list, word));
    let place = |wanted: &str| said.iter().position(|word| word == wanted);
    if !is_order(first) {
        // `Nora's new phone number is …`
        let states = lower.contains(" new ") && lower.contains(" is ") && any(FIELDS) && !any(EVENTS);
        return states.then_some(Deed::UpdateContact);
    }
    let makes = listed("add create make save enter put", first);
    let contact_first = place("contact").is_some_and(|contact| place("note").is_none_or(|note| contact < note));
    if makes && contact_first {
        return Some(Deed::CreateContact);
    }
    if first == "note" || any("note") && !listed("email send reply schedule", first) || first == "log" {
        return Some(Deed::Note);
    }
    if listed("reply respond answer", first) || lower.starts_with("write back") || lower.starts_with("send a reply") {
        return Some(Deed::Reply);
    }
    if listed("email mail compose draft message", first) || listed("send write", first) && !any("invite invitation") {
        return Some(Deed::Mail);
    }
    let to_somebody =
        said.get(1).is_some_and(|next| !["me", "us", "a", "an", "the", "everyone"].contains(&next.as_str()));
    if listed("tell ask let", first) && to_somebody {
        return Some(Deed::Mail);
    }
    if listed("cancel delete drop remove", first) || lower.starts_with("call off") {
        return any(EVENTS).then_some(Deed::Cancel).or((first == "cancel").then_some(Deed::Cancel));
    }
    if listed("move reschedule postpone push shift", first) {
        return Some(Deed::Move);
    }
    if listed("change update set correct fix rename", first) && !lower.starts_with("set up") {
        let field = said.iter().position(|word| listed(FIELDS, word.as_str()));
        let event = said.iter().position(|word| listed(EVENTS, word.as_str()));
        return match (field, event) {
            (Some(field), Some(event)) if event < field => Some(Deed::Move),
            (Some(_), _) => Some(Deed::UpdateContact),
            (None, Some(_)) => Some(Deed::Move),
            (None, None) => None,
        };
    }
    let books = listed("schedule book arrange plan block invite", first) || lower.starts_with("set up");
    (books || any(EVENTS)).then_some(Deed::Schedule)
}
