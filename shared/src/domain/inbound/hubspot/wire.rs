//! One event as HubSpot sends it.

use jiff::Timestamp;
use serde_json::Value;

use crate::model::crm::{HubspotEvent, ObjectType};
use crate::store::webhook_events::Delivered;

/// What a delivery says, ready to be kept and to be read.
#[derive(Debug, Clone)]
pub struct Event {
    /// HubSpot's number of the account.
    pub portal: String,
    pub delivered: Delivered,
    /// What to read again; nothing when it is about something that is not kept here.
    pub about: Option<HubspotEvent>,
}

/// What is wrong with an event is a phrase for whoever reads HubSpot's log.
pub fn event(raw: &Value) -> Result<Event, &'static str> {
    let portal = number(raw, "portalId").ok_or("portalId is missing")?.to_string();
    let event_id = number(raw, "eventId").ok_or("eventId is missing")?;
    let subscription = number(raw, "subscriptionId").unwrap_or_default();
    let occurred = number(raw, "occurredAt").ok_or("occurredAt is missing")?;
    // What was before the epoch is no time of HubSpot's, and could be one that the database does not know.
    let occurred_at = Timestamp::from_millisecond(occurred).ok().filter(|at| *at >= Timestamp::UNIX_EPOCH);
    let occurred_at = occurred_at.ok_or("occurredAt is no time")?;
    let event_type = raw["subscriptionType"].as_str().ok_or("subscriptionType is missing")?;
    // HubSpot does not promise that an event's id is its own: the record it is about tells two of them apart.
    let record = number(raw, "objectId").unwrap_or_default();
    // What a property was changed to is read from the record: what is erased there must not live on here.
    let mut payload = raw.clone();
    if let Some(fields) = payload.as_object_mut() {
        fields.remove("propertyValue");
    }
    Ok(Event {
        about: about(raw, event_type, occurred_at),
        delivered: Delivered {
            dedupe_key: format!("{portal}:{subscription}:{event_id}:{occurred}:{record}"),
            event_type: event_type.to_owned(),
            payload,
            occurred_at,
        },
        portal,
    })
}

fn about(raw: &Value, event_type: &str, occurred_at: Timestamp) -> Option<HubspotEvent> {
    let (object, change) = event_type.split_once('.')?;
    let object = if object == "object" { raw["objectTypeId"].as_str()? } else { object };
    let id = |name: &str| number(raw, name).map(|id| id.to_string());
    let object_id = match change {
        "associationChange" => id("fromObjectId"),
        "merge" => id("newObjectId").or_else(|| id("primaryObjectId")),
        _ => None,
    };
    let merged = raw["mergedObjectIds"].as_array().into_iter().flatten();
    let merged = merged.filter_map(|id| integer(id).map(|id| id.to_string()));
    let other = raw["associationType"].as_str().and_then(|kind| kind.split_once("_TO_")?.1.parse().ok());
    let text = |name: &str| raw[name].as_str().map(str::to_owned);
    Some(HubspotEvent {
        change: change.to_owned(),
        object_type: object.parse::<ObjectType>().ok()?,
        object_id: object_id.or_else(|| id("objectId"))?,
        property: text("propertyName"),
        merged_ids: if change == "merge" {
            id("primaryObjectId").into_iter().chain(merged).collect()
        } else {
            Vec::new()
        },
        associated: other.zip(id("toObjectId")),
        removed: raw["associationRemoved"].as_bool().unwrap_or_default(),
        occurred_at,
        change_source: text("changeSource").unwrap_or_default(),
        source_id: text("sourceId"),
        app_id: number(raw, "appId"),
    })
}

/// HubSpot writes numbers; some of its tools write them as texts.
fn number(raw: &Value, name: &str) -> Option<i64> {
    integer(&raw[name])
}

fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(more: &Value) -> Event {
        let mut raw = json!({
            "eventId": 1, "subscriptionId": 7, "portalId": 24, "appId": 99, "occurredAt": 1_790_000_000_000_i64,
            "attemptNumber": 0, "changeSource": "CRM_UI", "sourceId": "userId:5",
        });
        raw.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event(&raw).unwrap()
    }

    #[test]
    fn a_changed_property_is_named_and_its_value_left_behind() {
        let event = read(&json!({
            "subscriptionType": "contact.propertyChange", "objectId": 501, "propertyName": "phone", "propertyValue": "+1 555",
        }));

        let about = event.about.unwrap();
        assert_eq!((about.change.as_str(), about.object_type), ("propertyChange", ObjectType::Contact));
        assert_eq!((about.object_id.as_str(), about.property.as_deref()), ("501", Some("phone")));
        assert_eq!((about.change_source.as_str(), about.source_id.as_deref()), ("CRM_UI", Some("userId:5")));
        assert!(!event.delivered.payload.to_string().contains("555"));
    }

    #[test]
    fn a_merge_is_about_what_is_left() {
        let merge = |new: Option<i64>| {
            let raw = json!({
                "subscriptionType": "contact.merge", "objectId": 1, "primaryObjectId": 1, "mergedObjectIds": [2],
                "newObjectId": new,
            });
            let about = read(&raw).about.unwrap();
            (about.object_id, about.merged_ids)
        };
        assert_eq!(merge(Some(3)), ("3".into(), vec!["1".into(), "2".into()]));
        assert_eq!(merge(None).0, "1");
    }

    #[test]
    fn an_association_has_two_ends() {
        let raw = json!({
            "subscriptionType": "contact.associationChange", "associationType": "CONTACT_TO_COMPANY", "fromObjectId": 5,
            "toObjectId": 6, "associationRemoved": true,
        });
        let about = read(&raw).about.unwrap();
        assert_eq!((about.object_id.as_str(), about.removed), ("5", true));
        assert_eq!(about.associated, Some((ObjectType::Company, "6".into())));
    }

    #[test]
    fn generic_events_name_their_type_by_number_and_what_is_not_kept_is_not_read() {
        let note = read(&json!({ "subscriptionType": "object.creation", "objectTypeId": "0-46", "objectId": 9 }));
        assert_eq!(note.about.unwrap().object_type, ObjectType::Note);
        for kind in ["ticket.creation", "conversation.newMessage", "nonsense"] {
            assert!(read(&json!({ "subscriptionType": kind, "objectId": 9 })).about.is_none(), "{kind}");
        }
    }

    #[test]
    fn copies_have_one_key_whichever_attempt_they_are() {
        let key = |attempt: i64, object: i64| {
            let raw = json!({ "subscriptionType": "contact.creation", "objectId": object, "attemptNumber": attempt });
            read(&raw).delivered.dedupe_key
        };
        assert_eq!(key(0, 1), key(7, 1));
        assert_ne!(key(0, 1), key(0, 2), "HubSpot may give two events one id");
    }
}
