//! Takes a consent back: the account and its tokens are forgotten at once, and the provider is told by a task. Whoever
//! disconnects Google stays signed in here.

use std::time::Duration;

use shared::domain::accounts::disconnect;
use shared::edge::{Call, Reply, Route};
use shared::model::user::Provider;
use shared::{App, Result};

pub const ROUTE: Route = Route::delete("/api/connections/{provider}", |app, call| Box::pin(handler(app, call)))
    .about("connections", "Forgets Google or HubSpot at once, then ends watches and consent there.")
    .session()
    .empty(204)
    .refuses(&[404]);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let provider: Provider = call.path("provider", "connection")?;

    let task = disconnect::disconnect(app, advisor.id, provider).await?;
    app.ring(task, Duration::ZERO).await;

    Ok(Reply::empty())
}
