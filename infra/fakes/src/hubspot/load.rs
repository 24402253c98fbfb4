//! Filling a portal from the demo practice, and single records from a test.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::kind::Kind;
use super::pipelines::Stage;
use super::portal::{Actor, Change, Portal, Record, Source, User};
use super::refusal::Refusal;
use super::schema::Definition;
use super::state::State;
use crate::practice::{Advisor, CrmObject, Practice};

/// Adds what is not there yet.
pub fn load(state: &mut State, practice: &Practice, now: Timestamp) {
    for advisor in &practice.advisors {
        let portal = state.portals.entry(advisor.portal_id).or_insert_with(|| Portal::new(advisor.portal_id, now));
        if !portal.users.iter().any(|user| user.id == advisor.hubspot_user_id) {
            portal.users.push(user(advisor, now));
            state.people.push((advisor.portal_id, advisor.hubspot_user_id));
        }
    }
    let kinds = [
        (Kind::Contact, &practice.contacts),
        (Kind::Company, &practice.companies),
        (Kind::Deal, &practice.deals),
        (Kind::Note, &practice.notes),
    ];
    let mut fresh = Vec::new();
    for (kind, objects) in kinds {
        for object in objects {
            let portal = state.portals.entry(object.portal_id).or_insert_with(|| Portal::new(object.portal_id, now));
            let Ok(id) = object.id.parse::<u64>() else {
                tracing::warn!(kind = kind.plural(), "a record of the practice has no number for an id");
                continue;
            };
            if portal.records.get(&kind).is_some_and(|records| records.contains_key(&id)) {
                continue;
            }
            insert(portal, kind, id, object);
            fresh.push((kind, id, object));
        }
    }
    for (kind, id, object) in fresh {
        if let Some(portal) = state.portals.get_mut(&object.portal_id) {
            link(portal, kind, id, object);
        }
    }
    for portal in state.portals.values_mut() {
        portal.changes.clear();
    }
}

fn user(advisor: &Advisor, now: Timestamp) -> User {
    User {
        id: advisor.hubspot_user_id,
        owner_id: advisor.hubspot_owner_id.clone(),
        email: advisor.email.clone(),
        first_name: advisor.given_name.clone(),
        last_name: advisor.family_name.clone(),
        time_zone: advisor.time_zone.clone(),
        since: now,
    }
}

/// A record with the past the practice gives it.
fn insert(portal: &mut Portal, kind: Kind, id: u64, object: &CrmObject) {
    let user_id = portal.users.first().map_or(0, |user| user.id);
    let actor = Actor { source: Source::CrmUi { user_id }, now: object.updated_at };
    let mut record = Record::new(id, object.created_at, object.updated_at);
    record.sign(kind, actor);
    portal.records.entry(kind).or_default().insert(id, record);
    portal.next_id = portal.next_id.max(id + 1);
    let values = accept(portal, kind, object);
    portal.apply(kind, id, &values, actor);
}

/// The practice's values as they are stored. A property or stage the portal lacks becomes one of its own, and what
/// HubSpot works out itself is left to it.
fn accept(portal: &mut Portal, kind: Kind, object: &CrmObject) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for (name, value) in &object.properties {
        let definition = portal.definition(kind, name).unwrap_or_else(|| {
            let own = Definition::custom(kind, name);
            portal.custom.entry(kind).or_default().insert(name.clone(), own.clone());
            own
        });
        if definition.read_only || name == kind.created() {
            continue;
        }
        match definition.normalize(value) {
            Ok(value) => {
                values.insert(name.clone(), value);
            }
            Err(fault) => {
                tracing::warn!(
                    kind = kind.plural(),
                    id = object.id,
                    property = name,
                    fault.message,
                    "a value was left out"
                );
            }
        }
    }
    if let Some(stage) = values.get("dealstage")
        && !portal.pipelines.iter().any(|pipeline| pipeline.stages.iter().any(|known| known.id == *stage))
    {
        portal.pipelines[0].stages.push(Stage::open(stage, stage, "0.5"));
    }
    values
}

fn link(portal: &mut Portal, kind: Kind, id: u64, object: &CrmObject) {
    for (to_kind, to_id) in &object.associations {
        let linked = Kind::parse(to_kind).and_then(|to_kind| {
            let to_id = to_id.parse().map_err(|_| Refusal::not_found())?;
            portal.associate((kind, id), (to_kind, to_id), &[])
        });
        if linked.is_err() {
            tracing::warn!(kind = kind.plural(), id, to_kind, to_id, "an association leads nowhere and was left out");
        }
    }
}

/// Creates a record, or gives one exactly these properties.
pub fn put(portal: &mut Portal, kind: Kind, object: &CrmObject, actor: Actor) -> Result<(), Refusal> {
    let id: u64 = object.id.parse().map_err(|_| Refusal::invalid("a record's id must be digits"))?;
    let mut values = accept(portal, kind, object);
    if let Some(record) = portal.record(kind, id) {
        let given: BTreeSet<_> = values.keys().cloned().collect();
        let cleared: Vec<_> = record
            .values
            .keys()
            .filter(|name| !given.contains(*name))
            .filter(|name| portal.definition(kind, name).is_some_and(|definition| !definition.read_only))
            .cloned()
            .collect();
        values.extend(cleared.into_iter().map(|name| (name, String::new())));
        values.remove(kind.created());
    } else {
        let mut record = Record::new(id, object.created_at, actor.now);
        record.sign(kind, actor);
        portal.records.entry(kind).or_default().insert(id, record);
        portal.next_id = portal.next_id.max(id + 1);
        portal.changes.push(Change::Created(kind, id));
    }
    portal.apply(kind, id, &values, actor);
    for (to_kind, to_id) in &object.associations {
        let to_id = to_id.parse().map_err(|_| Refusal::not_found())?;
        portal.associate((kind, id), (Kind::parse(to_kind)?, to_id), &[])?;
    }
    Ok(())
}
