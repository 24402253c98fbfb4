//! The stand-in on the demo practice: how many of the known questions it answers rightly.

use jiff::civil::date;

use super::{answer, by_meaning};
use crate::openai::brain::wording::NOTHING;
use crate::openai::vector::cosine;
use crate::practice::Practice;
use crate::practice::questions::{ASKED, Expect};

/// As many passages as a product would put into a prompt.
const SHOWN: usize = 10;

/// Mails and notes of the first advisor: the passage's header, and its text.
fn documents(practice: &Practice) -> Vec<(String, String)> {
    let advisor = &practice.advisors[0];
    let mails = practice.mails.iter().filter(|mail| mail.mailbox == advisor.email).filter_map(|mail| {
        let text = mail.text.as_deref()?.lines().take_while(|line| !line.starts_with("On ") && !line.starts_with('>'));
        let (from, to) = (&mail.from, mail.to.first()?);
        let day = mail.date.strftime("%Y-%m-%d");
        let header = format!(
            "email; from {} <{}>; to {} <{}>; on {day}; subject \"{}\"",
            from.name, from.email, to.name, to.email, mail.subject
        );
        Some((header, text.collect::<Vec<_>>().join("\n")))
    });
    let notes = practice.notes.iter().filter(|note| note.portal_id == advisor.portal_id).filter_map(|note| {
        let (_, id) = note.associations.iter().find(|(kind, _)| kind == "contacts")?;
        let contact = practice.contacts.iter().find(|contact| contact.id == *id)?;
        let name = |key: &str| contact.properties.get(key).cloned().unwrap_or_default();
        let day = note.created_at.strftime("%Y-%m-%d");
        let body = note.properties.get("hs_note_body")?.replace("</p>", "\n").replace("<br>", "\n");
        let text: String = body.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
        Some((format!("note; about {} {}; on {day}", name("firstname"), name("lastname")), text))
    });
    mails.chain(notes).collect()
}

#[tokio::test]
#[ignore = "a measurement of a minute: run with --ignored --nocapture"]
async fn how_many_known_questions_are_answered() {
    let Some(embeddings) = by_meaning() else { return };
    let documents = documents(&Practice::demo(date(2026, 11, 24)));
    let texts: Vec<String> = documents
        .iter()
        .map(|(header, text)| {
            let subject = header.split("subject ").nth(1).unwrap_or_default();
            format!("{subject}\n{text}")
        })
        .collect();
    let vectors = embeddings.embed(&texts).await;

    let (mut right, mut shown) = (0, 0);
    for asked in ASKED {
        let question = &embeddings.embed(&[asked.question.to_owned()]).await[0];
        let mut order: Vec<usize> = (0..documents.len()).collect();
        order.sort_by(|a, b| cosine(question, &vectors[*b]).total_cmp(&cosine(question, &vectors[*a])));
        let passages = order.iter().take(SHOWN).zip(1..).map(|(at, n)| {
            let (header, text) = &documents[*at];
            format!("[{n}] {header}\n{}", text.lines().map(|line| format!("| {line}\n")).collect::<String>())
        });
        let passages = passages.collect::<Vec<_>>().join("\n");
        let said = answer(&embeddings, &passages, asked.question).await;
        let (good, there) = match asked.expect {
            Expect::Names { names, fact, .. } => {
                (names.iter().all(|name| said.contains(name)), passages.contains(fact))
            }
            Expect::Nothing => (said == NOTHING, true),
            Expect::Ambiguous(people) => {
                (said.starts_with("Which ") && people.iter().all(|one| said.contains(one)), true)
            }
        };
        right += usize::from(good);
        shown += usize::from(there);
        eprintln!(
            "{} {} {}\n      {}",
            if good { "right" } else { "WRONG" },
            if there { " " } else { "(not shown)" },
            asked.question,
            said.replace('\n', " ")
        );
    }
    eprintln!("{right} of {} right; {shown} had what they need among the {SHOWN} passages", ASKED.len());
}
