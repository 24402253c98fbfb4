//! `cargo dev mail`: a mail arrives in the mailbox of the running Google stand-in.

use fakes::world::Home;
use serde_json::{Value, json};

use crate::terminal::say;
use crate::up::Running;
use crate::{Problem, Result, cli, http_client};

pub async fn run(mail: &cli::Mail) -> Result<()> {
    let running = Running::find(&Home::find()?)
        .ok_or_else(|| Problem("Nothing runs here: start the stack with `cargo dev`.".to_owned()))?;
    let google = running
        .google_url
        .ok_or_else(|| Problem("Google is the real one here: send the mail from a real mailbox.".to_owned()))?;

    let mut body = json!({ "from": mail.from, "subject": mail.subject, "text": mail.text });
    if let Some(to) = &mail.to {
        body["mailbox"] = json!(to);
    }
    let response =
        http_client::send(http_client::client()?.post(format!("{google}/_control/mail")).json(&body)).await?;
    let status = response.status();
    let said = response.text().await.unwrap_or_default();
    if !status.is_success() {
        return Err(Problem(format!("The stand-in refused the mail with {status}: {said}")));
    }
    let delivered: Value = serde_json::from_str(&said).unwrap_or_default();
    say(format_args!("Delivered as {}, thread {}.", text(&delivered["id"]), text(&delivered["threadId"])));
    Ok(())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}
