//! Keeps a standing instruction. It is compiled once, now, and waits to be confirmed: until then what it wants to write waits
//! for approval.

use garde::Validate;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::limits;
use shared::domain::rules::manage::{Given, create};
use shared::edge::{Call, Reply, Route};
use shared::model::rule::Policy;
use shared::{App, Result};

use super::{MOST, Rule, checked};

pub const ROUTE: Route = Route::post("/api/rules", |app, call| Box::pin(handler(app, call)))
    .about("rules", "Keeps a standing instruction, compiled but not confirmed yet.")
    .session()
    .idempotent()
    .body::<Body>(r#"{"rule_text": "When someone emails me who is not in HubSpot, create a contact with a note about the email"}"#)
    .answers::<Rule>(201)
    .refuses(&[400, 409, 502]);

#[derive(Deserialize, Validate, JsonSchema)]
#[schemars(rename = "NewRule")]
struct Body {
    /// `when {event} then {action} [key=value …]`, or plain words.
    #[garde(length(chars, max = MOST))]
    rule_text: String,
    #[garde(length(chars, max = 1_000))]
    #[serde(default)]
    description: Option<String>,
    #[garde(skip)]
    #[serde(default = "yes")]
    is_active: bool,
    /// In the place of what the text would be compiled to.
    #[garde(skip)]
    #[serde(default)]
    policy: Option<Policy>,
}

fn yes() -> bool {
    true
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let body: Body = call.json()?;
    let text = checked(&body.rule_text)?;

    limits::take(&app.db().await?, limits::CHAT, &advisor.id.to_string()).await?;
    let given =
        Given { text: &text, description: body.description.as_deref(), is_active: body.is_active, policy: body.policy };
    let rule = create(app, advisor.id, given).await?;

    let version = rule.version;
    Ok(Reply::json_with(StatusCode::CREATED, &Rule::of(rule)?)?.with_etag(version))
}
