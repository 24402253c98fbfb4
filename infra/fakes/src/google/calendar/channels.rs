//! Push channels: registering them, stopping them, and telling them of changes.
//!
//! Source: developers.google.com/workspace/calendar/api/guides/push. Unlike the original it accepts `http` for
//! addresses of this machine, and it calls no others.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use url::Url;

use super::super::call::text;
use super::super::keys;
use super::super::loopback;
use super::super::method::Scope;
use super::super::refusal::{Answer, Refusal};
use super::super::world::World;
use super::calendar_id;
use super::store::{Calendar, Channel};

/// Attempts at one notification.
const ATTEMPTS: u32 = 6;

fn bad(reason: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, reason, message)
}

pub(super) fn watch(scope: &mut Scope<'_>) -> Answer {
    let (call, now) = (scope.call, scope.now);
    calendar_id(scope)?;
    let body = call.json()?;
    let id = text(&body, "id").ok_or_else(|| bad("required", "Required"))?.to_owned();
    let fine = id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+/=".contains(&byte));
    if !fine {
        return Err(bad("channelIdInvalid", "Channel id must match [A-Za-z0-9\\\\-_\\\\+/=]+").in_domain("push"));
    }
    if text(&body, "type").is_none_or(|kind| kind != "web_hook" && kind != "webhook") {
        return Err(bad("channelUnknownType", "Unknown channel type").in_domain("push"));
    }
    let address = text(&body, "address").ok_or_else(|| bad("required", "Required"))?.to_owned();
    let url = Url::parse(&address).map_err(|_| bad("webhookUrlInvalid", "Invalid WebHook URL").in_domain("push"))?;
    if url.scheme() != "https" && !loopback::is_local(&url) {
        let message = format!("WebHook callback must be HTTPS: {address}");
        return Err(bad("webhookUrlNotHttps", message).in_domain("push"));
    }
    let token = text(&body, "token").map(str::to_owned);
    if token.as_ref().is_some_and(|token| token.len() > 256) {
        return Err(bad("invalid", "Channel token is too long"));
    }
    if scope.state.calendars.values().flat_map(|calendar| &calendar.channels).any(|channel| channel.id == id) {
        return Err(bad("channelIdNotUnique", format!("Channel id {id} not unique")));
    }
    let expires = expiration(&body, now)?;
    let email = scope.token.email.clone();
    let resource_uri = format!(
        "{}/calendar/v3/calendars/{}/events?alt=json",
        scope.world.url,
        percent_encoding::utf8_percent_encode(&email, percent_encoding::NON_ALPHANUMERIC)
    );
    // One resource has one id, whoever watches it.
    let resource_id: String = keys::sha256_url(&resource_uri).chars().take(27).collect();
    let channel = Channel {
        id,
        token,
        address,
        resource_id,
        resource_uri,
        expires,
        client_id: scope.token.client_id.clone(),
        messages: 1,
    };
    let mut answer = json!({
        "kind": "api#channel",
        "id": channel.id,
        "resourceId": channel.resource_id,
        "resourceUri": channel.resource_uri,
        "expiration": expires.as_millisecond().to_string(),
    });
    if let Some(token) = &channel.token {
        answer["token"] = json!(token);
    }
    scope.spawn(notification(scope.world.clone(), channel.clone(), "sync"));
    let calendar = scope.state.calendars.get_mut(&email).ok_or_else(Refusal::not_found)?;
    calendar.channels.retain(|channel| channel.expires > now);
    calendar.channels.push(channel);
    Ok(answer)
}

/// From `expiration`, else from `params.ttl`, else a week; never more than a month.
fn expiration(body: &serde_json::Map<String, Value>, now: Timestamp) -> Result<Timestamp, Refusal> {
    let number = |value: &Value| value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    let most = now + SignedDuration::from_hours(30 * 24);
    if let Some(asked) = body.get("expiration").and_then(number) {
        let at = Timestamp::from_millisecond(asked).map_err(|_| bad("invalid", "Invalid expiration"))?;
        return if at <= now { Err(bad("invalid", "Expiration is in the past")) } else { Ok(at.min(most)) };
    }
    let ttl = body.get("params").and_then(|params| params.get("ttl")).and_then(number).filter(|ttl| *ttl > 0);
    Ok((now + SignedDuration::from_secs(ttl.unwrap_or(604_800).min(2_592_000))).min(most))
}

pub(super) fn stop(scope: &mut Scope<'_>) -> Answer {
    let body = scope.call.json()?;
    let id = text(&body, "id").ok_or_else(|| bad("required", "Required"))?;
    let resource_id = text(&body, "resourceId").ok_or_else(|| bad("required", "Required"))?;
    let (email, client_id) = (scope.token.email.clone(), scope.token.client_id.clone());
    let not_found = || {
        let message = format!("Channel '{id}' not found for project '{client_id}'");
        Refusal::new(StatusCode::NOT_FOUND, "notFound", message)
    };
    let calendar = scope.state.calendars.get_mut(&email).ok_or_else(not_found)?;
    let before = calendar.channels.len();
    calendar
        .channels
        .retain(|channel| channel.id != id || channel.resource_id != resource_id || channel.client_id != client_id);
    if calendar.channels.len() == before { Err(not_found()) } else { Ok(Value::Null) }
}

/// Tells every live channel that the calendar changed.
pub(in super::super) fn notify(world: &Arc<World>, calendar: &mut Calendar, now: Timestamp) {
    calendar.channels.retain(|channel| channel.expires > now);
    for channel in &mut calendar.channels {
        // Increasing, not contiguous.
        channel.messages += 1 + channel.messages % 3;
        world.runtime.spawn(notification(world.clone(), channel.clone(), "exists"));
    }
}

/// Posts one notification; 5xx and silence are tried again, other statuses end it.
async fn notification(world: Arc<World>, channel: Channel, state: &'static str) {
    let mut headers = vec![
        ("X-Goog-Channel-ID", channel.id),
        ("X-Goog-Channel-Expiration", channel.expires.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()),
        ("X-Goog-Resource-ID", channel.resource_id),
        ("X-Goog-Resource-URI", channel.resource_uri),
        ("X-Goog-Resource-State", state.to_owned()),
        ("X-Goog-Message-Number", channel.messages.to_string()),
        ("User-Agent", "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)".to_owned()),
    ];
    if let Some(token) = channel.token {
        headers.push(("X-Goog-Channel-Token", token));
    }
    let mut pause = Duration::from_millis(250);
    for _ in 0..ATTEMPTS {
        match loopback::post(&world, &channel.address, &headers, String::new()).await {
            None | Some(500 | 502 | 503 | 504) => {}
            Some(_) => return,
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}
