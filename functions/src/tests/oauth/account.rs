//! Who an account belongs to: Google's `sub`, whatever the address says.

use fakes::google::Forgery;
use serde_json::{Value, json};

use super::super::api::walk::Walk;
use super::*;

/// Signs in as Ada, but for these claims.
async fn sign_in_as<'a>(app: &'a TestApp, claims: &Value) -> Person<'a> {
    let person = app.visitor();
    app.google.forge_next_id_token(Forgery { claims: claims.as_object().unwrap().clone(), ..Forgery::default() });
    let landed = person.sign_in(ADA).await;
    assert!(landed.ends_with("/auth/success"), "{claims}: {landed}");
    person
}

#[tokio::test]
async fn the_same_address_with_another_sub_is_somebody_else() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    ada.post("/api/conversations", json!({ "title": "Mine alone" })).await;

    for sub in ["1001 ", "01001", "1001\n", "1001' or '1'='1", "successor"] {
        let other = sign_in_as(&app, &json!({ "sub": sub })).await;

        let me = other.get("/api/auth/me").await.json();
        assert_eq!(me["user"]["email"], ADA, "{sub:?}");
        assert_ne!(me["user"]["id"], ada.user_id().await, "{sub:?}");
        assert_eq!(other.get("/api/conversations").await.json(), json!([]), "{sub:?}");
    }
    assert_eq!(app.advisor(ADA).await.user_id().await, ada.user_id().await);
    assert_eq!(app.count("select count(*) from users").await, 6);
}

#[tokio::test]
async fn the_same_sub_with_another_address_is_the_same_advisor() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    ada.post("/api/conversations", json!({ "title": "Mine" })).await;

    let moved = sign_in_as(&app, &json!({ "email": "Ada@New-Firm.example" })).await;

    assert_eq!(moved.user_id().await, ada.user_id().await);
    assert_eq!(moved.get("/api/auth/me").await.json()["user"]["email"], "ada@new-firm.example");
    assert_eq!(moved.get("/api/conversations").await.json().as_array().unwrap().len(), 1);
    // Somebody who gets the old address is not her.
    let heir = sign_in_as(&app, &json!({ "sub": "heir" })).await;
    assert_eq!(heir.get("/api/conversations").await.json(), json!([]));
}

#[tokio::test]
async fn a_closed_account_is_out_at_once_and_does_not_come_back_by_signing_in() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.advisor(ADA).await, app.advisor(EVE).await);
    app.sql(&format!("update users set is_active = false where email = '{ADA}'")).await;

    let walk = Walk::describe(&app);
    for operation in walk.operations(|operation| operation.needs("session")) {
        let answer = walk.look(&ada, &operation, &FRONTEND, operation.example()).await;
        assert_eq!(answer.status, 401, "{operation}");
    }
    assert_eq!(ada.get("/api/auth/me").await.json()["user"], Value::Null);
    let before = app.rows().await;
    let again = app.visitor();
    let landed = again.sign_in(ADA).await;
    assert!(landed.ends_with("/auth/error?error=access_denied"), "{landed}");
    assert!(!has_session(&again));
    assert_eq!(changed(&before, &app.rows().await), ["rate_limits"], "neither tokens nor tasks nor a profile");
    assert_eq!(eve.get("/api/tasks").await.status, 200, "nobody else is");

    app.sql("update users set is_active = true").await;
    assert!(app.visitor().sign_in(ADA).await.ends_with("/auth/success"));
}
