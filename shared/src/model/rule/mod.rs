//! A standing instruction, compiled: what sets it off, what has to hold, and exactly what is done then. At run time no model
//! chooses what goes out or to whom.

mod deed;
mod fact;
mod words;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use deed::{Deed, Party, Priority, Recipient};
pub use fact::{Fact, Family};

use super::RuleId;

/// What a policy may do in one go.
pub const MOST_ACTIONS: usize = 5;
pub const MOST_CONDITIONS: usize = 10;
/// How often a rule may act in a day when nothing else is said, and at most.
pub const USUAL_PER_DAY: u32 = 20;
pub const MOST_PER_DAY: u32 = 200;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RulePolicy")]
pub struct Policy {
    /// The type of event, such as `gmail.message.received`; `*` stands for anything.
    pub trigger: String,
    /// All of them have to hold.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// A question about the event that only a model can answer; it has to be answered with yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// In this order.
    pub actions: Vec<Deed>,
    #[serde(default = "usual_per_day")]
    pub max_per_day: u32,
}

fn usual_per_day() -> u32 {
    USUAL_PER_DAY
}

/// Something that is known of an event without asking anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RuleCondition")]
pub struct Condition {
    pub fact: Fact,
    /// It must not be so.
    #[serde(default)]
    pub negated: bool,
    /// For facts that are compared with something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// Whether a pattern, in which `*` stands for any run of characters, fits a text whole. No backtracking over more than the
/// last `*`, so that no pattern takes long.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            p = at + 1;
            t = taken + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// How a rule's text was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RuleForm")]
pub enum Form {
    /// `when … then …`.
    Structured,
    /// Plain words, compiled by a model.
    Words,
    /// Plain words that could not be compiled: the assistant looks at each event.
    Open,
    /// The advisor wrote the policy.
    Edited,
}

impl Form {
    pub fn name(self) -> &'static str {
        match self {
            Self::Structured => "structured",
            Self::Words => "words",
            Self::Open => "open",
            Self::Edited => "edited",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Structured, Self::Words, Self::Open, Self::Edited].into_iter().find(|form| form.name() == name)
    }
}

/// A standing instruction as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub id: RuleId,
    pub text: String,
    pub description: Option<String>,
    pub is_active: bool,
    /// None for one that was kept before there were policies.
    pub policy: Option<Policy>,
    pub form: Form,
    /// The advisor has seen the policy and let it act by itself.
    pub confirmed: bool,
    /// Why its text could not be compiled.
    pub note: Option<String>,
    /// Raised by every change.
    pub version: i32,
    pub last_triggered_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything_and_for_nothing() {
        for (pattern, text) in [
            ("*", ""),
            ("*", "gmail.message.received"),
            ("gmail.*", "gmail.message.received"),
            ("*.received", "gmail.message.received"),
            ("gmail.*.received", "gmail.message.received"),
            ("gmail.**received", "gmail.received"),
            ("hubspot.*.creation", "hubspot.contact.creation"),
        ] {
            assert!(glob(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "gmail"),
            ("gmail", "gmail.message"),
            ("gmail.*", "gmail"),
            ("*.creation", "hubspot.contact.deletion"),
            ("a*b*c", "abcd"),
        ] {
            assert!(!glob(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn no_pattern_takes_long() {
        let pattern = format!("{}b", "a*".repeat(2_000));
        let text = "a".repeat(5_000);

        let begun = std::time::Instant::now();
        assert!(!glob(&pattern, &text));
        assert!(begun.elapsed() < std::time::Duration::from_secs(5));
    }
}
