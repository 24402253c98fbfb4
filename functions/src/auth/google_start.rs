//! Sends the browser to Google's consent page.

use shared::domain::accounts::sign_in;
use shared::domain::limits;
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

pub const ROUTE: Route = Route::get("/api/auth/google/start", |app, call| Box::pin(handler(app, call)))
    .about("auth", "Sends the browser to Google's consent page.")
    .empty(302);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let browser = call.browser(app)?;
    let secrets = app.secrets().await?;

    let db = app.db().await?;
    limits::take(&db, limits::SIGN_IN, &call.source_ip()).await?;
    let consent = sign_in::begin(&db, &app.google_oauth(&secrets)?, &browser, app.now()).await?;

    Reply::redirect(consent.as_str())
}
