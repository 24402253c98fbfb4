//! HubSpot's CRM, as one advisor's token sees it: <https://developers.hubspot.com/docs/api-reference/overview>.

mod write;

use std::collections::BTreeMap;

use html2text::render::TrivialDecorator;
use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

use super::http::{Outgoing, Retrying};
use crate::error::Result;
use crate::model::crm::{Contact, Note};

pub use write::{contact_of, note_html, note_of, note_text};

/// The one place that names the version; HubSpot supports one for 18 months.
pub const API_VERSION: &str = "2026-09";

const PAGE: usize = 100;
const SEARCH_PAGE: usize = 200;
/// Wider than any paragraph of a note.
const WIDTH: usize = 100_000;
const CONTACT: [&str; 18] = [
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
    "createdate",
    "lastmodifieddate",
];
const NOTE: [&str; 5] = ["hs_timestamp", "hs_note_body", "hubspot_owner_id", "hs_createdate", "hs_lastmodifieddate"];

pub struct HubSpot<'a> {
    pub http: &'a Client,
    pub base: &'a str,
    pub token: &'a str,
}

/// Some records, and where to go on.
#[derive(Debug, Clone)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct Listing {
    #[serde(default)]
    results: Vec<Object>,
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    next: Option<Next>,
}

#[derive(Deserialize)]
struct Next {
    after: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    id: String,
    #[serde(default)]
    properties: BTreeMap<String, Option<String>>,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    associations: BTreeMap<String, Associated>,
}

#[derive(Deserialize)]
struct Associated {
    #[serde(default)]
    results: Vec<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    id: String,
}

#[derive(Deserialize)]
struct AssociationBatch {
    #[serde(default)]
    results: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    from: Reference,
    #[serde(default)]
    to: Vec<To>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct To {
    /// A number on the wire, a string in the specification.
    to_object_id: Value,
}

impl To {
    fn id(self) -> Option<String> {
        match self.to_object_id {
            Value::String(id) => Some(id),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        }
    }
}

impl HubSpot<'_> {
    /// Contacts in HubSpot's own order; those that were archived, if `archived`.
    pub async fn contacts_page(&self, after: Option<&str>, archived: bool) -> Result<Page<Contact>> {
        Ok(self.page("contacts", &CONTACT, None, after, archived).await?.map(contact))
    }

    /// Notes with the contacts they are on.
    pub async fn notes_page(&self, after: Option<&str>, archived: bool) -> Result<Page<Note>> {
        Ok(self.page("notes", &NOTE, Some("contacts"), after, archived).await?.map(note))
    }

    /// Oldest change first. The index behind it lags by moments and ends at 10,000 results.
    pub async fn contacts_modified_since(&self, since: Timestamp, after: Option<&str>) -> Result<Page<Contact>> {
        Ok(self.search("contacts", "lastmodifieddate", &CONTACT, since, after).await?.map(contact))
    }

    /// The same for notes, which come without the contacts they are on: see [`Self::associate_contacts`].
    pub async fn notes_modified_since(&self, since: Timestamp, after: Option<&str>) -> Result<Page<Note>> {
        Ok(self.search("notes", "hs_lastmodifieddate", &NOTE, since, after).await?.map(note))
    }

    /// Looks up the contacts of notes.
    pub async fn associate_contacts(&self, notes: &mut [Note]) -> Result<()> {
        for some in notes.chunks_mut(PAGE) {
            let inputs: Vec<Value> = some.iter().map(|note| json!({ "id": note.hubspot_id })).collect();
            let path = format!("/crm/associations/{API_VERSION}/notes/contacts/batch/read");
            let request = self.request(Method::POST, &path).json(&json!({ "inputs": inputs }));
            let batch: AssociationBatch = request.retrying().send_json("hubspot.note_contacts").await?;
            let mut contacts: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for pair in batch.results {
                contacts.entry(pair.from.id).or_default().extend(pair.to.into_iter().filter_map(To::id));
            }
            for note in some {
                note.contact_ids = contacts.remove(&note.hubspot_id).unwrap_or_default();
            }
        }
        Ok(())
    }

    async fn page(
        &self,
        kind: &str,
        properties: &[&str],
        associations: Option<&str>,
        after: Option<&str>,
        archived: bool,
    ) -> Result<Page<Object>> {
        let mut query =
            vec![("limit", PAGE.to_string()), ("properties", properties.join(",")), ("archived", archived.to_string())];
        // What is gone is on nothing any more.
        query.extend(associations.filter(|_| !archived).map(|kinds| ("associations", kinds.to_owned())));
        query.extend(after.map(|after| ("after", after.to_owned())));
        let request = self.request(Method::GET, &format!("/crm/objects/{API_VERSION}/{kind}")).query(&query);
        Ok(page(request.send_json("hubspot.page").await?))
    }

    async fn search(
        &self,
        kind: &str,
        modified: &str,
        properties: &[&str],
        since: Timestamp,
        after: Option<&str>,
    ) -> Result<Page<Object>> {
        let mut body = json!({
            "filterGroups": [{ "filters": [{
                "propertyName": modified, "operator": "GTE", "value": since.as_millisecond().to_string(),
            }] }],
            "sorts": [{ "propertyName": modified, "direction": "ASCENDING" }],
            "properties": properties,
            "limit": SEARCH_PAGE,
        });
        if let Some(after) = after {
            body["after"] = json!(after);
        }
        let request = self.request(Method::POST, &format!("/crm/objects/{API_VERSION}/{kind}/search")).json(&body);
        Ok(page(request.retrying().send_json("hubspot.search").await?))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(self.token)
    }
}

fn page(listing: Listing) -> Page<Object> {
    Page { items: listing.results, next: listing.paging.and_then(|paging| paging.next).map(|next| next.after) }
}

impl<T> Page<T> {
    fn map<U>(self, convert: impl Fn(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(convert).collect(), next: self.next }
    }
}

fn contact(object: Object) -> Contact {
    let properties = filled(object.properties);
    let get = |name: &str| properties.get(name).cloned();
    let others = get("hs_additional_emails").unwrap_or_default();
    Contact {
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
        archived: object.archived,
        properties,
    }
}

fn note(mut object: Object) -> Note {
    let contacts = object.associations.remove("contacts").map(|a| a.results).unwrap_or_default();
    let mut contact_ids: Vec<String> = contacts.into_iter().map(|reference| reference.id).collect();
    // A contact that is linked in two ways is listed twice.
    contact_ids.sort();
    contact_ids.dedup();
    let mut properties = filled(object.properties);
    let noted_at = properties.get("hs_timestamp").and_then(|text| time(text)).unwrap_or(object.created_at);
    let html = properties.remove("hs_note_body").unwrap_or_default();
    Note {
        hubspot_id: object.id,
        body: plain(&html),
        owner_id: properties.remove("hubspot_owner_id"),
        noted_at,
        updated_at: object.updated_at,
        archived: object.archived,
        contact_ids,
    }
}

fn filled(properties: BTreeMap<String, Option<String>>) -> BTreeMap<String, String> {
    properties.into_iter().filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?))).collect()
}

/// ISO 8601 or milliseconds.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| Timestamp::from_millisecond(text.parse().ok()?).ok())
}

/// A note's HTML as text: no lines are broken, no tables drawn, no addresses of links listed.
fn plain(html: &str) -> String {
    let config = html2text::config::with_decorator(TrivialDecorator::new()).raw_mode(true).allow_width_overflow();
    let text = config.string_from_read(html.as_bytes(), WIDTH).unwrap_or_default();
    // What is left of drawings are rules.
    let is_rule = |line: &str| !line.is_empty() && line.chars().all(|c| matches!(c, '─' | '-' | '═'));
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !is_rule(line)).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests;
