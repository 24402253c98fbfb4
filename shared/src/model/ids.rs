//! Ids that cannot be taken for one another.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $inner:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = <$inner as FromStr>::Err;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// An advisor. The tenant of every row that belongs to one.
    UserId,
    i64
);
id!(
    /// A mail, contact, note or event that can be searched.
    DocumentId,
    i64
);
id!(
    /// Something that happened in the practice.
    EventId,
    i64
);
id!(
    /// A standing instruction.
    RuleId,
    i64
);
id!(TaskId, Uuid);
id!(
    /// A write to the outside, from the moment it is proposed.
    ActionId,
    Uuid
);
id!(ConversationId, Uuid);

impl TaskId {
    pub fn random() -> Self {
        Self(Uuid::now_v7())
    }
}

impl ActionId {
    pub fn random() -> Self {
        Self(Uuid::now_v7())
    }

    /// The action an advisor's client calls by a key of its own: the same all day for the same key and content, and in the
    /// order of the days among the others.
    pub fn keyed(owner: UserId, key: &str, content: &str, now: Timestamp) -> Self {
        let day = 24 * 60 * 60 * 1000;
        let millis = u64::try_from(now.as_millisecond() / day * day).unwrap_or_default();
        let digest = aws_lc_rs::digest::digest(
            &aws_lc_rs::digest::SHA256,
            format!("{owner}|{}|{key}|{content}", key.len()).as_bytes(),
        );
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&digest.as_ref()[..10]);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
    }

    /// The id of what is proposed for this reason: always the same for the same moment and reason, and in the order of
    /// moments like the others.
    pub fn derived(at: Timestamp, reason: &str) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, reason.as_bytes());
        let mut random = [0; 10];
        random.copy_from_slice(&digest.as_ref()[..10]);
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

impl ConversationId {
    pub fn random() -> Self {
        Self(Uuid::now_v7())
    }

    /// The conversation an advisor's client calls by a name of its own: always the same for the same name.
    pub fn named(owner: UserId, name: &str) -> Self {
        if let Ok(id) = name.parse() {
            return Self(id);
        }
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, format!("{owner}|{name}").as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.as_ref()[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}
