//! Whether a write may happen without asking. No model takes part in this.
//!
//! * Whoever reads text from outside may have been told what to do by it: from there on, nothing goes out unasked.
//! * Nobody gets anything whom the advisor did not name and does not know.
//! * However it came about, there are caps.

use crate::error::Result;
use crate::model::action::{Action, DecidedBy, Origin};
use crate::store::{Tenant, actions, contacts, emails};

/// Writes in one turn.
pub const PER_TURN: usize = 5;
/// Writes of one tool in a day.
const PER_DAY: i64 = 200;
/// To one person in a day.
const PER_RECIPIENT: i64 = 10;

/// What a write comes out of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// Something somebody else wrote was read before it was proposed.
    pub tainted: bool,
    /// What the advisor said in their own words.
    pub words: &'a str,
    /// A standing instruction the advisor confirmed covers this write, whom it reaches included.
    pub standing: bool,
    /// Writes that were proposed in this turn before it.
    pub before: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Allow(DecidedBy),
    /// Why the advisor has to be asked, as sentences.
    Ask(Vec<String>),
    /// Why it cannot be at all.
    Refuse(String),
}

pub async fn judge(db: &Tenant<'_>, action: &Action, origin: &Origin, context: &Context<'_>) -> Result<Verdict> {
    let recipients = action.recipients();
    if context.before >= PER_TURN {
        return Ok(Verdict::Refuse(format!("No more than {PER_TURN} changes can be made in one turn.")));
    }
    let spent = actions::spent(db, action.tool(), &recipients).await?;
    if spent.by_tool >= PER_DAY {
        return Ok(Verdict::Refuse(format!(
            "{} has been used {PER_DAY} times within a day, which is the most.",
            action.tool()
        )));
    }
    if spent.to_one >= PER_RECIPIENT {
        return Ok(Verdict::Refuse(format!(
            "One person cannot be written to more than {PER_RECIPIENT} times within a day."
        )));
    }

    if let Action::CreateMemoryRule { .. } = action {
        return Ok(of_rule(origin));
    }
    Ok(match origin {
        // The advisor's own client named the tool and every argument.
        Origin::Tool { .. } => Verdict::Allow(DecidedBy::Session),
        Origin::Rule { .. } | Origin::Proactive { .. } if context.standing => Verdict::Allow(DecidedBy::Rule),
        Origin::Rule { .. } => Verdict::Ask(vec!["The standing instruction that wants this is not confirmed.".into()]),
        Origin::Proactive { .. } => Verdict::Ask(vec![
            "Nobody asked for this: the assistant proposes it because of something that happened.".into(),
        ]),
        Origin::Chat { .. } => in_chat(&strangers(db, action, &recipients, context.words).await?, context),
    })
}

/// A standing instruction acts on its own later on: the advisor sees first what it will do, and nobody else makes any.
fn of_rule(origin: &Origin) -> Verdict {
    match origin {
        Origin::Tool { .. } => Verdict::Allow(DecidedBy::Session),
        Origin::Chat { .. } => {
            Verdict::Ask(vec!["It will act on its own: please look at what exactly it will do.".into()])
        }
        Origin::Rule { .. } | Origin::Proactive { .. } => {
            Verdict::Refuse("Standing instructions come from the advisor alone.".into())
        }
    }
}

fn in_chat(strangers: &[String], context: &Context<'_>) -> Verdict {
    let mut reasons = Vec::new();
    if context.tainted {
        reasons.push("The assistant has read text that other people wrote before it proposed this.".to_owned());
    }
    if !strangers.is_empty() {
        reasons.push(format!("Neither among your contacts nor named by you: {}.", strangers.join(", ")));
    }
    if reasons.is_empty() { Verdict::Allow(DecidedBy::Policy) } else { Verdict::Ask(reasons) }
}

/// Those the advisor neither named, nor knows, nor answers.
async fn strangers(db: &Tenant<'_>, action: &Action, recipients: &[String], words: &str) -> Result<Vec<String>> {
    let words = words.to_lowercase();
    let mut strangers: Vec<String> = recipients.iter().filter(|address| !names(&words, address)).cloned().collect();
    if strangers.is_empty() {
        return Ok(strangers);
    }
    let known = contacts::known_addresses(db, &strangers).await?;
    strangers.retain(|address| !known.contains(address));
    if let Action::SendEmail { reply: Some(reply), .. } = action
        && let Some(sender) = emails::sender_of(db, &reply.message_id).await?
    {
        strangers.retain(|address| *address != sender);
    }
    Ok(strangers)
}

/// Whether an address stands in the text whole, and not as a part of a longer one. Both are in lower case.
pub fn names(words: &str, address: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '@' | '%');
    words.match_indices(address).any(|(at, _)| {
        let before = words[..at].chars().next_back();
        let mut after = words[at + address.len()..].chars();
        let next = after.next();
        // A full stop may end the sentence.
        let ends = match next {
            Some('.') => !after.next().is_some_and(inside),
            Some(c) => !inside(c),
            None => true,
        };
        !before.is_some_and(inside) && ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_named_only_whole() {
        assert!(names("write to bill@example.com.", "bill@example.com"));
        assert!(names("bill@example.com, please", "bill@example.com"));
        assert!(!names("write to bill@example.com.evil.example", "bill@example.com"));
        assert!(!names("write to otherbill@example.com", "bill@example.com"));
        assert!(!names("write to bill@example.community", "bill@example.com"));
    }

    #[test]
    fn what_was_read_and_who_is_reached_both_make_it_ask() {
        let clean = Context::default();
        let tainted = Context { tainted: true, ..clean };

        assert_eq!(in_chat(&[], &clean), Verdict::Allow(DecidedBy::Policy));
        assert!(matches!(in_chat(&[], &tainted), Verdict::Ask(reasons) if reasons.len() == 1));
        assert!(matches!(in_chat(&["x@y.example".into()], &tainted), Verdict::Ask(reasons) if reasons.len() == 2));
    }
}
