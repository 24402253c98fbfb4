//! One write: exactly what would be done, why it waits, and what came of it.

use shared::edge::{Call, Reply, Route};
use shared::model::ActionId;
use shared::model::action::Kept;
use shared::store::actions;
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::get("/api/approvals/{id}", |app, call| Box::pin(handler(app, call)))
    .about("approvals", "One write: exactly what would be done, why it waits, and what came of it.")
    .session()
    .ok::<Kept>()
    .refuses(&[404]);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let id: ActionId = call.path("id", "approval")?;

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let kept = actions::get(&tenant, id).await?.ok_or_else(|| Error::not_found("approval"))?;

    Reply::json(&kept)
}
