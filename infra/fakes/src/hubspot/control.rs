//! The control plane over HTTP, for another process.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, patch, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::Shared;
use super::kind::Kind;
use super::load;
use super::refusal::{Answer, Refusal};
use super::state::Target;
use super::webhooks::{self, Trouble};
use crate::practice::CrmObject;
use crate::server::lock;

type Named = Path<(i64, String, u64)>;

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/_control/portals", get(portals))
        .route("/_control/objects/{portal}/{type}", put(put_object))
        .route("/_control/objects/{portal}/{type}/{id}", patch(change).delete(archive))
        .route("/_control/objects/{portal}/{type}/{id}/restore", post(restore))
        .route("/_control/objects/{portal}/{type}/{id}/merge", post(merge))
        .route("/_control/objects/{portal}/{type}/{id}/gdpr-delete", post(erase))
        .route("/_control/revoke", post(revoke))
        .route("/_control/expire", post(expire))
        .route("/_control/settings", post(settings))
        .route("/_control/webhooks", post(set_webhooks))
}

async fn portals(State(app): State<Shared>) -> Json<Value> {
    let state = lock(&app.state);
    let shown = state.portals.values().map(|portal| {
        let counts: BTreeMap<_, _> = Kind::ALL.iter().map(|kind| (kind.plural(), portal.live(*kind).count())).collect();
        let users: Vec<_> = portal.users.iter().map(|user| json!({ "id": user.id, "email": user.email })).collect();
        json!({ "id": portal.id, "installed": state.is_installed(portal.id), "users": users, "records": counts })
    });
    Json(shown.collect())
}

async fn put_object(
    State(app): State<Shared>,
    Path((portal, kind)): Path<(i64, String)>,
    Json(object): Json<CrmObject>,
) -> Answer {
    let kind = Kind::parse(&kind)?;
    app.as_person(portal, |account, actor| load::put(account, kind, &object, actor))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn change(
    State(app): State<Shared>,
    Path((portal, kind, id)): Named,
    Json(values): Json<BTreeMap<String, Value>>,
) -> Answer {
    let kind = Kind::parse(&kind)?;
    app.as_person(portal, |account, actor| account.update(kind, id, &values, actor))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn archive(State(app): State<Shared>, Path((portal, kind, id)): Named) -> Answer {
    let kind = Kind::parse(&kind)?;
    app.as_person(portal, |account, actor| account.archive(kind, id, actor))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn restore(State(app): State<Shared>, Path((portal, kind, id)): Named) -> Answer {
    let kind = Kind::parse(&kind)?;
    app.as_person(portal, |account, actor| account.restore(kind, id, actor))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
struct Merge {
    other: u64,
}

async fn merge(State(app): State<Shared>, Path((portal, kind, id)): Named, Json(body): Json<Merge>) -> Answer {
    let kind = Kind::parse(&kind)?;
    let id = app.as_person(portal, |account, actor| account.merge(kind, id, body.other, actor))?;
    Ok(Json(json!({ "id": id.to_string() })).into_response())
}

async fn erase(State(app): State<Shared>, Path((portal, _, id)): Named) -> Answer {
    app.as_person(portal, |account, _| account.erase(id))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
struct Revoke {
    portal: i64,
}

async fn revoke(State(app): State<Shared>, Json(body): Json<Revoke>) -> StatusCode {
    app.revoke(body.portal);
    StatusCode::NO_CONTENT
}

async fn expire(State(app): State<Shared>) -> StatusCode {
    app.expire_access_tokens();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Change {
    search_lag_ms: Option<u64>,
    enforce_limits: Option<bool>,
    merge_into_new: Option<bool>,
}

async fn settings(State(app): State<Shared>, Json(body): Json<Change>) -> StatusCode {
    {
        let mut settings = lock(&app.settings);
        settings.search_lag = body.search_lag_ms.map_or(settings.search_lag, Duration::from_millis);
        settings.enforce_limits = body.enforce_limits.unwrap_or(settings.enforce_limits);
    }
    if let Some(on) = body.merge_into_new {
        for portal in lock(&app.state).portals.values_mut() {
            portal.merge_into_new = on;
        }
        app.changed();
    }
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Webhooks {
    url: Option<String>,
    app_id: Option<i64>,
    #[serde(flatten)]
    trouble: Trouble,
}

async fn set_webhooks(State(app): State<Shared>, Json(body): Json<Webhooks>) -> Answer {
    if let Some(url) = body.url {
        webhooks::check_target(&url).map_err(|error| Refusal::invalid(error.to_string()))?;
        let app_id = body.app_id.unwrap_or(webhooks::DEFAULT_APP_ID);
        lock(&app.state).webhook = Some(Target { url, app_id });
    }
    lock(&app.settings).trouble = body.trouble;
    app.changed();
    Ok(StatusCode::NO_CONTENT.into_response())
}
