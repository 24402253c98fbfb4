//! Replaces the session's token, for clients that want to do it themselves.

use schemars::JsonSchema;
use serde::Serialize;
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

pub const ROUTE: Route = Route::post("/api/auth/refresh", |app, call| Box::pin(handler(app, call)))
    .about("auth", "Replaces the session's token now.")
    .session()
    .ok::<Refreshed>();

#[derive(Serialize, JsonSchema)]
struct Refreshed {
    status: &'static str,
    /// Whether this answer carries a new token; a call that came at the same time may have got it.
    renewed: bool,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let (_, renewed) = call.advisor_refreshing(app).await?;

    Reply::json(&Refreshed { status: "ok", renewed })
}
