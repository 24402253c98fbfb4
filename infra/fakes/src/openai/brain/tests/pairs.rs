//! Questions and what is in the mail: which are answered, and which are not.

use super::{answer, by_meaning, by_words};
use crate::openai::brain::wording::NOTHING;

const MAIL: &str = r#"[1] email; from Nora Ellison <nora@mailbox.example>; to Dana Reyes <dana@reyes.example>; on 2026-03-02; subject "Saturday"
| Hi Dana,
|
| Can we move our call? Our son Tommy made the Little League all-star team, he pitches on Saturday.
| Any evening works except Thursday.
[2] email; from Greg Hall <greg@inboxly.example>; to Dana Reyes <dana@reyes.example>; on 2026-04-11; subject "Apple shares"
| I want to sell AAPL. Not all of it at once.
|
| Here's why. That one stock has grown to 41% of everything we have.
[3] email; from Linda Kowalczyk <linda@frontrange.example>; to Dana Reyes <dana@reyes.example>; on 2026-01-20; subject "some money rather soon"
| I'm writing in my coat. The furnace gave out Sunday night and it can't be repaired. The new one is $9,400 installed.
[4] note; about Terrence Banks; on 2026-02-14
| Terrence flies with an EpiPen; tree nuts are the problem. Order lunch accordingly.
[5] email; from Keisha Randolph <keisha@mailbox.example>; to Dana Reyes <dana@reyes.example>; on 2026-05-05; subject "DONE"
| I just hit submit on the very last student loan payment. Thirteen years!
[6] email; from Søren Bak <soren@furniture.example>; to Dana Reyes <dana@reyes.example>; on 2026-05-30; subject "Away for a while"
| My mother in Aarhus had a bad fall and my brother cannot manage alone, so I fly on Friday and stay three months.
[7] email; from Trish Lindqvist <trish@clay.example>; to Dana Reyes <dana@reyes.example>; on 2026-06-03; subject "signing things"
| The MRI came back and it's a full tear of the rotator cuff. I'm in a sling for six weeks after the operation.
[8] email; from Jamal Whitaker <jamal@inboxly.example>; to Dana Reyes <dana@reyes.example>; on 2026-06-19; subject "So, that happened"
| My position was eliminated on Friday. Sixteen weeks of severance plus the vacation I never took.
[9] email; from Chamber <office@chamber.example>; to Dana Reyes <dana@reyes.example>; on 2026-06-20; subject "Newsletter"
| Batter up! Does your kid play baseball? Sponsors wanted for the youth league.
[10] email; from Naomi Fujimoto <naomi@inboxly.example>; to Dana Reyes <dana@reyes.example>; on 2026-07-01; subject "new roommate"
| I brought home a greyhound straight off the track in Daytona. He is called Biscuit.
"#;

/// The passage that answers, or 0 for none.
const PAIRS: &[(&str, u32)] = &[
    ("Who mentioned their kid plays baseball?", 1),
    ("Whose child is an athlete on a youth team?", 1),
    ("Why did Greg say he wanted to sell AAPL?", 2),
    ("Which client is worried about owning too much of one stock?", 2),
    ("Whose heating broke down?", 3),
    ("How much does Linda's new furnace cost?", 3),
    ("Which client is allergic to nuts?", 4),
    ("Who paid off their college debt?", 5),
    ("Who finished repaying student loans?", 5),
    ("Which client went abroad to look after a parent?", 6),
    ("Who is having shoulder surgery?", 7),
    ("Who lost their job?", 8),
    ("Which client was laid off?", 8),
    ("Who adopted a dog?", 10),
    ("What is Naomi's dog called?", 10),
    ("Who owns a sailboat in Portugal?", 0),
    ("Who won the lottery?", 0),
    ("Which client keeps bees?", 0),
    ("Who is running for city council?", 0),
    ("Whose passport was stolen?", 0),
    ("What did Linda say about cryptocurrency?", 0),
    ("Who wants to sell Microsoft?", 0),
    ("Who plays the harp?", 0),
    ("Which client is getting divorced?", 0),
    ("What is Greg Hall's blood type?", 0),
];

fn is_right(said: &str, passage: u32) -> bool {
    if passage == 0 { said == NOTHING } else { said.contains(&format!("[{passage}]")) }
}

#[tokio::test]
async fn paraphrases_are_found_and_absent_facts_are_not() {
    let Some(embeddings) = by_meaning() else { return };
    let mut wrong = Vec::new();
    for (question, passage) in PAIRS {
        let said = answer(&embeddings, MAIL, question).await;
        if !is_right(&said, *passage) {
            wrong.push(format!("{question} -> {said}"));
        }
    }
    eprintln!("by meaning: {} of {} right", PAIRS.len() - wrong.len(), PAIRS.len());
    assert!(wrong.len() <= 1, "{wrong:#?}");
}

#[tokio::test]
async fn without_the_model_shared_words_are_found() {
    let embeddings = by_words();
    let said = answer(&embeddings, MAIL, "Why did Greg say he wanted to sell AAPL?").await;
    let absent = answer(&embeddings, MAIL, "Who owns a sailboat in Portugal?").await;

    assert!(said.contains("41%") && said.contains("[2]"), "{said}");
    assert_eq!(absent, NOTHING);
}

#[tokio::test]
async fn quotes_are_verbatim_attributed_and_cited() {
    let Some(embeddings) = by_meaning() else { return };

    let said = answer(&embeddings, MAIL, "Who mentioned their kid plays baseball?").await;

    let expected = "Nora Ellison wrote on 2 March 2026: “Our son Tommy made the Little League all-star team, he pitches on \
                    Saturday.” [1].";
    assert_eq!(said, expected);
}

#[tokio::test]
async fn a_note_is_told_by_whom_it_is_about() {
    let Some(embeddings) = by_meaning() else { return };

    let said = answer(&embeddings, MAIL, "Which client is allergic to nuts?").await;

    assert!(said.starts_with("Terrence Banks: a note on 14 February 2026 says: “"), "{said}");
}
