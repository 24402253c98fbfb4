//! Puts the book together from the tables under `data/`.

use jiff::civil::Date;

use super::calendar::Calendar;
use super::crm::Owner;
use super::mails::Desk;
use super::people::Person;
use super::{Advisor, CrmObject, Mail, Practice, filler, noise, people, script};

const THREADS: &[&str] = &[include_str!("data/threads_a.txt"), include_str!("data/threads_b.txt")];
const NOTES: &[&str] = &[include_str!("data/notes_facts.txt"), include_str!("data/notes_profiles.txt")];

impl Practice {
    /// The demo book. Deterministic; everything is dated relative to `today`, and no mail or note is later than the day
    /// before it.
    ///
    /// Dana Reyes is the demo advisor. Marcus Oyelaran works in the same firm and HubSpot portal with a mailbox of his
    /// own, Ingrid Solberg in another firm and portal. Their books hold what Dana's answers must not show: in Marcus's
    /// mailbox too, somebody's boy plays baseball.
    pub fn demo(today: Date) -> Practice {
        let advisors = people::advisors();
        let mut practice = Practice::default();

        for advisor in &advisors {
            practice.fill(advisor, today);
        }

        practice.mails.sort_by(|one, other| (one.date, &one.id).cmp(&(other.date, &other.id)));
        practice.advisors = advisors;
        practice
    }

    fn fill(&mut self, advisor: &Advisor, today: Date) {
        match advisor.email.as_str() {
            people::DANA => self.fill_dana(advisor, today),
            people::MARCUS => {
                let clients = people::read(include_str!("data/people_marcus.txt"));
                self.fill_small(advisor, today, &clients, include_str!("data/threads_marcus.txt"));
                self.notes.extend(Owner { advisor, today }.notes(include_str!("data/notes_marcus.txt")));
            }
            _ => {
                let clients = people::read(include_str!("data/people_ingrid.txt"));
                self.fill_small(advisor, today, &clients, include_str!("data/threads_ingrid.txt"));
                self.notes.extend(Owner { advisor, today }.notes(include_str!("data/notes_ingrid.txt")));
            }
        }
    }

    fn fill_dana(&mut self, advisor: &Advisor, today: Date) {
        let clients = people::read(include_str!("data/people.txt"));
        let desk = Desk { advisor, people: &clients, today };
        let (owner, calendar) = (Owner { advisor, today }, Calendar { advisor, today });

        self.mails.extend(THREADS.iter().flat_map(|file| threads(&desk, file)));
        self.mails.extend(filler::threads(&desk, 125));
        self.mails.extend(noise::mails(&desk));

        self.contacts.extend(owner.contacts(&clients));
        self.companies.extend(owner.companies(&clients));
        self.notes.extend(NOTES.iter().flat_map(|file| owner.notes(file)));
        self.notes.extend(filler::notes(&owner, &clients, 60));
        self.deals.extend(owner.deals(include_str!("data/deals.txt"), &clients));

        self.events.extend(calendar.reviews(&clients, 4));
        self.events.extend(calendar.listed(include_str!("data/events.txt"), &clients));
    }

    fn fill_small(&mut self, advisor: &Advisor, today: Date, clients: &[Person], mails: &str) {
        let desk = Desk { advisor, people: clients, today };
        let owner = Owner { advisor, today };

        self.mails.extend(threads(&desk, mails));
        self.mails.extend(filler::threads(&desk, 8));
        self.contacts.extend(owner.contacts(clients));
        let same = |one: &CrmObject, other: &CrmObject| one.id == other.id && one.portal_id == other.portal_id;
        let mut employers = owner.companies(clients);
        employers.retain(|company| !self.companies.iter().any(|known| same(known, company)));
        self.companies.extend(employers);
        self.events.extend(Calendar { advisor, today }.reviews(clients, 2));
    }
}

fn threads(desk: &Desk<'_>, file: &str) -> Vec<Mail> {
    script::read(file).iter().flat_map(|script| desk.thread(script)).collect()
}
