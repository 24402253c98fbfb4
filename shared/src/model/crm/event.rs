use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ObjectType;

/// One event of a webhook: which record to look at, and why. Values are not carried: the record is read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubspotEvent {
    /// What happened, the second half of HubSpot's `subscriptionType`: `creation`, `propertyChange`, `deletion`,
    /// `merge`, `restore`, `associationChange` or `privacyDeletion`. Others are passed over.
    pub change: String,
    /// The first half, or for `object.…` what `objectTypeId` says.
    pub object_type: ObjectType,
    /// `objectId`; `fromObjectId` of an association, `newObjectId` (or else `primaryObjectId`) of a merge.
    pub object_id: String,
    /// `propertyName` of a changed property.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// The records that went into this one: `primaryObjectId` and `mergedObjectIds` of a merge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged_ids: Vec<String>,
    /// The record at the other end of an association: the half of `associationType` after `_TO_`, and `toObjectId`.
    /// None when that type is not kept here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub associated: Option<(ObjectType, String)>,
    /// `associationRemoved`.
    #[serde(default)]
    pub removed: bool,
    pub occurred_at: Timestamp,
    /// `changeSource`, such as `CRM_UI` or `INTEGRATION`.
    #[serde(default)]
    pub change_source: String,
    /// `sourceId`: for `INTEGRATION` the application's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// `appId`: ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<i64>,
}

impl HubspotEvent {
    /// This application did it itself.
    pub fn is_own(&self) -> bool {
        is_own(&self.change_source, self.source_id.as_deref(), self.app_id)
    }
}

/// Tells our own application from the others, which HubSpot calls `INTEGRATION` all alike. `app_id` is ours, if it is known.
pub fn is_own(source: &str, source_id: Option<&str>, app_id: Option<i64>) -> bool {
    source == "INTEGRATION" && app_id.is_some_and(|own| source_id == Some(own.to_string().as_str()))
}
