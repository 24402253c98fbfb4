//! Associations between a portal's records. Each is stored in both directions, with the type id of each.

use serde_json::{Value, json};

use super::kind::{Kind, link_types};
use super::portal::{Change, Label, Link, Portal};
use super::refusal::Refusal;

/// One end of an association.
pub type End = (Kind, u64);

const HUBSPOT: &str = "HUBSPOT_DEFINED";
const USER: &str = "USER_DEFINED";

/// One association type between two kinds as the portal knows it.
struct Known {
    category: &'static str,
    type_id: u32,
    inverse: u32,
    label: Option<String>,
}

impl Portal {
    fn known(&self, from: Kind, to: Kind) -> Vec<Known> {
        let own = self.labels.iter().filter(|label| label.from == from && label.to == to).map(|label| Known {
            category: USER,
            type_id: label.type_id,
            inverse: label.inverse,
            label: Some(label.label.clone()),
        });
        link_types(from, to)
            .map(|link| Known {
                category: HUBSPOT,
                type_id: link.id,
                inverse: link.inverse,
                label: link.label.map(str::to_owned),
            })
            .chain(own)
            .collect()
    }

    /// The association types from one kind to another: `{category, typeId, label}`.
    pub fn link_labels(&self, from: Kind, to: Kind) -> Vec<Value> {
        let show = |one: Known| json!({ "category": one.category, "typeId": one.type_id, "label": one.label });
        self.known(from, to).into_iter().map(show).collect()
    }

    /// The kind these association types lead to from a kind.
    pub fn kind_of(&self, from: Kind, types: &[(String, u32)]) -> Option<Kind> {
        let (category, type_id) = types.first()?;
        Kind::ALL
            .into_iter()
            .find(|to| self.known(from, *to).iter().any(|one| one.category == category && one.type_id == *type_id))
    }

    /// The labels among these types.
    pub fn label_names(&self, from: Kind, to: Kind, types: &[(String, u32)]) -> Vec<String> {
        let is_meant = |one: &Known| types.iter().any(|(_, type_id)| *type_id == one.type_id);
        self.known(from, to).into_iter().filter(is_meant).filter_map(|one| one.label).collect()
    }

    /// Both directions of a default association: `{from, to, associationSpec}`.
    pub fn default_pair(&self, from: End, to: End) -> Vec<Value> {
        [(from, to), (to, from)]
            .into_iter()
            .filter_map(|(from, to)| {
                let spec = self.known(from.0, to.0).into_iter().next()?;
                Some(json!({
                    "from": { "id": from.1.to_string() },
                    "to": { "id": to.1.to_string() },
                    "associationSpec": { "associationCategory": spec.category, "associationTypeId": spec.type_id },
                }))
            })
            .collect()
    }

    /// Defines a label of the portal's own and answers both directions.
    pub fn define_label(&mut self, from: Kind, to: Kind, label: &str, inverse: Option<&str>) -> Vec<Value> {
        let taken = u32::try_from(self.labels.len()).unwrap_or(u32::MAX);
        let type_id = 1001 + taken;
        let back = inverse.unwrap_or(label);
        let back_id = if from == to && inverse.is_none() { type_id } else { type_id + 1 };
        self.labels.push(Label { from, to, type_id, inverse: back_id, label: label.to_owned() });
        if back_id != type_id {
            self.labels.push(Label { from: to, to: from, type_id: back_id, inverse: type_id, label: back.to_owned() });
        }
        let show = |type_id: u32, label: &str| json!({ "category": USER, "typeId": type_id, "label": label });
        if back_id == type_id { vec![show(type_id, label)] } else { vec![show(type_id, label), show(back_id, back)] }
    }

    /// Associates two live records with these types, given as `(category, type id)`; without any, with the default.
    ///
    /// # Errors
    /// 404 when either record is not there, 400 when a type does not lead from the one kind to the other.
    pub fn associate(&mut self, from: End, to: End, types: &[(String, u32)]) -> Result<(), Refusal> {
        self.both_exist(from, to)?;
        let known = self.known(from.0, to.0);
        let Some(default) = known.first().map(|one| (one.category.to_owned(), one.type_id)) else {
            return Err(Refusal::invalid(format!("{} and {} cannot be associated", from.0.plural(), to.0.plural())));
        };
        let mut wanted = types.to_vec();
        for (category, type_id) in &wanted {
            if !known.iter().any(|one| one.category == category && one.type_id == *type_id) {
                return Err(Refusal::invalid(format!(
                    "One or more association types are invalid: {category} {type_id} does not lead from {} to {}",
                    from.0.type_id(),
                    to.0.type_id()
                )));
            }
        }
        // A labelled association is always an unlabelled one too.
        wanted.push(default);
        let primary = known.iter().find(|one| one.label.as_deref() == Some("Primary"));
        let primary = primary.map(|one| (one.category.to_owned(), one.type_id));
        if let Some(primary) = primary.clone()
            && self.primary_from(from, to).is_none()
        {
            // The first company of a record is its primary one.
            wanted.push(primary);
        }
        let is_new = !self.links.iter().any(|link| link.from == from && link.to == to);
        let mut added = false;
        for (category, type_id) in wanted {
            let Some(one) = known.iter().find(|one| one.category == category && one.type_id == type_id) else {
                continue;
            };
            if primary.as_ref().is_some_and(|primary| primary.1 == type_id) {
                self.forget_primary(from, to);
            }
            added |= self.links.insert(Link { from, to, category: category.clone(), type_id });
            self.links.insert(Link { from: to, to: from, category, type_id: one.inverse });
        }
        if is_new || added {
            self.note_association(from, to, false);
        }
        Ok(())
    }

    /// A contact or deal has one primary company: its link, seen from either side.
    fn primary_from(&self, from: End, to: End) -> Option<Link> {
        let (owner, other) = if from.0 == Kind::Company { (to, from.0) } else { (from, to.0) };
        let type_id = link_types(owner.0, other).find(|link| link.label == Some("Primary"))?.id;
        self.links.iter().find(|link| link.from == owner && link.type_id == type_id).cloned()
    }

    fn forget_primary(&mut self, from: End, to: End) {
        if let Some(old) = self.primary_from(from, to) {
            let inverse = link_types(old.from.0, old.to.0).find(|link| link.id == old.type_id).map(|link| link.inverse);
            self.links.retain(|link| {
                *link != old && !(link.from == old.to && link.to == old.from && Some(link.type_id) == inverse)
            });
        }
    }

    /// Removes every association between two records. Removing what is not there is no error.
    pub fn dissociate(&mut self, from: End, to: End) {
        let before = self.links.len();
        self.links.retain(|link| {
            let ends = (link.from, link.to);
            ends != (from, to) && ends != (to, from)
        });
        if self.links.len() != before {
            self.note_association(from, to, true);
        }
    }

    /// Removes these types only.
    pub fn remove_labels(&mut self, from: End, to: End, types: &[(String, u32)]) {
        let known = self.known(from.0, to.0);
        for (category, type_id) in types {
            let inverse = known.iter().find(|one| one.type_id == *type_id).map(|one| one.inverse);
            self.links.retain(|link| {
                let same = link.category == *category;
                !(same && link.from == from && link.to == to && link.type_id == *type_id)
                    && !(same && link.from == to && link.to == from && Some(link.type_id) == inverse)
            });
        }
        self.note_association(from, to, true);
    }

    fn note_association(&mut self, from: End, to: End, removed: bool) {
        let between = |link: Link| (link.from, link.to) == (from, to) || (link.from, link.to) == (to, from);
        let primary = self.primary_from(from, to).is_some_and(between);
        self.changes.push(Change::Associated { from, to, removed, primary });
        self.changes.push(Change::Associated { from: to, to: from, removed, primary });
    }

    fn both_exist(&self, from: End, to: End) -> Result<(), Refusal> {
        if self.record(from.0, from.1).is_some() && self.record(to.0, to.1).is_some() {
            Ok(())
        } else {
            Err(Refusal::not_found())
        }
    }

    /// The live records of a kind a record is associated with, by id, each with its types
    /// `(category, type id, label)`.
    pub fn associated(&self, from: End, to: Kind) -> Vec<(u64, Vec<Value>)> {
        let known = self.known(from.0, to);
        let mut found: Vec<(u64, Vec<Value>)> = Vec::new();
        for link in self.links.iter().filter(|link| link.from == from && link.to.0 == to) {
            if self.record(to, link.to.1).is_none() {
                continue;
            }
            let label = known.iter().find(|one| one.type_id == link.type_id).and_then(|one| one.label.clone());
            let shown = json!({ "category": link.category, "typeId": link.type_id, "label": label });
            match found.last_mut() {
                Some((id, types)) if *id == link.to.1 => types.push(shown),
                _ => found.push((link.to.1, vec![shown])),
            }
        }
        found
    }

    /// Moves every association of one record to another of its kind.
    pub fn relink(&mut self, old: End, new: End) {
        if old == new {
            return;
        }
        let moved: Vec<_> = self.links.iter().filter(|link| link.from == old || link.to == old).cloned().collect();
        for link in moved {
            self.links.remove(&link);
            let from = if link.from == old { new } else { link.from };
            let to = if link.to == old { new } else { link.to };
            if from != to {
                self.links.insert(Link { from, to, ..link });
            }
        }
    }
}
