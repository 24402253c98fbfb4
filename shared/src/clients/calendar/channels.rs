//! Push channels: <https://developers.google.com/workspace/calendar/api/guides/push>.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::Calendar;
use crate::error::Result;

/// What to ask for. Its messages carry the token, and nothing else that would show who sent them.
pub struct NewChannel<'a> {
    /// Ours to choose, never used before: up to 64 of `[A-Za-z0-9-_+/=]`.
    pub id: &'a str,
    /// Up to 256 characters.
    pub token: &'a str,
    /// Where the messages go: `https:`, with a certificate that can be checked.
    pub address: &'a str,
}

/// What Google made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Of what is watched; the channel is stopped by both ids.
    pub resource_id: String,
    /// A week from now as a rule.
    pub expires_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    resource_id: String,
    /// Milliseconds, as text.
    expiration: Option<String>,
}

impl Calendar<'_> {
    /// Opens a channel for the events of the advisor's own calendar.
    pub async fn watch(&self, channel: &NewChannel<'_>, now: Timestamp) -> Result<Channel> {
        let body = json!({ "id": channel.id, "type": "web_hook", "address": channel.address, "token": channel.token });
        let request = self.http.post(format!("{}/calendars/primary/events/watch", self.base)).bearer_auth(self.token);
        let wire: Wire = request.json(&body).send_json("calendar.watch").await?;
        let expiration = wire.expiration.and_then(|text| text.parse().ok());
        // Without a word about it, it is taken for over: the next look opens another.
        let expires_at = expiration.and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(now);
        Ok(Channel { resource_id: wire.resource_id, expires_at })
    }

    /// Closes a channel. One that is closed already, or never was, is no error.
    pub async fn stop(&self, id: &str, resource_id: &str) -> Result<()> {
        let request = self.http.post(format!("{}/channels/stop", self.base)).bearer_auth(self.token);
        let stopped = request.json(&json!({ "id": id, "resourceId": resource_id })).retrying();
        match stopped.send_empty("calendar.stop").await {
            Err(error) if error.upstream_status() == Some(404) => Ok(()),
            stopped => stopped,
        }
    }
}
