//! Who is let in, how often, and what is counted of it: one statement before the handler, which also finds the session. What
//! became of the call is counted after it (`World::write_counts`).

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use jiff::Timestamp;

use super::call::Call;
use super::route::{Admission, Route};
use crate::App;
use crate::domain::accounts::session;
use crate::domain::limits::{self, MINUTE};
use crate::error::{Error, Kind, Result};
use crate::store::request_windows::{self, Arrival, Window};

/// <https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>, from draft 8 on.
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Counts the call, and refuses it when its address or its advisor has called too often.
pub(super) async fn admit(app: &App, route: &Route, call: &mut Call, at: Timestamp) -> Result<()> {
    let (prefix, most) = match route.doc.admission {
        Admission::Webhook => ("webhook", limits::WEBHOOKS),
        Admission::Open | Admission::Caller => ("ip", app.config.rate_limit_per_minute),
    };
    // No limit for anybody is none for webhooks either.
    let most = if app.config.rate_limit_per_minute == 0 { 0 } else { most };
    let token = call.session_token().filter(|_| route.doc.admission == Admission::Caller);
    let hash = token.as_deref().map(session::hash);
    let key = limits::address(prefix, &call.source_ip());
    let (method, endpoint) = (route.method, route.path);

    let db = app.db().await?;
    let arrival = Arrival { token_hash: hash.as_deref(), key: &key, most, method, endpoint, at };
    let admitted = request_windows::admit(&db, &arrival).await?;
    call.outgoing().counted();
    if route.doc.admission == Admission::Caller {
        call.found(admitted.token);
    }

    let windows: Vec<(&str, Window)> =
        [("ip", admitted.address), ("user", admitted.advisor)].into_iter().filter_map(|(n, w)| Some((n, w?))).collect();
    tell(call, &windows, most);
    match windows.iter().find(|(_, window)| window.spent > most) {
        None => Ok(()),
        Some((_, window)) => {
            let detail = format!("Too many requests: {most} a minute are allowed. Please wait a moment and try again.");
            Err(Error::new(Kind::RateLimited, detail).after(Some(Duration::from_secs(seconds(*window)))))
        }
    }
}

/// What is allowed, and what is left of it.
fn tell(call: &Call, windows: &[(&str, Window)], most: u32) {
    if windows.is_empty() {
        return;
    }
    let policies = windows.iter().map(|(name, _)| format!("\"{name}\";q={most};w={}", MINUTE.as_secs()));
    let limits =
        windows.iter().map(|(name, w)| format!("\"{name}\";r={};t={}", most.saturating_sub(w.spent), seconds(*w)));
    for (name, value) in [(POLICY, policies.collect::<Vec<_>>()), (LIMIT, limits.collect())] {
        if let Ok(value) = HeaderValue::try_from(value.join(", ")) {
            call.outgoing().send(name, value);
        }
    }
}

fn seconds(window: Window) -> u64 {
    window.left.as_secs() + 1
}
