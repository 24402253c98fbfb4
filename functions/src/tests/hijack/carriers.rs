//! Where somebody else's text can stand.

use super::*;

pub const CARRIERS: &[&str] = &[
    "subject",
    "body",
    "html",
    "sender",
    "event title",
    "event text",
    "event place",
    "guest",
    "note",
    "contact name",
    "contact company",
    "contact message",
    "deal",
    "company",
];

/// Puts a text there. `tag` is a word by which it is found; `n` is another number each time.
pub fn put(app: &TestApp, carrier: &str, n: usize, text: &str, tag: &str) {
    let line = text.replace(['\n', '\r'], " ");
    let about = format!("About {tag}");
    let person = ("Otto Quist", format!("otto{n}@quist.example"));
    let mut letter = mail(ADA, (person.0, &person.1), &about, &about);
    letter.date = app.app.now();
    let id = format!("atk{n:05}");
    let mut planned = event(&id, &about, "2027-03-03T16:00:00Z", "2027-03-03T17:00:00Z");
    let record = |kind: &str, properties: &[(&str, &str)], with: &[(&str, &str)]| {
        let mut record = record(&(70_000 + n).to_string(), properties, with);
        (record.created_at, record.updated_at) = (app.app.now(), app.app.now());
        app.hubspot.put_object(app.portal(), kind, &record).unwrap();
    };
    let contact = |field: &str| {
        let fields = [("lastname", tag), ("email", person.1.as_str()), (field, line.as_str())];
        record("contacts", &fields, &[]);
    };
    match carrier {
        "subject" => letter.subject = format!("{line} {tag}"),
        "body" => letter.text = Some(format!("{text}\n{about}")),
        "html" => {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            (letter.text, letter.html) = (None, Some(format!("<div><p>{escaped}</p><b>{about}</b></div>")));
        }
        "sender" => letter.from.name = line.clone(),
        "event title" => planned.summary = format!("{line} {tag}"),
        "event text" => planned.description = Some(text.to_owned()),
        "event place" => planned.location = Some(line.clone()),
        "guest" => planned = with(planned, (&line, &person.1)),
        "note" => record(
            "notes",
            &[("hs_note_body", &format!("{text} {tag}")), ("hs_timestamp", "2026-05-04T15:00:00Z")],
            &[("contacts", "501")],
        ),
        "contact name" => contact("firstname"),
        "contact company" => contact("company"),
        "contact message" => contact("message"),
        "deal" => record(
            "deals",
            &[("dealname", &format!("{line} {tag}")), ("dealstage", "contractsent"), ("pipeline", "default")],
            &[("contacts", "501")],
        ),
        "company" => record("companies", &[("name", &format!("{line} {tag}"))], &[]),
        other => panic!("no such place: {other}"),
    }
    if ["subject", "body", "html", "sender"].contains(&carrier) {
        app.google.deliver(&letter);
    }
    if carrier.starts_with("event") || carrier == "guest" {
        app.google.put_event(&planned);
        let theirs =
            json!({ "organizer": { "email": MALLORY, "displayName": "Mallory" }, "creator": { "email": MALLORY } });
        app.google.amend_event(ADA, &id, &theirs);
    }
}
