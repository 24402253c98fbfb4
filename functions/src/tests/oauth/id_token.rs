//! Tokens Google would not give, through the front door: whatever is wrong with one, nobody comes in with it.

use fakes::google::{Forgery, Signature};
use serde_json::{Value, json};

use super::*;

fn claims(claims: &Value) -> Forgery {
    Forgery { claims: claims.as_object().unwrap().clone(), ..Forgery::default() }
}

fn header(header: &Value, signature: Signature) -> Forgery {
    Forgery { header: header.as_object().unwrap().clone(), signature, ..Forgery::default() }
}

/// Another person's `sub` under a signature that is not Google's.
fn another_person(signature: Signature) -> Forgery {
    Forgery { signature, ..claims(&json!({ "sub": "1003", "email": EVE })) }
}

fn signatures() -> Vec<Forgery> {
    use Signature::{Missing, Ours, PublicKeyAsSecret, Stranger};
    let mut forgeries: Vec<Forgery> =
        [Signature::OfAnother, Stranger, Missing, PublicKeyAsSecret].map(another_person).into();
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        forgeries.push(header(&json!({ "alg": alg }), Missing));
        forgeries.push(header(&json!({ "alg": alg }), Ours));
    }
    for alg in ["HS256", "HS384", "HS512", "RS256"] {
        forgeries.push(header(&json!({ "alg": alg }), PublicKeyAsSecret));
    }
    for alg in ["RS384", "RS512", "PS256", "ES256", "EdDSA", "rs256"] {
        forgeries.push(header(&json!({ "alg": alg }), Ours));
    }
    // A key of the attacker's, that the token itself would like to be checked with.
    let here = json!({ "kty": "RSA", "kid": "attacker", "n": "AQAB", "e": "AQAB" });
    for pointer in [
        json!({ "jwk": here }),
        json!({ "jku": "http://127.0.0.1:1/keys", "kid": "attacker" }),
        json!({ "x5u": "http://127.0.0.1:1/chain" }),
        json!({ "x5c": ["MIIB"] }),
        json!({}),
    ] {
        forgeries.push(header(&pointer, Stranger));
    }
    for kid in [json!("unknown"), json!(null), json!(""), json!("../../../dev/null"), json!("' or '1'='1"), json!(7)] {
        forgeries.push(header(&json!({ "kid": kid }), Ours));
    }
    forgeries
}

/// Signed by Google, but not for this sign-in.
fn statements(now: i64) -> Vec<Forgery> {
    let other = "another.apps.googleusercontent.com";
    let wrong = [
        json!({ "aud": other }),
        json!({ "aud": ["google-client", other] }),
        json!({ "aud": [] }),
        json!({ "aud": "" }),
        json!({ "aud": null }),
        json!({ "aud": "google-client " }),
        json!({ "azp": other }),
        json!({ "iss": "https://evil.example" }),
        json!({ "iss": "https://accounts.google.com.evil.example" }),
        json!({ "iss": "https://accounts.google.com/" }),
        json!({ "iss": "http://accounts.google.com" }),
        json!({ "iss": null }),
        json!({ "nonce": "another" }),
        json!({ "nonce": "" }),
        json!({ "nonce": null }),
        json!({ "exp": now - 120 }),
        json!({ "exp": 0 }),
        json!({ "exp": null }),
        json!({ "exp": "never" }),
        json!({ "iat": now + 120 }),
        json!({ "iat": null }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "sub": 1003 }),
        json!({ "sub": ["1003"] }),
    ];
    wrong.iter().map(claims).collect()
}

/// Signs in with this token. Each from another address, for there are only so many sign-ins from one.
async fn try_with(app: &TestApp, forgery: &Forgery) -> (Answer, bool) {
    let person = app.visitor_from(&format!("198.51.100.{}", redeemed(app)));
    let link = from_google(&person, ADA).await;
    app.google.forge_next_id_token(forgery.clone());
    let answer = person.get(&link).await;
    (answer, has_session(&person))
}

#[tokio::test]
async fn that_google_did_not_sign_or_not_for_us_lets_nobody_in() {
    let app = TestApp::start().await;
    let forgeries = [signatures(), statements(app.app.now().as_second())].concat();
    assert!(forgeries.len() >= 50);

    for forgery in &forgeries {
        let (answer, inside) = try_with(&app, forgery).await;
        assert_eq!((answer.status.as_u16(), inside), (400, false), "{forgery:?}: {}", answer.body);
        assert_eq!(answer.json()["detail"], "Google's answer could not be verified.", "nobody is told why");
    }
    assert_eq!(redeemed(&app), forgeries.len(), "each token was really given");
    assert_nobody(&app, "a forged token").await;

    let (answer, inside) = try_with(&app, &Forgery::default()).await;
    assert!(answer.location().ends_with("/auth/success") && inside, "an honest one through the same door");
}

#[tokio::test]
async fn for_an_address_nobody_verified_lets_nobody_in() {
    let app = TestApp::start().await;
    for unverified in [
        json!({ "email_verified": false }),
        json!({ "email_verified": null }),
        json!({ "email": null, "email_verified": null }),
    ] {
        let (answer, inside) = try_with(&app, &claims(&unverified)).await;
        assert!(answer.location().ends_with("/auth/error?error=access_denied"), "{unverified}: {}", answer.location());
        assert!(!inside, "{unverified}");
    }
    // What is no yes or no at all is no answer of Google's.
    assert_eq!(try_with(&app, &claims(&json!({ "email_verified": "yes" }))).await.0.status, 400);
    assert_nobody(&app, "an unverified address").await;
}

/// The token of one sign-in in the answer to another: its nonce is not the one this browser sent.
#[tokio::test]
async fn of_another_sign_in_lets_nobody_in() {
    let app = TestApp::start().await;
    let (eve, ada) = (app.visitor(), app.visitor());
    let consent = eve.get("/api/auth/google/start").await.location();
    let nonce = parameter(&consent, "nonce");
    let link = from_google(&ada, ADA).await;
    app.google.forge_next_id_token(claims(&json!({ "nonce": nonce })));

    assert_eq!(ada.get(&link).await.status, 400);
    assert_nobody(&app, "another's nonce").await;
}
