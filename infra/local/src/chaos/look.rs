//! What became of everything, as the database, the product and the stand-ins' own stores have it.

use std::collections::BTreeMap;

use fakes::world::Problem;
use shared::model::action::{Kept, State};
use shared::store::actions;

use super::journal::{self, Journal};
use super::plan::{Kind, Order, marks};
use super::storm::Lived;
use super::world::{Advisor, World};
use crate::Result;
use crate::up::database::in_words;

/// Where an effect can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Sent,
    Notes,
    Contacts,
    Events,
    ChangedEvents,
    ChangedContacts,
}

impl Place {
    /// Where all that an order asks for has to be.
    pub fn of(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Mail => &[Self::Sent],
            Kind::Note => &[Self::Notes],
            Kind::Contact => &[Self::Contacts],
            Kind::ContactWithNote => &[Self::Contacts, Self::Notes],
            Kind::Event => &[Self::Events],
            Kind::EventChange => &[Self::ChangedEvents],
            Kind::ContactChange => &[Self::ChangedContacts],
        }
    }
}

/// An action as its advisor is told of it.
#[derive(Clone, Debug)]
pub struct Told {
    pub state: State,
    pub task: Option<String>,
    /// The contact is there and its note is said not to be.
    pub without_note: bool,
}

/// Everything the checker goes by.
#[derive(Default)]
pub struct Seen {
    pub acknowledged: Vec<Order>,
    pub refused: Vec<Order>,
    /// By order. More than one is an order that was taken twice.
    pub told: BTreeMap<usize, Vec<Told>>,
    /// How often the mark of an order is in a place.
    pub effects: BTreeMap<(Place, usize), usize>,
    /// The state of every task.
    pub tasks: BTreeMap<String, String>,
    pub journal: Journal,
    pub poison: Vec<String>,
    /// For each task that lost its worker: the seconds until somebody had it again.
    pub recovery: Vec<Option<f64>>,
    /// How often a worker found that it had lost its task.
    pub stale: usize,
}

/// What such a worker says: the heartbeat's, the outcome's and the write's words for it.
const STALE: [&str; 3] = [
    "the task was lost to another worker",
    "a stale worker's outcome was refused",
    "The task was lost to another worker.",
];

pub async fn look(world: &World, lived: &Lived) -> Result<Seen> {
    let mut seen = Seen {
        acknowledged: lived.acknowledged.clone(),
        refused: lived.refused.clone(),
        poison: lived.poison.clone(),
        journal: journal::read(world).await?,
        ..Seen::default()
    };
    for row in world.rows("select id, state from tasks").await? {
        if let [Some(id), Some(state)] = &row[..] {
            seen.tasks.insert(id.clone(), state.clone());
        }
    }
    for advisor in &world.advisors {
        for kept in all_actions(world, advisor).await? {
            let text = serde_json::to_string(&kept.action).unwrap_or_default();
            let told = told(&kept);
            for number in marks(&text).into_iter().take(1) {
                seen.told.entry(number).or_default().push(told.clone());
            }
        }
        count_effects(world, advisor, &mut seen)?;
    }
    let said = std::fs::read_to_string(world.binaries.log()).unwrap_or_default();
    seen.stale = STALE.iter().map(|words| said.matches(words).count()).sum();
    seen.recovery = lived.losses.iter().filter_map(|loss| journal::picked_up(&seen.journal, loss)).collect();
    Ok(seen)
}

fn told(kept: &Kept) -> Told {
    let without_note = kept.result.as_ref().is_some_and(|result| result["note_created"] == false);
    Told { state: kept.state, task: kept.task_id.map(|task| task.to_string()), without_note }
}

async fn all_actions(world: &World, advisor: &Advisor) -> Result<Vec<Kept>> {
    let mut all: Vec<Kept> = Vec::new();
    loop {
        let page = async {
            let mut db = world.app.db().await?;
            let tenant = db.tenant(advisor.id).await?;
            let page = actions::list(&tenant, None, all.last().map(|kept| kept.id), 500).await?;
            tenant.commit().await?;
            Ok(page)
        };
        let page = page.await.map_err(|e: shared::Error| in_words(&e))?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

fn count_effects(world: &World, advisor: &Advisor, seen: &mut Seen) -> Result<()> {
    let values = |kind: &str, property: &str| {
        let values = world.hubspot.values(advisor.portal, kind, property);
        values.map_err(|e| Problem(format!("The stand-in for HubSpot does not say what it has: {e}.")))
    };
    let (titles, descriptions): (Vec<_>, Vec<_>) = world.google.events(&advisor.email).into_iter().unzip();
    let all = [
        (Place::Sent, world.google.sent_subjects(&advisor.email)),
        (Place::Notes, values("notes", "hs_note_body")?),
        (Place::Contacts, values("contacts", "email")?),
        (Place::ChangedContacts, values("contacts", "jobtitle")?),
        (Place::Events, titles),
        (Place::ChangedEvents, descriptions),
    ];
    for (place, texts) in all {
        for number in texts.iter().flat_map(|text| marks(text)) {
            *seen.effects.entry((place, number)).or_default() += 1;
        }
    }
    Ok(())
}
