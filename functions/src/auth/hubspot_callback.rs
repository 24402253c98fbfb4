//! Where HubSpot sends the browser back to.

use std::time::Duration;

use shared::domain::accounts::connect;
use shared::domain::accounts::sign_in::{self, Callback};
use shared::edge::{Advisor, Call, Reply, Route};
use shared::error::Kind;
use shared::store::oauth_states::Asker;
use shared::{App, Error, Result};

use super::landing;

pub const ROUTE: Route = Route::get("/api/auth/hubspot/callback", |app, call| Box::pin(handler(app, call)))
    .about("auth", "Where HubSpot sends the browser back to; connects the portal.")
    .session()
    .query("code", "HubSpot's, good once.")
    .query("state", "Ours, good once, in the session that asked.")
    .query("error", "Why there is no code.")
    .empty(302)
    .refuses(&[400, 403, 422]);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    if let Some(error) = call.query("error") {
        return Reply::redirect(&landing(app, "/auth/hubspot/error", Some(&error)));
    }
    let advisor = call.advisor(app).await.map_err(|error| match error.kind {
        Kind::Unauthenticated => Error::new(Kind::Unauthenticated, "User authentication required"),
        _ => error,
    })?;
    let code = call.query("code").ok_or_else(|| Error::invalid_query("code", "is missing."))?;
    let state = call.query("state").ok_or_else(|| Error::invalid_query("state", "is missing."))?;

    match finish(app, &call, advisor, &code, &state).await {
        Ok(()) => Reply::redirect(&landing(app, "/auth/hubspot/success", None)),
        Err(error) if matches!(error.kind, Kind::BadRequest | Kind::Forbidden) => Err(error),
        Err(error) => {
            tracing::warn!(error = ?error, "HubSpot was not connected");
            Reply::redirect(&landing(app, "/auth/hubspot/error", Some(sign_in::reason(&error))))
        }
    }
}

async fn finish(app: &App, call: &Call, advisor: Advisor, code: &str, state: &str) -> Result<()> {
    let browser = call.known_browser(app);
    let secrets = app.secrets().await?;
    let callback = Callback { code, state, browser: browser.as_deref() };
    let asker = Asker { user: advisor.id, session: advisor.session };

    let mut db = app.db().await?;
    let hubspot = app.hubspot_oauth(&secrets)?;
    let task = connect::finish(&mut db, &hubspot, &secrets.token_keys, &callback, asker, app.now()).await?;
    app.ring(task, Duration::ZERO).await;

    Ok(())
}
