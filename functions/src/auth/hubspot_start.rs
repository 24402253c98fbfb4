//! Sends the browser of a signed-in advisor to HubSpot's consent page.

use shared::domain::accounts::connect;
use shared::edge::{Call, Reply, Route};
use shared::error::Kind;
use shared::store::oauth_states::Asker;
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::get("/api/auth/hubspot/start", |app, call| Box::pin(handler(app, call)))
    .about("auth", "Sends the browser of a signed-in advisor to HubSpot's consent page.")
    .session()
    .empty(302);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await.map_err(|error| match (error.kind, call.session_token()) {
        (Kind::Unauthenticated, None) => Error::new(Kind::Unauthenticated, "Must be authenticated with Google first"),
        (Kind::Unauthenticated, Some(_)) => Error::new(Kind::Unauthenticated, "Invalid or expired session"),
        _ => error,
    })?;
    let browser = call.browser(app)?;
    let secrets = app.secrets().await?;

    let asker = Asker { user: advisor.id, session: advisor.session };
    let db = app.db().await?;
    let consent = connect::begin(&db, &app.hubspot_oauth(&secrets)?, &browser, asker, app.now()).await?;

    Reply::redirect(consent.as_str())
}
