//! Where the advisor is signed in. Nothing is kept of a device but when it was used.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::accounts::session;
use shared::edge::{Call, Reply, Route};
use shared::store::sessions::Open;
use shared::{App, Result};
use uuid::Uuid;

pub const ROUTE: Route = Route::get("/api/auth/sessions", |app, call| Box::pin(handler(app, call)))
    .about("auth", "The sessions the advisor could go on with, the one used last first.")
    .session()
    .ok::<Sessions>();

#[derive(Serialize, JsonSchema)]
struct Sessions {
    items: Vec<Session>,
}

#[derive(Serialize, JsonSchema)]
struct Session {
    id: Uuid,
    /// Whether it is the one that asks.
    current: bool,
    signed_in_at: Timestamp,
    /// To within a quarter of an hour.
    last_used_at: Timestamp,
    /// However much it is used.
    expires_at: Timestamp,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;

    let mut db = app.db().await?;
    let open = session::list(&mut db, advisor.id, app.now()).await?;

    let session = |open: Open| Session {
        id: open.id,
        current: open.id == advisor.session,
        signed_in_at: open.created_at,
        last_used_at: open.renewed_at,
        expires_at: open.expires_at,
    };
    Reply::json(&Sessions { items: open.into_iter().map(session).collect() })
}
