//! What is connected, what it may be used for, and until when its provider tells of changes.

use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::sync::stale::{self, Stale};
use shared::edge::{Call, Reply, Route};
use shared::model::user::{Connection, Provider};
use shared::model::watch::Watch;
use shared::store::{connections, sync_cursors, watches};
use shared::{App, Result};

pub const ROUTE: Route = Route::get("/api/connections", |app, call| Box::pin(handler(app, call)))
    .about("connections", "The connected accounts, and until when their provider tells of changes.")
    .session()
    .ok::<Connections>();

#[derive(Serialize, JsonSchema)]
struct Connections {
    items: Vec<Account>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConnectedAccount")]
struct Account {
    provider: Provider,
    /// The account's address, as far as the provider said.
    account: Option<String>,
    /// HubSpot's number of the account.
    portal_id: Option<String>,
    scopes: Vec<String>,
    /// The provider has ended the consent.
    needs_reconnect: bool,
    /// Sources that cannot be read at the moment: what is known of them is as old as `as_of`.
    stale: Vec<Stale>,
    /// Google's. HubSpot's webhooks are set up once for the application, not for each account.
    watches: Vec<Watch>,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor.id).await?;
    let (connections, watches, progress) =
        tokio::try_join!(connections::list(&tenant), watches::list(&tenant), sync_cursors::progress(&tenant))?;
    let stale = stale::of(&progress, app.now());

    let account = |connection: Connection| Account {
        stale: stale.iter().filter(|s| connection.sources().contains(&s.source.as_str())).cloned().collect(),
        portal_id: (connection.provider == Provider::HubSpot).then_some(connection.account_id),
        watches: if connection.provider == Provider::Google { watches.clone() } else { Vec::new() },
        provider: connection.provider,
        account: connection.account_email,
        scopes: connection.scopes,
        needs_reconnect: connection.needs_reconnect,
    };
    Reply::json(&Connections { items: connections.into_iter().map(account).collect() })
}
