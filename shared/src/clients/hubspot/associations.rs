//! Which records belong to which.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::object::Reference;
use super::read::{Links, Paging};
use super::{API_VERSION, HubSpot};
use crate::error::Result;
use crate::model::crm::ObjectType;

#[derive(Deserialize)]
struct Batch {
    #[serde(default)]
    results: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    from: Reference,
    #[serde(default)]
    to: Vec<To>,
    paging: Option<Paging>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct To {
    /// A number on the wire, a string in the specification.
    to_object_id: Value,
}

impl To {
    pub fn id(self) -> Option<String> {
        match self.to_object_id {
            Value::String(id) => Some(id),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        }
    }
}

impl HubSpot<'_> {
    /// The records of type `to` that each of at most [`super::PAGE`] records is associated with; one that is with none
    /// is left out. Takes more than one request only for records with more than 500.
    pub async fn associated(&self, from: ObjectType, ids: &[String], to: ObjectType) -> Result<Links> {
        let path = format!("/crm/associations/{API_VERSION}/{}/{}/batch/read", from.plural(), to.plural());
        let mut links = Links::new();
        let mut inputs: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
        while !inputs.is_empty() {
            let request = self.request(Method::POST, &path).json(&json!({ "inputs": inputs }));
            let batch: Batch = request.retrying().send_json("hubspot.associated").await?;
            inputs.clear();
            for pair in batch.results {
                if let Some(next) = pair.paging.and_then(|paging| paging.next) {
                    inputs.push(json!({ "id": pair.from.id, "after": next.after }));
                }
                links.entry(pair.from.id).or_default().extend(pair.to.into_iter().filter_map(To::id));
            }
        }
        for ids in links.values_mut() {
            ids.sort();
            ids.dedup();
        }
        Ok(links)
    }
}
