//! The advisor lets a rule act by itself: a standing approval of exactly what its policy says.

use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::rules::manage::confirm;
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

use super::{Rule, id};

pub const ROUTE: Route = Route::post("/api/rules/{id}/confirm", |app, call| Box::pin(handler(app, call)))
    .about("rules", "Lets a rule act by itself, exactly as the policy says whose hash is given.")
    .session()
    .versioned()
    .body::<Body>(r#"{"policy_hash": "9b2f…"}"#)
    .ok::<Rule>()
    .refuses(&[404, 409]);

#[derive(Deserialize, Validate, JsonSchema)]
#[schemars(rename = "RuleConfirmation")]
struct Body {
    /// Of the policy that was shown.
    #[garde(length(chars, min = 1, max = 64))]
    policy_hash: String,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let (id, seen) = (id(&call)?, call.if_match()?);
    let body: Body = call.json()?;

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let rule = confirm(&tenant, id, seen, &body.policy_hash).await?;
    tenant.commit().await?;

    let version = rule.version;
    Ok(Reply::json(&Rule::of(rule)?)?.with_etag(version))
}
