//! Brings the database's schema up to date, from inside the network the database is in.
//!
//! Invoked by CloudFormation before new code takes over, and by hand with `{"action": "up"}`, `{"action": "down", "steps": 1}`
//! or `{"action": "history"}`. Logs in as the owner of the schema, by `DATABASE_OWNER_URL`.

use serde::Deserialize;
use serde_json::{Value, json};
use shared::domain::schema;
use shared::edge::{Command, CustomResource};
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
    if let Some(asked) = CustomResource::of(&event)? {
        return asked.serve(app, schema::catch_up(app)).await;
    }
    let action: Action = serde_json::from_value(event)
        .map_err(|_| Error::invalid("action", "must be up, down (with steps) or history."))?;

    let steps = match action {
        Action::Up => schema::up(app).await?,
        Action::Down { steps } => schema::down(app, steps).await?,
        Action::History => schema::history(app).await?,
    };

    Ok(json!({ "migrations": steps }))
}
