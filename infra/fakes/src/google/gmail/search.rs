//! Which messages a search finds, and in what order they are listed.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::super::call::Call;
use super::super::refusal::Refusal;
use super::mailbox::{Mailbox, Message};
use super::query::{self, Query, words};

/// What a list asks for.
pub(in super::super) struct Filter {
    query: Query,
    labels: Vec<String>,
    hidden_too: bool,
    now: Timestamp,
}

impl Filter {
    pub fn new(call: &Call, now: Timestamp) -> Result<Self, Refusal> {
        let mut filter = Self::of(call.param("q").unwrap_or_default(), now);
        filter.labels = call.params("labelIds").map(str::to_owned).collect();
        filter.hidden_too |= call.flag("includeSpamTrash")?;
        filter.hidden_too |= filter.labels.iter().any(|label| label == "SPAM" || label == "TRASH");
        Ok(filter)
    }

    pub fn of(text: &str, now: Timestamp) -> Self {
        let query = query::parse(text);
        let hidden_too = names_hidden(&query);
        Self { query, labels: Vec::new(), hidden_too, now }
    }

    /// The messages it finds, newest first.
    pub fn find<'a>(&self, mailbox: &'a Mailbox) -> Vec<&'a Message> {
        let mut found: Vec<_> = mailbox.messages.values().filter(|message| self.matches(mailbox, message)).collect();
        found.sort_by(|a, b| b.rank().cmp(&a.rank()));
        found
    }

    fn matches(&self, mailbox: &Mailbox, message: &Message) -> bool {
        (self.hidden_too || !(message.has("SPAM") || message.has("TRASH")))
            && self.labels.iter().all(|label| message.has(label))
            && Matcher { mailbox, message, now: self.now }.holds(&self.query)
    }
}

/// Spam and trash are searched when the query speaks of them.
fn names_hidden(query: &Query) -> bool {
    match query {
        Query::All(terms) | Query::Any(terms) => terms.iter().any(names_hidden),
        Query::Is(name, value) => {
            matches!(name.as_str(), "in" | "label" | "is")
                && matches!(value.to_lowercase().as_str(), "anywhere" | "spam" | "trash")
        }
        Query::Not(_) | Query::Words(_) => false,
    }
}

struct Matcher<'a> {
    mailbox: &'a Mailbox,
    message: &'a Message,
    now: Timestamp,
}

impl Matcher<'_> {
    fn holds(&self, query: &Query) -> bool {
        match query {
            Query::All(terms) => terms.iter().all(|term| self.holds(term)),
            Query::Any(terms) => terms.iter().any(|term| self.holds(term)),
            Query::Not(term) => !self.holds(term),
            Query::Words(wanted) => self.anywhere(wanted),
            Query::Is(name, value) => self.operator(name, value),
        }
    }

    fn operator(&self, name: &str, value: &str) -> bool {
        match name {
            "from" => self.header("From", value),
            "to" => ["To", "Cc", "Bcc"].iter().any(|header| self.header(header, value)),
            "cc" => self.header("Cc", value),
            "bcc" => self.header("Bcc", value),
            "subject" => self.header("Subject", value),
            "deliveredto" => self.header("Delivered-To", value),
            "list" => self.header("List-ID", value),
            "rfc822msgid" => {
                let wanted = value.trim_matches(['<', '>']);
                self.message.mime().header("Message-ID").is_some_and(|id| id.trim_matches(['<', '>']) == wanted)
            }
            "in" | "label" | "is" | "category" => self.label(name, &value.to_lowercase()),
            "has" => self.has(&value.to_lowercase()),
            "filename" => self.message.mime().walk().iter().any(|part| {
                let file = part.filename.to_lowercase();
                !file.is_empty()
                    && (file == value.to_lowercase() || file.ends_with(&format!(".{}", value.to_lowercase())))
            }),
            "after" | "newer" => instant(value).is_some_and(|at| self.message.internal_date >= at),
            "before" | "older" => instant(value).is_some_and(|at| self.message.internal_date < at),
            "newer_than" => self.ago(value).is_some_and(|at| self.message.internal_date >= at),
            "older_than" => self.ago(value).is_some_and(|at| self.message.internal_date < at),
            "size" | "larger" => bytes(value).is_some_and(|size| self.message.raw.len() >= size),
            "smaller" => bytes(value).is_some_and(|size| self.message.raw.len() < size),
            _ => false,
        }
    }

    fn header(&self, name: &str, value: &str) -> bool {
        let wanted = words(value);
        // `from:me` is the account itself.
        let wanted = if wanted == ["me"] { words(&self.mailbox.email) } else { wanted };
        self.message.mime().header(name).is_some_and(|text| contains(&words(text), &wanted))
    }

    fn anywhere(&self, wanted: &[String]) -> bool {
        let mime = self.message.mime();
        let headers = ["Subject", "From", "To", "Cc"].iter().filter_map(|name| mime.header(name));
        headers.into_iter().any(|text| contains(&words(text), wanted))
            || contains(&words(&mime.text()), wanted)
            || mime.walk().iter().any(|part| contains(&words(&part.filename), wanted))
    }

    fn label(&self, operator: &str, value: &str) -> bool {
        if operator == "category" {
            let name = if value == "primary" { "PERSONAL".to_owned() } else { value.to_uppercase() };
            return self.message.has(&format!("CATEGORY_{name}"));
        }
        match value {
            "anywhere" => true,
            "read" => !self.message.has("UNREAD"),
            "draft" | "drafts" => self.message.has("DRAFT"),
            "chats" => self.message.has("CHAT"),
            "archive" => !["INBOX", "TRASH", "SPAM", "SENT", "DRAFT"].iter().any(|label| self.message.has(label)),
            _ => {
                let spelled = value.replace(['-', '/'], " ");
                self.message.has(&value.to_uppercase())
                    || self.mailbox.labels.iter().any(|label| {
                        let name = label.name.to_lowercase();
                        (name == value || name.replace(['-', '/'], " ") == spelled) && self.message.has(&label.id)
                    })
            }
        }
    }

    fn has(&self, value: &str) -> bool {
        match value {
            "attachment" => self.message.mime().has_attachment(),
            "userlabels" => self.mailbox.labels.iter().any(|label| self.message.has(&label.id)),
            "nouserlabels" => !self.mailbox.labels.iter().any(|label| self.message.has(&label.id)),
            _ => false,
        }
    }

    /// `3d`, `2m`, `1y` before now, in milliseconds.
    fn ago(&self, value: &str) -> Option<i64> {
        let unit = value.chars().last()?;
        let count: i64 = value[..value.len() - unit.len_utf8()].parse().ok()?;
        let span = match unit {
            'h' => count.hours(),
            'd' => count.days(),
            'm' => count.months(),
            'y' => count.years(),
            _ => return None,
        };
        let then = self.now.to_zoned(TimeZone::UTC).checked_sub(span).ok()?;
        Some(then.timestamp().as_millisecond())
    }
}

/// Consecutive words.
fn contains(text: &[String], wanted: &[String]) -> bool {
    wanted.is_empty() || text.windows(wanted.len()).any(|window| window == wanted)
}

/// A day, which starts at midnight in California, or seconds since 1970; in milliseconds.
fn instant(value: &str) -> Option<i64> {
    let pieces: Vec<i16> = value.split(['/', '-']).map(str::parse).collect::<Result<_, _>>().unwrap_or_default();
    if let [first, second, third] = pieces[..] {
        // Year first, or month/day/year.
        let (year, month, day) = if first > 31 { (first, second, third) } else { (third, first, second) };
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        let zone = TimeZone::get("America/Los_Angeles").ok()?;
        return Some(date.to_zoned(zone).ok()?.timestamp().as_millisecond());
    }
    value.parse::<i64>().ok().map(|seconds| seconds * 1000)
}

fn bytes(value: &str) -> Option<usize> {
    let lower = value.to_lowercase();
    let (digits, factor) = match lower.strip_suffix('m') {
        Some(digits) => (digits, 1 << 20),
        None => lower.strip_suffix('k').map_or((lower.as_str(), 1), |digits| (digits, 1 << 10)),
    };
    digits.parse::<usize>().ok().map(|count| count * factor)
}

/// A place in a newest-first list: the next page starts behind it.
pub(super) fn page_token(message: &Message) -> String {
    // Google's tokens are long digits; clients must not read them.
    let place = u64::try_from(message.internal_date).unwrap_or_default();
    format!("{place:014}{:020}", u64::from_str_radix(&message.id, 16).unwrap_or_default())
}

/// Drops what earlier pages gave.
pub(super) fn after_token<'a>(found: Vec<&'a Message>, token: Option<&str>) -> Result<Vec<&'a Message>, Refusal> {
    let Some(token) = token else { return Ok(found) };
    let bad = || Refusal::invalid("Invalid pageToken");
    if token.len() != 34 || !token.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad());
    }
    let date: i64 = token[..14].parse().map_err(|_| bad())?;
    let id = format!("{:016x}", token[14..].parse::<u64>().map_err(|_| bad())?);
    Ok(found.into_iter().filter(|message| message.rank() < (date, id.as_str())).collect())
}
