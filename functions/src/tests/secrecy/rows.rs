//! What a copy of the database gives away.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::walk::{Answers, secret};
use super::*;

/// Every column of every row: bytes show as hexadecimal.
async fn dump(app: &TestApp) -> Vec<String> {
    let tables = app.sql("select tablename from pg_tables where schemaname = 'public' order by 1").await.concat();
    assert!(tables.len() > 25, "{tables:?}");
    let mut dump = Vec::new();
    for table in tables {
        let rows = app.sql(&format!("select to_jsonb(t)::text from {table} t")).await;
        dump.extend(rows.into_iter().map(|row| format!("{table} {}", row[0])));
    }
    dump
}

/// No provider's token, session, code, state, verifier, channel token or secret, in no form.
pub async fn hold_nothing_that_opens_a_door(app: &TestApp, said: &Answers) {
    let dump = dump(app).await;
    for table in ["connections", "session_tokens", "oauth_states", "watches", "webhook_events", "tasks", "messages"] {
        assert!(dump.iter().any(|row| row.starts_with(&format!("{table} "))), "there is no row in {table}");
    }
    let mut doors = secret(app);
    for token in &said.tokens {
        doors.add_token(token);
    }
    assert_eq!(doors.find(&dump), Vec::<String>::new());
}

#[tokio::test]
async fn a_sign_in_under_way_cannot_be_finished_from_the_database() {
    let app = TestApp::start().await;
    let ada = app.visitor();
    let consent = ada.get("/api/auth/google/start").await.location();
    let asked = canaries::url_pairs(consent.split_once('?').unwrap().1);
    let asked = |name: &str| asked.iter().find(|(n, _)| n == name).unwrap().1.clone();

    let rows = dump(&app).await;
    let row: Value = rows.iter().find_map(|row| serde_json::from_str(row.strip_prefix("oauth_states ")?).ok()).unwrap();

    for (column, value) in row.as_object().unwrap() {
        let Some(text) = value.as_str() else { continue };
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        assert_ne!(BASE64_URL_SAFE_NO_PAD.encode(digest), asked("code_challenge"), "{column} is the verifier");
        assert!(text != asked("state") && text != asked("nonce"), "{column} is what Google gives back");
    }
    // And it goes on all the same.
    let landed = ada.callback(&consent, "approve").await;
    let answer = ada.get(landed.strip_prefix("http://localhost:8000").unwrap()).await;
    assert!(answer.location().ends_with("/auth/success"));
}
