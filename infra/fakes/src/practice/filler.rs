//! Everyday correspondence and call notes made from templates: it fills the book and states no fact a question asks for.

use super::crm::Owner;
use super::dice::Dice;
use super::mails::Desk;
use super::people::Person;
use super::script::{self, Line, Script};
use super::{CrmObject, Mail, text};

const CUSTODIANS: &[&str] = &["Summit Custody", "Ridgeline Brokerage", "Prairie Trust"];
const ACCOUNTS: &[&str] = &["IRA", "Roth IRA", "joint account", "trust account", "brokerage account", "inherited IRA"];
const SPAN: u32 = 520;

/// `count` conversations from `data/filler.txt`, each template in turn, each with another person.
pub fn threads(desk: &Desk<'_>, count: usize) -> Vec<Mail> {
    let templates = script::read(include_str!("data/filler.txt"));
    let clients: Vec<&Person> =
        desk.people.iter().filter(|person| person.is_client() && person.mailbox().is_some()).collect();
    let mut mails = Vec::new();

    for index in 0..count {
        // A step without a common factor walks all people before it repeats one.
        let person = clients[(index * 7 + index / clients.len()) % clients.len()];
        let script = filled(&templates[index % templates.len()], person, index, desk);
        mails.extend(desk.thread(&script));
    }

    mails
}

/// One template with its alternatives chosen, its slots filled and its days set.
fn filled(template: &Script, person: &Person, index: usize, desk: &Desk<'_>) -> Script {
    let key = format!("{}-{index}", template.key);
    let mut dice = Dice::new(&format!("{key} {}", desk.advisor.email));
    let slots = slots(&desk.advisor.given_name, person, &mut dice);
    let length = u32::try_from(template.lines.len()).unwrap_or(1) * 3;
    let mut days = dice.between(2, SPAN) + length;
    let mut hour = 8;
    let subject = text::fill(&template.subject, desk.today, &slots, &mut dice);

    let lines = template.lines.iter().map(|line| {
        let gap = dice.between(0, 3);
        hour = if gap == 0 { hour + 2 } else { i8::try_from(dice.between(7, 11)).unwrap_or(8) };
        days = days.saturating_sub(gap).max(1);
        let day = desk.today.saturating_sub(jiff::ToSpan::days(i64::from(days)));
        Line {
            days: Some(days),
            at: (hour, i8::try_from(dice.between(0, 60)).unwrap_or(0)),
            who: if line.who == "client" { person.name.clone() } else { "Advisor".into() },
            flags: flags(line, person, &mut dice),
            body: text::fill(&line.body, day, &slots, &mut dice),
        }
    });

    Script {
        key: if desk.advisor.email.starts_with("dana") { key } else { format!("{key}-{}", desk.advisor.given_name) },
        subject,
        lines: lines.collect(),
    }
}

fn flags(line: &Line, person: &Person, dice: &mut Dice) -> Vec<String> {
    let mut flags = line.flags.clone();
    if line.who == "client" {
        flags.extend(dice.chance(20).then(|| "phone".into()));
        flags.extend(dice.chance(8).then(|| "multi".into()));
        flags.extend(dice.chance(6).then(|| "html".into()));
        flags.extend(dice.chance(2).then(|| "trash".into()));
    } else {
        flags.push(format!("to {}", person.name));
    }
    flags
}

fn slots(me: &str, person: &Person, dice: &mut Dice) -> Vec<(&'static str, String)> {
    let amount = dice.between(9, 60) * 250;
    vec![
        ("me", me.to_owned()),
        ("first", person.first().to_owned()),
        ("last", person.last().to_owned()),
        ("city", person.city.clone()),
        ("custodian", (*dice.pick(CUSTODIANS)).to_owned()),
        ("account", (*dice.pick(ACCOUNTS)).to_owned()),
        ("digits", format!("{:04}", dice.between(100, 9999))),
        ("amount", format!("${},{:03}", amount / 1000, amount % 1000)),
        ("small", format!("${}", dice.between(3, 19) * 50)),
        ("hour", format!("{}:{}", dice.pick(&["9", "10", "11", "1", "2", "3", "4"]), dice.pick(&["00", "15", "30"]))),
    ]
}

/// `count` routine notes from `data/notes_filler.txt`.
pub fn notes(owner: &Owner<'_>, people: &[Person], count: usize) -> Vec<CrmObject> {
    let clients: Vec<&Person> = people.iter().filter(|person| person.is_client()).collect();
    let templates: Vec<&str> = include_str!("data/notes_filler.txt").split("\n\n").map(str::trim).collect();
    let mut notes = Vec::new();

    for index in 0..count {
        let person = clients[(index * 11 + index / clients.len()) % clients.len()];
        let key = format!("routine-{index}");
        let mut dice = Dice::new(&key);
        let days = dice.between(2, SPAN);
        let day = owner.today.saturating_sub(jiff::ToSpan::days(i64::from(days)));
        let body = text::fill(
            templates[index % templates.len()],
            day,
            &slots(&owner.advisor.given_name, person, &mut dice),
            &mut dice,
        );
        notes.push(owner.note(&key, days, &[&person.name], &body));
    }

    notes
}
