//! Ends the session, on this side and in the browser. Works without one.

use serde_json::json;
use shared::domain::accounts::session;
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

pub const ROUTE: Route = Route::post("/api/auth/logout", |app, call| Box::pin(handler(app, call)));

async fn handler(app: &App, call: Call) -> Result<Reply> {
    if let Some(token) = call.session_token() {
        call.require_own_site(app)?;
        let mut db = app.db().await?;
        session::end(&mut db, &token, app.now()).await?;
    }

    call.end_session();
    Reply::json(&json!({ "message": "Logged out successfully" }))
}
