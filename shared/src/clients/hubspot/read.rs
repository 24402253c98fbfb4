//! Records: listed, searched for by when they changed, and read by their ids. Each call is one request.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::object::{Object, properties, record};
use super::{API_VERSION, HubSpot, PAGE};
use crate::error::Result;
use crate::model::crm::{ObjectType, Record};

const SEARCH_PAGE: usize = 200;

/// Some records, and where to go on.
#[derive(Debug, Clone)]
pub struct Page {
    pub records: Vec<Record>,
    pub next: Option<String>,
    /// Records of this page with more associations than a page carries: see [`HubSpot::associated`].
    pub cut_off: Vec<String>,
}

/// What became of some ids.
#[derive(Debug, Clone)]
pub struct Batch {
    pub records: Vec<Record>,
    /// Those HubSpot says are not there; nothing is concluded from an answer that merely lacks some.
    pub missing: Vec<String>,
}

/// What a search for changes covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// What changed at this moment or later, in the order of the changes.
    Since(Timestamp),
    /// What changed at exactly this moment and has a larger id, in the order of the ids: more records than a search
    /// gives can carry one time stamp.
    Moment { at: Timestamp, past: String },
}

#[derive(Deserialize)]
struct Listing {
    #[serde(default)]
    results: Vec<Object>,
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct BatchAnswer {
    results: Vec<Object>,
    #[serde(default)]
    errors: Vec<BatchError>,
}

#[derive(Deserialize)]
struct BatchError {
    category: Option<String>,
    #[serde(default)]
    context: Context,
}

#[derive(Deserialize, Default)]
struct Context {
    #[serde(default)]
    ids: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Paging {
    pub next: Option<Next>,
}

#[derive(Deserialize)]
pub(super) struct Next {
    pub after: String,
}

impl HubSpot<'_> {
    /// Records in HubSpot's own order, with their associations; those in the recycling bin, if `archived`.
    pub async fn page(&self, object: ObjectType, after: Option<&str>, archived: bool) -> Result<Page> {
        let mut query = vec![
            ("limit", PAGE.to_string()),
            ("properties", properties(object).join(",")),
            ("archived", archived.to_string()),
        ];
        let linked: Vec<&str> = object.linked().iter().map(|other| other.plural()).collect();
        // What is gone is on nothing any more.
        if !archived && !linked.is_empty() {
            query.push(("associations", linked.join(",")));
        }
        query.extend(after.map(|after| ("after", after.to_owned())));
        let path = format!("/crm/objects/{API_VERSION}/{}", object.plural());
        let listing: Listing = self.request(Method::GET, &path).query(&query).send_json("hubspot.page").await?;
        Ok(listing.page(object))
    }

    /// What changed, as far as the search's index has heard of it: it lags by moments, and ends at 10,000 results.
    /// Without associations: see [`HubSpot::associated`].
    pub async fn modified(&self, object: ObjectType, window: &Window, after: Option<&str>) -> Result<Page> {
        let modified = if object == ObjectType::Contact { "lastmodifieddate" } else { "hs_lastmodifieddate" };
        let millis = |at: &Timestamp| at.as_millisecond().to_string();
        let filter = |name: &str, operator: &str, value: &str| json!({ "propertyName": name, "operator": operator, "value": value });
        let (filters, sort) = match window {
            Window::Since(since) => (vec![filter(modified, "GTE", &millis(since))], modified),
            Window::Moment { at, past } => {
                let within = [filter(modified, "GTE", &millis(at)), filter(modified, "LTE", &millis(at))];
                ([&within[..], &[filter("hs_object_id", "GT", past)]].concat(), "hs_object_id")
            }
        };
        let mut body = json!({
            "filterGroups": [{ "filters": filters }],
            "sorts": [{ "propertyName": sort, "direction": "ASCENDING" }],
            "properties": properties(object),
            "limit": SEARCH_PAGE,
        });
        if let Some(after) = after {
            body["after"] = json!(after);
        }
        let path = format!("/crm/objects/{API_VERSION}/{}/search", object.plural());
        let listing: Listing =
            self.request(Method::POST, &path).json(&body).retrying().send_json("hubspot.search").await?;
        Ok(listing.page(object))
    }

    /// Those of at most [`PAGE`] ids that are there; in the recycling bin, if `archived`. The id of a record that was
    /// merged into another leads to the other. Of the properties in `history` their past comes, too.
    ///
    /// Without associations: see [`HubSpot::associated`].
    pub async fn read(&self, object: ObjectType, ids: &[String], archived: bool, history: &[&str]) -> Result<Batch> {
        let inputs: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
        let body = json!({ "inputs": inputs, "properties": properties(object), "propertiesWithHistory": history });
        let path = format!("/crm/objects/{API_VERSION}/{}/batch/read", object.plural());
        let request = self.request(Method::POST, &path).query(&[("archived", archived)]).json(&body);
        let mut answer: BatchAnswer = request.retrying().send_json("hubspot.read").await?;
        answer.errors.retain(|error| error.category.as_deref() == Some("OBJECT_NOT_FOUND"));
        let asked = |id: &String| ids.contains(id);
        Ok(Batch {
            records: answer.results.into_iter().map(|one| record(object, one)).collect(),
            missing: answer.errors.into_iter().flat_map(|error| error.context.ids).filter(asked).collect(),
        })
    }
}

impl Listing {
    fn page(self, object: ObjectType) -> Page {
        let cut_off = self.results.iter().filter(|one| one.is_cut_off()).map(|one| one.id.clone()).collect();
        Page {
            records: self.results.into_iter().map(|one| record(object, one)).collect(),
            next: self.paging.and_then(|paging| paging.next).map(|next| next.after),
            cut_off,
        }
    }
}

/// Ids by the record they are associated with.
pub type Links = BTreeMap<String, Vec<String>>;
