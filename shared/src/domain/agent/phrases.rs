//! Whether somebody asks when the next meeting is. By rule, in English; who asks in other words is answered by the advisor.

/// How much of a mail is looked at.
const LONGEST: usize = 4_000;

const MEETINGS: [&str; 12] = [
    "meeting",
    "appointment",
    "call",
    "review",
    "session",
    "catch-up",
    "catchup",
    "get-together",
    "visit",
    "consultation",
    "sit-down",
    "check-in",
];
const WE_MEET: [&str; 9] = [
    "we meet",
    "we meeting",
    "we're meeting",
    "we supposed to meet",
    "we scheduled",
    "we speak",
    "we talk",
    "we seeing",
    "i seeing you",
];
const OURS: [&str; 7] = ["our", "my", "we", "us", "we're", "you", "i"];

/// What asks for a date that is fixed.
const CUES: [&str; 30] = [
    "when is",
    "when's",
    "when are",
    "when do we",
    "when will",
    "what time is",
    "what time are",
    "what time do we",
    "what time's",
    "what day is",
    "what day are",
    "what day do we",
    "what date is",
    "what date are",
    "which day is",
    "which day are",
    "which date",
    "what's the date",
    "what's the time",
    "date of our",
    "time of our",
    "date and time",
    "remind me when",
    "remind me of",
    "remind me what time",
    "tell me when",
    "know when",
    "confirm when",
    "do we have a",
    "have we got a",
];
/// What asks for one to be found or changed.
const PLANS: [&str; 29] = [
    "can we meet",
    "could we meet",
    "can you meet",
    "can i meet",
    "reschedul",
    "move ",
    "moving ",
    "cancel",
    "postpone",
    "push ",
    "set up",
    "schedule a",
    "book a",
    "arrange",
    "free",
    "availab",
    "suit",
    "work for",
    "works for",
    "works best",
    "good time",
    "should we",
    "shall we",
    "like to meet",
    "want to meet",
    "when can",
    "when could",
    "when would",
    "let's",
];

pub fn asks_for_next_meeting(text: &str) -> bool {
    let text: String = text.chars().take(LONGEST).collect();
    let text = text.to_lowercase().replace(['’', '‘'], "'");
    let lines = text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    // A line break inside a sentence is none; an empty line ends one.
    let paragraphs = lines.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
    paragraphs.into_iter().any(|paragraph| paragraph.split_inclusive(['.', '?', '!']).any(asks))
}

fn asks(sentence: &str) -> bool {
    let sentence = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| starts_a_word(&sentence, phrase));
    let word = |c: char| !(c.is_alphanumeric() || c == '\'' || c == '-');
    let words: Vec<&str> = sentence.split(word).filter(|word| !word.is_empty()).collect();
    let is_meeting = words.iter().any(|word| MEETINGS.contains(word)) && words.iter().any(|word| OURS.contains(word));
    if !(is_meeting || says(&WE_MEET)) || says(&PLANS) {
        return false;
    }
    // "I will let you know when our meeting is over" asks for nothing.
    let is_question =
        sentence.ends_with('?') || ["please", "remind me", "could you", "can you"].iter().any(|p| sentence.contains(p));
    says(&CUES) && is_question
}

fn starts_a_word(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| !text[..at].chars().next_back().is_some_and(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_heard_in_many_words() {
        for text in [
            "When is our next meeting?",
            "Hi Ada,\n\nhope you are well. When's our next appointment? I lost my\ncalendar.\n\nNora",
            "Quick one – when are we meeting next?",
            "What time is our call on Thursday?",
            "Could you remind me when our review is?",
            "Can you tell me when we're meeting again?",
            "Please remind me of the date and time of our appointment.",
            "Do we have a meeting coming up?",
            "what day is my appointment?",
            "When will we meet next?",
            "I'd like to know when our next review is, please.",
            "Could you confirm when I am due for my next session?",
        ] {
            assert!(asks_for_next_meeting(text), "{text}");
        }
    }

    #[test]
    fn other_questions_about_meetings_are_not_it() {
        for text in [
            "When can we meet?",
            "Could we reschedule our meeting? When is a good time?",
            "When are you available for a call?",
            "What time works best for our review?",
            "I will let you know when our meeting is over.",
            "Thank you for our meeting yesterday. It was a pleasure.",
            "When is the Fed's next meeting?",
            "When was our last meeting?",
            "When is the closing? Our meeting went well.",
            "When will the wire arrive?",
            "Let's set up a call. When is your office open?",
            "",
        ] {
            assert!(!asks_for_next_meeting(text), "{text}");
        }
    }
}
