//! What is asked for: a pure function of the seed.

use std::collections::BTreeMap;

use fakes::practice::dice::Dice;

use super::options::Options;

/// One write that somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub number: usize,
    /// Whose, by place.
    pub advisor: usize,
    pub kind: Kind,
    /// Through the endpoint, and not by its domain function.
    pub at_the_door: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Mail,
    Note,
    Contact,
    /// A contact with a first note: two effects of one task.
    ContactWithNote,
    Event,
    EventChange,
    ContactChange,
}

impl Kind {
    /// In how many of a hundred. Mails are few because the product sends five hundred in an hour and no more.
    const SHARES: [(Self, u32); 7] = [
        (Self::Mail, 5),
        (Self::Note, 32),
        (Self::Contact, 10),
        (Self::ContactWithNote, 15),
        (Self::Event, 18),
        (Self::EventChange, 10),
        (Self::ContactChange, 10),
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Mail => "send_email",
            Self::Note => "create_note",
            Self::Contact => "create_contact",
            Self::ContactWithNote => "create_contact_with_note",
            Self::Event => "schedule_event",
            Self::EventChange => "update_event",
            Self::ContactChange => "update_contact",
        }
    }

    fn drawn(dice: &mut Dice) -> Self {
        let mut rolled = dice.between(0, 100);
        for (kind, share) in Self::SHARES {
            if rolled < share {
                return kind;
            }
            rolled -= share;
        }
        Self::Note
    }

    /// Whether the endpoint takes it before anything was read.
    fn suits_the_door(self) -> bool {
        matches!(self, Self::Mail | Self::Contact | Self::Event)
    }
}

impl Order {
    /// What it is known by wherever it happens.
    pub fn mark(&self) -> String {
        mark(self.number)
    }
}

pub fn mark(number: usize) -> String {
    format!("chaos{number}x")
}

/// The numbers of the orders a text is marked with.
pub fn marks(text: &str) -> Vec<usize> {
    let marked = text.split("chaos").skip(1);
    marked.filter_map(|rest| rest.split_once('x').and_then(|(number, _)| number.parse().ok())).collect()
}

/// One in twenty of those that may goes through the door.
pub fn make(options: &Options) -> Vec<Order> {
    let mut dice = Dice::new(&format!("plan {}", options.seed));
    let advisors = options.advisors();
    (0..options.tasks)
        .map(|number| {
            let kind = Kind::drawn(&mut dice);
            let at_the_door = dice.chance(15) && kind.suits_the_door();
            Order { number, advisor: number % advisors, kind, at_the_door }
        })
        .collect()
}

/// How many of each kind, for the report.
pub fn kinds<'a>(orders: impl IntoIterator<Item = &'a Order>) -> BTreeMap<&'static str, usize> {
    let mut kinds = BTreeMap::new();
    for order in orders {
        *kinds.entry(order.kind.name()).or_default() += 1;
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(seed: u64) -> Options {
        Options { tasks: 400, seed, minutes: 1, scale: 0.1, workers: 4, advisors: None, without: None }
    }

    #[test]
    fn the_same_seed_asks_for_the_same_and_all_kinds_are_asked_for() {
        let plan = make(&options(7));

        assert_eq!(plan, make(&options(7)));
        assert_ne!(plan, make(&options(8)));
        assert_eq!(kinds(&plan).len(), Kind::SHARES.len());
        let at_the_door = plan.iter().filter(|order| order.at_the_door).count();
        assert!((8..40).contains(&at_the_door), "{at_the_door}");
        assert_eq!(Kind::SHARES.iter().map(|(_, share)| share).sum::<u32>(), 100);
    }

    #[test]
    fn a_mark_is_found_again_and_is_no_part_of_another() {
        assert_eq!(marks(&format!("<p>{} called</p>", mark(12))), [12]);
        assert_eq!(marks("chaos12x chaos1x"), [12, 1]);
        assert_eq!(marks("chaos and chaosx and chaos12"), [0; 0]);
    }
}
