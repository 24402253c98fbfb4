//! Seals the providers' tokens with the newest key of `TOKEN_KEYS`, so that the keys before it can be taken away.
//!
//! Invoked with `{}` once every function has the new key, which takes `SECRETS_TTL`. An old key may go when the answer says
//! `{"resealed": 0}`.

use serde_json::{Value, json};
use shared::domain::accounts::reseal;
use shared::edge::Command;
use shared::{App, Result};

pub const COMMAND: Command = Command { handler: |app, _| Box::pin(handler(app)) };

async fn handler(app: &App) -> Result<Value> {
    let reseal::Report { key, resealed, unreadable } = reseal::run(app).await?;

    Ok(json!({ "key": key, "resealed": resealed, "unreadable": unreadable }))
}
