//! One standing instruction.

use shared::edge::{Call, Reply, Route};
use shared::store::rules;
use shared::{App, Result};

use super::{Rule, id, missing};

pub const ROUTE: Route = Route::get("/api/rules/{id}", |app, call| Box::pin(handler(app, call)))
    .about("rules", "One standing instruction, with its policy in plain words.")
    .session()
    .versioned()
    .ok::<Rule>()
    .refuses(&[404]);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let id = id(&call)?;

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let rule = rules::get(&tenant, id).await?.ok_or_else(|| missing(id))?;

    let version = rule.version;
    Ok(Reply::json(&Rule::of(rule)?)?.with_etag(version))
}
