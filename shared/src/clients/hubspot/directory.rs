//! What records refer to by id: pipelines with their stages, and owners.

use reqwest::Method;
use serde::Deserialize;

use super::read::Paging;
use super::{API_VERSION, HubSpot};
use crate::error::Result;
use crate::model::crm::{Owner, Pipeline, Stage};

const OWNERS: usize = 100;

#[derive(Deserialize)]
struct Pipelines {
    #[serde(default)]
    results: Vec<WirePipeline>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePipeline {
    id: String,
    label: String,
    #[serde(default)]
    display_order: i64,
    #[serde(default)]
    stages: Vec<WireStage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireStage {
    id: String,
    label: String,
    #[serde(default)]
    display_order: i64,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    /// A truth value as text.
    #[serde(default)]
    is_closed: Option<String>,
}

#[derive(Deserialize)]
struct Owners {
    #[serde(default)]
    results: Vec<WireOwner>,
    paging: Option<Paging>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOwner {
    id: String,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    #[serde(default)]
    archived: bool,
}

impl HubSpot<'_> {
    /// The pipelines of deals, in order.
    pub async fn pipelines(&self) -> Result<Vec<Pipeline>> {
        let path = format!("/crm/pipelines/{API_VERSION}/deals");
        let mut found: Pipelines = self.request(Method::GET, &path).send_json("hubspot.pipelines").await?;
        found.results.sort_by_key(|pipeline| pipeline.display_order);
        Ok(found.results.into_iter().map(pipeline).collect())
    }

    /// Some owners, and where to go on; those who left, if `archived`.
    pub async fn owners(&self, after: Option<&str>, archived: bool) -> Result<(Vec<Owner>, Option<String>)> {
        let mut query = vec![("limit", OWNERS.to_string()), ("archived", archived.to_string())];
        query.extend(after.map(|after| ("after", after.to_owned())));
        let request = self.request(Method::GET, &format!("/crm/owners/{API_VERSION}")).query(&query);
        let found: Owners = request.send_json("hubspot.owners").await?;
        let next = found.paging.and_then(|paging| paging.next).map(|next| next.after);
        Ok((found.results.into_iter().map(owner).collect(), next))
    }
}

fn pipeline(mut wire: WirePipeline) -> Pipeline {
    wire.stages.sort_by_key(|stage| stage.display_order);
    let stage = |stage: WireStage| Stage {
        id: stage.id,
        label: stage.label,
        is_closed: stage.metadata.is_closed.is_some_and(|text| text == "true"),
    };
    Pipeline { id: wire.id, label: wire.label, stages: wire.stages.into_iter().map(stage).collect() }
}

fn owner(wire: WireOwner) -> Owner {
    Owner {
        id: wire.id,
        email: wire.email.map(|email| email.to_lowercase()),
        first_name: wire.first_name.unwrap_or_default(),
        last_name: wire.last_name.unwrap_or_default(),
        is_archived: wire.archived,
    }
}
