//! Telling Gmail to tell us: <https://developers.google.com/workspace/gmail/api/guides/push>.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::{Gmail, number};
use crate::error::Result;

/// What is never told of. A draft changes with every few words that are written, and neither drafts nor spam are read. All
/// else is: a filter may file a mail away before it was ever in the inbox, and what is sent should be found as soon.
const NOT_WATCHED: [&str; 2] = ["DRAFT", "SPAM"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// Where the mailbox stood.
    pub history_id: u64,
    /// Seven days from now as a rule.
    pub expires_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(deserialize_with = "number")]
    history_id: u64,
    #[serde(deserialize_with = "number")]
    expiration: u64,
}

impl Gmail<'_> {
    /// Has changes published to a topic (`projects/…/topics/…`), for a week. Asked again, it lasts for a week from then.
    pub async fn watch(&self, topic: &str) -> Result<Watch> {
        let body = json!({ "topicName": topic, "labelIds": NOT_WATCHED, "labelFilterBehavior": "exclude" });
        let wire: Wire = self.post_request("watch").json(&body).retrying().send_json("gmail.watch").await?;
        let expires_at = i64::try_from(wire.expiration).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        Ok(Watch { history_id: wire.history_id, expires_at: expires_at.unwrap_or_default() })
    }

    /// Ends every watch of the mailbox that was set up by this application.
    pub async fn stop(&self) -> Result<()> {
        self.post_request("stop").json(&json!({})).retrying().send_empty("gmail.stop").await
    }
}
