//! A record as HubSpot writes it, and as we keep it.

use std::collections::BTreeMap;

use html2text::render::TrivialDecorator;
use jiff::Timestamp;
use serde::Deserialize;

use super::read::Paging;
use crate::model::crm::{Body, Company, Contact, Deal, Note, ObjectType, Record, Version};

/// Wider than any paragraph of a note.
const WIDTH: usize = 100_000;
/// Who made a record, and what was merged into it: contacts have a property of their own for that, too.
const COMMON: [&str; 4] = ["hs_object_source", "hs_object_source_id", MERGED_IDS, MERGED_VIDS];
const MERGED_IDS: &str = "hs_merged_object_ids";
const MERGED_VIDS: &str = "hs_calculated_merged_vids";
pub const CONTACT: [&str; 19] = [
    "email",
    "firstname",
    "lastname",
    "phone",
    "mobilephone",
    "company",
    "jobtitle",
    "website",
    "address",
    "city",
    "state",
    "zip",
    "country",
    "lifecyclestage",
    "hs_additional_emails",
    "hubspot_owner_id",
    "notes_last_contacted",
    "createdate",
    "lastmodifieddate",
];
const COMPANY: [&str; 13] = [
    "name",
    "domain",
    "website",
    "phone",
    "description",
    "industry",
    "address",
    "city",
    "state",
    "country",
    "hubspot_owner_id",
    "createdate",
    "hs_lastmodifieddate",
];
const DEAL: [&str; 12] = [
    "dealname",
    "amount",
    "closedate",
    "dealstage",
    "pipeline",
    "dealtype",
    "description",
    "hubspot_owner_id",
    "hs_is_closed",
    "hs_is_closed_won",
    "createdate",
    "hs_lastmodifieddate",
];
pub const NOTE: [&str; 5] =
    ["hs_timestamp", "hs_note_body", "hubspot_owner_id", "hs_createdate", "hs_lastmodifieddate"];

/// What is asked for of a record.
pub fn properties(object: ObjectType) -> Vec<&'static str> {
    let own: &[&str] = match object {
        ObjectType::Company => &COMPANY,
        ObjectType::Contact => &CONTACT,
        ObjectType::Deal => &DEAL,
        ObjectType::Note => &NOTE,
    };
    [own, &COMMON].concat()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    pub id: String,
    #[serde(default)]
    properties: BTreeMap<String, Option<String>>,
    #[serde(default)]
    properties_with_history: BTreeMap<String, Vec<Was>>,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(default)]
    archived: bool,
    archived_at: Option<Timestamp>,
    #[serde(default)]
    associations: BTreeMap<String, Associated>,
}

#[derive(Deserialize)]
struct Was {
    #[serde(default)]
    value: Option<String>,
    timestamp: Timestamp,
}

#[derive(Deserialize)]
struct Associated {
    #[serde(default)]
    results: Vec<Reference>,
    paging: Option<Paging>,
}

#[derive(Deserialize)]
pub struct Reference {
    pub id: String,
}

impl Object {
    /// There are more associations than it says.
    pub fn is_cut_off(&self) -> bool {
        self.associations.values().any(|some| some.paging.as_ref().is_some_and(|paging| paging.next.is_some()))
    }

    fn linked(&mut self, other: ObjectType) -> Vec<String> {
        let found = self.associations.remove(other.plural()).map(|some| some.results).unwrap_or_default();
        let mut ids: Vec<String> = found.into_iter().map(|reference| reference.id).collect();
        // A record that is linked in two ways is listed twice.
        ids.sort();
        ids.dedup();
        ids
    }
}

pub fn record(object: ObjectType, mut from: Object) -> Record {
    let properties = filled(&mut from);
    let own = properties.get(MERGED_IDS).into_iter().flat_map(|ids| ids.split(';'));
    // `id:milliseconds` each.
    let older = properties.get(MERGED_VIDS).into_iter().flat_map(|ids| ids.split(';'));
    let older = older.map(|one| one.split(':').next().unwrap_or_default());
    let mut merged_ids: Vec<String> =
        own.chain(older).map(str::trim).filter(|id| !id.is_empty() && *id != from.id).map(str::to_owned).collect();
    merged_ids.sort();
    merged_ids.dedup();

    let was = |was: Was| Version { value: was.value.unwrap_or_default(), at: was.timestamp };
    let history = std::mem::take(&mut from.properties_with_history);
    let history = history.into_iter().map(|(name, versions)| (name, versions.into_iter().map(was).collect()));
    Record {
        id: from.id.clone(),
        created_at: from.created_at,
        updated_at: from.updated_at,
        archived_at: from.archived.then(|| from.archived_at.unwrap_or(from.updated_at)),
        merged_ids,
        source: properties.get("hs_object_source").cloned().unwrap_or_default(),
        source_id: properties.get("hs_object_source_id").cloned(),
        history: history.collect(),
        body: match object {
            ObjectType::Company => Body::Company(company(from, properties)),
            ObjectType::Contact => Body::Contact(contact(from, properties)),
            ObjectType::Deal => Body::Deal(deal(from, properties)),
            ObjectType::Note => Body::Note(note(from, properties)),
        },
    }
}

type Properties = BTreeMap<String, String>;

pub fn contact_of(mut object: Object) -> Contact {
    let properties = filled(&mut object);
    contact(object, properties)
}

pub fn note_of(mut object: Object) -> Note {
    let properties = filled(&mut object);
    note(object, properties)
}

fn contact(mut object: Object, properties: Properties) -> Contact {
    let get = |name: &str| properties.get(name).cloned();
    let others = get("hs_additional_emails").unwrap_or_default();
    Contact {
        company_ids: object.linked(ObjectType::Company),
        hubspot_id: object.id,
        first_name: get("firstname").unwrap_or_default(),
        last_name: get("lastname").unwrap_or_default(),
        email: get("email").map(|email| email.to_lowercase()),
        other_emails: others.split(';').map(|e| e.trim().to_lowercase()).filter(|e| !e.is_empty()).collect(),
        phone: get("phone").or_else(|| get("mobilephone")),
        company: get("company"),
        job_title: get("jobtitle"),
        lifecycle_stage: get("lifecyclestage"),
        owner_id: get("hubspot_owner_id"),
        created_at: object.created_at,
        updated_at: object.updated_at,
        properties,
    }
}

fn company(object: Object, properties: Properties) -> Company {
    let get = |name: &str| properties.get(name).cloned();
    Company {
        hubspot_id: object.id,
        title: get("name").unwrap_or_default(),
        domain: get("domain"),
        phone: get("phone"),
        industry: get("industry"),
        owner_id: get("hubspot_owner_id"),
        created_at: object.created_at,
        updated_at: object.updated_at,
        properties,
    }
}

fn deal(mut object: Object, properties: Properties) -> Deal {
    let get = |name: &str| properties.get(name).cloned();
    let is = |name: &str| properties.get(name).is_some_and(|value| value == "true");
    let is_number = |text: &String| text.trim().parse::<f64>().is_ok_and(f64::is_finite);
    Deal {
        contact_ids: object.linked(ObjectType::Contact),
        company_ids: object.linked(ObjectType::Company),
        hubspot_id: object.id,
        title: get("dealname").unwrap_or_default(),
        amount: get("amount").filter(is_number).map(|text| text.trim().to_owned()),
        closes_at: get("closedate").and_then(|text| time(&text)),
        stage_id: get("dealstage"),
        pipeline_id: get("pipeline"),
        owner_id: get("hubspot_owner_id"),
        is_closed: is("hs_is_closed"),
        is_won: is("hs_is_closed_won"),
        created_at: object.created_at,
        updated_at: object.updated_at,
        properties,
    }
}

fn note(mut object: Object, mut properties: Properties) -> Note {
    let noted_at = properties.get("hs_timestamp").and_then(|text| time(text)).unwrap_or(object.created_at);
    let html = properties.remove("hs_note_body").unwrap_or_default();
    Note {
        contact_ids: object.linked(ObjectType::Contact),
        hubspot_id: object.id,
        body: plain(&html),
        owner_id: properties.remove("hubspot_owner_id"),
        noted_at,
        updated_at: object.updated_at,
    }
}

/// What has a value; and what a search gives is as old as its index, and its properties say how old that is.
fn filled(object: &mut Object) -> Properties {
    let all = std::mem::take(&mut object.properties).into_iter();
    let properties: Properties =
        all.filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?))).collect();
    let changed = properties.get("hs_lastmodifieddate").or_else(|| properties.get("lastmodifieddate"));
    object.updated_at = changed.and_then(|text| time(text)).unwrap_or(object.updated_at);
    properties
}

/// ISO 8601 or milliseconds.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| Timestamp::from_millisecond(text.parse().ok()?).ok())
}

/// A note's HTML as text: no lines are broken, no tables drawn, no addresses of links listed.
pub(super) fn plain(html: &str) -> String {
    let config = html2text::config::with_decorator(TrivialDecorator::new()).raw_mode(true).allow_width_overflow();
    let text = config.string_from_read(html.as_bytes(), WIDTH).unwrap_or_default();
    // What is left of drawings are rules.
    let is_rule = |line: &str| !line.is_empty() && line.chars().all(|c| matches!(c, '─' | '-' | '═'));
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !is_rule(line)).collect();
    lines.join("\n").trim().to_owned()
}
