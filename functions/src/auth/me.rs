//! Who is signed in. Always 200: the frontend takes a 401 for a reason to leave the page.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::edge::{Call, Reply, Route};
use shared::model::UserId;
use shared::model::user::Provider;
use shared::store::{connections, users};
use shared::{App, Result};

pub const ROUTE: Route = Route::get("/api/auth/me", |app, call| Box::pin(handler(app, call)))
    .about("auth", "Who is signed in; nobody is no error.")
    .ok::<Me>();

#[derive(Serialize, JsonSchema)]
struct Me {
    user: Option<Advisor>,
}

#[derive(Serialize, JsonSchema)]
struct Advisor {
    id: UserId,
    email: String,
    name: Option<String>,
    picture: Option<String>,
    is_active: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    google_connected: bool,
    hubspot_connected: bool,
    /// Providers whose connection has ended.
    needs_reconnect: Vec<&'static str>,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let Some(advisor) = call.advisor_if_any(app).await? else {
        return Reply::json(&Me { user: None });
    };

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let (user, connections) = tokio::try_join!(users::get(&tenant), connections::list(&tenant))?;

    let working = |provider| connections.iter().any(|c| c.provider == provider && !c.needs_reconnect);
    let reconnect = connections.iter().filter(|c| c.needs_reconnect).map(|c| c.provider.code());
    let user = user.map(|user| Advisor {
        id: user.id,
        email: user.email,
        name: user.name,
        picture: user.picture,
        is_active: user.is_active,
        created_at: user.created_at,
        updated_at: user.updated_at,
        google_connected: working(Provider::Google),
        hubspot_connected: working(Provider::HubSpot),
        needs_reconnect: reconnect.collect(),
    });
    Reply::json(&Me { user })
}
