//! Signs the advisor out elsewhere: of one session, or of all of them, this one included. It holds from the next request on.

use shared::domain::accounts::session;
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};
use uuid::Uuid;

pub const ROUTE: Route = Route::delete("/api/auth/sessions", |app, call| Box::pin(handler(app, call)))
    .about("auth", "Ends one session of the advisor, or all of them everywhere.")
    .session()
    .empty(204);
pub const ONE: Route = ROUTE.at("/api/auth/sessions/{id}").refuses(&[404]);

/// Both routes are one function's, so the path says which is meant.
async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let one: Option<Uuid> = call.has_path("id").then(|| call.path("id", "session")).transpose()?;

    let mut db = app.db().await?;
    match one {
        Some(id) => session::end_one(&mut db, advisor.id, id, app.now()).await?,
        None => session::end_all(&mut db, advisor.id, app.now()).await?,
    }

    if one.is_none_or(|id| id == advisor.session) {
        call.end_session();
    }
    Ok(Reply::empty())
}
