//! Passages: the numbered pieces of mail, notes and events the prompt or a tool gives to quote from.
//!
//! ```text
//! [3] email; from Nora Ellison <nora@example.com>; to Dana Reyes; on 2026-03-02; subject "Saturday"
//! | line of untrusted text
//! | next line
//! ```

use jiff::civil::Date;
use serde_json::Value;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passage {
    /// To cite it by; results of some tools have none.
    pub number: Option<u32>,
    pub kind: String,
    /// Key and value, such as `from` and `Nora Ellison <nora@example.com>`.
    pub header: Vec<(String, String)>,
    /// What somebody wrote.
    pub lines: Vec<String>,
}

impl Passage {
    /// The first of these keys that has a value.
    pub fn field(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.header.iter().find(|(name, _)| name == key)).map(|(_, value)| value.as_str())
    }

    /// What follows the first of these labels at a line's start: `$4,000` of `Amount: $4,000.`
    pub fn labelled(&self, labels: &[&str]) -> Option<&str> {
        let value =
            |label: &&str| self.lines.iter().find_map(|line| line.trim().strip_prefix(label)?.strip_prefix(':'));
        labels.iter().find_map(value).map(|value| value.trim().trim_end_matches('.'))
    }

    pub fn date(&self) -> Option<Date> {
        let date = self.field(&["on", "date", "at", "when", "from_date", "start"])?;
        date.get(..10)?.parse().ok()
    }

    /// Who it is from or about, then everybody else the header names. Names only.
    pub fn people(&self) -> Vec<String> {
        const KEYS: [&str; 11] =
            ["from", "contact", "about", "with", "client", "name", "contacts", "attendees", "to", "cc", "by"];
        let fields = KEYS.iter().flat_map(|key| self.header.iter().filter(move |(name, _)| name == key));
        let names = fields.flat_map(|(_, value)| value.split(',')).map(name_of);
        names.filter(|name| !name.is_empty()).collect()
    }

    /// Whether it was sent by a machine or to many.
    pub fn is_bulk(&self) -> bool {
        const DESKS: [&str; 17] = [
            "hello",
            "news",
            "desk",
            "office",
            "notices",
            "events",
            "confirms",
            "transfers",
            "noreply",
            "no-reply",
            "info",
            "support",
            "sales",
            "team",
            "alerts",
            "newsletter",
            "marketing",
        ];
        let from = self.field(&["from"]).unwrap_or_default().to_lowercase();
        let address = from.split(['<', '>', ' ']).find(|part| part.contains('@')).unwrap_or_default();
        let desk = address.split('@').next().unwrap_or_default();
        let subject = self.field(&["subject"]).unwrap_or_default();
        let answers_invitation =
            ["Accepted:", "Declined:", "Tentative:"].iter().any(|start| subject.starts_with(start));
        answers_invitation || DESKS.iter().any(|known| desk.starts_with(known))
    }
}

/// `Nora Ellison` of `Nora Ellison <nora@example.com>`; the address itself when there is no name.
pub fn name_of(mailbox: &str) -> String {
    let name = mailbox.split(['<', '(']).next().unwrap_or_default().trim().trim_matches('"').trim();
    if name.is_empty() { mailbox.trim_matches(['<', '>', ' ']).to_owned() } else { name.to_owned() }
}

/// The passages of a text, and what else is in it.
pub fn read(text: &str) -> (Vec<Passage>, String) {
    let mut passages: Vec<Passage> = Vec::new();
    let mut rest = String::new();
    let mut inside = false;
    for line in text.lines() {
        if let Some(passage) = header(line) {
            passages.push(passage);
            inside = true;
        } else if let (true, Some(quoted), Some(passage)) = (inside, line.strip_prefix('|'), passages.last_mut()) {
            passage.lines.push(quoted.strip_prefix(' ').unwrap_or(quoted).to_owned());
        } else {
            inside = false;
            rest.push_str(line);
            rest.push('\n');
        }
    }
    (passages, rest)
}

/// What the parts of a header may begin with.
const KEYS: [&str; 31] = [
    "from",
    "to",
    "cc",
    "on",
    "at",
    "date",
    "when",
    "start",
    "end",
    "subject",
    "title",
    "about",
    "with",
    "by",
    "name",
    "contact",
    "contact_id",
    "id",
    "client",
    "contacts",
    "attendees",
    "location",
    "email",
    "company",
    "event_id",
    "email_id",
    "deal_id",
    "company_id",
    "stage",
    "amount",
    "closes",
];

/// `[n] kind; key value; key "value"`.
fn header(line: &str) -> Option<Passage> {
    let (number, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let mut parts = split_outside_quotes(rest).into_iter();
    let kind = parts.next()?.trim().to_lowercase();
    let pair = |part: String| match part.trim().split_once([' ', ':']) {
        Some((key, value)) if KEYS.contains(&key.to_lowercase().as_str()) => {
            Some((key.to_lowercase(), value.trim().trim_matches('"').to_owned()))
        }
        // A part without a key is what the thing is called.
        _ => Some(("title".to_owned(), part.trim().to_owned())).filter(|(_, title)| !title.is_empty()),
    };
    Some(Passage {
        number: Some(number.parse().ok()?),
        kind,
        header: parts.filter_map(pair).collect(),
        lines: Vec::new(),
    })
}

fn split_outside_quotes(text: &str) -> Vec<String> {
    let (mut parts, mut quoted) = (vec![String::new()], false);
    for c in text.chars() {
        quoted ^= c == '"';
        if c == ';' && !quoted {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts
}

/// What a tool returned as passages: numbered ones, JSON records, or the text as it stands.
pub fn of_result(tool: &str, text: &str) -> Vec<Passage> {
    let (passages, _) = read(text);
    if !passages.is_empty() {
        return passages;
    }
    let mut records = Vec::new();
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        collect(&value, tool, &mut records);
    }
    records
}

/// Every object with a field of its own becomes a passage; long fields are its lines.
fn collect(value: &Value, kind: &str, records: &mut Vec<Passage>) {
    const LONG: usize = 80;
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, kind, records)),
        Value::Object(fields) => {
            let mut record = Passage { kind: kind.to_owned(), ..Passage::default() };
            for (key, field) in fields {
                match field {
                    Value::Array(_) | Value::Object(_) => collect(field, key, records),
                    Value::String(text) if text.len() > LONG || text.contains('\n') || is_body(key) => {
                        record.lines.extend(text.lines().map(str::to_owned));
                    }
                    Value::String(text) => record.header.push((key.to_lowercase(), text.clone())),
                    Value::Number(number) if matches!(key.as_str(), "n" | "number" | "citation") => {
                        record.number = number.as_u64().and_then(|n| n.try_into().ok());
                    }
                    Value::Number(number) => record.header.push((key.to_lowercase(), number.to_string())),
                    Value::Bool(_) | Value::Null => {}
                }
            }
            if !record.header.is_empty() || !record.lines.is_empty() {
                records.push(record);
            }
        }
        _ => {}
    }
}

fn is_body(key: &str) -> bool {
    ["text", "body", "content", "snippet", "note", "description", "passage"].iter().any(|body| key.ends_with(body))
}
