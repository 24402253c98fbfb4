//! Doing what is asked for, a step a round: find whom or what it concerns, call the tool that does it, tell what that said.

mod crm;
mod mail;
mod meet;
mod read;
mod report;
mod title;

use jiff::Zoned;
use serde_json::Value;

use super::super::script::Reply;
use super::super::turn::Tool;
use super::super::words::{listed, words};
use super::arguments::{Facts, for_tool};
use super::lookup::Tried;
use super::passage::Passage;
use super::resume::{WHICH, Wanted};
use super::whom::{self, Person, Whom};
use super::wish::Deed;
use super::{Outcome, letter, parts};

/// Everything a step is taken from.
pub struct Case<'a> {
    pub wanted: &'a Wanted,
    /// Whom a pronoun means.
    pub earlier: Option<&'a str>,
    pub passages: &'a [Passage],
    pub tools: &'a [Tool],
    pub tried: &'a Tried,
    pub results: &'a [Outcome<'a>],
    /// As the prompt states it.
    pub now: Option<Zoned>,
    pub advisor: Option<String>,
}

/// Rounds of tool calls after which it gives up.
const MOST_ROUNDS: usize = 5;

/// What is done next.
pub enum Step {
    Call { tool: String, arguments: Value },
    Say(String),
}

impl Step {
    fn say(text: impl Into<String>) -> Self {
        Self::Say(text.into())
    }

    pub fn reply(self) -> Reply {
        match self {
            Self::Call { tool, arguments } => Reply::call(tool, arguments),
            Self::Say(text) => Reply::text(text),
        }
    }
}

/// The next step; none if it is a question that is better answered from what was found.
pub fn step(deed: Deed, case: &Case<'_>) -> Option<Step> {
    if deed.writes() {
        if let Some(told) = report::of(case.results) {
            return Some(Step::say(told));
        }
        if case.tried.rounds >= MOST_ROUNDS {
            return Some(Step::say("I could not find out what is needed for that."));
        }
    }
    let tool = deed.tool(case.tools)?;
    let now = case.now.clone().unwrap_or_else(|| Zoned::new(jiff::Timestamp::UNIX_EPOCH, jiff::tz::TimeZone::UTC));
    let taken = match deed {
        Deed::Schedule => meet::schedule(case, tool, &now),
        Deed::Move => meet::shift(case, tool, &now),
        Deed::Cancel => meet::cancel(case, tool, &now),
        Deed::Note => crm::note(case, tool),
        Deed::UpdateContact => crm::update(case, tool),
        Deed::CreateContact => crm::create(case, tool),
        Deed::Reply => mail::reply(case, tool),
        Deed::Mail => mail::send(case, tool),
        Deed::Rule => Ok(crm::rule(case, tool)),
        Deed::Rules => Ok(read::told(case, tool, &Facts::of(&case.wanted.text))),
        Deed::FreeTime => Ok(read::free(case, tool, &now)),
        Deed::Agenda => Ok(read::agenda(case, tool, &now)),
        Deed::NextMeeting | Deed::LastMeeting => Ok(read::meeting(case, tool, &now, deed == Deed::NextMeeting)),
        Deed::Deals => return read::deals(case, tool, &now),
    };
    Some(taken.unwrap_or_else(|step| step))
}

/// The tool, called.
fn call(tool: &Tool, facts: &Facts) -> Step {
    Step::Call { tool: tool.name.clone(), arguments: for_tool(tool, facts) }
}

impl Case<'_> {
    fn parts(&self, deed: Deed) -> parts::Parts {
        let mut parts = parts::parts(deed, &self.wanted.text);
        let means_somebody = words(&parts.head).iter().any(|word| listed("her him his their them she he they", word));
        if parts.names.is_empty() && parts.addresses.is_empty() && means_somebody {
            parts.names.extend(self.earlier.map(str::to_owned));
        }
        parts
    }

    fn facts(&self) -> Facts {
        Facts::of(&self.wanted.text)
    }

    fn result_of(&self, tool: &Tool) -> Option<&str> {
        self.results.iter().rev().find(|result| result.tool == tool.name).map(|result| result.text)
    }

    /// Whom the name means, or what has to be done or said first: a search, a question back, that there is nobody.
    fn whom(&self, name: &str) -> Result<Person, Step> {
        match whom::find(name, self.passages, self.tools, self.tried) {
            Whom::One(person) => Ok(person),
            Whom::Search(query) => {
                let search = self.tools.iter().find(|tool| whom::searches(tool));
                Err(search.map_or_else(|| nobody(name), |tool| call(tool, &self.facts().with("query", query))))
            }
            Whom::Several(described) => Err(Step::say(format!("Which {name} {WHICH}{}?", described.join(" or ")))),
            Whom::Nobody => Err(nobody(name)),
        }
    }

    fn signature(&self) -> Option<&str> {
        self.advisor.as_deref()
    }
}

fn nobody(name: &str) -> Step {
    Step::say(format!("I found nobody called {name} among your contacts."))
}

/// The salutation and the text of a mail.
fn letter_to(person: &Person, matter: &str, case: &Case<'_>) -> String {
    let first = Some(person.first()).filter(|first| !first.contains('@'));
    letter::body(first, &letter::sentence(matter), case.signature())
}
