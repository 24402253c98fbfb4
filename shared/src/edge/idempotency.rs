//! Requests that are to be done once, however often they come: those with an `Idempotency-Key`.
//!
//! The first answer that went well is kept for a day and sent again, with `Idempotent-Replayed: true`. One that was refused
//! is not: nothing was done, and the same key may try again.
//! <https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>

use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::json;
use uuid::Uuid;

use super::call::Call;
use super::reply::{Reply, ReplyBody};
use super::route::Route;
use crate::App;
use crate::error::{Error, Kind, Result};
use crate::model::UserId;
use crate::store::idempotency_keys::{self, Answer, Claimed, Known};

const KEY: &str = "Idempotency-Key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// No buffered answer takes longer: a request without one has lost its function.
const GIVEN_UP: Duration = Duration::from_secs(60);
/// Headers that belong to the answer and not to the call.
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION];

/// Handles the call, unless it was handled before.
pub(super) async fn once(app: &App, route: &Route, call: Call) -> Result<Reply> {
    let Some(key) = key(&call)? else { return (route.handler)(app, call).await };
    let advisor = call.advisor(app).await?.id;
    let hash = hash(route, &call)?;
    let claim = Uuid::new_v4();

    let mut db = app.db().await?;
    let tenant = db.tenant(advisor).await?;
    let claimed = idempotency_keys::claim(&tenant, &key, &hash, claim, GIVEN_UP).await?;
    tenant.commit().await?;
    drop(db);

    match claimed {
        Claimed::Known(known) => again(known, &hash),
        Claimed::Ours => {
            let outcome = (route.handler)(app, call).await;
            settle(app, advisor, &key, claim, outcome).await
        }
    }
}

fn key(call: &Call) -> Result<Option<String>> {
    let Some(key) = call.header(KEY) else { return Ok(None) };
    if (1..=255).contains(&key.len()) {
        return Ok(Some(key.to_owned()));
    }
    Err(Error::invalid_header(KEY, "must have 1 to 255 characters."))
}

/// What makes two requests the same one.
fn hash(route: &Route, call: &Call) -> Result<Vec<u8>> {
    let mut hash = Context::new(&SHA256);
    for part in [route.method.as_bytes(), call.uri().as_bytes(), call.bytes()?] {
        hash.update(&part.len().to_be_bytes());
        hash.update(part);
    }
    Ok(hash.finish().as_ref().to_vec())
}

fn again(known: Known, hash: &[u8]) -> Result<Reply> {
    if known.request_hash != hash {
        return Err(Error::invalid_header(KEY, "was used for another request before: use a new one."));
    }
    let Some(answer) = known.answer else {
        let under_way = "A request with this Idempotency-Key is still under way.";
        return Err(Error::new(Kind::Conflict, under_way).after(Some(Duration::from_secs(1))));
    };
    let mut reply = Reply::whole(StatusCode::from_u16(answer.status).unwrap_or_default(), answer.body);
    for (name, value) in serde_json::from_value::<Vec<(String, String)>>(answer.headers)? {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            reply = reply.with_header(name, value);
        }
    }
    Ok(reply.with_header(REPLAYED, HeaderValue::from_static("true")))
}

/// Keeps an answer that went well; gives the key back after any other.
async fn settle(app: &App, advisor: UserId, key: &str, claim: Uuid, outcome: Result<Reply>) -> Result<Reply> {
    let mut db = app.db().await?;
    let tenant = db.tenant(advisor).await?;
    let reply = match outcome {
        Ok(reply) => {
            let (parts, body) = Response::<ReplyBody>::from(reply).into_parts();
            let Ok(body) = body.collect().await;
            let body = body.to_bytes();
            let headers =
                KEPT.iter().filter_map(|name| Some(json!([name.as_str(), parts.headers.get(name)?.to_str().ok()?])));
            let answer = Answer { status: parts.status.as_u16(), headers: headers.collect(), body: body.to_vec() };
            idempotency_keys::keep(&tenant, key, claim, &answer).await?;
            Ok(Reply::from_parts(parts, body))
        }
        Err(error) => {
            idempotency_keys::release(&tenant, key, claim).await?;
            Err(error)
        }
    };
    tenant.commit().await?;
    reply
}
