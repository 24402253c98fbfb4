//! The stand-in on the demo practice: how many of the known questions it answers rightly.

use jiff::civil::date;
use serde_json::{Value, json};

use super::{by_meaning, turn};
use crate::openai::brain::decide;
use crate::openai::brain::wording::NOTHING;
use crate::openai::embedder::Embeddings;
use crate::openai::turn::{Call, Message, Tool};
use crate::openai::vector::{Vector, cosine};
use crate::practice::Practice;
use crate::practice::questions::{ASKED, Expect};

/// As many passages as a product would put into a prompt, and into a tool's result.
const SHOWN: usize = 10;

/// A library of the first advisor's mails and notes, searched by meaning alone.
struct Library {
    embeddings: Embeddings,
    /// A passage's header and its text.
    documents: Vec<(String, String)>,
    vectors: Vec<Vector>,
}

impl Library {
    async fn of(practice: &Practice, embeddings: Embeddings) -> Self {
        let documents = documents(practice);
        let texts: Vec<String> = documents
            .iter()
            .map(|(header, text)| format!("{}\n{text}", header.split("subject ").nth(1).unwrap_or_default()))
            .collect();
        let vectors = embeddings.embed(&texts).await;
        Self { embeddings, documents, vectors }
    }

    async fn passages(&self, query: &str, first_number: usize) -> String {
        let query = &self.embeddings.embed(&[query.to_owned()]).await[0];
        let mut order: Vec<usize> = (0..self.documents.len()).collect();
        order.sort_by(|a, b| cosine(query, &self.vectors[*b]).total_cmp(&cosine(query, &self.vectors[*a])));
        let passage = |(at, number): (&usize, usize)| {
            let (header, text) = &self.documents[*at];
            format!("[{number}] {header}\n{}", text.lines().map(|line| format!("| {line}\n")).collect::<String>())
        };
        order.iter().take(SHOWN).zip(first_number..).map(passage).collect::<Vec<_>>().join("\n")
    }

    /// What the stand-in finally says, and everything it was shown.
    async fn answer(&self, question: &str) -> (String, String) {
        let mut shown = self.passages(question, 1).await;
        let mut turn = turn(&format!("{shown}\n\nQuestion: {question}"));
        let parameters = json!({ "type": "object", "properties": { "query": { "type": "string" } } });
        turn.tools = vec![Tool { name: "search_emails".to_owned(), description: String::new(), parameters }];
        loop {
            let reply = decide(&self.embeddings, &turn, false).await;
            if reply.calls.is_empty() {
                return (reply.text, shown);
            }
            let calls = reply.calls.iter().zip(0..).map(|(call, n)| Call {
                id: format!("call_{n}"),
                name: call.name.clone(),
                arguments: call.arguments_text(),
            });
            turn.messages.push(Message::Assistant { text: String::new(), calls: calls.collect() });
            for (call, n) in reply.calls.iter().zip(0..) {
                let query = call.arguments.get("query").and_then(Value::as_str).unwrap();
                let text = self.passages(query, 100 * (n + 1)).await;
                shown.push_str(&text);
                turn.messages.push(Message::ToolResult { call_id: format!("call_{n}"), text });
            }
        }
    }
}

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
        let body = note.properties.get("hs_note_body")?.replace("</", "\n</").replace("<br>", "\n");
        let text: String = body.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
        Some((format!("note; about {} {}; on {day}", name("firstname"), name("lastname")), text))
    });
    mails.chain(notes).collect()
}

#[tokio::test]
#[ignore = "a measurement of a minute: run with --ignored --nocapture"]
async fn how_many_known_questions_are_answered() {
    let Some(embeddings) = by_meaning() else { return };
    let library = Library::of(&Practice::demo(date(2026, 11, 24)), embeddings).await;

    let (mut right, mut found) = (0, 0);
    for asked in ASKED {
        let (said, shown) = library.answer(asked.question).await;
        let (good, there) = match asked.expect {
            Expect::Names { names, fact, .. } => (names.iter().all(|name| said.contains(name)), shown.contains(fact)),
            Expect::Nothing => (said == NOTHING, true),
            Expect::Ambiguous(people) => {
                (said.starts_with("Which ") && people.iter().all(|one| said.contains(one)), true)
            }
        };
        right += usize::from(good);
        found += usize::from(there);
        let verdict = if good { "right" } else { "WRONG" };
        let hidden = if there { "" } else { " (not shown)" };
        eprintln!("{verdict}{hidden} {}\n      {}", asked.question, said.replace('\n', " "));
    }
    eprintln!("{right} of {} right; {found} were shown what they need", ASKED.len());
    assert!(right * 10 >= ASKED.len() * 6, "the stand-in has become worse");
}
