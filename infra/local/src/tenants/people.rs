//! Many advisors, four to a firm, whose mails, events and records have the same ids and differ in one word: a canary. One of
//! the advisor's own, in mailbox and calendar, and one of the firm's, in the portal all four share.

use fakes::practice::dice::Dice;
use fakes::practice::{Advisor, CrmObject, Event, Mail, Mailbox, Practice};
use jiff::{SignedDuration, Timestamp};

const TO_A_FIRM: usize = 4;
/// The end of every canary. No mail, page or message of the product has the word.
const END: &str = "kestrel";

/// One of the advisors, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Who(pub usize);

impl Who {
    pub fn firm(self) -> usize {
        self.0 / TO_A_FIRM
    }

    pub fn portal(self) -> i64 {
        10_000_000 + i64::try_from(self.firm()).unwrap_or_default()
    }

    pub fn email(self) -> String {
        format!("advisor{}@firm{}.example", self.0, self.firm())
    }

    /// In what is this advisor's alone.
    pub fn canary(self) -> String {
        format!("wren{:04}{END}", self.0)
    }

    /// In what all of the firm have.
    pub fn firm_canary(self) -> String {
        format!("heron{:04}{END}", self.firm())
    }

    pub fn may_see(self, canary: Canary) -> bool {
        match canary {
            Canary::Own(who) => who == self,
            Canary::Firm(firm) => firm == self.firm(),
        }
    }
}

/// A canary that was seen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Canary {
    Own(Who),
    Firm(usize),
}

/// Every canary in a text, in whatever case.
pub fn canaries(text: &str) -> Vec<Canary> {
    let text = text.to_ascii_lowercase();
    let found = text.match_indices(END).filter_map(|(at, _)| {
        let (name, number) = text.get(..at)?.split_at_checked(at.checked_sub(4)?)?;
        let number: usize = number.parse().ok()?;
        if name.ends_with("wren") {
            Some(Canary::Own(Who(number)))
        } else {
            name.ends_with("heron").then_some(Canary::Firm(number))
        }
    });
    found.collect()
}

/// Whether there is somebody who may see all of them.
pub fn are_ones(canaries: &[Canary], advisors: usize) -> bool {
    (0..advisors).map(Who).any(|who| canaries.iter().all(|canary| who.may_see(*canary)))
}

pub fn practice(advisors: usize, now: Timestamp) -> Practice {
    let all: Vec<Who> = (0..advisors).map(Who).collect();
    let firms: Vec<Who> = all.iter().copied().step_by(TO_A_FIRM).collect();
    Practice {
        advisors: all.iter().map(|who| advisor(*who)).collect(),
        mails: all.iter().flat_map(|who| (0..6).map(|n| mail(*who, n, now))).collect(),
        events: all.iter().flat_map(|who| (0..3).map(|n| event(*who, n, now))).collect(),
        contacts: firms.iter().flat_map(|who| (0..5).map(|n| contact(*who, n, now))).collect(),
        notes: firms.iter().flat_map(|who| (0..3).map(|n| note(*who, n, now))).collect(),
        ..Practice::default()
    }
}

fn advisor(who: Who) -> Advisor {
    let user = 100 + i64::try_from(who.0).unwrap_or_default();
    Advisor {
        sub: format!("77{:06}", who.0),
        email: who.email(),
        name: format!("Advisor Number{}", who.0),
        given_name: "Advisor".into(),
        family_name: format!("Number{}", who.0),
        time_zone: "America/Denver".into(),
        portal_id: who.portal(),
        hubspot_user_id: user,
        hubspot_owner_id: user.to_string(),
    }
}

/// The same thread, under the same ids, in every mailbox.
fn mail(who: Who, n: i64, now: Timestamp) -> Mail {
    let id = format!("{:016x}", 0xa0 + n);
    let text =
        format!("The quarterly review about retirement is on the agenda. Nobody but {} reads this.", who.canary());
    Mail {
        date: now - SignedDuration::from_hours(24 * (n + 1)),
        thread_id: format!("{:016x}", 0xa0),
        message_id: format!("<{id}@mail.example>"),
        ..letter(who, id, format!("Quarterly review {n} {}", who.canary()), text)
    }
}

/// A mail that comes in while everybody asks.
pub fn news(who: Who, dice: &mut Dice, now: Timestamp) -> Mail {
    let id = format!("{:016x}", dice.next() | 1 << 63);
    let text = format!("About the review: {} is told something new.", who.canary());
    Mail {
        date: now,
        thread_id: id.clone(),
        message_id: format!("<{id}@mail.example>"),
        ..letter(who, id, format!("News for {}", who.canary()), text)
    }
}

fn letter(who: Who, id: String, subject: String, text: String) -> Mail {
    Mail {
        mailbox: who.email(),
        id,
        thread_id: String::new(),
        from: Mailbox { name: "Nora Ellison".into(), email: "nora@ellison.example".into() },
        to: vec![Mailbox { name: String::new(), email: who.email() }],
        cc: Vec::new(),
        subject,
        date: Timestamp::UNIX_EPOCH,
        text: Some(text),
        html: None,
        label_ids: vec!["INBOX".into()],
        message_id: String::new(),
        in_reply_to: None,
        references: Vec::new(),
        headers: Vec::new(),
    }
}

fn event(who: Who, n: i64, now: Timestamp) -> Event {
    let start = now + SignedDuration::from_hours(24 * (n + 1));
    Event {
        calendar: who.email(),
        id: format!("sharedevent{n}"),
        summary: format!("Review {n} with {}", who.canary()),
        description: None,
        location: None,
        start,
        end: start + SignedDuration::from_mins(30),
        all_day: false,
        attendees: Vec::new(),
        recurrence: Vec::new(),
    }
}

/// The same id in every portal.
pub fn contact(who: Who, n: i64, now: Timestamp) -> CrmObject {
    let properties = [
        ("firstname", format!("Greg{n}")),
        ("lastname", who.firm_canary()),
        ("email", format!("greg{n}@hall.example")),
        ("company", format!("Hall {}", who.firm_canary())),
    ];
    object(who, 501 + n, &properties, &[], now)
}

fn note(who: Who, n: i64, now: Timestamp) -> CrmObject {
    let body = format!("<p>Greg asked about the review. {}</p>", who.firm_canary());
    let properties = [("hs_note_body", body), ("hs_timestamp", now.to_string())];
    object(who, 901 + n, &properties, &[("contacts".into(), "501".into())], now)
}

fn object(who: Who, id: i64, properties: &[(&str, String)], to: &[(String, String)], now: Timestamp) -> CrmObject {
    CrmObject {
        portal_id: who.portal(),
        id: id.to_string(),
        properties: properties.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        created_at: now,
        updated_at: now,
        associations: to.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canaries_are_found_in_any_case_and_told_apart() {
        let text = "<b>WREN0007KESTREL</b> heron0001kestrel, wren12kestrel, a kestrel and 0001kestrel";

        assert_eq!(canaries(text), [Canary::Own(Who(7)), Canary::Firm(1)]);
        assert!(are_ones(&canaries(text), 8));
        assert!(Who(7).may_see(Canary::Firm(1)) && !Who(3).may_see(Canary::Firm(1)));
        assert!(!are_ones(&canaries("wren0006kestrel wren0007kestrel"), 8));
        assert!(!are_ones(&canaries("wren0003kestrel heron0001kestrel"), 8));
    }
}
