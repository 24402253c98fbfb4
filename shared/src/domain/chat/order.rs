//! Whether a message orders something to be done, rather than asking about the practice.
//!
//! Such a turn begins with contacts alone: whom it is about. Mail would taint it before the assistant has any need of it;
//! when it does need some, it searches for it, and the policy knows.

const VERBS: &[&str] = &[
    "add",
    "arrange",
    "book",
    "cancel",
    "change",
    "create",
    "decline",
    "delete",
    "draft",
    "e-mail",
    "email",
    "forward",
    "invite",
    "log",
    "mail",
    "move",
    "note",
    "postpone",
    "put",
    "remind",
    "reply",
    "reschedule",
    "respond",
    "schedule",
    "send",
    "set",
    "tell",
    "update",
    "write",
];

/// What may stand before the verb.
const POLITE: &[&str] = &["please", "can you", "could you", "would you", "will you", "kindly", "now", "then", "and"];

/// `Update me on Bill` and `send me the list` want to hear something.
const NOT_TO_ME: &[&str] = &["me", "us"];

pub fn is_order(message: &str) -> bool {
    let lower = message.to_lowercase().replace(',', " ");
    let mut text = lower.trim_start();
    while let Some(rest) = POLITE.iter().find_map(|opener| text.strip_prefix(opener)?.strip_prefix(' ')) {
        text = rest.trim_start();
    }
    let mut words = text.split_whitespace();
    let (verb, object) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    VERBS.contains(&verb.trim_end_matches(':'))
        && !object.is_empty()
        && !NOT_TO_ME.contains(&object)
        && object != "from"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_told_from_questions() {
        for order in [
            "Schedule an appointment with Sara Smith",
            "please add a note to Bill's record: called",
            "Could you, please, email Bill that I am late?",
            "Move my 3 pm to tomorrow",
        ] {
            assert!(is_order(order), "{order}");
        }
        for question in [
            "Who mentioned their kid plays baseball?",
            "Update me on Bill",
            "Send me the list of clients in Denver",
            "Emails about the closing?",
            "Email from Nora about Tommy",
            "What did I schedule for Friday?",
            "yes",
        ] {
            assert!(!is_order(question), "{question}");
        }
    }
}
