//! Who is in the book: the advisors, and the people of `data/people*.txt`.

use super::{Advisor, Mailbox};

pub const DANA: &str = "dana@reyeswealth.example";
pub const MARCUS: &str = "marcus@reyeswealth.example";
pub const INGRID: &str = "ingrid@solbergplanning.example";

pub const ZONE: &str = "America/Denver";
pub const PORTAL: i64 = 24_680_135;
pub const OTHER_PORTAL: i64 = 13_572_468;

/// One client, prospect or colleague outside the firm.
#[derive(Clone, Debug)]
pub struct Person {
    pub name: String,
    /// The first is the CRM's primary address; empty where a couple shares the other's.
    pub addresses: Vec<String>,
    pub phone: String,
    pub job: String,
    pub company: Option<String>,
    pub city: String,
    pub state: String,
    pub stage: String,
    /// Counts households within one file.
    pub household: usize,
}

impl Person {
    /// The first name, as mails address them.
    pub fn first(&self) -> &str {
        self.name.split(' ').next().unwrap_or(&self.name)
    }

    pub fn last(&self) -> &str {
        self.name.rsplit(' ').next().unwrap_or(&self.name)
    }

    /// Not a prospect, not a colleague: somebody everyday correspondence goes on with.
    pub fn is_client(&self) -> bool {
        self.stage == "customer"
    }

    /// The mailbox they usually write from.
    pub fn mailbox(&self) -> Option<Mailbox> {
        let email = self.addresses.first()?.clone();
        Some(Mailbox { name: self.name.clone(), email })
    }
}

/// The three accounts: two colleagues who share a portal, and one advisor of another firm.
pub fn advisors() -> Vec<Advisor> {
    let advisor = |sub: &str, email: &str, name: (&str, &str), portal_id: i64, user: i64| Advisor {
        sub: sub.into(),
        email: email.into(),
        name: format!("{} {}", name.0, name.1),
        given_name: name.0.into(),
        family_name: name.1.into(),
        time_zone: ZONE.into(),
        portal_id,
        hubspot_user_id: user,
        hubspot_owner_id: (user + 70_000_000).to_string(),
    };

    vec![
        advisor("104857210393847561021", DANA, ("Dana", "Reyes"), PORTAL, 5_310_021),
        advisor("111930284756102938475", MARCUS, ("Marcus", "Oyelaran"), PORTAL, 5_310_022),
        advisor("117364529810473625190", INGRID, ("Ingrid", "Solberg"), OTHER_PORTAL, 6_220_087),
    ]
}

/// Reads one of the people files.
pub fn read(file: &str) -> Vec<Person> {
    let households = file.split("\n\n").enumerate();
    households.flat_map(|(household, lines)| lines.lines().filter_map(move |line| person(line, household))).collect()
}

/// `None` for a comment.
fn person(line: &str, household: usize) -> Option<Person> {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [name, addresses, phone, job, company, city, state, stage] = cells[..] else {
        assert!(line.starts_with('#'), "a person has eight cells: {line}");
        return None;
    };

    // The files' own header has bars too.
    (!line.starts_with('#')).then(|| Person {
        name: name.into(),
        addresses: addresses.split(',').map(str::trim).filter(|address| *address != "-").map(Into::into).collect(),
        phone: phone.into(),
        job: job.into(),
        company: (company != "-").then(|| company.into()),
        city: city.into(),
        state: state.into(),
        stage: stage.into(),
        household,
    })
}
