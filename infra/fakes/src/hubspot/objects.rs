//! `/crm/objects/2026-09/{type}` and its older spellings: one record at a time.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::Shared;
use super::guard::Caller;
use super::kind::{Access, Kind};
use super::portal::{Actor, Portal};
use super::refusal::{Answer, Refusal};
use super::request::{self, Query};
use super::show::{self, Wanted};

/// The largest page of a list, and with history.
const MAX_PAGE: usize = 100;
const MAX_PAGE_WITH_HISTORY: usize = 50;

/// One record to be made.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct New {
    #[serde(default)]
    pub properties: BTreeMap<String, Value>,
    #[serde(default)]
    pub associations: Vec<NewLink>,
    pub object_write_trace_id: Option<String>,
}

#[derive(Deserialize)]
pub struct NewLink {
    pub to: Target,
    #[serde(default)]
    pub types: Vec<LinkSpec>,
}

#[derive(Deserialize)]
pub struct Target {
    #[serde(deserialize_with = "text_or_number")]
    pub id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkSpec {
    pub association_category: String,
    pub association_type_id: u32,
}

impl LinkSpec {
    pub fn pair(&self) -> (String, u32) {
        (self.association_category.clone(), self.association_type_id)
    }
}

/// Ids are text, but numbers are taken too.
pub fn text_or_number<'de, D: serde::Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    match Value::deserialize(value)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(serde::de::Error::custom("an id must be a string")),
    }
}

pub async fn list(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(kind): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let kind = Kind::parse(&kind)?;
    caller.may(kind, Access::Read)?;
    let query = Query::parse(query.as_deref());
    let wanted = Wanted::from_query(&query)?;
    let limit = query.limit(10, if wanted.history.is_empty() { MAX_PAGE } else { MAX_PAGE_WITH_HISTORY })?;
    let after = match query.get("after") {
        Some(after) => after.parse::<u64>().map_err(|_| Refusal::invalid("The paging cursor is not valid."))?,
        None => 0,
    };
    let archived = query.flag("archived");
    let now = app.now();

    app.read(caller.portal, |portal| {
        let records = portal.records.get(&kind).into_iter().flatten();
        let mut page: Vec<_> = records
            .map(|(_, record)| record)
            .filter(|record| {
                record.id > after && record.archived_at.is_some() == archived && record.merged_into.is_none()
            })
            .take(limit + 1)
            .collect();
        let has_more = page.len() > limit;
        page.truncate(limit);
        let results: Vec<_> =
            page.iter().map(|record| show::record(portal, &app.url, kind, record, &wanted, now)).collect();
        let mut answer = json!({ "results": results });
        if let Some(last) = page.last().filter(|_| has_more) {
            let link = format!("{}/crm/v3/objects/{}?limit={limit}&after={}", app.url, kind.plural(), last.id);
            answer["paging"] = json!({ "next": { "after": last.id.to_string(), "link": link } });
        }
        Ok(Json(answer).into_response())
    })
}

pub async fn get(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((kind, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let kind = Kind::parse(&kind)?;
    caller.may(kind, Access::Read)?;
    let query = Query::parse(query.as_deref());
    let wanted = Wanted::from_query(&query)?;
    let now = app.now();

    app.read(caller.portal, |portal| {
        let record = if query.flag("archived") {
            let number: u64 = id.parse().map_err(|_| Refusal::not_found())?;
            let record = portal.records.get(&kind).and_then(|records| records.get(&number));
            record.filter(|record| record.archived_at.is_some()).ok_or_else(Refusal::not_found)?
        } else {
            portal.identify(kind, &id, query.get("idProperty"))?
        };
        Ok(Json(show::record(portal, &app.url, kind, record, &wanted, now)).into_response())
    })
}

pub async fn create(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(kind): Path<String>,
    bytes: Bytes,
) -> Answer {
    let kind = Kind::parse(&kind)?;
    caller.may(kind, Access::Write)?;
    let new: New = request::body(&bytes)?;

    app.write(caller.portal, caller.source, |portal, actor| {
        let id = create_one(portal, kind, &new, actor)?;
        let record = portal.identify(kind, &id.to_string(), None)?;
        Ok((StatusCode::CREATED, Json(show::whole(portal, &app.url, kind, record))).into_response())
    })
}

/// Creates a record with its associations, or neither.
pub fn create_one(portal: &mut Portal, kind: Kind, new: &New, actor: Actor) -> Result<u64, Refusal> {
    let mut links = Vec::new();
    for link in &new.associations {
        let id: u64 = link.to.id.parse().map_err(|_| Refusal::invalid(format!("Invalid object id {}", link.to.id)))?;
        let types: Vec<_> = link.types.iter().map(LinkSpec::pair).collect();
        let to = portal.kind_of(kind, &types).filter(|to| portal.record(*to, id).is_some()).ok_or_else(|| {
            Refusal::invalid(format!("One or more associations are not valid: {types:?} to the object {id}"))
        })?;
        links.push(((to, id), types));
    }
    let id = portal.create(kind, &new.properties, actor)?;
    for (to, types) in links {
        portal.associate((kind, id), to, &types)?;
    }
    Ok(id)
}

#[derive(Deserialize)]
struct Values {
    #[serde(default)]
    properties: BTreeMap<String, Value>,
}

pub async fn update(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((kind, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    bytes: Bytes,
) -> Answer {
    let kind = Kind::parse(&kind)?;
    caller.may(kind, Access::Write)?;
    let query = Query::parse(query.as_deref());
    let values: Values = request::body(&bytes)?;

    app.write(caller.portal, caller.source, |portal, actor| {
        let id = portal.identify(kind, &id, query.get("idProperty"))?.id;
        portal.update(kind, id, &values.properties, actor)?;
        let record = portal.identify(kind, &id.to_string(), None)?;
        Ok(Json(show::whole(portal, &app.url, kind, record)).into_response())
    })
}

pub async fn archive(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((kind, id)): Path<(String, String)>,
) -> Answer {
    let kind = Kind::parse(&kind)?;
    caller.may(kind, Access::Write)?;

    app.write(caller.portal, caller.source, |portal, actor| {
        let id = portal.identify(kind, &id, None)?.id;
        portal.archive(kind, id, actor)?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Merge {
    #[serde(deserialize_with = "text_or_number")]
    primary_object_id: String,
    #[serde(deserialize_with = "text_or_number")]
    object_id_to_merge: String,
}

pub async fn merge(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(kind): Path<String>,
    bytes: Bytes,
) -> Answer {
    let kind = Kind::parse(&kind)?;
    caller.may(kind, Access::Write)?;
    let merge: Merge = request::body(&bytes)?;

    app.write(caller.portal, caller.source, |portal, actor| {
        let primary = portal.identify(kind, &merge.primary_object_id, None)?.id;
        let other = portal.identify(kind, &merge.object_id_to_merge, None)?.id;
        let id = portal.merge(kind, primary, other, actor)?;
        let record = portal.identify(kind, &id.to_string(), None)?;
        Ok(Json(show::whole(portal, &app.url, kind, record)).into_response())
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Erase {
    #[serde(deserialize_with = "text_or_number")]
    object_id: String,
    id_property: Option<String>,
}

pub async fn gdpr_delete(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(kind): Path<String>,
    bytes: Bytes,
) -> Answer {
    let kind = Kind::parse(&kind)?;
    caller.may(kind, Access::Write)?;
    if kind != Kind::Contact {
        return Err(Refusal::invalid(format!("GDPR delete is not supported for {}", kind.plural())));
    }
    let erase: Erase = request::body(&bytes)?;

    app.write(caller.portal, caller.source, |portal, _| {
        let id = portal.identify(kind, &erase.object_id, erase.id_property.as_deref())?.id;
        portal.erase(id)?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}
