use std::io::Write;
use std::sync::{Arc, Mutex};

use super::*;

/// Everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_that_vouches_for_a_provider_and_nobodys_address_gets_out() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // While there is one subscriber only, what another test's thread meets first is never logged anywhere: there are two.
    let _another = tracing::Dispatch::new(tracing_subscriber::registry());
    // One thread runs the test, the product and the stand-ins.
    let logging = tracing::subscriber::set_default(subscriber);

    let app = TestApp::listening().await;
    let ada = app.ready_advisor(ADA).await;
    app.until("select count(*) from watches where confirmed_at is not null and source = 'calendar'", "1").await;
    app.google.deliver(&mail(ADA, NORA, "Hello", "Hello there."));
    app.contact("501", "Greg", "Hall", "greg@hall.example");
    app.until("select count(distinct source) from webhook_events", "2").await;
    app.work().await;
    let pushed = app.heard.of(GMAIL).remove(0);
    let told = app.heard.of(CALENDAR).remove(0);
    let signed = app.heard.of(HUBSPOT).remove(0);
    let mut answers = Vec::new();
    for (path, (headers, body)) in [(GMAIL, &pushed), (CALENDAR, &told), (HUBSPOT, &signed)] {
        answers.push(send_again(&app, path, headers, body).await.body);
        answers.push(send_again(&app, path, headers, "{\"forged\": 1}").await.body);
        answers.push(send_again(&app, path, &HeaderMap::new(), body).await.body);
    }
    answers.push(ada.post("/api/auth/setup-push-notifications", json!({})).await.body);
    answers.push(ada.get("/api/tasks").await.body);
    answers.push(ada.get("/api/connections").await.body);
    ada.delete("/api/connections/google").await;
    app.work().await;
    drop(logging);

    let token = told.0["x-goog-channel-token"].to_str().unwrap();
    let bearer = pushed.0["authorization"].to_str().unwrap().rsplit('.').next().unwrap();
    let signature = signed.0["x-hubspot-signature-v3"].to_str().unwrap();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    // Of the log our own part: the libraries that carry the requests are silent when deployed.
    let ours: Vec<&str> =
        log.lines().filter(|line| line.contains(" shared::") || line.contains(" functions::")).collect();
    assert!(ours.len() > 10, "something was logged");
    for secret in [token, bearer, signature, "hubspot-secret", "google-secret", "ya29.", ADA, "nora@", "greg@", "Hello"]
    {
        let leak = ours.iter().find(|line| line.contains(secret));
        assert!(leak.is_none(), "{secret} is in {leak:?}");
    }
    for secret in [token, bearer, signature, "hubspot-secret", "google-secret", "ya29."] {
        let leak = answers.iter().find(|answer| answer.contains(secret));
        assert!(leak.is_none(), "{secret} is in {leak:?}");
    }
    let stored =
        app.sql("select to_jsonb(w)::text from webhook_events w union all select to_jsonb(t)::text from tasks t").await;
    assert!(!stored.concat().join(" ").contains(token));
}
