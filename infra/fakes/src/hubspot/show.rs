//! A record as the API shows it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::kind::{Kind, link_types};
use super::portal::{Portal, Record};
use super::refusal::Refusal;
use super::request::Query;
use super::{schema, timestamp};

/// What of a record a request wants to see.
#[derive(Default)]
pub struct Wanted {
    /// Names that do not exist are left out in silence; none means the defaults.
    pub properties: Vec<String>,
    pub history: Vec<String>,
    pub associations: Vec<Kind>,
}

impl Wanted {
    pub fn from_query(query: &Query) -> Result<Self, Refusal> {
        let associations = query.list("associations");
        Ok(Self {
            properties: query.list("properties"),
            history: query.list("propertiesWithHistory"),
            associations: associations.iter().map(|name| Kind::parse(name)).collect::<Result<_, _>>()?,
        })
    }
}

/// A `SimplePublicObjectWithAssociations` with the values of one moment. `base` is the address of the web pages.
pub fn record(portal: &Portal, base: &str, kind: Kind, record: &Record, wanted: &Wanted, at: Timestamp) -> Value {
    let mut names: Vec<&str> = if wanted.properties.is_empty() && wanted.history.is_empty() {
        schema::defaults(kind).to_vec()
    } else {
        wanted.properties.iter().chain(&wanted.history).map(String::as_str).collect()
    };
    names.extend(["hs_object_id", kind.created(), kind.modified()]);
    let mut properties = BTreeMap::new();
    for name in names {
        if portal.definition(kind, name).is_some() {
            properties.insert(name, record.value_at(name, at));
        }
    }
    let mut shown = frame(portal, base, kind, record);
    shown["properties"] = json!(properties);
    if !wanted.history.is_empty() {
        shown["propertiesWithHistory"] = history(record, &wanted.history);
    }
    let associations = associations(portal, kind, record, &wanted.associations);
    if !associations.is_empty() {
        shown["associations"] = associations.into();
    }
    shown
}

/// The answer to a write: every value the record has.
pub fn whole(portal: &Portal, base: &str, kind: Kind, record: &Record) -> Value {
    let properties: BTreeMap<_, _> =
        record.values.keys().filter_map(|name| Some((name, record.value(name)?))).collect();
    let mut shown = frame(portal, base, kind, record);
    shown["properties"] = json!(properties);
    shown
}

fn frame(portal: &Portal, base: &str, kind: Kind, record: &Record) -> Value {
    let mut shown = json!({
        "id": record.id.to_string(),
        "properties": {},
        "createdAt": timestamp(record.created_at),
        "updatedAt": timestamp(record.updated_at),
        "archived": record.archived_at.is_some(),
        "url": page(base, portal.id, kind, record.id),
    });
    if let Some(at) = record.archived_at {
        shown["archivedAt"] = timestamp(at).into();
    }
    shown
}

/// The record's page in HubSpot's own screens.
pub fn page(base: &str, portal: i64, kind: Kind, id: u64) -> String {
    format!("{base}/contacts/{portal}/record/{}/{id}", kind.type_id())
}

fn history(record: &Record, names: &[String]) -> Value {
    let mut all = Map::new();
    for name in names {
        let versions = record.values.get(name).into_iter().flatten().rev().map(|version| {
            json!({
                "value": version.value,
                "timestamp": timestamp(version.at),
                "sourceType": version.source.name(),
                "sourceId": version.source.id(),
            })
        });
        all.insert(name.clone(), versions.collect::<Vec<_>>().into());
    }
    all.into()
}

/// Associations as a record carries them: by plural name, one entry for each type.
fn associations(portal: &Portal, kind: Kind, record: &Record, wanted: &[Kind]) -> Map<String, Value> {
    let mut all = Map::new();
    for to in wanted {
        let mut results = Vec::new();
        for (id, types) in portal.associated((kind, record.id), *to) {
            for shown in types {
                results.push(json!({ "id": id.to_string(), "type": type_name(kind, *to, &shown) }));
            }
        }
        if !results.is_empty() {
            all.insert(to.plural().to_owned(), json!({ "results": results }));
        }
    }
    all
}

/// Such as `note_to_contact`; where a pair also has a primary type, the plain one is `…_unlabeled`.
fn type_name(from: Kind, to: Kind, shown: &Value) -> String {
    let plain = format!("{}_to_{}", from.singular(), to.singular());
    let has_primary = link_types(from, to).any(|link| link.label == Some("Primary"));
    match shown["label"].as_str() {
        None if has_primary => format!("{plain}_unlabeled"),
        None | Some("Primary") => plain,
        Some(label) => label.to_lowercase().replace(' ', "_"),
    }
}
