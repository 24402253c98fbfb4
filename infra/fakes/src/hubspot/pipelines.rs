//! Deal pipelines and their stages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pipeline {
    pub id: String,
    pub label: String,
    pub stages: Vec<Stage>,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stage {
    pub id: String,
    pub label: String,
    /// From `0.0` (lost) to `1.0` (won).
    pub probability: String,
    pub closed: bool,
}

impl Stage {
    pub fn open(id: &str, label: &str, probability: &str) -> Self {
        Self { id: id.to_owned(), label: label.to_owned(), probability: probability.to_owned(), closed: false }
    }

    pub fn is_won(&self) -> bool {
        self.closed && self.probability == "1.0"
    }
}

/// The pipeline every portal starts with.
pub fn sales(now: Timestamp) -> Pipeline {
    let closed =
        |id: &str, label: &str, probability: &str| Stage { closed: true, ..Stage::open(id, label, probability) };
    Pipeline {
        id: "default".to_owned(),
        label: "Sales Pipeline".to_owned(),
        stages: vec![
            Stage::open("appointmentscheduled", "Appointment Scheduled", "0.2"),
            Stage::open("qualifiedtobuy", "Qualified To Buy", "0.4"),
            Stage::open("presentationscheduled", "Presentation Scheduled", "0.6"),
            Stage::open("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
            Stage::open("contractsent", "Contract Sent", "0.9"),
            closed("closedwon", "Closed Won", "1.0"),
            closed("closedlost", "Closed Lost", "0.0"),
        ],
        created_at: now,
    }
}

/// HubSpot's `Pipeline` object.
pub fn show(pipeline: &Pipeline) -> Value {
    let at = super::timestamp(pipeline.created_at);
    json!({
        "id": pipeline.id,
        "label": pipeline.label,
        "displayOrder": 0,
        "stages": show_stages(pipeline),
        "createdAt": at,
        "updatedAt": at,
        "archived": false,
    })
}

/// HubSpot's `PipelineStage` objects, in order.
pub fn show_stages(pipeline: &Pipeline) -> Vec<Value> {
    let at = super::timestamp(pipeline.created_at);
    pipeline
        .stages
        .iter()
        .enumerate()
        .map(|(order, stage)| {
            json!({
                "id": stage.id,
                "label": stage.label,
                "displayOrder": order,
                "metadata": { "isClosed": stage.closed.to_string(), "probability": stage.probability },
                "createdAt": at,
                "updatedAt": at,
                "archived": false,
                "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            })
        })
        .collect()
}
