//! Sign-in: consent, tokens, refusals.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use super::*;

/// The claims of a token, checked against the published keys.
pub(super) async fn verified(test: &Test, token: &str, audience: &str) -> Value {
    let (_, keys) = reply(test.http.get(test.url("/oauth2/v3/certs"))).await;
    let kid = decode_header(token).unwrap().kid.unwrap();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == kid.as_str()).unwrap();
    let key = DecodingKey::from_rsa_components(key["n"].as_str().unwrap(), key["e"].as_str().unwrap()).unwrap();
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_audience(&[audience]);
    rules.set_issuer(&["https://accounts.google.com"]);
    decode::<Value>(token, &key, &rules).unwrap().claims
}

#[tokio::test]
async fn signs_in_with_a_verifiable_id_token() {
    let test = Test::start().await;
    let callback = test.approve(&[("account", BEN)]).await;
    assert_eq!(callback["state"], "s1");
    assert!(callback["scope"].as_str().unwrap().starts_with("email profile openid "));
    let (status, token) = test.redeem(callback["code"].as_str().unwrap()).await;
    assert_eq!(status, 200);
    assert_eq!(token["token_type"], "Bearer");
    assert!(token["refresh_token"].as_str().unwrap().starts_with("1//"));
    assert!(token["scope"].as_str().unwrap().contains("https://www.googleapis.com/auth/userinfo.email"));
    let claims = verified(&test, token["id_token"].as_str().unwrap(), "app").await;
    assert_eq!(claims["email"], BEN);
    assert_eq!(claims["nonce"], "n1");
    assert_eq!(claims["sub"], "102");
    let user =
        reply(test.http.get(test.url("/v1/userinfo")).bearer_auth(token["access_token"].as_str().unwrap())).await;
    assert_eq!(user.1["email_verified"], true);
}

#[tokio::test]
async fn refuses_requests_it_cannot_trust() {
    let test = Test::start().await;
    for (with, status, error) in [
        (("redirect_uri", "http://localhost:8000/"), 400, "redirect_uri_mismatch"),
        (("client_id", "other"), 401, "invalid_client"),
        (("client_id", ""), 400, "invalid_request"),
        (("response_type", "token"), 400, "unsupported_response_type"),
        (("scope", "openid nonsense"), 400, "invalid_scope"),
        (("code_challenge", "short"), 400, "invalid_request"),
        (("code_challenge_method", "S512"), 400, "invalid_request"),
    ] {
        let answer = test.consent(&[with]).await;
        assert_eq!(answer.status().as_u16(), status, "{with:?}");
        assert!(answer.text().await.unwrap().contains(error), "{with:?}");
    }
    let silent = test.consent(&[("prompt", "none")]).await;
    assert_eq!(callback(silent.headers()["location"].to_str().unwrap())["error"], "interaction_required");
    let page = test.consent(&[]).await.text().await.unwrap();
    assert!(
        page.contains("id=\"deny\" href=\"http://localhost:8000/api/auth/google/callback?error=access_denied&amp;")
    );
}

#[tokio::test]
async fn checks_the_code_the_verifier_and_the_client() {
    let test = Test::start().await;
    let code = test.approve(&[]).await["code"].as_str().unwrap().to_owned();
    let form = |verifier: &'static str, redirect: &'static str, secret: &'static str| {
        let mut form =
            vec![("grant_type", "authorization_code"), ("redirect_uri", redirect), ("client_secret", secret)];
        form.extend((!verifier.is_empty()).then_some(("code_verifier", verifier)));
        form
    };
    let wrong = "another-verifier-of-at-least-forty-three-characters";
    for (mut form, status, error) in [
        (form(wrong, REDIRECT, "secret"), 400, "invalid_grant"),
        (form("", REDIRECT, "secret"), 400, "invalid_grant"),
        (form(VERIFIER, "http://localhost:8000/x", "secret"), 400, "redirect_uri_mismatch"),
        (form(VERIFIER, REDIRECT, "wrong"), 401, "invalid_client"),
    ] {
        form.push(("code", &code));
        let (got, body) = test.token(&form).await;
        assert_eq!((got, body["error"].as_str()), (status, Some(error)));
    }
    let (status, first) = test.redeem(&code).await;
    assert_eq!(status, 200);
    let (status, second) = test.redeem(&code).await;
    assert_eq!((status, second["error"].as_str()), (400, Some("invalid_grant")));
    // A replay ends what the first use got.
    let refresh = first["refresh_token"].as_str().unwrap();
    let (status, _) = test.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await;
    assert_eq!(status, 400);

    let late = test.approve(&[]).await["code"].as_str().unwrap().to_owned();
    test.clock.advance(Duration::from_secs(601));
    assert_eq!(test.redeem(&late).await.1["error"], "invalid_grant");
    assert_eq!(test.token(&[("grant_type", "password")]).await.1["error"], "unsupported_grant_type");
    let json = json!({ "grant_type": "refresh_token", "client_id": "app", "client_secret": "secret" });
    assert_eq!(reply(test.http.post(test.url("/token")).json(&json)).await.0, 400);
}

#[tokio::test]
async fn gives_a_refresh_token_once_unless_consent_is_asked_for_again() {
    let test = Test::start().await;
    assert!(test.sign_in(&[]).await["refresh_token"].is_string());
    assert!(test.sign_in(&[]).await["refresh_token"].is_null());
    assert!(test.sign_in(&[("prompt", "consent")]).await["refresh_token"].is_string());
    assert!(test.sign_in(&[("prompt", "consent"), ("access_type", "online")]).await["refresh_token"].is_null());
}

#[tokio::test]
async fn refreshes_until_the_grant_is_revoked() {
    let test = Test::start().await;
    let token = test.sign_in(&[]).await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", token["refresh_token"].as_str().unwrap())];
    test.clock.advance(Duration::from_secs(3600));
    let profile = "/gmail/v1/users/me/profile";
    let old = Api { test: &test, token: token["access_token"].as_str().unwrap().to_owned() };
    let (status, body) = old.get(profile).await;
    assert_eq!((status, reason(&body)), (401, "authError"));
    let (status, fresh) = test.token(&refresh).await;
    assert_eq!(status, 200);
    assert!(fresh["id_token"].is_string() && fresh["refresh_token"].is_null());
    let fresh = Api { test: &test, token: fresh["access_token"].as_str().unwrap().to_owned() };
    assert_eq!(fresh.get(profile).await.0, 200);

    let revoke = |token: &str| test.http.post(test.url("/revoke")).form(&[("token", token)]);
    assert_eq!(reply(revoke(&fresh.token)).await.0, 200);
    assert_eq!(fresh.get(profile).await.0, 401);
    let (status, body) = test.token(&refresh).await;
    assert_eq!((status, body["error_description"].as_str()), (400, Some("Token has been expired or revoked.")));
    assert_eq!(reply(revoke(&fresh.token)).await.1["error"], "invalid_token");
}

#[tokio::test]
async fn grants_only_what_stays_ticked() {
    let test = Test::start().await;
    let token = test.sign_in(&[("untick", "https://mail.google.com/"), ("untick", "openid")]).await;
    let scope = token["scope"].as_str().unwrap();
    assert!(scope.starts_with("openid ") && scope.contains("auth/calendar") && !scope.contains("mail.google.com"));
    let api = Api { test: &test, token: token["access_token"].as_str().unwrap().to_owned() };
    let answer = send(test.http.get(test.url("/gmail/v1/users/me/messages")).bearer_auth(&api.token)).await;
    assert!(answer.headers()["www-authenticate"].to_str().unwrap().contains("insufficient_scope"));
    let body: Value = answer.json().await.unwrap();
    assert_eq!(reason(&body), "insufficientPermissions");
    assert_eq!(body["error"]["details"][0]["reason"], "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
    // Incremental consent adds to what was granted before.
    let more = test.sign_in(&[("scope", "openid https://mail.google.com/"), ("include_granted_scopes", "true")]).await;
    assert!(more["scope"].as_str().unwrap().contains("auth/calendar"));
}

#[tokio::test]
async fn binds_the_id_token_to_the_access_token() {
    let test = Test::start().await;
    let token = test.sign_in(&[]).await;
    let claims = verified(&test, token["id_token"].as_str().unwrap(), "app").await;
    let digest =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token["access_token"].as_str().unwrap().as_bytes());
    assert_eq!(claims["at_hash"], URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16]).as_str());
}

#[tokio::test]
async fn forges_an_id_token_once_when_it_is_asked_to() {
    let test = Test::start().await;
    let parts = |token: &Value| -> Vec<Value> {
        let text = token["id_token"].as_str().unwrap();
        let decoded = text.split('.').take(2).map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
        decoded.map(|bytes| serde_json::from_slice(&bytes).unwrap()).collect()
    };
    let forgery =
        json!({ "claims": { "aud": "other", "nonce": null }, "header": { "alg": "none" }, "signature": "missing" });
    assert_eq!(reply(test.http.post(test.url("/_control/id_tokens")).json(&forgery)).await.0, 204);

    let forged = test.sign_in(&[]).await;
    let honest = test.sign_in(&[]).await;

    let [header, claims] = &parts(&forged)[..] else { panic!("{forged}") };
    assert_eq!((&header["alg"], &claims["aud"], &claims["nonce"]), (&json!("none"), &json!("other"), &Value::Null));
    assert_eq!(claims["sub"], "101", "the rest is honest");
    assert!(forged["id_token"].as_str().unwrap().ends_with('.'));
    verified(&test, honest["id_token"].as_str().unwrap(), "app").await;
    for signature in ["of_another", "stranger", "public_key_as_secret"] {
        let forgery = json!({ "claims": { "sub": "102" }, "signature": signature });
        assert_eq!(reply(test.http.post(test.url("/_control/id_tokens")).json(&forgery)).await.0, 204);
        let token = test.sign_in(&[]).await;
        assert_eq!(parts(&token)[1]["sub"], "102", "{signature}");
        assert!(!token["id_token"].as_str().unwrap().ends_with('.'), "{signature}");
    }
}

#[tokio::test]
async fn keeps_everything_over_a_restart() {
    let path = std::env::temp_dir().join(format!("google-{}.json", uuid::Uuid::new_v4()));
    let test = Test::with_file(Some(path.clone())).await;
    let token = test.sign_in(&[]).await;
    let id = test.deliver_many(1).remove(0);
    drop(test);
    let test = Test::with_file(Some(path.clone())).await;
    let api = Api { test: &test, token: token["access_token"].as_str().unwrap().to_owned() };
    assert_eq!(api.get(&format!("/gmail/v1/users/me/messages/{id}")).await.0, 200);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", token["refresh_token"].as_str().unwrap())];
    assert_eq!(test.token(&refresh).await.0, 200);
    verified(&test, token["id_token"].as_str().unwrap(), "app").await;
    drop(test);
    std::fs::remove_file(path).unwrap();
}
