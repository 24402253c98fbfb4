//! As many mails as are wanted, in the forms mailboxes hold: those of the demo practice again and again, no two with the same words.

use fakes::practice::{Mail, Practice};
use jiff::SignedDuration;
use jiff::tz::TimeZone;

use crate::clock::now;

pub struct Letters {
    practice: Practice,
    forms: Vec<Mail>,
    made: usize,
}

impl Letters {
    pub fn new() -> Self {
        let mut practice = Practice::demo(now().to_zoned(TimeZone::UTC).date());
        let advisor = practice.advisors[0].email.clone();
        let kept =
            |mail: &Mail| !mail.label_ids.iter().any(|label| matches!(label.as_str(), "TRASH" | "SPAM" | "DRAFT"));
        let forms = practice.mails.iter().filter(|mail| mail.mailbox == advisor && kept(mail)).cloned().collect();
        practice.mails.clear();
        practice.events.clear();
        Self { practice, forms, made: 0 }
    }

    /// The advisors, and their CRM.
    pub fn practice(&self) -> Practice {
        self.practice.clone()
    }

    pub fn next(&mut self, many: usize) -> Vec<Mail> {
        (0..many).map(|_| self.one()).collect()
    }

    pub fn one(&mut self) -> Mail {
        self.made += 1;
        let made = self.made;
        let mut mail = self.forms[made % self.forms.len()].clone();
        // A thread has as many mails as in the practice.
        let copy = made / self.forms.len();
        let thread = u64::from_str_radix(&mail.thread_id, 16).unwrap_or_default();
        mail.id = format!("2{made:015x}");
        mail.thread_id = format!("{:016x}", (thread & 0x0fff_ffff_ffff_ffff) ^ (copy as u64) << 40);
        mail.message_id = format!("<{made}.{}", mail.message_id.trim_start_matches('<'));
        // All of it was there long ago: nothing that comes in sets anything going.
        mail.date = mail.date - SignedDuration::from_hours(24 * 30) - SignedDuration::from_secs(made as i64);
        mail.label_ids.retain(|label| label != "UNREAD");
        mail.text = mail.text.map(|text| format!("Reference {made}. {text}"));
        mail.html = mail.html.map(|html| match html.split_once("<td>") {
            Some((before, after)) => format!("{before}<td>Reference {made}. {after}"),
            None => format!("<p>Reference {made}.</p>{html}"),
        });
        mail
    }
}
