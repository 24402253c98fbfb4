//! One HubSpot account as data: users, records with their history, associations, pipelines and properties of its own.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::kind::Kind;
use super::pipelines::{self, Pipeline};
use super::properties;
use super::refusal::{PropertyFault, Refusal};
use super::schema::Definition;
use super::timestamp;

/// How many versions of a value are kept.
const MAX_VERSIONS: usize = 20;

/// Who made a change.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Source {
    /// Our app, through the API.
    Integration { app_id: i64 },
    /// A person in HubSpot's own screens.
    CrmUi { user_id: i64 },
}

impl Source {
    /// The name webhooks and histories give it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Integration { .. } => "INTEGRATION",
            Self::CrmUi { .. } => "CRM_UI",
        }
    }

    pub fn id(self) -> String {
        match self {
            Self::Integration { app_id } => app_id.to_string(),
            Self::CrmUi { user_id } => format!("userId:{user_id}"),
        }
    }
}

/// Who changes something, and when.
#[derive(Clone, Copy, Debug)]
pub struct Actor {
    pub source: Source,
    pub now: Timestamp,
}

/// A user of the portal, who is also an owner.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    pub id: i64,
    pub owner_id: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub time_zone: String,
    pub since: Timestamp,
}

/// One value a property has had.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    pub value: String,
    pub at: Timestamp,
    pub source: Source,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    pub id: u64,
    /// Oldest first.
    pub values: BTreeMap<String, Vec<Version>>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub archived_at: Option<Timestamp>,
    /// When the search index could first have heard of it.
    pub stored_at: Timestamp,
    /// The record it was merged into.
    pub merged_into: Option<u64>,
}

impl Record {
    pub fn new(id: u64, created_at: Timestamp, now: Timestamp) -> Self {
        Self {
            id,
            values: BTreeMap::new(),
            created_at,
            updated_at: now,
            archived_at: None,
            stored_at: now,
            merged_into: None,
        }
    }

    /// Writes down what HubSpot itself knows of a new record: its id, when it was made, and by whom.
    pub fn sign(&mut self, kind: Kind, actor: Actor) {
        let (id, created_at) = (self.id.to_string(), timestamp(self.created_at));
        self.set("hs_object_id", &id, actor);
        self.set(kind.created(), &created_at, actor);
        self.set("hs_object_source", actor.source.name(), actor);
        self.set("hs_object_source_id", &actor.source.id(), actor);
    }

    /// The property's value; `None` when it has none or was cleared.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.last().map(|version| version.value.as_str()).filter(|value| !value.is_empty())
    }

    /// The property's value as it was at this moment.
    pub fn value_at(&self, name: &str, at: Timestamp) -> Option<&str> {
        let version = self.values.get(name)?.iter().rev().find(|version| version.at <= at)?;
        Some(version.value.as_str()).filter(|value| !value.is_empty())
    }

    /// Writes one value, and says whether it is another than before.
    pub fn set(&mut self, name: &str, value: &str, actor: Actor) -> bool {
        if self.value(name).unwrap_or_default() == value {
            return false;
        }
        let versions = self.values.entry(name.to_owned()).or_default();
        versions.push(Version { value: value.to_owned(), at: actor.now, source: actor.source });
        if versions.len() > MAX_VERSIONS {
            versions.remove(0);
        }
        true
    }
}

/// One association in one direction; its mirror is stored beside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    pub from: (Kind, u64),
    pub to: (Kind, u64),
    pub category: String,
    pub type_id: u32,
}

/// An association label the portal defined for itself, in one direction.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Label {
    pub from: Kind,
    pub to: Kind,
    pub type_id: u32,
    pub inverse: u32,
    pub label: String,
}

/// Something that happened, for the webhooks.
#[derive(Clone, Debug)]
pub enum Change {
    Created(Kind, u64),
    Deleted(Kind, u64),
    Restored(Kind, u64),
    PrivacyDeleted(u64),
    Property { kind: Kind, id: u64, name: String, value: String },
    Associated { from: (Kind, u64), to: (Kind, u64), removed: bool, primary: bool },
    Merged { kind: Kind, primary: u64, merged: u64, now: u64, moved: usize },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Portal {
    pub id: i64,
    pub users: Vec<User>,
    pub records: BTreeMap<Kind, BTreeMap<u64, Record>>,
    pub links: BTreeSet<Link>,
    pub labels: Vec<Label>,
    pub custom: BTreeMap<Kind, BTreeMap<String, Definition>>,
    pub pipelines: Vec<Pipeline>,
    pub next_id: u64,
    /// Whether a merge ends in a record with a new id, as newer portals do.
    #[serde(default)]
    pub merge_into_new: bool,
    /// What happened since the webhooks last looked.
    #[serde(skip)]
    pub changes: Vec<Change>,
}

impl Portal {
    pub fn new(id: i64, now: Timestamp) -> Self {
        Self {
            id,
            users: Vec::new(),
            records: BTreeMap::new(),
            links: BTreeSet::new(),
            labels: Vec::new(),
            custom: BTreeMap::new(),
            pipelines: vec![pipelines::sales(now)],
            // As large as those of portals today: too large for 32 bits.
            next_id: 150_000_000_001,
            merge_into_new: false,
            changes: Vec::new(),
        }
    }

    /// An id no record has.
    pub fn fresh_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// The live record with this id, or the one it was merged into.
    pub fn record(&self, kind: Kind, id: u64) -> Option<&Record> {
        let records = self.records.get(&kind)?;
        let mut record = records.get(&id)?;
        while let Some(winner) = record.merged_into {
            record = records.get(&winner)?;
        }
        record.archived_at.is_none().then_some(record)
    }

    /// The record an identifier in a path or body means: an id, or a value of a unique property.
    pub fn identify(&self, kind: Kind, id: &str, id_property: Option<&str>) -> Result<&Record, Refusal> {
        match id_property {
            None | Some("hs_object_id") => {
                let number = id.parse().map_err(|_| Refusal::not_found())?;
                self.record(kind, number).ok_or_else(Refusal::not_found)
            }
            Some(name) => {
                if !self.definition(kind, name).is_some_and(|definition| definition.unique) {
                    return Err(Refusal::invalid(format!("The property {name} is not a unique identifier property")));
                }
                self.by_unique(kind, name, id).ok_or_else(Refusal::not_found)
            }
        }
    }

    /// The live record whose unique property has this value. A contact is also found by a further address.
    pub fn by_unique(&self, kind: Kind, name: &str, value: &str) -> Option<&Record> {
        let value = value.trim().to_lowercase();
        self.live(kind).find(|record| {
            record.value(name).is_some_and(|known| known.to_lowercase() == value)
                || (name == "email"
                    && record.value("hs_additional_emails").is_some_and(|more| more.split(';').any(|one| one == value)))
        })
    }

    /// The records of a kind that are not archived, by id.
    pub fn live(&self, kind: Kind) -> impl Iterator<Item = &Record> {
        self.records.get(&kind).into_iter().flat_map(BTreeMap::values).filter(|record| record.archived_at.is_none())
    }

    pub fn definition(&self, kind: Kind, name: &str) -> Option<Definition> {
        properties::find(kind, name).or_else(|| self.custom.get(&kind)?.get(name).cloned())
    }

    /// The values as they are stored, or every reason why they cannot be.
    pub fn check(&self, kind: Kind, given: &BTreeMap<String, Value>) -> Result<BTreeMap<String, String>, Refusal> {
        let mut values = BTreeMap::new();
        let mut faults = Vec::new();
        for (name, value) in given {
            let value = match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let checked = self
                .definition(kind, name)
                .ok_or_else(|| PropertyFault {
                    name: name.clone(),
                    code: "PROPERTY_DOESNT_EXIST",
                    message: format!("Property \"{name}\" does not exist"),
                })
                .and_then(|definition| definition.normalize(&value));
            match checked {
                Ok(value) => {
                    values.insert(name.clone(), value);
                }
                Err(fault) => faults.push(fault),
            }
        }
        faults.extend(self.check_references(&values));
        if faults.is_empty() { Ok(values) } else { Err(Refusal::properties(&faults)) }
    }

    /// Values that must name an owner, a pipeline or a stage.
    fn check_references(&self, values: &BTreeMap<String, String>) -> Vec<PropertyFault> {
        let mut faults = Vec::new();
        let mut allow = |name: &str, allowed: Vec<&str>| {
            if let Some(value) = values.get(name).filter(|value| !value.is_empty())
                && !allowed.contains(&value.as_str())
            {
                let message = format!("{value} was not one of the allowed options: [{}]", allowed.join(", "));
                faults.push(PropertyFault { name: name.to_owned(), code: "INVALID_OPTION", message });
            }
        };
        allow("hubspot_owner_id", self.users.iter().map(|user| user.owner_id.as_str()).collect());
        allow("pipeline", self.pipelines.iter().map(|pipeline| pipeline.id.as_str()).collect());
        let pipeline = values.get("pipeline");
        let stages = self
            .pipelines
            .iter()
            .filter(|one| pipeline.is_none_or(|id| *id == one.id))
            .flat_map(|one| one.stages.iter().map(|stage| stage.id.as_str()));
        allow("dealstage", stages.collect());
        faults
    }
}

/// HubSpot's `Owner` object.
pub fn show_owner(user: &User) -> Value {
    let since = timestamp(user.since);
    json!({
        "id": user.owner_id,
        "email": user.email,
        "type": "PERSON",
        "firstName": user.first_name,
        "lastName": user.last_name,
        "userId": user.id,
        "userIdIncludingInactive": user.id,
        "createdAt": since,
        "updatedAt": since,
        "archived": false,
    })
}
