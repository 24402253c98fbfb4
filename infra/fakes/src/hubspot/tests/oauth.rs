//! Letting the app in, refreshing, and what is refused.

use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{CALLBACK, Client, HubSpot, PORTAL, SCOPES, http, send, start, start_with};
use crate::server::Clock;

async fn consent(hubspot: &HubSpot, pairs: &[(&str, &str)]) -> (u16, String) {
    let url = url::Url::parse_with_params(&format!("{}/oauth/authorize", hubspot.url()), pairs).unwrap();
    let answer = send(http().get(url)).await;
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Follows the approving link of the consent page and answers the code.
pub async fn approve(hubspot: &HubSpot, scopes: &str, more: &[(&str, &str)]) -> String {
    let mut pairs = vec![("client_id", "app"), ("redirect_uri", CALLBACK), ("scope", scopes), ("state", "s p")];
    pairs.extend_from_slice(more);
    let (status, page) = consent(hubspot, &pairs).await;
    assert_eq!(status, 200, "{page}");
    let link = page.split("id=\"approve\"").nth(1).unwrap().split("href=\"").nth(1).unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    let answer = send(http().get(format!("{}{link}", hubspot.url()))).await;
    assert_eq!(answer.status(), 302);
    let back = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    let answer: std::collections::HashMap<_, _> = back.query_pairs().into_owned().collect();
    assert_eq!(answer["state"], "s p");
    answer["code"].clone()
}

async fn token(hubspot: &HubSpot, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let answer = send(http().post(format!("{}{path}", hubspot.url())).form(form)).await;
    (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
}

pub async fn redeem(hubspot: &HubSpot, code: &str, more: &[(&str, &str)]) -> (u16, Value) {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("client_id", "app"),
        ("client_secret", "secret"),
        ("redirect_uri", CALLBACK),
        ("code", code),
    ];
    form.extend_from_slice(more);
    token(hubspot, "/oauth/2026-09/token", &form).await
}

async fn refresh(hubspot: &HubSpot, path: &str, refresh_token: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", "app"),
        ("client_secret", "secret"),
        ("refresh_token", refresh_token),
    ];
    token(hubspot, path, &form).await
}

#[tokio::test]
async fn a_code_becomes_tokens_once() {
    let (hubspot, _) = start().await;
    let code = approve(&hubspot, SCOPES, &[("optional_scope", "tickets nonsense")]).await;

    let (status, tokens) = redeem(&hubspot, &code, &[]).await;
    assert_eq!(status, 200);
    assert_eq!(tokens["hub_id"], PORTAL);
    assert_eq!(tokens["user_id"], 7001);
    assert_eq!(tokens["expires_in"], 1800);
    assert_eq!(tokens["token_type"], "bearer");
    let scopes = tokens["scopes"].as_array().unwrap();
    assert!(scopes.contains(&"oauth".into()) && scopes.contains(&"tickets".into()));
    assert!(!scopes.contains(&"nonsense".into()));

    let (status, refused) = redeem(&hubspot, &code, &[]).await;
    assert_eq!((status, &refused["status"]), (400, &"BAD_AUTH_CODE".into()));
    assert_eq!(refused["error"], "invalid_grant");
}

#[tokio::test]
async fn the_proof_key_must_match() {
    let (hubspot, _) = start().await;
    let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, b"a-verifier"));
    let pkce = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];

    let code = approve(&hubspot, SCOPES, &pkce).await;
    let (_, refused) = redeem(&hubspot, &code, &[("code_verifier", "another")]).await;
    assert_eq!(refused["status"], "BAD_CODE_VERIFIER");

    let code = approve(&hubspot, SCOPES, &pkce).await;
    assert_eq!(redeem(&hubspot, &code, &[("code_verifier", "a-verifier")]).await.0, 200);
}

#[tokio::test]
async fn a_wrong_request_for_consent_never_leaves_the_page() {
    let (hubspot, _) = start().await;
    for pairs in [
        [("client_id", "other"), ("redirect_uri", CALLBACK), ("scope", SCOPES)],
        [("client_id", "app"), ("redirect_uri", "http://localhost:8000/elsewhere"), ("scope", SCOPES)],
        [("client_id", "app"), ("redirect_uri", CALLBACK), ("scope", "crm.objects.everything")],
    ] {
        let (status, page) = consent(&hubspot, &pairs).await;
        assert_eq!(status, 400);
        assert!(page.contains("id=\"error\""));
    }
}

#[tokio::test]
async fn the_token_endpoint_takes_forms_only_and_checks_the_client() {
    let (hubspot, _) = start().await;
    let answer = send(http().post(format!("{}/oauth/2026-09/token", hubspot.url())).json(&serde_json::json!({}))).await;
    assert_eq!(answer.status(), 415);

    let form = [("grant_type", "refresh_token"), ("client_id", "app"), ("client_secret", "wrong")];
    let (status, refused) = token(&hubspot, "/oauth/2026-09/token", &form).await;
    assert_eq!((status, &refused["status"]), (400, &"BAD_CLIENT_SECRET".into()));
    assert_eq!(refused["error"], "invalid_client");
    let (_, refused) = token(&hubspot, "/oauth/2026-09/token", &[("grant_type", "password")]).await;
    assert_eq!(refused["status"], "BAD_GRANT_TYPE");
}

#[tokio::test]
async fn a_revoked_grant_cannot_be_refreshed_but_its_access_token_lives_on() {
    let (hubspot, _) = start().await;
    let client = Client::connect(&hubspot).await;
    let (status, tokens) = refresh(&hubspot, "/oauth/2026-09/token", &client.refresh_token).await;
    assert_eq!((status, &tokens["refresh_token"]), (200, &client.refresh_token.as_str().into()));

    hubspot.revoke(PORTAL);
    let (status, refused) = refresh(&hubspot, "/oauth/2026-09/token", &client.refresh_token).await;
    assert_eq!(status, 400);
    assert_eq!(refused["error"], "invalid_grant");
    assert_eq!(refused["status"], "BAD_REFRESH_TOKEN");
    assert_eq!(client.get("/crm/objects/2026-09/contacts").await.0, 200);
}

#[tokio::test]
async fn an_access_token_ends_after_half_an_hour() {
    let (hubspot, clock) = start().await;
    let client = Client::connect(&hubspot).await;
    let about = |token: String| {
        let hubspot = &hubspot;
        async move {
            let form = [("client_id", "app"), ("client_secret", "secret"), ("token", token.as_str())];
            super::oauth::token(hubspot, "/oauth/2026-09/token/introspect", &form).await.1
        }
    };
    assert_eq!(about(client.token.clone()).await["user"], "ada@example.com");

    clock.advance(Duration::from_secs(1801));
    let (status, refused) = client.get("/crm/objects/2026-09/contacts").await;
    assert_eq!((status, &refused["category"]), (401, &"EXPIRED_AUTHENTICATION".into()));
    assert_eq!(about(client.token.clone()).await, serde_json::json!({ "active": false }));
}

#[tokio::test]
async fn without_a_token_or_its_scope_nothing_is_told() {
    let (hubspot, _) = start().await;
    let answer = send(http().get(format!("{}/crm/objects/2026-09/contacts", hubspot.url()))).await;
    assert_eq!(answer.status(), 401);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["category"], "INVALID_AUTHENTICATION");

    let client = Client::connect_with(&hubspot, "crm.objects.contacts.read").await;
    let (status, refused) = client.get("/crm/objects/2026-09/deals").await;
    assert_eq!((status, &refused["category"]), (403, &"MISSING_SCOPES".into()));
    assert_eq!(refused["errors"][0]["context"]["requiredGranularScopes"][0], "crm.objects.deals.read");
}

#[tokio::test]
async fn the_first_version_works_until_its_day() {
    let clock = Clock::default();
    let hubspot = start_with(clock.clone(), None).await;
    let client = Client::connect(&hubspot).await;
    assert_eq!(refresh(&hubspot, "/oauth/v1/token", &client.refresh_token).await.0, 200);

    let ends: jiff::Timestamp = "2027-02-16T00:00:00Z".parse().unwrap();
    let left = ends.duration_since(clock.now());
    clock.advance(Duration::try_from(left).unwrap_or_default() + Duration::from_secs(1));
    assert_eq!(refresh(&hubspot, "/oauth/v1/token", &client.refresh_token).await.0, 404);
    assert_eq!(refresh(&hubspot, "/oauth/2026-09/token", &client.refresh_token).await.0, 200);
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let folder = std::env::temp_dir().join(format!("hubspot-fake-{}", uuid::Uuid::new_v4()));
    let file = folder.join("state.json");
    let hubspot = start_with(Clock::default(), Some(file.clone())).await;
    let mut client = Client::connect(&hubspot).await;
    let id = client.contact("new@example.com").await;
    drop(hubspot);

    let hubspot = start_with(Clock::default(), Some(file)).await;
    assert!(!hubspot.is_empty());
    client.url = hubspot.url().to_owned();
    let (status, contact) = client.get(&format!("/crm/objects/2026-09/contacts/{id}")).await;
    assert_eq!((status, &contact["properties"]["email"]), (200, &"new@example.com".into()));
    drop(hubspot);
    std::fs::remove_dir_all(folder).unwrap();
}
