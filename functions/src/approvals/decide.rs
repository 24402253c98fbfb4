//! Yes, no, or something else instead.
//!
//! A yes names the hash of what was seen; it is refused when that is not what would be done. What is approved is waited for a
//! little, so that the answer says what came of it when that is quick: else it is `approved`, and goes on by itself.

use std::time::Duration;

use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::chat::decide::{Decision, by_request};
use shared::edge::{Call, Reply, Route};
use shared::model::ActionId;
use shared::model::action::{Action, Kept};
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::post("/api/approvals/{id}", |app, call| Box::pin(handler(app, call)))
    .about("approvals", "Approves, denies or changes a write that waits.")
    .session()
    .body::<Body>(
        r#"{"decision": "approve", "hash": "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"}"#,
    )
    .idempotent()
    .ok::<Kept>()
    .refuses(&[404, 409]);

/// A buffered answer has to leave within 29 seconds.
const PATIENCE: Duration = Duration::from_secs(12);

#[derive(Deserialize, Validate, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Body {
    #[garde(skip)]
    decision: Verb,
    /// Of what was seen, to approve it.
    #[garde(skip)]
    #[serde(default)]
    hash: Option<String>,
    /// What is to be done instead, to edit it. It has to be approved by its new hash.
    #[garde(skip)]
    #[serde(default)]
    action: Option<Action>,
}

#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Verb {
    Approve,
    Deny,
    Edit,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let id: ActionId = call.path("id", "approval")?;
    let body: Body = call.json()?;
    // Whoever says yes and sends an action means something else than what waits.
    if !matches!(body.decision, Verb::Edit) && body.action.is_some() {
        return Err(Error::invalid("action", "goes with edit alone."));
    }
    let decision = match body.decision {
        Verb::Deny => Decision::Deny,
        Verb::Approve => Decision::Approve {
            hash: body.hash.ok_or_else(|| Error::invalid("hash", "is needed: the hash of what was seen."))?,
        },
        Verb::Edit => Decision::Edit {
            action: Box::new(
                body.action.ok_or_else(|| Error::invalid("action", "is needed: what is to be done instead."))?,
            ),
        },
    };

    let kept = by_request(app, advisor.id, id, decision, PATIENCE).await?;

    Reply::json(&kept)
}
