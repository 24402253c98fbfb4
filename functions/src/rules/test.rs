//! Tries a rule on what has happened: says what it would have done about each event, and does nothing. Also for a text that is
//! not kept.

use garde::Validate;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::domain::limits;
use shared::domain::rules::compile::compile;
use shared::domain::rules::replay::{Replayed, replay, unsaved};
use shared::edge::{Call, Reply, Route};
use shared::model::rule::{self, Policy};
use shared::model::{RuleId, UserId};
use shared::store::rules;
use shared::{App, Error, Result};

use super::{MOST, checked, id, missing};

pub const ROUTE: Route = Route::post("/api/rules/{id}/test", |app, call| Box::pin(handler(app, call)))
    .about("rules", "What a rule would have done about events that are kept. Nothing is done.")
    .session()
    .optional_body::<Body>(r#"{"limit": 20}"#)
    .ok::<Tried>()
    .refuses(&[404, 409]);
pub const UNSAVED: Route = Route::post("/api/rules/test", |app, call| Box::pin(handler(app, call)))
    .about("rules", "The same for a text that is not kept.")
    .session()
    .body::<Body>(r#"{"rule_text": "when gmail.message.received then log"}"#)
    .ok::<Tried>()
    .refuses(&[400, 502]);

/// How far back is looked.
const USUAL: SignedDuration = SignedDuration::from_hours(24 * 90);

#[derive(Deserialize, Validate, JsonSchema, Default)]
#[schemars(rename = "RuleTrial")]
struct Body {
    /// Only for a text that is not kept.
    #[garde(inner(length(chars, max = MOST)))]
    #[serde(default)]
    rule_text: Option<String>,
    /// Events at most, the newest first; 20 if left out.
    #[garde(inner(range(min = 1, max = 100)))]
    #[serde(default)]
    limit: Option<usize>,
    /// The last 90 days if left out.
    #[garde(skip)]
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    since: Option<Timestamp>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RuleTried")]
struct Tried {
    rule_id: Option<RuleId>,
    policy: Policy,
    policy_text: String,
    confirmed: bool,
    /// Events of its trigger that were looked at.
    events: usize,
    /// Those it fits.
    would_match: usize,
    results: Vec<Replayed>,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let body: Body = if call.has_body() { call.json()? } else { Body::default() };
    let saved = call.path::<String>("id", "rule").is_ok().then(|| id(&call)).transpose()?;

    let (rule, policy) = match saved {
        Some(id) => kept(app, advisor.id, id).await?,
        None => {
            let text = checked(body.rule_text.as_deref().unwrap_or_default())?;
            limits::take(&app.db().await?, limits::CHAT, &advisor.id.to_string()).await?;
            (unsaved(&text, app.now()), compile(app, advisor.id, &text).await?.policy)
        }
    };
    let since = body.since.unwrap_or_else(|| app.now().checked_sub(USUAL).unwrap_or(Timestamp::UNIX_EPOCH));
    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let results = replay(&tenant, &rule, &policy, since, body.limit.unwrap_or(20), app.now()).await?;

    Reply::json(&Tried {
        rule_id: saved,
        policy_text: policy.words(),
        policy,
        confirmed: rule.confirmed,
        events: results.len(),
        would_match: results.iter().filter(|replayed| replayed.would_match).count(),
        results,
    })
}

async fn kept(app: &App, owner: UserId, id: RuleId) -> Result<(rule::Rule, Policy)> {
    let mut db = app.db().await?;
    let tenant = db.tenant(owner).await?;
    let mut rule = rules::get(&tenant, id).await?.ok_or_else(|| missing(id))?;
    let policy = rule.policy.take();
    let policy = policy.ok_or_else(|| Error::new(shared::error::Kind::Conflict, "This rule has no policy yet."))?;
    Ok((rule, policy))
}
