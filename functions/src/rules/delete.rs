//! Forgets a standing instruction. What it has proposed stays.

use shared::edge::{Call, Reply, Route};
use shared::store::rules;
use shared::{App, Error, Result};

use super::{id, missing};

pub const ROUTE: Route = Route::delete("/api/rules/{id}", |app, call| Box::pin(handler(app, call)))
    .about("rules", "Forgets a standing instruction; what it has proposed stays.")
    .session()
    .versioned()
    .empty(204)
    .refuses(&[404]);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let (id, seen) = (id(&call)?, call.if_match()?);

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    rules::lock(&tenant, id).await?.ok_or_else(|| missing(id))?;
    let gone = rules::delete(&tenant, id, seen).await?;
    tenant.commit().await?;

    if gone { Ok(Reply::empty()) } else { Err(Error::changed()) }
}
