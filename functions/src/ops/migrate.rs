//! Brings the database's schema up to date, from inside the network the database is in.
//!
//! Invoked with `{"action": "up"}`, `{"action": "down", "steps": 1}` or `{"action": "history"}`; logs in as the owner of the
//! schema, by `DATABASE_OWNER_URL`.

use serde::Deserialize;
use serde_json::{Value, json};
use shared::edge::Command;
use shared::store::migrate;
use shared::{App, Error, Result};

pub const COMMAND: Command = Command { handler: |app, event| Box::pin(handler(app, event)) };

#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
enum Action {
    Up,
    Down {
        #[serde(default = "one")]
        steps: usize,
    },
    History,
}

fn one() -> usize {
    1
}

async fn handler(app: &App, event: Value) -> Result<Value> {
    let action: Action = serde_json::from_value(event)
        .map_err(|_| Error::invalid("action", "must be up, down (with steps) or history."))?;
    let owner = app.config.database_owner_url()?;

    let steps = match action {
        Action::Up => migrate::up(owner).await?,
        Action::Down { steps } => migrate::down(owner, steps).await?,
        Action::History => migrate::history(owner).await?,
    };

    Ok(json!({ "migrations": steps }))
}
