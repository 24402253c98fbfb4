//! Turns written conversations into the mails of a mailbox: headers, quoted text, signatures, MIME forms, labels.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::dice::{Dice, hash};
use super::people::{Person, ZONE};
use super::script::{Line, Script};
use super::{Advisor, Mail, Mailbox, text};

/// Gmail's id of a mail, from the name of its conversation and its place in it: `ellison-saturday/1` is the first.
pub fn mail_id(source: &str) -> String {
    format!("1{:015x}", hash(source) >> 4)
}

/// The moment of a local time, so many days before today.
pub fn moment(today: Date, days: u32, (hour, minute): (i8, i8)) -> Timestamp {
    let local = today.saturating_sub(i64::from(days).days()).at(hour, minute, 0, 0);
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    zone.to_ambiguous_timestamp(local).compatible().unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The mailbox being filled, and who its owner corresponds with.
pub struct Desk<'a> {
    pub advisor: &'a Advisor,
    pub people: &'a [Person],
    pub today: Date,
}

impl Desk<'_> {
    /// The mails of one conversation, oldest first.
    pub fn thread(&self, script: &Script) -> Vec<Mail> {
        let mut mails: Vec<Mail> = Vec::with_capacity(script.lines.len());

        for (index, line) in script.lines.iter().enumerate() {
            let mail = self.mail(script, index, line, &mails);
            mails.push(mail);
        }

        mails
    }

    fn mail(&self, script: &Script, index: usize, line: &Line, earlier: &[Mail]) -> Mail {
        let source = format!("{}/{}", script.key, index + 1);
        let days = line.days.unwrap_or(1);
        let day = self.today.saturating_sub(i64::from(days).days());
        let from = self.who(&line.who);
        let sent = from.email == self.advisor.email;

        let mut body = text::fill(&line.body, day, &[], &mut Dice::new(&source));
        if sent {
            body.push_str(&signature(self.advisor));
        }
        if line.has("phone") {
            body.push_str("\n\nSent from my phone");
        }
        let quoted = earlier.last().filter(|_| !line.has("bare")).map(quote).unwrap_or_default();
        let plain = format!("{body}{}", quoted);
        let html = (line.has("html") || line.has("multi") || sent).then(|| html(&body, earlier.last()));
        let subject = if index == 0 { script.subject.clone() } else { reply_subject(&script.subject) };

        Mail {
            mailbox: self.advisor.email.clone(),
            id: mail_id(&source),
            thread_id: mail_id(&format!("{}/1", script.key)),
            to: self.to(line, sent, earlier),
            cc: line.flag("cc").map(|name| self.who(name)).collect(),
            subject,
            date: moment(self.today, days, line.at),
            text: (!line.has("html")).then_some(plain),
            html,
            label_ids: labels(line, sent, days),
            message_id: message_id(&source, &from),
            in_reply_to: earlier.last().map(|mail| mail.message_id.clone()),
            references: earlier.iter().map(|mail| mail.message_id.clone()).collect(),
            headers: Vec::new(),
            from,
        }
    }

    fn to(&self, line: &Line, sent: bool, earlier: &[Mail]) -> Vec<Mailbox> {
        let named: Vec<Mailbox> = line.flag("to").map(|name| self.who(name)).collect();
        if !named.is_empty() {
            return named;
        }
        if !sent {
            return vec![self.who("Advisor")];
        }
        let answered = earlier.iter().rev().find(|mail| mail.from.email != self.advisor.email);
        match answered {
            Some(mail) => vec![mail.from.clone()],
            None => earlier.last().map(|mail| mail.to.clone()).unwrap_or_default(),
        }
    }

    /// `Advisor` or their first name, a person of the CRM by name, or `Name <address>`.
    fn who(&self, name: &str) -> Mailbox {
        if name == "Advisor" || name == self.advisor.given_name {
            return Mailbox { name: self.advisor.name.clone(), email: self.advisor.email.clone() };
        }
        if let Some((name, address)) = name.split_once('<') {
            return Mailbox { name: name.trim().into(), email: address.trim_end_matches('>').into() };
        }
        let person = self.people.iter().find(|person| person.name == name);
        person.and_then(Person::mailbox).unwrap_or_else(|| panic!("nobody with an address is called {name:?}"))
    }
}

/// Of the form clients of Gmail write, nested as deep as the conversation.
fn quote(mail: &Mail) -> String {
    let quoted: Vec<String> = visible(mail).lines().map(|line| format!("> {line}").trim_end().to_owned()).collect();
    format!("\n\n{}\n{}", attribution(mail), quoted.join("\n"))
}

fn visible(mail: &Mail) -> String {
    mail.text.clone().unwrap_or_else(|| "(the formatted message was not quoted)".into())
}

fn attribution(mail: &Mail) -> String {
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    let when = mail.date.to_zoned(zone).strftime("%a, %b %-d, %Y at %-I:%M %p");
    format!("On {when} {} <{}> wrote:", mail.from.name, mail.from.email)
}

fn html(body: &str, earlier: Option<&Mail>) -> String {
    let quoted = earlier.map(|mail| {
        let words = mail.text.as_deref().unwrap_or_default();
        format!(
            "<div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">{}<br></div><blockquote class=\"gmail_quote\" \
             style=\"margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex\">{}</blockquote></div>",
            text::escape(&attribution(mail)),
            text::html(words)
        )
    });
    format!("<div dir=\"ltr\">{}</div>{}", text::html(body), quoted.unwrap_or_default())
}

fn signature(advisor: &Advisor) -> String {
    let (firm, phone) = if advisor.email.ends_with("reyeswealth.example") {
        ("Reyes Wealth Planning, 1620 Wynkoop Row, Denver, CO", "303-555-0199")
    } else {
        ("Solberg Planning, 12 Higgins Lane, Missoula, MT", "406-555-0198")
    };
    format!("\n\n-- \n{}\n{firm}\n{phone}", advisor.name)
}

fn reply_subject(subject: &str) -> String {
    if subject.starts_with("Re: ") { subject.into() } else { format!("Re: {subject}") }
}

fn labels(line: &Line, sent: bool, days: u32) -> Vec<String> {
    let labels: &[&str] = match () {
        () if line.has("trash") => &["TRASH"],
        () if line.has("spam") => &["SPAM"],
        () if sent => &["SENT"],
        () if line.has("unread") || days <= 1 => &["INBOX", "UNREAD", "CATEGORY_PERSONAL"],
        () if line.has("archived") || days > 240 => &["CATEGORY_PERSONAL"],
        () if line.has("starred") => &["INBOX", "STARRED", "IMPORTANT", "CATEGORY_PERSONAL"],
        () => &["INBOX", "IMPORTANT", "CATEGORY_PERSONAL"],
    };
    labels.iter().map(ToString::to_string).collect()
}

fn message_id(source: &str, from: &Mailbox) -> String {
    let domain = from.email.split('@').next_back().unwrap_or("mail.example");
    format!("<{:016x}.{}@{domain}>", hash(source), text::slug(source))
}
