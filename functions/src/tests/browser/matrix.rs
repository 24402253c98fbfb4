//! {Origin × Content-Type × X-Requested-With} over every operation that may change something: one combination in all of them
//! gets past the guard, and what is refused was refused before anything was done.

use super::*;

const ORIGINS: [Option<&str>; 5] =
    [None, Some("null"), Some("https://evil.example"), Some("http://evil.localhost:5173"), Some(ORIGIN)];
const TYPES: [Option<&str>; 5] = [
    None,
    Some("text/plain"),
    Some("application/x-www-form-urlencoded"),
    Some("multipart/form-data; boundary=x"),
    Some("application/json"),
];

/// Almost the right origin.
const LIKE_OURS: &[&str] = &[
    "",
    "*",
    "http://localhost:5173.evil.example",
    "http://evillocalhost:5173",
    "http://evil.example/http://localhost:5173",
    "http://evil.example#http://localhost:5173",
    "http://localhost:5173@evil.example",
    "http://localhost:5173/",
    "http://localhost:5173, https://evil.example",
    "https://evil.example http://localhost:5173",
    "http://localhost:51730",
    "http://localhost:517",
    "http://localhost",
    "https://localhost:5173",
    "HTTP://LOCALHOST:5173",
    "http://127.0.0.1:5173",
    "localhost:5173",
    "file://",
];
/// Almost JSON: each of them a form or another site's script could send, or is no type of ours.
const LIKE_JSON: &[&str] = &[
    "",
    "text/plain; application/json",
    "text/plain;charset=application/json",
    "application/x-www-form-urlencoded; application/json",
    "multipart/form-data; boundary=application/json",
    "text/plain, application/json",
    "application/json, text/plain",
    "application/jsonx",
    "application/json-patch+json",
    "application/vnd.api+json",
    "text/json",
    "json",
    "*/*",
];
/// The same type as a client may write it.
const STILL_JSON: &[&str] =
    &["application/json; charset=utf-8", "Application/JSON", " application/json ;x=y", "application/json;text/plain"];

type Headers = Vec<(&'static str, &'static str)>;

fn headers(origin: Option<&'static str>, kind: Option<&'static str>, requested: bool) -> Headers {
    let named =
        [("Origin", origin), ("Content-Type", kind), ("X-Requested-With", requested.then_some("XMLHttpRequest"))];
    named.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn combinations() -> Vec<Headers> {
    let mut all = Vec::new();
    for origin in ORIGINS {
        for kind in TYPES {
            all.push(headers(origin, kind, false));
            all.push(headers(origin, kind, true));
        }
    }
    let json = Some("application/json");
    all.extend(LIKE_OURS.iter().map(|origin| headers(Some(origin), json, true)));
    all.extend(LIKE_JSON.iter().map(|kind| headers(Some(ORIGIN), Some(kind), true)));
    all
}

fn is_good(headers: &Headers) -> bool {
    *headers == self::headers(Some(ORIGIN), Some("application/json"), true)
}

#[tokio::test]
async fn of_all_combinations_one_gets_past_the_guard_and_the_others_do_nothing() {
    let app = TestApp::start_with(&[("GOOGLE_SITE_VERIFICATION", "google1a.html")]).await;
    let walk = settled(&app).await;
    // Old enough to be replaced, which a refused call must not do either.
    app.advance(std::time::Duration::from_secs(16 * 60));
    let (combinations, mut refused) = (combinations(), 0);
    assert_eq!(combinations.iter().filter(|headers| is_good(headers)).count(), 1);

    for operation in changing(&walk) {
        let ada = walk.person(ADA);
        let (before, out) = (app.rows().await, app.requests_out());
        let bad: Vec<&Headers> = combinations.iter().filter(|headers| !is_good(headers)).collect();
        for some in bad.chunks(8) {
            let calls = some.iter().map(|headers| walk.call(&ada, &operation, headers, operation.example()));
            for (headers, answer) in some.iter().zip(futures::future::join_all(calls).await) {
                // Who is no browser's user shows another kind of proof, and there is none here.
                let expected = if operation.path.starts_with("/api/webhooks") { [400, 401] } else { [403, 403] };
                let status = answer.status.as_u16();
                assert!(expected.contains(&status), "{operation} with {headers:?} answers {status}: {}", answer.body);
                assert!(!answer.headers.contains_key("set-cookie"), "{operation} with {headers:?}");
                refused += 1;
            }
        }
        let changed = changed(&before, &app.rows().await);
        assert!(changed.is_empty(), "{operation}: {changed:?} were written");
        assert_eq!(app.requests_out(), out, "{operation}: something was asked of a provider");
    }
    assert!(refused > 27 * 75, "{refused}");

    // The one that is left, on the same operations: past the guard, and stopped by nothing but what it asks for.
    for operation in changing(&walk).iter().filter(|operation| operation.needs("session")) {
        let broken = operation.body().map(|_| "{\"".to_owned());
        let eve = walk.person(EVE);
        let answer = walk.call_with(&eve, operation, "not-an-id", &FRONTEND, broken).await;
        assert_ne!(answer.status, 403, "{operation}: {}", answer.body);
        *eve.cookies.lock().unwrap() = app.advisor(EVE).await.cookies.lock().unwrap().clone();
    }
}

#[tokio::test]
async fn the_type_may_be_written_as_clients_write_it() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    for kind in STILL_JSON {
        let written = headers(Some(ORIGIN), Some(kind), true);
        let answer = ada.call(Method::POST, "/api/auth/refresh", &written, Some("{}".into())).await;
        assert_eq!(answer.status, 200, "{kind}");
    }
    let own_page = headers(Some("http://localhost:8000"), Some("application/json"), true);
    assert_eq!(
        ada.call(Method::POST, "/api/auth/refresh", &own_page, Some("{}".into())).await.status,
        200,
        "our own page"
    );
}
