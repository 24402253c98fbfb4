//! Gmail tells that a mailbox changed; what changed it does not say.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::for_nobody;
use crate::domain::World;
use crate::error::{Error, Result};
use crate::model::event::Source;
use crate::model::task::{Job, State};
use crate::model::{TaskId, UserId, untrusted};
use crate::store::webhook_events::{self, Delivered};
use crate::store::{connections, tasks, watches};

/// An id of Pub/Sub's is far shorter. A copy is known by it, so it has to fit into an index.
const LONGEST_ID: usize = 500;

/// What Pub/Sub delivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// Of the message, unique for its topic.
    pub message_id: String,
    pub subscription: String,
    /// Whose mailbox, in lower case.
    pub email: String,
    /// Where the mailbox stands. Pushes overtake one another, so it is never where the reading goes on.
    pub history_id: Option<u64>,
}

/// What became of a push, in the seed's shape.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "GmailDelivery")]
pub enum Received {
    /// The mailbox is read.
    News { status: &'static str, processed: bool, task_id: TaskId, task_state: State, result: (), error: () },
    /// For nobody we know, or nothing that was not known.
    Nothing { status: &'static str, processed: bool },
}

/// Reads Pub/Sub's envelope and Gmail's message in it. 400 in the seed's words when there is something missing.
pub fn parse(body: &[u8]) -> Result<Push> {
    let envelope: Value =
        untrusted::json(body).ok().filter(Value::is_object).ok_or_else(|| wrong("Invalid JSON payload"))?;
    let message = &envelope["message"];
    let text = |name: &str| message[name].as_str().filter(|text| !text.is_empty());
    let message_id = text("messageId").or_else(|| text("message_id")).ok_or_else(|| wrong("Missing messageId"))?;
    let subscription = envelope["subscription"].as_str().unwrap_or_default();
    if message_id.len() > LONGEST_ID || subscription.len() > LONGEST_ID {
        return Err(wrong("Invalid messageId"));
    }
    let data = text("data").and_then(decode).and_then(|data| untrusted::json(&data).ok());
    let data = data.filter(Value::is_object).ok_or_else(|| wrong("Invalid message data"))?;
    let email = data["emailAddress"].as_str().map(str::trim).filter(|email| !email.is_empty());
    let history_id = &data["historyId"];
    Ok(Push {
        message_id: message_id.to_owned(),
        subscription: subscription.to_owned(),
        email: email.ok_or_else(|| wrong("Missing emailAddress"))?.to_lowercase(),
        history_id: history_id.as_u64().or_else(|| history_id.as_str()?.parse().ok()),
    })
}

fn wrong(what: &'static str) -> Error {
    Error::bad_request(what)
}

/// In either alphabet, padded or not.
fn decode(data: &str) -> Option<Vec<u8>> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engines = [STANDARD, URL_SAFE].map(|alphabet| GeneralPurpose::new(&alphabet, lenient));
    engines.iter().find_map(|engine| engine.decode(data.trim()).ok())
}

/// Has the mailbox read, unless this was heard before. Answers in the seed's shape.
pub async fn receive(world: &World, push: &Push) -> Result<Received> {
    let owners = {
        let db = world.db().await?;
        connections::mailbox_owners(&db, &push.email).await?
    };
    if owners.is_empty() {
        for_nobody(world, Source::Gmail, 1).await?;
    }
    let mut kept = Vec::new();
    for owner in owners {
        match receive_for(world, owner, push).await {
            Ok(task) => kept.extend(task),
            Err(error) => {
                // The push comes again, and for these it will be known.
                world.ring_all(&kept).await;
                return Err(error);
            }
        }
    }
    world.ring_all(&kept).await;
    Ok(match kept.first().copied() {
        None => Received::Nothing { status: "ok", processed: false },
        Some(task_id) => {
            Received::News { status: "ok", processed: true, task_id, task_state: State::Pending, result: (), error: () }
        }
    })
}

async fn receive_for(world: &World, owner: UserId, push: &Push) -> Result<Option<TaskId>> {
    let now = world.now();
    let delivered = Delivered {
        dedupe_key: format!("{}:{}", push.subscription, push.message_id),
        event_type: "gmail.push".into(),
        payload: json!({ "historyId": push.history_id }),
        occurred_at: now,
    };
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let new = webhook_events::add(&tenant, Source::Gmail, &[delivered]).await?;
    let news = match push.history_id {
        Some(history_id) if !new.is_empty() => watches::pushed(&tenant, history_id, now).await?,
        _ => true,
    };
    // A later push asked for a reading already, which sees what this one tells of.
    let task = if new.is_empty() || !news {
        None
    } else {
        let task = tasks::ensure(&tenant, &Job::GmailSync { query: None }).await?;
        webhook_events::put_task(&tenant, Source::Gmail, &new, task).await?;
        Some(task)
    };
    tenant.commit().await?;
    Ok(task)
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

    use super::*;

    fn envelope(data: &str) -> Vec<u8> {
        json!({ "message": { "data": data, "messageId": "m1" }, "subscription": "projects/p/subscriptions/s" })
            .to_string()
            .into_bytes()
    }

    #[test]
    fn a_push_is_read_in_either_alphabet_and_with_either_kind_of_number() {
        // `???` and `~` make for characters that differ between the alphabets.
        for (text, history_id) in [
            (r#"{"emailAddress":"Ada@Firm.example","historyId":123,"x":"???~~>>"}"#, Some(123)),
            (r#"{"emailAddress":"Ada@Firm.example","historyId":"18446744073709551615"}"#, Some(u64::MAX)),
            (r#"{"emailAddress":"Ada@Firm.example"}"#, None),
        ] {
            for data in [BASE64_STANDARD.encode(text), BASE64_URL_SAFE_NO_PAD.encode(text)] {
                let push = parse(&envelope(&data)).unwrap();
                assert_eq!((push.email.as_str(), push.history_id), ("ada@firm.example", history_id));
                assert_eq!(
                    (push.message_id.as_str(), push.subscription.as_str()),
                    ("m1", "projects/p/subscriptions/s")
                );
            }
        }
    }

    #[test]
    fn what_is_missing_is_named_as_the_seed_names_it() {
        let encode = |text: &str| BASE64_STANDARD.encode(text);
        for (body, detail) in [
            (b"".to_vec(), "Invalid JSON payload"),
            (b"[]".to_vec(), "Invalid JSON payload"),
            (br#"{"message":{"data":"e30="}}"#.to_vec(), "Missing messageId"),
            (br#"{"message":{"messageId":"1"}}"#.to_vec(), "Invalid message data"),
            (envelope("*"), "Invalid message data"),
            (envelope(&encode("not json")), "Invalid message data"),
            (envelope(&encode("[]")), "Invalid message data"),
            (envelope(&encode("{}")), "Missing emailAddress"),
            (envelope(&encode(r#"{"emailAddress":" "}"#)), "Missing emailAddress"),
        ] {
            assert_eq!(parse(&body).unwrap_err().detail, detail, "{}", String::from_utf8_lossy(&body));
        }
    }
}
