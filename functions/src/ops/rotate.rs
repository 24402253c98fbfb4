//! Gives the functions another login to the database, when Secrets Manager asks: once a month, and when an operator wants it.
//!
//! Invoked with `{"Step": "createSecret", "SecretId": …, "ClientRequestToken": …}`, then with `setSecret`, `testSecret` and
//! `finishSecret`.

use serde::Deserialize;
use serde_json::Value;
use shared::domain::login::{self, Step};
use shared::edge::Command;
use shared::{App, Error, Result};

pub const COMMAND: Command = Command { handler: |app, event| Box::pin(handler(app, event)) };

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Asked {
    step: Step,
    secret_id: String,
    client_request_token: String,
}

async fn handler(app: &App, event: Value) -> Result<Value> {
    let asked: Asked = serde_json::from_value(event).map_err(|_| {
        Error::invalid("Step", "must be one of Secrets Manager's, with SecretId and ClientRequestToken.")
    })?;

    login::rotate(app, asked.step, &asked.secret_id, &asked.client_request_token).await?;

    Ok(Value::Null)
}
