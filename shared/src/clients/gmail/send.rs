//! Sending, by way of a draft: a draft is sent once and is gone then, so that a second try cannot send a second mail.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use serde::Deserialize;
use serde_json::json;

use super::{Gmail, Id};
use crate::error::Result;

/// A message as Gmail put it into the mailbox.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    pub id: String,
    pub thread_id: String,
    #[serde(default)]
    pub label_ids: Vec<String>,
}

impl Gmail<'_> {
    /// Answers the draft's id. `raw` is the whole message, RFC 5322. It stays in `thread_id` only if its subject and its
    /// references fit.
    pub async fn create_draft(&self, raw: &[u8], thread_id: Option<&str>) -> Result<String> {
        let mut message = json!({ "raw": URL_SAFE.encode(raw) });
        if let Some(thread_id) = thread_id {
            message["threadId"] = json!(thread_id);
        }
        let request = self.post_request("drafts").json(&json!({ "message": message }));
        let draft: Id = request.send_json("gmail.create_draft").await?;
        Ok(draft.id)
    }

    /// The draft of a message with this `Message-ID`, with its angle brackets or without.
    pub async fn draft_of(&self, message_id: &str) -> Result<Option<String>> {
        #[derive(Deserialize)]
        struct Listing {
            #[serde(default)]
            drafts: Vec<Id>,
        }
        let request = self.get_request("drafts").query(&[("q", by_message_id(message_id))]);
        let listing: Listing = request.send_json("gmail.list_drafts").await?;
        Ok(listing.drafts.into_iter().next().map(|draft| draft.id))
    }

    /// Whether it is still there: a draft that was sent is not.
    pub async fn has_draft(&self, id: &str) -> Result<bool> {
        let request = self.get_request(&format!("drafts/{id}")).query(&[("format", "minimal")]);
        match request.send_json::<Id>("gmail.get_draft").await {
            Ok(_) => Ok(true),
            Err(error) if error.upstream_status() == Some(404) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// 404 when it is no draft any more.
    pub async fn send_draft(&self, id: &str) -> Result<Sent> {
        self.post_request("drafts/send").json(&json!({ "id": id })).send_json("gmail.send_draft").await
    }
}

/// Gmail's search for one message.
pub fn by_message_id(message_id: &str) -> String {
    format!("rfc822msgid:{}", message_id.trim_matches(['<', '>']))
}
