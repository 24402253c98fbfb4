//! The book agrees with itself, and with the questions about it.

use std::collections::{HashMap, HashSet};

use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::people::{DANA, INGRID, MARCUS, OTHER_PORTAL, PORTAL};
use super::questions::{ASKED, ASKED_OF_RECORDS, Expect, Source};
use super::{CrmObject, Mail, Practice, mail_id, note_id};

fn today() -> Date {
    date(2026, 11, 24)
}

fn book() -> Practice {
    Practice::demo(today())
}

/// What the sender wrote: without quoted mail, hidden text, tags and signature.
fn own_words(mail: &Mail) -> String {
    let Some(text) = &mail.text else { return visible(mail.html.as_deref().unwrap_or_default()) };
    let body = text.split("\n-- \n").next().unwrap_or_default();
    body.lines().filter(|line| !line.starts_with('>')).collect::<Vec<_>>().join("\n")
}

fn visible(html: &str) -> String {
    let shown = html.split("<div class=\"gmail_quote\">").next().unwrap_or_default();
    let shown = match shown.split_once("display:none;") {
        Some((before, hidden)) => format!("{before}>{}", hidden.split_once("</div>").map_or("", |(_, after)| after)),
        None => shown.to_owned(),
    };
    shown.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect::<Vec<_>>().join(" ")
}

fn body(note: &CrmObject) -> String {
    visible(&note.properties["hs_note_body"]).replace("&amp;", "&")
}

/// `(id, text)` of everything written that the demo advisor can see, newest last.
fn written(book: &Practice) -> Vec<(String, String)> {
    let mails = book.mails.iter().filter(|mail| mail.mailbox == DANA);
    let notes = book.notes.iter().filter(|note| note.portal_id == PORTAL);
    let mails = mails.map(|mail| (mail.id.clone(), format!("{}\n{}", mail.subject, own_words(mail))));
    mails.chain(notes.map(|note| (note.id.clone(), body(note)))).collect()
}

#[test]
fn the_book_is_large_enough_and_the_same_each_time() {
    let book = book();
    let dana = book.mails.iter().filter(|mail| mail.mailbox == DANA).count();
    let threads: HashSet<&str> = book.mails.iter().map(|mail| mail.thread_id.as_str()).collect();
    println!(
        "{dana} mails of {}, {} threads, {} events, {} contacts, {} companies, {} notes, {} deals, {} questions",
        book.mails.len(),
        threads.len(),
        book.events.len(),
        book.contacts.len(),
        book.companies.len(),
        book.notes.len(),
        book.deals.len(),
        ASKED.len()
    );

    assert!(dana >= 600 && book.events.len() >= 150 && book.contacts.len() >= 45);
    assert!(book.notes.len() >= 120 && book.deals.len() >= 15);
    assert_eq!(serde_json::to_string(&book).unwrap(), serde_json::to_string(&self::book()).unwrap());
}

#[test]
fn ids_are_unique() {
    let book = book();
    let mut seen = HashSet::new();
    for mail in &book.mails {
        assert!(mail.id.len() == 16 && mail.id.chars().all(|c| c.is_ascii_hexdigit()), "{}", mail.id);
        assert!(seen.insert(mail.id.clone()) && seen.insert(mail.message_id.clone()), "{}", mail.subject);
    }
    for event in &book.events {
        assert!(seen.insert(event.id.clone()), "{}", event.summary);
        assert!(event.end > event.start, "{}", event.summary);
    }
    let objects = [&book.contacts, &book.companies, &book.notes, &book.deals].into_iter().flatten();
    for object in objects {
        assert!(seen.insert(format!("{}/{}", object.portal_id, object.id)), "{:?}", object.properties);
        assert!(object.created_at <= object.updated_at, "{:?}", object.properties);
    }
}

#[test]
fn replies_follow_what_they_answer() {
    for day in [today(), date(2027, 3, 14), date(2028, 2, 29), date(2026, 1, 1)] {
        replies_follow(&Practice::demo(day));
    }
}

fn replies_follow(book: &Practice) {
    let by_message: HashMap<&str, &Mail> = book.mails.iter().map(|mail| (mail.message_id.as_str(), mail)).collect();
    let mut replies = 0;

    for mail in &book.mails {
        assert!(!mail.to.is_empty(), "{} is sent to nobody", mail.subject);
        let Some(answered) = &mail.in_reply_to else {
            assert_eq!(mail.id, mail.thread_id, "{}", mail.subject);
            continue;
        };
        let answered = by_message[answered.as_str()];
        assert_eq!(answered.thread_id, mail.thread_id);
        assert!(answered.date < mail.date, "{} comes before what it answers", mail.subject);
        assert_eq!(mail.references.last(), mail.in_reply_to.as_ref());
        replies += 1;
    }

    assert!(replies > 250);
}

#[test]
fn everything_happened_within_eighteen_months_and_before_today() {
    let book = book();
    let zone = jiff::tz::TimeZone::UTC;
    let first = today().checked_sub(18.months()).unwrap().to_zoned(zone.clone()).unwrap().timestamp();
    let last = today().to_zoned(zone).unwrap().timestamp();

    for mail in &book.mails {
        assert!(mail.date > first && mail.date < last, "{} on {}", mail.subject, mail.date);
    }
    for note in &book.notes {
        assert!(note.created_at > first && note.created_at < last, "{:?}", note.properties);
    }
}

#[test]
fn associations_lead_to_records_of_the_same_portal() {
    let book = book();
    let known: HashSet<(i64, &str)> =
        book.contacts.iter().chain(&book.companies).map(|object| (object.portal_id, object.id.as_str())).collect();

    for object in book.contacts.iter().chain(&book.notes).chain(&book.deals) {
        for (_, id) in &object.associations {
            assert!(known.contains(&(object.portal_id, id.as_str())), "{:?}", object.properties);
        }
    }
    assert!(book.notes.iter().all(|note| !note.associations.is_empty()));
}

#[test]
fn addresses_and_numbers_belong_to_nobody() {
    let text = serde_json::to_string(&book()).unwrap();
    for (at, _) in text.match_indices('@') {
        let domain: String = text[at + 1..].chars().take_while(|c| c.is_alphanumeric() || ".-_".contains(*c)).collect();
        assert!(!domain.contains('.') || domain.trim_end_matches('.').ends_with(".example"), "@{domain}");
    }
    for (at, _) in text.match_indices("-555-") {
        assert!(text[at + 5..].starts_with("01"), "{}", &text[at - 3..at + 9]);
    }
}

#[test]
fn the_mailbox_holds_every_kind_of_mail() {
    let book = book();
    let dana: Vec<&Mail> = book.mails.iter().filter(|mail| mail.mailbox == DANA).collect();
    let labelled = |label: &str| dana.iter().filter(|mail| mail.label_ids.iter().any(|one| one == label)).count();

    assert!(labelled("SENT") > 150 && labelled("CATEGORY_PROMOTIONS") > 50 && labelled("CATEGORY_UPDATES") > 80);
    assert!(labelled("SPAM") > 10 && labelled("TRASH") > 1 && labelled("UNREAD") > 3);
    assert!(dana.iter().filter(|mail| mail.text.is_none()).count() > 50);
    assert!(dana.iter().any(|mail| mail.html.as_ref().is_some_and(|html| html.contains("display:none;"))));
    assert!(dana.iter().any(|mail| mail.headers.iter().any(|(name, _)| name == "List-Unsubscribe")));
    assert!(dana.iter().filter(|mail| own_words(mail).len() > 3000).count() >= 3);
    assert!(dana.iter().any(|mail| !mail.from.name.is_ascii()));

    let mut threads: HashMap<&str, usize> = HashMap::new();
    dana.iter().for_each(|mail| *threads.entry(&mail.thread_id).or_default() += 1);
    assert_eq!(threads.values().max(), Some(&8));
}

#[test]
fn one_person_who_writes_is_not_in_the_crm() {
    let book = book();
    let mut known = HashSet::new();
    for contact in &book.contacts {
        let others = contact.properties.get("hs_additional_emails").map(String::as_str).unwrap_or_default();
        known.extend(contact.properties.get("email").cloned());
        known.extend(others.split(';').map(ToOwned::to_owned));
    }
    known.extend([DANA, MARCUS, INGRID].map(ToOwned::to_owned));

    let personal = book.mails.iter().filter(|mail| mail.label_ids.iter().any(|label| label == "CATEGORY_PERSONAL"));
    let strangers: HashSet<&str> =
        personal.map(|mail| mail.from.email.as_str()).filter(|address| !known.contains(*address)).collect();
    assert_eq!(strangers, HashSet::from(["camila.restrepo@postbox.example"]));
}

#[test]
fn names_that_matter_are_there_once_or_twice() {
    let book = book();
    let first = |name: &str| book.contacts.iter().filter(|contact| contact.properties["firstname"] == name).count();
    assert_eq!((first("Greg"), first("Bill"), first("Sara")), (2, 1, 1));

    let two_addresses = book.contacts.iter().filter(|contact| contact.properties.contains_key("hs_additional_emails"));
    assert_eq!(two_addresses.count(), 1);
    let senders: HashSet<&str> =
        book.mails.iter().filter(|mail| mail.from.name == "Priya Raman").map(|mail| mail.from.email.as_str()).collect();
    assert_eq!(senders.len(), 2);
}

#[test]
fn only_one_of_the_advisors_families_plays_baseball() {
    let book = book();
    let told: HashSet<String> = written(&book)
        .into_iter()
        .filter(|(_, text)| {
            ["baseball", "little league", "pitches"].iter().any(|word| text.to_lowercase().contains(word))
        })
        .map(|(id, _)| id)
        .collect();
    assert_eq!(told, HashSet::from([mail_id("pennington-cards/1"), mail_id("ellison-saturday/1")]));
}

#[test]
fn other_tenants_hold_what_must_not_leak() {
    let book = book();
    let holds = |mailbox: &str, words: &str| {
        book.mails.iter().any(|mail| mail.mailbox == mailbox && own_words(mail).contains(words))
    };
    assert!(holds(MARCUS, "varsity baseball") && !holds(DANA, "varsity baseball"));
    assert!(holds(INGRID, "outfitter license") && !holds(DANA, "outfitter license"));
    assert!(book.contacts.iter().any(|contact| contact.portal_id == OTHER_PORTAL));
}

#[test]
fn every_answer_stands_in_one_place() {
    let book = book();
    let written = written(&book);

    for asked in ASKED {
        let Expect::Names { source, fact, .. } = asked.expect else { continue };
        let id = match source {
            Source::Mail(name) => mail_id(name),
            Source::Note(name) => note_id(name),
            Source::Event(_) | Source::Deal(_) => continue,
        };
        let places: Vec<&str> =
            written.iter().filter(|(_, text)| text.contains(fact)).map(|(id, _)| id.as_str()).collect();
        assert_eq!(places, [id.as_str()], "{} ({fact})", asked.question);
    }
}

#[test]
fn the_next_two_weeks_hold_what_calendars_hold() {
    for day in [today(), date(2027, 3, 12), date(2028, 2, 26), date(2026, 10, 31)] {
        let book = Practice::demo(day);
        let zone = jiff::tz::TimeZone::get("America/Denver").unwrap();
        let local = |at: jiff::Timestamp| at.to_zoned(zone.clone()).date();
        let dana: Vec<_> = book.events.iter().filter(|event| event.calendar == DANA).collect();
        let soon: Vec<_> = dana
            .iter()
            .filter(|event| local(event.start) > day && local(event.start) <= day.saturating_add(18.days()))
            .collect();

        let clients = soon.iter().filter(|event| event.attendees.iter().any(|guest| guest.email != MARCUS));
        assert!(clients.count() >= 8, "{day}");
        assert!(soon.iter().any(|event| event.all_day), "{day}");
        let weekly = |name: &str| dana.iter().any(|event| !event.recurrence.is_empty() && event.summary.contains(name));
        assert!(weekly("Team stand-up") && weekly("Ana Kessler"));
        for asked in ASKED_OF_RECORDS {
            if let Expect::Names { source: Source::Event(name), .. } = asked.expect {
                let event = soon.iter().find(|event| event.summary == name).unwrap();
                let guests = &event.attendees;
                let earlier = dana.iter().find(|other| {
                    other.start < event.start
                        && local(other.start) >= day
                        && other.attendees.iter().any(|guest| guest.email == guests[0].email)
                });
                assert!(earlier.is_none(), "{day}: {} comes before {name}", earlier.unwrap().summary);
            }
        }
    }
}

#[test]
fn deals_are_open_won_and_lost_and_some_close_soon() {
    let book = book();
    let stage = |wanted: &str| book.deals.iter().filter(|deal| deal.properties["dealstage"] == wanted).count();
    assert!(stage("closedwon") >= 3 && stage("closedlost") >= 1 && stage("contractsent") >= 2);

    let names: HashSet<&str> = book.deals.iter().map(|deal| deal.properties["dealname"].as_str()).collect();
    for asked in ASKED_OF_RECORDS {
        if let Expect::Names { source: Source::Deal(name), .. } = asked.expect {
            assert!(names.contains(name), "{name}");
        }
    }
}

#[test]
fn half_of_the_questions_are_asked_in_other_words() {
    let book = book();
    let written: HashMap<String, String> = written(&book).into_iter().collect();
    let (mut answered, mut reworded) = (0, 0);

    for asked in ASKED {
        let Expect::Names { source: Source::Mail(name) | Source::Note(name), .. } = asked.expect else { continue };
        let text = written.get(&mail_id(name)).or_else(|| written.get(&note_id(name))).unwrap();
        let shared: Vec<String> = content(asked.question).intersection(&content(text)).cloned().collect();
        answered += 1;
        if shared.is_empty() {
            reworded += 1;
        } else {
            println!("{}: {shared:?}", asked.question);
        }
    }

    println!("{reworded} of {answered} reworded");
    assert!(answered >= 30 && reworded * 2 >= answered, "{reworded} of {answered}");
}

/// Words that carry meaning, cut to their first five letters so that `sell` and `selling` are the same.
fn content(text: &str) -> HashSet<String> {
    const EMPTY: &[&str] = &[
        "about",
        "client",
        "clients",
        "does",
        "from",
        "have",
        "like",
        "mentioned",
        "that",
        "their",
        "them",
        "this",
        "wants",
        "want",
        "what",
        "which",
        "whom",
        "whose",
        "will",
        "with",
        "would",
        "your",
        "asked",
        "needs",
        "among",
        "said",
        "the",
        "and",
        "for",
        "who",
        "his",
        "her",
        "are",
        "can",
        "was",
        "did",
        "how",
        "not",
        "all",
        "has",
        "had",
        "our",
        "new",
    ];
    let words = text.to_lowercase();
    let words =
        words.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2 && !EMPTY.contains(word));
    words.map(|word| word.chars().take(5).collect()).collect()
}

#[test]
fn there_are_questions_without_an_answer_and_with_two() {
    let count = |wanted: fn(&Expect) -> bool| ASKED.iter().filter(|asked| wanted(&asked.expect)).count();
    assert!(count(|expect| matches!(expect, Expect::Nothing)) >= 8);
    assert!(count(|expect| matches!(expect, Expect::Ambiguous(_))) >= 3);

    let book = book();
    let people: HashSet<String> = book
        .contacts
        .iter()
        .map(|contact| format!("{} {}", contact.properties["firstname"], contact.properties["lastname"]))
        .collect();
    for asked in ASKED {
        if let Expect::Ambiguous(names) = asked.expect {
            assert!(names.iter().all(|name| people.contains(*name)), "{}", asked.question);
        }
    }
}
