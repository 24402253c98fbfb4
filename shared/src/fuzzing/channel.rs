//! A message of Google Calendar's, which is all headers.

use super::Parts;
use crate::domain::accounts::hash;
use crate::domain::inbound::calendar::{Message, copy_key, is_genuine};
use crate::model::UserId;
use crate::store::watches::Channel;

const TOKEN: &str = "a-channel's-token";
const RESOURCE: &str = "resource-1";

/// Token, resource, number, state, id.
pub fn run(data: &[u8]) {
    let mut parts = Parts(data);
    let (token, resource, number) = (parts.some_text(), parts.some_text(), parts.some_text());
    let (state, channel_id) = (parts.text(), parts.text());
    let message = Message {
        channel_id: &channel_id,
        state: &state,
        token: token.as_deref(),
        resource_id: resource.as_deref(),
        number: number.as_deref(),
    };
    for known in [None, Some(RESOURCE)] {
        let channel = Channel { user: UserId(1), token_hash: hash(TOKEN), resource_id: known.map(str::to_owned) };
        let meant = token.as_deref() == Some(TOKEN) && known.is_none_or(|known| resource.as_deref() == Some(known));
        assert_eq!(is_genuine(&channel, &message), meant);
        let forgotten = Channel { token_hash: Vec::new(), ..channel };
        assert!(!is_genuine(&forgotten, &message), "a channel without a token believes nobody");
    }
    if let Some(key) = copy_key(&message) {
        let number = key.strip_prefix(&format!("{channel_id}:")).unwrap_or_default();
        assert!(!number.is_empty() && number.len() <= 20 && number.bytes().all(|byte| byte.is_ascii_digit()), "{key}");
    }
}
