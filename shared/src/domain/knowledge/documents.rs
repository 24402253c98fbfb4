//! How mail, events and HubSpot's records become documents: what is embedded, what may be quoted, what the wire shows, and
//! where a link to it leads.

mod hubspot;

use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

pub use hubspot::{Links, grouped, of_company, of_contact, of_deal, of_note};

use super::chunk;
use crate::domain::calendar::words;
use crate::error::Result;
use crate::model::calendar::{Attendee, CalendarEvent, Status};
use crate::model::document::{Document, Kind};
use crate::model::mail::{Email, Mailbox};
use crate::store::Tenant;
use crate::store::documents::{self as store, Cut, Hashed};

/// What is encoded of an address in a query.
const IN_A_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_').remove(b'@');

/// Keeps a document. One whose words are stored already is not cut and embedded again.
pub async fn put(db: &Tenant<'_>, document: &Document) -> Result<()> {
    put_all(db, std::slice::from_ref(document)).await
}

/// The same for many at once, of which none is there twice.
pub async fn put_all(db: &Tenant<'_>, documents: &[Document]) -> Result<()> {
    let stored = store::hashes(db, documents).await?;
    let (mut same, mut new, mut known) = (Vec::new(), Vec::new(), Vec::new());
    for (document, stored) in documents.iter().zip(stored) {
        let hash = chunk::content_hash(document);
        match stored {
            Some(stored) if stored == hash => same.push(document),
            Some(_) => known.push(cut(document, hash)),
            None => new.push(cut(document, hash)),
        }
    }
    store::put_shown(db, &same).await?;
    store::put_all(db, &new, &known).await
}

fn cut(document: &Document, hash: [u8; 32]) -> Cut<'_> {
    let chunks = chunk::chunks(&document.body).into_iter().map(|chunk| {
        let hash = chunk::text_hash(&store::embedded_text(&document.heading, &chunk.text));
        Hashed { chunk, hash: hash.to_vec() }
    });
    Cut { document, hash: hash.to_vec(), chunks: chunks.collect() }
}

/// Where a thread can be read. `own` is the mailbox's address, so that the right account opens it.
pub fn mail_link(web_url: &str, own: &str, thread_id: &str) -> String {
    format!("{web_url}?authuser={}#all/{thread_id}", utf8_percent_encode(own, IN_A_QUERY))
}

/// `id` is ours; `own` is the mailbox's address, which the link names so that the right account opens it.
pub fn of_email(email: &Email, id: i64, web_url: &str, own: &str) -> Document {
    let date = email.received_at.to_zoned(TimeZone::UTC).strftime("%-d %B %Y");
    let mut heading = format!("E-mail from {} to {} on {date}", named(&email.sender), list(&email.to));
    if !email.cc.is_empty() {
        heading += &format!(", copy to {}", list(&email.cc));
    }
    heading += &format!(". Subject: {}", email.subject);
    Document {
        kind: Kind::Email,
        source_id: email.gmail_id.clone(),
        title: email.subject.clone(),
        heading,
        body: email.body.clone(),
        occurred_at: email.received_at,
        metadata: json!({
            "email_id": id,
            "gmail_id": email.gmail_id,
            "thread_id": email.thread_id,
            "subject": email.subject,
            "sender": named(&email.sender),
            "to": list(&email.to),
            "outbound": email.outbound,
            "received_at": email.received_at,
            "url": mail_link(web_url, own, &email.thread_id),
        }),
    }
}

/// `zone` is the advisor's: days and hours are theirs.
pub fn of_event(event: &CalendarEvent, zone: &TimeZone) -> Document {
    let title = if event.summary.is_empty() { "(No title)".to_owned() } else { event.summary.clone() };
    let when = event.span.map(|span| words::when(&span, zone)).unwrap_or_default();
    let repeats = words::repeats(&event.recurrence, zone);
    let people: Vec<Mailbox> = event.guests().map(Attendee::mailbox).collect();
    let mut heading = match repeats {
        Some(_) => format!("Recurring calendar event, first on {when}"),
        None => format!("Calendar event on {when}"),
    };
    if !people.is_empty() {
        heading += &format!(", with {}", list(&people));
    }
    heading += &format!(". {title}");

    let label = if repeats.is_some() { "First" } else { "When" };
    let mut lines = vec![format!("{title}."), format!("{label}: {when}.")];
    let organizer = event.organizer.as_ref().map(named);
    let invited: Vec<String> = event.attendees.iter().map(invited).collect();
    let facts = [
        ("Repeats", repeats),
        ("Where", Some(event.location.clone())),
        ("Organizer", organizer),
        ("Who", Some(invited.join(", "))),
        ("Status", (event.status == Status::Tentative).then(|| "not confirmed".to_owned())),
    ];
    for (label, value) in facts {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            lines.push(format!("{label}: {value}."));
        }
    }
    if !event.description.is_empty() {
        lines.push(event.description.clone());
    }
    Document {
        kind: Kind::Calendar,
        source_id: event.google_id.clone(),
        title,
        heading,
        body: lines.join("\n"),
        occurred_at: event.span.map(|span| span.bounds(zone).0).or(event.updated_at).unwrap_or_default(),
        metadata: event_metadata(event, zone),
    }
}

fn event_metadata(event: &CalendarEvent, zone: &TimeZone) -> serde_json::Value {
    let times = event.span.map(|span| words::wire(&span, zone));
    let attendees = event.attendees.iter().map(|attendee| {
        json!({
            "email": attendee.email, "name": attendee.name, "response": attendee.response, "organizer": attendee.organizer,
        })
    });
    json!({
        "event_id": event.google_id,
        "summary": event.summary,
        "description": event.description,
        "location": event.location,
        "status": event.status,
        "start": times.as_ref().map(|(start, _)| start),
        "end": times.as_ref().map(|(_, end)| end),
        "attendees": attendees.collect::<Vec<_>>(),
        "organizer_email": event.organizer.as_ref().map(|organizer| &organizer.email),
        "organizer_name": event.organizer.as_ref().map(|organizer| &organizer.name),
        "is_recurring": event.is_series() || event.series.is_some(),
        "recurrence": event.recurrence,
        "has_video_call": event.video_link.is_some(),
        "video_link": event.video_link,
        "html_link": event.html_link,
        "created_at": event.created_at,
        "updated_at": event.updated_at,
        "url": event.html_link,
    })
}

/// `Nora Ellison <nora@example.com> (accepted)`.
fn invited(attendee: &Attendee) -> String {
    let answer = match attendee.response.as_str() {
        "accepted" => " (accepted)",
        "declined" => " (declined)",
        "tentative" => " (maybe)",
        _ => "",
    };
    format!("{}{answer}", named(&attendee.mailbox()))
}

/// `Nora Ellison <nora@example.com>`, or what there is of it.
fn named(mailbox: &Mailbox) -> String {
    match mailbox.name.as_str() {
        "" => mailbox.email.clone(),
        name if mailbox.email.is_empty() => name.to_owned(),
        name => format!("{name} <{}>", mailbox.email),
    }
}

fn list(mailboxes: &[Mailbox]) -> String {
    match mailboxes {
        [] => "undisclosed recipients".to_owned(),
        _ => mailboxes.iter().map(named).collect::<Vec<_>>().join(", "),
    }
}
