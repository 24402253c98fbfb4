//! The door, against a server that answers what it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::model::Clock;

/// Sends without looking at the answer: what a browser does in these tests.
#[expect(clippy::disallowed_methods, reason = "stands in for a browser, which follows its own rules")]
pub async fn browse(call: Call) -> Response {
    call.request.unwrap().send().await.unwrap()
}

/// Gives each connection the next of these answers, byte for byte, and hangs up; then gives nothing.
struct Server {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl Server {
    async fn start(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        tokio::spawn(async move {
            for answer in answers.iter().chain(std::iter::repeat(&"")) {
                let Ok((mut socket, _)) = listener.accept().await else { return };
                let mut request = Vec::new();
                while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                    let mut some = [0; 4096];
                    match socket.read(&mut some).await {
                        Ok(0) | Err(_) => break,
                        Ok(length) => request.extend_from_slice(&some[..length]),
                    }
                }
                count.fetch_add(1, Ordering::SeqCst);
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    async fn get(&self) -> Result<Value> {
        client(Clock::default()).get(&self.url).send_json("gmail.test").await
    }

    fn post(&self) -> Call {
        client(Clock::default()).post(&self.url)
    }
}

const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\nconnection: close\r\n\r\n{\"ok\":true}";
const HALF: &str = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\nconnection: close\r\n\r\n{\"ok\"";
const AWAY: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const GONE: &str = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const SLOW_DOWN: &str =
    "HTTP/1.1 429 Too Many Requests\r\nretry-after: 30\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

const SLOW_DOWN_UNTIL: &str = "HTTP/1.1 429 Too Many Requests\r\ndate: Tue, 24 Nov 2026 08:00:00 GMT\r\n\
    retry-after: Tue, 24 Nov 2026 08:01:00 GMT\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn a_lost_answer_is_asked_for_again() {
    for trouble in [AWAY, HALF, ""] {
        let answers: &'static [&'static str] = match trouble {
            AWAY => &[AWAY, AWAY, FINE],
            HALF => &[HALF, HALF, FINE],
            _ => &["", "", FINE],
        };
        let server = Server::start(answers).await;

        assert_eq!(server.get().await.unwrap()["ok"], true);
        assert_eq!(server.asked(), 3);
    }
}

#[tokio::test]
async fn it_is_not_asked_for_for_ever() {
    let server = Server::start(&[AWAY, AWAY, AWAY, FINE]).await;

    let error = server.get().await.unwrap_err();

    assert_eq!((error.kind, error.upstream_status()), (Kind::Upstream, Some(503)));
    assert_eq!(server.asked(), 3);
}

#[tokio::test]
async fn a_request_that_may_have_done_something_is_sent_once() {
    for answers in [&[AWAY, FINE], &[HALF, FINE], &["", FINE]] {
        let server = Server::start(answers).await;

        let error = server.post().send_json::<Value>("gmail.test").await.unwrap_err();

        assert_eq!(error.kind, Kind::Upstream);
        assert_eq!(server.asked(), 1);
    }
}

#[tokio::test]
async fn one_that_is_said_to_read_only_is_repeated() {
    let server = Server::start(&[AWAY, FINE]).await;

    server.post().json("query").retrying().send_empty("hubspot.test").await.unwrap();

    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn what_is_refused_for_good_is_not_repeated() {
    let server = Server::start(&[GONE, FINE]).await;

    let error = server.get().await.unwrap_err();

    assert_eq!((error.kind, error.upstream_status()), (Kind::Refused, Some(404)));
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn a_long_wait_is_handed_on_and_not_waited_for() {
    let server = Server::start(&[SLOW_DOWN, FINE]).await;
    let begun = Instant::now();

    let error = server.get().await.unwrap_err();

    assert_eq!((error.kind, error.retry_after), (Kind::RateLimited, Some(Duration::from_secs(30))));
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn who_asked_to_wait_is_not_asked_before_and_nobody_else_has_to_wait() {
    for (asks, seconds) in [(SLOW_DOWN, 30), (SLOW_DOWN_UNTIL, 60)] {
        let server = Server::start(Box::leak(Box::new([asks, FINE, FINE]))).await;
        let clock = Clock::default();
        let client = client(clock.clone());
        let get = async |token| client.get(&server.url).bearer_auth(token).send_json::<Value>("hubspot.test").await;
        get("ada").await.unwrap_err();

        let refused = get("ada").await.unwrap_err();
        clock.advance(Duration::from_secs(seconds - 2));
        let again = get("ada").await.unwrap_err();

        assert_eq!((refused.kind, again.kind, server.asked()), (Kind::RateLimited, Kind::RateLimited, 1));
        assert!(again.retry_after.unwrap() <= Duration::from_secs(2));
        assert!(get("eve").await.is_ok(), "another account has its own limits");
        clock.advance(Duration::from_secs(2));
        assert!(get("ada").await.is_ok(), "the time is over");
    }
}

#[tokio::test]
async fn who_fails_again_and_again_is_left_alone_for_a_while() {
    let server = Server::start(&[AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, FINE, FINE]).await;
    let clock = Clock::default();
    let client = client(clock.clone());
    let post = async |op| client.post(&server.url).send_json::<Value>(op).await;
    for _ in 0..20 {
        post("gmail.test").await.unwrap_err();
    }
    assert_eq!(server.asked(), 6);
    let unasked = post("gmail.other").await.unwrap_err();
    assert!(unasked.is_unasked() && unasked.retry_after.is_some(), "{unasked:?}");

    clock.advance(Duration::from_secs(5));
    post("gmail.test").await.unwrap_err();
    post("gmail.test").await.unwrap_err();
    assert_eq!(server.asked(), 7, "one finds out");

    clock.advance(Duration::from_secs(5));
    assert!(post("gmail.test").await.is_ok() && post("gmail.test").await.is_ok());
}

#[tokio::test]
async fn nothing_is_waited_for_longer_than_there_is_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let begun = Instant::now();
    let client = client(Clock::default()).until(begun + Duration::from_millis(2_300));

    let hung = client.get(&url).send_json::<Value>("gmail.test").await.unwrap_err();
    let late = client.until(begun).get(&url).send_json::<Value>("gmail.test").await.unwrap_err();

    assert_eq!((hung.kind, hung.is_unasked()), (Kind::Upstream, false));
    assert!(begun.elapsed() < TIMEOUT / 2, "as long as the policy allows");
    assert!(late.is_unasked());
}

#[tokio::test]
async fn an_answer_that_stops_in_the_middle_has_ended() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        assert!(socket.read(&mut [0; 4096]).await.unwrap() > 0);
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello").await.unwrap();
        std::future::pending::<()>().await;
    });
    let response = client(Clock::default()).get(&url).send_stream("openai.test").await.unwrap();

    let heard: Vec<_> = pieces(response, Duration::from_millis(200)).collect().await;

    assert!(matches!(heard.last(), Some(Err(Stopped::Silent))), "{heard:?}");
}

#[tokio::test]
async fn a_redirect_takes_no_token_anywhere() {
    let server =
        Server::start(&["HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"]).await;

    let error = server.get().await.unwrap_err();

    assert_eq!((error.kind, server.asked()), (Kind::Refused, 1));
}

#[tokio::test]
async fn no_error_repeats_what_a_provider_sent() {
    let mail = "HTTP/1.1 200 OK\r\ncontent-length: 24\r\nconnection: close\r\n\r\n{\"ok\": \"nora@mail.test\" }";
    let complaint = "HTTP/1.1 400 Bad Request\r\ncontent-length: 54\r\nconnection: close\r\n\r\n\
                     {\"error\":{\"code\":\"nora@mail.test\",\"message\":\"nora@\"}} ";
    #[derive(Debug, serde::Deserialize)]
    struct Wanted {
        #[expect(dead_code, reason = "read by nobody")]
        ok: bool,
    }

    let server = Server::start(Box::leak(Box::new([mail, complaint]))).await;
    for _ in 0..2 {
        let error = client(Clock::default()).get(&server.url).send_json::<Wanted>("gmail.test").await.unwrap_err();
        assert!(!format!("{error:?} {error}").contains("nora"), "{error:?}");
    }
}

#[tokio::test]
async fn nobody_there_is_no_fault_of_the_advisor() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/secret?token=1", listener.local_addr().unwrap());
    drop(listener);

    let error = client(Clock::default()).post(url).send_empty("hubspot.test").await.unwrap_err();

    assert_eq!((error.kind, error.upstream_status()), (Kind::Upstream, None));
    assert_eq!(error.detail, "HubSpot did not answer. Please try again in a moment.");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}

#[test]
fn every_vendors_code_is_found() {
    for (body, code) in [
        (r#"{"error":"invalid_grant","error_description":"Bad Request"}"#, "invalid_grant"),
        (r#"{"error":"invalid_grant","status":"BAD_REFRESH_TOKEN"}"#, "invalid_grant"),
        (
            r#"{"error":{"code":403,"status":"PERMISSION_DENIED","errors":[{"reason":"userRateLimitExceeded"}]}}"#,
            "userRateLimitExceeded",
        ),
        (r#"{"error":{"code":404,"status":"NOT_FOUND"}}"#, "NOT_FOUND"),
        (r#"{"error":{"type":"tokens","code":"rate_limit_exceeded"}}"#, "rate_limit_exceeded"),
        (r#"{"error":{"type":"invalid_request_error","code":null}}"#, "invalid_request_error"),
        (r#"{"status":"error","category":"MISSING_SCOPES"}"#, "MISSING_SCOPES"),
        (r#"{"status":"error","errorType":"RATE_LIMIT","policyName":"DAILY"}"#, "DAILY"),
        (r#"{"status":"BAD_AUTH_CODE","message":"missing or unknown auth code"}"#, "BAD_AUTH_CODE"),
        (r#"{"status":"error"}"#, ""),
        (r#"{"error":"nora@mail.test is not known"}"#, ""),
        (r#"[1]"#, ""),
        (r#"null"#, ""),
    ] {
        assert_eq!(reason::of(&serde_json::from_str(body).unwrap()), code, "{body}");
    }
}

#[test]
fn a_status_means_the_same_for_everybody() {
    for (statuses, reason, kind) in [
        (&[400, 403, 404, 405, 409, 410, 412, 414, 422, 301, 304][..], "", Kind::Refused),
        (&[401, 408, 423, 425, 477, 500, 502, 503, 504, 524], "", Kind::Upstream),
        (&[429], "", Kind::RateLimited),
        (&[403, 429], "rateLimitExceeded", Kind::RateLimited),
        (&[403], "insufficientPermissions", Kind::Refused),
        (&[429], "insufficient_quota", Kind::Refused),
    ] {
        for status in statuses {
            let status = StatusCode::from_u16(*status).unwrap();
            assert_eq!(answer::kind(status, reason), kind, "{status} {reason}");
        }
    }
}
