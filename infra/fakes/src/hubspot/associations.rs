//! Associations over HTTP: `/crm/objects/2026-09/{type}/{id}/associations/…` and `/crm/associations/2026-09/…`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::Shared;
use super::batch::answer;
use super::guard::Caller;
use super::kind::Kind;
use super::links::End;
use super::objects::{LinkSpec, Target};
use super::refusal::{Answer, Refusal};
use super::request::{self, Query};

/// The largest page of one record's associations, and the one a batch answers.
const MAX_PAGE: usize = 500;
const MAX_READ: usize = 1_000;
const MAX_WRITE: usize = 2_000;

fn end(kind: &str, id: &str) -> Result<End, Refusal> {
    Ok((Kind::parse(kind)?, id.parse().map_err(|_| Refusal::not_found())?))
}

fn show(id: u64, types: &[Value]) -> Value {
    json!({ "toObjectId": id, "associationTypes": types })
}

pub async fn list(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((kind, id, to)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let from = end(&kind, &id)?;
    let to = Kind::parse(&to)?;
    let query = Query::parse(query.as_deref());
    let limit = query.limit(MAX_PAGE, MAX_PAGE)?;
    let after = query
        .get("after")
        .map_or(Ok(0), str::parse)
        .map_err(|_| Refusal::invalid("The paging cursor is not valid."))?;

    app.read(caller.portal, |portal| {
        let from = (from.0, portal.record(from.0, from.1).ok_or_else(Refusal::not_found)?.id);
        Ok(Json(page(&portal.associated(from, to), after, limit, None)).into_response())
    })
}

/// Everything after an id, a page of it.
fn page(all: &[(u64, Vec<Value>)], after: u64, limit: usize, from: Option<u64>) -> Value {
    let rest: Vec<_> = all.iter().filter(|(id, _)| *id > after).collect();
    let shown: Vec<_> = rest.iter().take(limit).map(|(id, types)| show(*id, types)).collect();
    let mut answer = match from {
        Some(from) => json!({ "from": { "id": from.to_string() }, "to": shown }),
        None => json!({ "results": shown }),
    };
    if let Some((last, _)) = rest.get(limit.wrapping_sub(1)).filter(|_| rest.len() > limit) {
        answer["paging"] = json!({ "next": { "after": last.to_string() } });
    }
    answer
}

/// What a created association is answered with.
fn pair(from: End, to: End, labels: &[String]) -> Value {
    json!({
        "fromObjectTypeId": from.0.type_id(),
        "fromObjectId": from.1,
        "toObjectTypeId": to.0.type_id(),
        "toObjectId": to.1,
        "labels": labels,
    })
}

pub async fn put(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((kind, id, to, to_id)): Path<(String, String, String, String)>,
    bytes: Bytes,
) -> Answer {
    let (from, to) = (end(&kind, &id)?, end(&to, &to_id)?);
    let specs: Vec<LinkSpec> = request::body(&bytes)?;
    app.write(caller.portal, caller.source, |portal, _| {
        let types: Vec<_> = specs.iter().map(LinkSpec::pair).collect();
        portal.associate(from, to, &types)?;
        let labels = portal.label_names(from.0, to.0, &types);
        Ok((StatusCode::CREATED, Json(pair(from, to, &labels))).into_response())
    })
}

pub async fn put_default(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((kind, id, to, to_id)): Path<(String, String, String, String)>,
) -> Answer {
    let (from, to) = (end(&kind, &id)?, end(&to, &to_id)?);
    app.write(caller.portal, caller.source, |portal, actor| {
        portal.associate(from, to, &[])?;
        Ok(answer(actor.now, StatusCode::OK, &portal.default_pair(from, to), &[]))
    })
}

pub async fn delete(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((kind, id, to, to_id)): Path<(String, String, String, String)>,
) -> Answer {
    let (from, to) = (end(&kind, &id)?, end(&to, &to_id)?);
    app.write(caller.portal, caller.source, |portal, _| {
        portal.dissociate(from, to);
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}

pub async fn labels(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((from, to)): Path<(String, String)>,
) -> Answer {
    let (from, to) = (Kind::parse(&from)?, Kind::parse(&to)?);
    app.read(caller.portal, |portal| Ok(Json(json!({ "results": portal.link_labels(from, to) })).into_response()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewLabel {
    label: String,
    inverse_label: Option<String>,
}

pub async fn create_label(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((from, to)): Path<(String, String)>,
    bytes: Bytes,
) -> Answer {
    let (from, to) = (Kind::parse(&from)?, Kind::parse(&to)?);
    let new: NewLabel = request::body(&bytes)?;
    app.write(caller.portal, caller.source, |portal, _| {
        let results = portal.define_label(from, to, &new.label, new.inverse_label.as_deref());
        Ok(Json(json!({ "results": results })).into_response())
    })
}

#[derive(Deserialize)]
struct Inputs<T> {
    inputs: Vec<T>,
}

#[derive(Deserialize)]
struct ReadOne {
    #[serde(flatten)]
    from: Target,
    after: Option<String>,
}

#[derive(Deserialize)]
struct LinkOne {
    from: Target,
    to: Target,
    #[serde(default)]
    types: Vec<LinkSpec>,
}

#[derive(Deserialize)]
struct UnlinkOne {
    from: Target,
    to: Vec<Target>,
}

fn inputs<T: serde::de::DeserializeOwned>(bytes: &Bytes, most: usize) -> Result<Vec<T>, Refusal> {
    let body: Inputs<T> = request::body(bytes)?;
    if body.inputs.len() > most {
        return Err(Refusal::invalid(format!("The maximum number of inputs supported in a batch request is {most}")));
    }
    Ok(body.inputs)
}

pub async fn batch_read(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((from, to)): Path<(String, String)>,
    bytes: Bytes,
) -> Answer {
    let (from, to) = (Kind::parse(&from)?, Kind::parse(&to)?);
    let asked: Vec<ReadOne> = inputs(&bytes, MAX_READ)?;
    let now = app.now();
    app.read(caller.portal, |portal| {
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for one in &asked {
            let id: Option<u64> = one.from.id.parse().ok();
            let after = one.after.as_deref().and_then(|after| after.parse().ok()).unwrap_or(0);
            let found = id.map(|id| (id, portal.associated((from, id), to))).filter(|(_, all)| !all.is_empty());
            match found {
                Some((id, all)) => results.push(page(&all, after, MAX_PAGE, Some(id))),
                None => errors.push(none_found(from, to, &one.from.id)),
            }
        }
        Ok(answer(now, StatusCode::OK, &results, &errors))
    })
}

/// A record without associations is an error of the batch, and a harmless one.
fn none_found(from: Kind, to: Kind, id: &str) -> Value {
    let message = format!("No {} is associated with {} {id}.", to.singular(), from.singular());
    let context = json!({ "fromObjectId": [id], "fromObjectType": [from.singular()], "toObjectType": [to.singular()] });
    Refusal::new(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", message)
        .with("subCategory", "crm.associations.NO_ASSOCIATIONS_FOUND".into())
        .entry(context)
}

/// `batch/create`, `batch/associate/default`: each input on its own.
async fn link_all(app: Shared, caller: Caller, from: &str, to: &str, bytes: Bytes, by_default: bool) -> Answer {
    let (from, to) = (Kind::parse(from)?, Kind::parse(to)?);
    let asked: Vec<LinkOne> = inputs(&bytes, MAX_WRITE)?;
    app.write(caller.portal, caller.source, |portal, actor| {
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for one in &asked {
            let types: Vec<_> = one.types.iter().map(LinkSpec::pair).collect();
            let done = end(from.plural(), &one.from.id).and_then(|from| {
                let to = end(to.plural(), &one.to.id)?;
                portal.associate(from, to, &types)?;
                Ok((from, to))
            });
            match done {
                Ok((from, to)) if by_default => results.extend(portal.default_pair(from, to)),
                Ok((from, to)) => results.push(pair(from, to, &portal.label_names(from.0, to.0, &types))),
                Err(refusal) => {
                    errors.push(refusal.entry(json!({ "fromObjectId": [one.from.id], "toObjectId": [one.to.id] })));
                }
            }
        }
        let status = if by_default { StatusCode::OK } else { StatusCode::CREATED };
        Ok(answer(actor.now, status, &results, &errors))
    })
}

pub async fn batch_create(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((from, to)): Path<(String, String)>,
    bytes: Bytes,
) -> Answer {
    link_all(app, caller, &from, &to, bytes, false).await
}

pub async fn batch_associate_default(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((from, to)): Path<(String, String)>,
    bytes: Bytes,
) -> Answer {
    link_all(app, caller, &from, &to, bytes, true).await
}

pub async fn batch_archive(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((from, to)): Path<(String, String)>,
    bytes: Bytes,
) -> Answer {
    let (from, to) = (Kind::parse(&from)?, Kind::parse(&to)?);
    let asked: Vec<UnlinkOne> = inputs(&bytes, MAX_WRITE)?;
    app.write(caller.portal, caller.source, |portal, _| {
        for one in &asked {
            for target in &one.to {
                portal.dissociate(end(from.plural(), &one.from.id)?, end(to.plural(), &target.id)?);
            }
        }
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}

pub async fn batch_labels_archive(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((from, to)): Path<(String, String)>,
    bytes: Bytes,
) -> Answer {
    let (from, to) = (Kind::parse(&from)?, Kind::parse(&to)?);
    let asked: Vec<LinkOne> = inputs(&bytes, MAX_WRITE)?;
    app.write(caller.portal, caller.source, |portal, _| {
        for one in &asked {
            let types: Vec<_> = one.types.iter().map(LinkSpec::pair).collect();
            portal.remove_labels(end(from.plural(), &one.from.id)?, end(to.plural(), &one.to.id)?, &types);
        }
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}
