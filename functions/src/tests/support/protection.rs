//! What every answer of every test is held to: the headers that protect it, who may read it, and its cookies, attribute by
//! attribute.

use std::collections::BTreeMap;

use shared::config::Config;

use super::Answer;

const YEAR: u64 = 365 * 24 * 3600;

/// Headers with one value that is always the same.
const FIXED: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", "geolocation=(), microphone=(), camera=()"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// For everything that is not a page of ours.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Panics at the first thing that is missing, or too much.
pub(super) fn check(config: &Config, call: &str, sent: &[(String, String)], answer: &Answer) {
    let what = format!("{call} answers {}", answer.status.as_u16());
    let one = |name: &str| -> Option<&str> {
        let mut values = answer.headers.get_all(name).iter();
        let value = values.next()?.to_str().unwrap();
        assert_eq!(values.next(), None, "{what} with {name} twice");
        Some(value)
    };

    for (name, value) in FIXED {
        assert_eq!(one(name), Some(value), "{what}: {name}");
    }
    for name in ["x-xss-protection", "server", "x-powered-by"] {
        assert_eq!(one(name), None, "{what}: {name}");
    }
    let transport = one("strict-transport-security").unwrap_or_else(|| panic!("{what} without HSTS"));
    let (age, rest) = transport.strip_prefix("max-age=").and_then(|text| text.split_once("; ")).unwrap();
    assert!(age.parse::<u64>().unwrap() >= YEAR && rest == "includeSubDomains", "{what}: {transport}");
    assert!((8..=64).contains(&one("x-correlation-id").unwrap_or_default().len()), "{what} without a name");

    let path = call.split([' ', '?']).nth(1).unwrap();
    let asset =
        ["/console", "/docs", "/redoc"].iter().any(|page| path == *page || path.starts_with(&format!("{page}/")));
    let asset = asset && call.starts_with("GET ") && matches!(answer.status.as_u16(), 200 | 304);
    let policy = one("content-security-policy").unwrap_or_else(|| panic!("{what} without a policy"));
    if asset {
        page_policy(policy, &what);
    } else {
        assert_eq!(policy, POLICY, "{what}");
    }
    let cache = one("cache-control").unwrap_or_default();
    let kept_by_nobody = cache.split(", ").any(|directive| directive == "no-store");
    assert!(if asset { cache == "no-cache" } else { kept_by_nobody }, "{what}: Cache-Control is {cache}");

    readers(config, sent, &one, &what);
    cookies(config, path, answer, &what);
}

/// Pages may load what is ours; scripts come from files alone.
fn page_policy(policy: &str, what: &str) {
    let directives: BTreeMap<&str, &str> =
        policy.split(';').map(|directive| directive.trim().split_once(' ').unwrap()).collect();
    for name in ["default-src", "frame-ancestors", "base-uri", "form-action"] {
        assert_eq!(directives.get(name), Some(&"'none'"), "{what}: {policy}");
    }
    assert_eq!(directives["script-src"], "'self'", "{what}: {policy}");
    assert!(!policy.contains('*') && !policy.contains("http"), "{what}: {policy}");
}

/// An allowed origin to the letter, or none.
fn readers<'a>(config: &Config, sent: &[(String, String)], one: &impl Fn(&str) -> Option<&'a str>, what: &str) {
    let origin = sent.iter().rfind(|(name, _)| name.eq_ignore_ascii_case("origin")).map(|(_, value)| value);
    let origin = origin.filter(|origin| config.allowed_origins.contains(origin));
    assert_eq!(one("access-control-allow-origin"), origin.map(String::as_str), "{what}");
    assert_eq!(one("access-control-allow-credentials"), origin.map(|_| "true"), "{what}");
    assert!(origin.is_some() || one("access-control-expose-headers").is_none(), "{what}");
    let varies = one("vary").unwrap_or_default();
    assert!(varies.split(", ").any(|name| name == "Origin"), "{what}: Vary is {varies}");
}

fn cookies(config: &Config, path: &str, answer: &Answer, what: &str) {
    let browser = if config.public_url.starts_with("https:") { "__Host-oauth_browser" } else { "oauth_browser" };
    let mut names = Vec::new();
    for cookie in answer.headers.get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap();
        let mut parts = cookie.split("; ");
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        assert!(!names.contains(&name), "{what} with {name} twice");
        names.push(name);

        let mut attributes: Vec<&str> = parts.collect();
        attributes.sort_unstable();
        let token = value.len() == 43 && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if name == "session" && value.is_empty() {
            assert_eq!(attributes, ["HttpOnly", "Max-Age=0", "Path=/", "SameSite=None", "Secure"], "{what}");
        } else if name == "session" {
            assert_eq!(attributes, ["HttpOnly", "Max-Age=604800", "Path=/", "SameSite=None", "Secure"], "{what}");
            assert!(token && !answer.body.contains(value), "{what}: {cookie}");
        } else {
            assert_eq!(name, browser, "{what}: a cookie nobody knows");
            assert_eq!(attributes, ["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax", "Secure"], "{what}");
            assert!(token && path.ends_with("/start"), "{what}: {cookie}");
        }
    }
}
