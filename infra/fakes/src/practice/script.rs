//! The plain-text form conversations are written in.
//!
//! ```text
//! === key | subject
//! --- 143 18:42 Nora Ellison ; multi
//! The body, up to the next line of dashes.
//! --- 142 09:05 Dana
//! ```
//!
//! The numbers are days before today and the local time. `Name <address>` stands for somebody who is not in the CRM, or
//! for another address of somebody who is. After each `;` comes a flag: `multi` and `html` choose the MIME form,
//! `phone` adds what telephones add, `bare` leaves out the quoted mail, `trash`, `unread` and `archived` set labels,
//! `to X` and `cc X` add people.

/// One conversation as written.
#[derive(Clone, Debug)]
pub struct Script {
    pub key: String,
    pub subject: String,
    pub lines: Vec<Line>,
}

/// One mail as written.
#[derive(Clone, Debug)]
pub struct Line {
    /// Days before today; absent in templates.
    pub days: Option<u32>,
    /// Local hour and minute.
    pub at: (i8, i8),
    pub who: String,
    pub flags: Vec<String>,
    pub body: String,
}

impl Line {
    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|one| one == flag)
    }

    /// What follows the word `name` in a flag, such as the person of `cc Paul Ellison`.
    pub fn flag<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.flags.iter().filter_map(move |flag| flag.strip_prefix(name)?.strip_prefix(' '))
    }
}

/// Reads a file of conversations.
pub fn read(file: &str) -> Vec<Script> {
    sections(file, "=== ")
        .map(|(head, body)| {
            let (key, subject) = head.split_once('|').unwrap_or((head, ""));
            let lines = sections(body, "--- ").map(|(head, body)| line(head, body)).collect();
            Script { key: key.trim().into(), subject: subject.trim().into(), lines }
        })
        .collect()
}

/// The parts of a text that start with a marked line: what follows the mark, and the text below it.
pub fn sections<'a>(text: &'a str, mark: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let starts = text.match_indices(mark).map(|(at, _)| at).filter(|at| *at == 0 || text[..*at].ends_with('\n'));
    let starts: Vec<usize> = starts.collect();
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([text.len()]).collect();

    starts.into_iter().zip(ends).map(move |(start, end)| {
        let part = &text[start + mark.len()..end];
        let (head, body) = part.split_once('\n').unwrap_or((part, ""));
        (head.trim(), body.trim())
    })
}

fn line(head: &str, body: &str) -> Line {
    let mut parts = head.split(';').map(str::trim);
    let first = parts.next().unwrap_or_default();
    let flags = parts.map(Into::into).collect();

    let mut words = first.splitn(3, ' ');
    let time = words.next().and_then(|days| days.parse().ok()).zip(words.next().and_then(clock)).zip(words.next());
    let (days, at, who) = match time {
        Some(((days, at), who)) => (Some(days), at, who),
        None => (None, (9, 0), first),
    };

    Line { days, at, who: who.trim().into(), flags, body: body.into() }
}

fn clock(text: &str) -> Option<(i8, i8)> {
    let (hour, minute) = text.split_once(':')?;
    Some((hour.parse().ok()?, minute.parse().ok()?))
}
