//! Ends the session, on this side and in the browser. Works without one.

use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::accounts::session;
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

pub const ROUTE: Route = Route::post("/api/auth/logout", |app, call| Box::pin(handler(app, call)))
    .about("auth", "Ends the session, here and in the browser.")
    .ok::<LoggedOut>()
    .refuses(&[403]);

#[derive(Serialize, JsonSchema)]
struct LoggedOut {
    message: &'static str,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let tokens = call.session_tokens();
    if !tokens.is_empty() {
        call.require_own_site(app)?;
        let mut db = app.db().await?;
        for token in &tokens {
            session::end(&mut db, token, app.now()).await?;
        }
    }

    call.end_session();
    Reply::json(&LoggedOut { message: "Logged out successfully" })
}
