//! The headers every answer carries: who may read it, what a browser may do with it, and the name to find it by.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::config::Config;

pub const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// What a browser is told with every answer, ours and the gateway's own.
pub const PROTECTION: [(&str, &str); 6] = [
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", "geolocation=(), microphone=(), camera=()"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// For JSON: nothing may be loaded, framed or run.
pub const POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// An answer is somebody's, and is kept by nobody on its way.
pub const CACHE: &str = "no-store";

pub(super) fn finish(config: &Config, origin: Option<&str>, correlation_id: &str, headers: &mut HeaderMap) {
    for (name, value) in PROTECTION {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(CACHE));
    if let Ok(id) = HeaderValue::from_str(correlation_id) {
        headers.insert(CORRELATION_ID, id);
    }

    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin.filter(|origin| is_allowed(config, origin))
        && let Ok(origin) = HeaderValue::from_str(origin)
    {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        let exposed = "X-Correlation-ID, Retry-After, ETag, Link, Location, RateLimit, RateLimit-Policy, Idempotent-Replayed, \
                       X-Vercel-AI-UI-Message-Stream";
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(exposed));
    }
}

/// Only origins that are listed, to the letter.
pub(super) fn is_allowed(config: &Config, origin: &str) -> bool {
    config.allowed_origins.iter().any(|allowed| allowed == origin)
}
