//! Changes a standing instruction. With another text or another policy it has to be confirmed anew.

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use shared::domain::limits;
use shared::domain::rules::manage::{Change, update};
use shared::edge::{Call, Reply, Route};
use shared::model::rule::Policy;
use shared::{App, Result};

use super::{MOST, Rule, checked, id};

pub const ROUTE: Route = Route::put("/api/rules/{id}", |app, call| Box::pin(handler(app, call)))
    .about("rules", "Changes a standing instruction; what is left out stays.")
    .session()
    .versioned()
    .body::<Body>(r#"{"is_active": false}"#)
    .ok::<Rule>()
    .refuses(&[400, 404, 412, 502]);

#[derive(Deserialize, Validate, JsonSchema)]
#[schemars(rename = "RuleChange")]
struct Body {
    #[garde(inner(length(chars, max = MOST)))]
    #[serde(default)]
    rule_text: Option<String>,
    /// `null` takes it away.
    #[garde(inner(inner(length(chars, max = 1_000))))]
    #[serde(default, deserialize_with = "given")]
    description: Option<Option<String>>,
    #[garde(skip)]
    #[serde(default)]
    is_active: Option<bool>,
    #[garde(skip)]
    #[serde(default)]
    policy: Option<Policy>,
}

/// Tells `null` from nothing at all.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let (id, seen) = (id(&call)?, call.if_match()?);
    let body: Body = call.json()?;
    let text = body.rule_text.as_deref().map(checked).transpose()?;

    if text.is_some() {
        limits::take(&app.db().await?, limits::CHAT, &advisor.id.to_string()).await?;
    }
    let change = Change { text, description: body.description, is_active: body.is_active, policy: body.policy };
    let rule = update(app, advisor.id, id, seen, change).await?;

    let version = rule.version;
    Ok(Reply::json(&Rule::of(rule)?)?.with_etag(version))
}
