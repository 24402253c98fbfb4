//! Where a browser is sent: to the pages of the frontend and to the consent pages, and nowhere a request would like it to go.

use http::Method;

use super::*;

/// Places an attacker would like to be sent to.
const ELSEWHERE: &[&str] = &[
    "//evil.example",
    "///evil.example",
    "////evil.example/%2f..",
    "/\\evil.example",
    "\\\\evil.example",
    "\\evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https://evil.example",
    "https://localhost:5173@evil.example/",
    "http://localhost:5173.evil.example",
    "@evil.example",
    ".evil.example",
    ":80@evil.example",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "/auth/success\r\nLocation: https://evil.example",
    "x\r\nSet-Cookie: session=evil",
    "x\nSet-Cookie: session=evil",
    "\thttps://evil.example",
    "\u{0}https://evil.example",
    "https://evil。example",
    "https://evil.example\u{2028}",
    "／／evil.example",
    "%2f%2fevil.example",
    "%252f%252fevil.example",
    "%0d%0aSet-Cookie:%20session=evil",
    "?next=https://evil.example",
    "#https://evil.example",
    "&error=x&next=//evil.example",
    "..%2f..%2fevil",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
];

/// Parameters that other applications have for this.
const NAMES: &[&str] = &[
    "error",
    "code",
    "state",
    "next",
    "redirect",
    "redirect_uri",
    "redirect_url",
    "return_to",
    "returnTo",
    "continue",
    "url",
    "RelayState",
    "error_description",
    "error_uri",
    "iss",
    "login_hint",
];

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// One of the places a browser may be sent to, with nothing but a short plain word for an error.
fn assert_ours(app: &TestApp, frontend: &str, what: &str, location: &str) {
    let (place, query) = location.split_once('?').unwrap_or((location, ""));
    let consent = [format!("{}/o/oauth2/v2/auth", app.google.url()), format!("{}/oauth/authorize", app.hubspot.url())];
    if consent.iter().any(|page| page == place) {
        assert!(!query.contains("evil"), "{what}: {location}");
        return;
    }
    let pages: Vec<String> = if frontend.is_empty() {
        vec![format!("{OURS}/console")]
    } else {
        ["success", "error", "hubspot/success", "hubspot/error"].map(|page| format!("{frontend}/auth/{page}")).into()
    };
    assert!(pages.iter().any(|page| page == place), "{what}: {location}");
    let word = query.strip_prefix("error=").unwrap_or(query);
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    assert!(plain && word.len() <= 64, "{what}: {location}");
}

/// Every parameter with every place. Answers how often a browser was sent anywhere.
async fn hunt(app: &TestApp, frontend: &str) -> usize {
    let ada = app.advisor(ADA).await;
    let mut sent = 0;
    for path in ["google/start", "google/callback", "hubspot/start", "hubspot/callback"] {
        for name in NAMES {
            // The first three are read by the callbacks; nobody reads the others, so a few places say as much as all of them.
            let read = path.ends_with("callback") && ["error", "code", "state"].contains(name);
            for place in if read { ELSEWHERE } else { &ELSEWHERE[..2] } {
                let call = format!("/api/auth/{path}?{name}={}", encoded(place));
                let answer = ada.get(&call).await;
                assert!(answer.status.as_u16() < 500, "{call} answers {}", answer.status);
                sent += usize::from(assert_stays(app, frontend, &call, &answer));
            }
        }
        app.sql("delete from rate_limits").await;
    }
    sent
}

/// Whether the browser was sent on; it is where it may be.
fn assert_stays(app: &TestApp, frontend: &str, what: &str, answer: &Answer) -> bool {
    for cookie in answer.headers.get_all("set-cookie") {
        assert!(!cookie.to_str().unwrap().contains("evil"), "{what}");
    }
    let Some(location) = answer.headers.get("location") else { return false };
    assert_ours(app, frontend, what, location.to_str().unwrap());
    true
}

#[tokio::test]
async fn no_parameter_leads_a_browser_elsewhere() {
    let app = TestApp::start().await;
    let sent = hunt(&app, &format!("{ORIGIN}/financial-advisor-ai-app")).await;
    assert!(sent >= 2 * ELSEWHERE.len(), "{sent}: the corpus reaches redirects");
}

#[tokio::test]
async fn nor_where_there_is_no_frontend() {
    let app = TestApp::start_with(&[("FRONTEND_URL", "")]).await;
    let ada = app.visitor();
    assert_eq!(ada.sign_in(ADA).await, format!("{OURS}/console"));
    for place in ELSEWHERE {
        let call = format!("/api/auth/google/callback?error={}", encoded(place));
        assert!(assert_stays(&app, "", &call, &app.visitor().get(&call).await), "{call}");
    }
}

/// What a browser says about where it comes from, and what a proxy is said to have seen.
#[tokio::test]
async fn no_header_leads_a_browser_elsewhere() {
    let app = TestApp::start().await;
    let frontend = format!("{ORIGIN}/financial-advisor-ai-app");
    let ada = app.advisor(ADA).await;
    let honest = ada.get("/api/auth/google/start").await.location();
    for name in [
        "Host",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "Forwarded",
        "X-Original-URL",
        "X-Rewrite-URL",
        "Referer",
        "Origin",
    ] {
        for path in
            ["/api/auth/google/start", "/api/auth/google/callback?error=access_denied", "/api/auth/hubspot/start"]
        {
            let answer = ada.call(Method::GET, path, &[(name, "https://evil.example/x")], None).await;
            assert!(assert_stays(&app, &frontend, &format!("{path} with {name}"), &answer));
            assert!(!answer.location().contains("evil"), "{name}");
        }
    }
    // The address Google is told to send the browser back to is configuration.
    assert_eq!(parameter(&honest, "redirect_uri"), "http%3A%2F%2Flocalhost%3A8000%2Fapi%2Fauth%2Fgoogle%2Fcallback");
    app.sql("delete from rate_limits").await;
}

/// A code and a state of the attacker's choosing go to Google and to the database, and come back in no address.
#[tokio::test]
async fn a_code_is_not_shown_to_anybody_else() {
    let app = TestApp::start().await;
    let frontend = format!("{ORIGIN}/financial-advisor-ai-app");
    for place in ELSEWHERE {
        let ada = app.visitor();
        let consent = ada.get("/api/auth/google/start").await.location();
        app.sql("delete from rate_limits").await;
        let call = format!("/api/auth/google/callback?state={}&code={}", parameter(&consent, "state"), encoded(place));
        let answer = ada.get(&call).await;
        assert!(assert_stays(&app, &frontend, &call, &answer), "{call}: {}", answer.body);
        assert!(answer.location().ends_with("/auth/error?error=code_exchange_failed"), "{call}: {}", answer.location());
    }
}
