//! `…/{type}/batch/{read,create,update,upsert,archive}`: up to a hundred records at a time.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::app::Shared;
use super::guard::Caller;
use super::kind::{Access, Kind};
use super::objects::{New, Target, create_one, text_or_number};
use super::portal::Portal;
use super::refusal::{Answer, Refusal};
use super::request::{self, Query};
use super::show::{self, Wanted};
use super::timestamp;

const MAX_INPUTS: usize = 100;

#[derive(Deserialize)]
struct Inputs<T> {
    inputs: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    inputs: Vec<Target>,
    #[serde(default)]
    properties: Vec<String>,
    #[serde(default)]
    properties_with_history: Vec<String>,
    id_property: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    #[serde(deserialize_with = "text_or_number")]
    id: String,
    id_property: Option<String>,
    #[serde(default)]
    properties: BTreeMap<String, Value>,
    object_write_trace_id: Option<String>,
}

pub async fn batch(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((kind, verb)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    bytes: Bytes,
) -> Answer {
    let kind = Kind::parse(&kind)?;
    caller.may(kind, if verb == "read" { Access::Read } else { Access::Write })?;
    match verb.as_str() {
        "read" => read(&app, &caller, kind, &Query::parse(query.as_deref()), &bytes),
        "create" => create(&app, &caller, kind, &bytes),
        "update" => update(&app, &caller, kind, &bytes),
        "upsert" => upsert(&app, &caller, kind, &bytes),
        "archive" => archive(&app, &caller, kind, &bytes),
        _ => Err(Refusal::not_found()),
    }
}

fn inputs<T: DeserializeOwned>(bytes: &Bytes) -> Result<Vec<T>, Refusal> {
    let body: Inputs<T> = request::body(bytes)?;
    within_limit(body.inputs.len())?;
    Ok(body.inputs)
}

fn within_limit(count: usize) -> Result<(), Refusal> {
    if count > MAX_INPUTS {
        return Err(Refusal::invalid(format!(
            "The maximum number of inputs supported in a batch request is {MAX_INPUTS}"
        )));
    }
    Ok(())
}

/// A `BatchResponse…`; with errors it is 207 whatever the call answers otherwise.
pub fn answer(now: Timestamp, status: StatusCode, results: &[Value], errors: &[Value]) -> Response {
    let at = timestamp(now);
    let mut body = json!({ "status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at });
    if errors.is_empty() {
        return (status, Json(body)).into_response();
    }
    body["numErrors"] = errors.len().into();
    body["errors"] = errors.into();
    (StatusCode::MULTI_STATUS, Json(body)).into_response()
}

/// One error for all the ids that were not found.
fn missing(kind: Kind, ids: &[String]) -> Vec<Value> {
    if ids.is_empty() {
        return Vec::new();
    }
    let message = format!(
        "Could not get some {} objects, they may be deleted or not exist. Check that ids are valid.",
        kind.singular().to_uppercase()
    );
    vec![Refusal::new(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", message).entry(json!({ "ids": ids }))]
}

fn read(app: &Shared, caller: &Caller, kind: Kind, query: &Query, bytes: &Bytes) -> Answer {
    let body: Read = request::body(bytes)?;
    within_limit(body.inputs.len())?;
    let wanted =
        Wanted { properties: body.properties, history: body.properties_with_history, associations: Vec::new() };
    let archived = query.flag("archived");
    let now = app.now();

    app.read(caller.portal, |portal| {
        let (mut results, mut lost, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        for input in &body.inputs {
            let found = if archived {
                let records = portal.records.get(&kind);
                let record = input.id.parse().ok().and_then(|id: u64| records?.get(&id));
                record.filter(|record| record.archived_at.is_some()).ok_or_else(Refusal::not_found)
            } else {
                portal.identify(kind, &input.id, body.id_property.as_deref())
            };
            match found {
                Ok(record) if seen.insert(record.id) => {
                    results.push(show::record(portal, &app.url, kind, record, &wanted, now));
                }
                Ok(_) => {}
                Err(refusal) if refusal.status == StatusCode::NOT_FOUND => lost.push(input.id.clone()),
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(answer(now, StatusCode::OK, &results, &missing(kind, &lost)))
    })
}

fn create(app: &Shared, caller: &Caller, kind: Kind, bytes: &Bytes) -> Answer {
    let inputs: Vec<New> = inputs(bytes)?;
    // Without a trace id on each input, HubSpot cannot say which one failed and refuses them all.
    let traced = inputs.iter().all(|input| input.object_write_trace_id.is_some());
    app.write(caller.portal, caller.source, |portal, actor| {
        let before = (!traced).then(|| portal.clone());
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for input in &inputs {
            match create_one(portal, kind, input, actor) {
                Ok(id) => {
                    let record = portal.identify(kind, &id.to_string(), None)?;
                    let mut shown = show::whole(portal, &app.url, kind, record);
                    trace(&mut shown, input.object_write_trace_id.as_deref());
                    results.push(shown);
                }
                Err(refusal) if traced => {
                    errors.push(refusal.entry(json!({ "objectWriteTraceId": [input.object_write_trace_id] })));
                }
                Err(refusal) => {
                    if let Some(before) = before {
                        *portal = before;
                    }
                    return Err(refusal);
                }
            }
        }
        Ok(answer(actor.now, StatusCode::CREATED, &results, &errors))
    })
}

fn update(app: &Shared, caller: &Caller, kind: Kind, bytes: &Bytes) -> Answer {
    let inputs: Vec<Change> = inputs(bytes)?;
    app.write(caller.portal, caller.source, |portal, actor| {
        // A value that may not be written refuses the whole batch before anything is.
        for input in &inputs {
            portal.check(kind, &input.properties)?;
        }
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for input in &inputs {
            let done = portal
                .identify(kind, &input.id, input.id_property.as_deref())
                .map(|record| record.id)
                .and_then(|id| portal.update(kind, id, &input.properties, actor));
            match done {
                Ok(id) => results.push(written(portal, app, kind, id, input.object_write_trace_id.as_deref())?),
                Err(refusal) if refusal.status == StatusCode::NOT_FOUND => {
                    let mut error = missing(kind, std::slice::from_ref(&input.id)).remove(0);
                    if let Some(trace) = &input.object_write_trace_id {
                        error["context"]["objectWriteTraceId"] = json!([trace]);
                    }
                    errors.push(error);
                }
                Err(refusal) => errors.push(refusal.entry(json!({ "ids": [input.id] }))),
            }
        }
        Ok(answer(actor.now, StatusCode::OK, &results, &errors))
    })
}

fn upsert(app: &Shared, caller: &Caller, kind: Kind, bytes: &Bytes) -> Answer {
    let inputs: Vec<Change> = inputs(bytes)?;
    app.write(caller.portal, caller.source, |portal, actor| {
        for input in &inputs {
            portal.check(kind, &input.properties)?;
        }
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for input in &inputs {
            let unique = input.id_property.as_deref();
            let (done, is_new) = match portal.identify(kind, &input.id, unique) {
                Ok(record) => {
                    let id = record.id;
                    (portal.update(kind, id, &input.properties, actor), false)
                }
                Err(refusal) if refusal.status == StatusCode::NOT_FOUND => match unique {
                    Some(name) if name != "hs_object_id" => {
                        let mut values = input.properties.clone();
                        values.insert(name.to_owned(), input.id.clone().into());
                        (portal.create(kind, &values, actor), true)
                    }
                    _ => (Err(refusal), false),
                },
                Err(refusal) => return Err(refusal),
            };
            match done {
                Ok(id) => {
                    let mut shown = written(portal, app, kind, id, input.object_write_trace_id.as_deref())?;
                    shown["new"] = is_new.into();
                    results.push(shown);
                }
                Err(refusal) => errors.push(refusal.entry(json!({ "ids": [input.id] }))),
            }
        }
        Ok(answer(actor.now, StatusCode::OK, &results, &errors))
    })
}

fn written(portal: &Portal, app: &Shared, kind: Kind, id: u64, traced: Option<&str>) -> Result<Value, Refusal> {
    let record = portal.identify(kind, &id.to_string(), None)?;
    let mut shown = show::whole(portal, &app.url, kind, record);
    trace(&mut shown, traced);
    Ok(shown)
}

fn trace(shown: &mut Value, id: Option<&str>) {
    if let Some(id) = id {
        shown["objectWriteTraceId"] = id.into();
    }
}

fn archive(app: &Shared, caller: &Caller, kind: Kind, bytes: &Bytes) -> Answer {
    let inputs: Vec<Target> = inputs(bytes)?;
    app.write(caller.portal, caller.source, |portal, actor| {
        for input in &inputs {
            // Archiving what is gone already is no error.
            if let Ok(id) = portal.identify(kind, &input.id, None).map(|record| record.id) {
                portal.archive(kind, id, actor)?;
            }
        }
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}
