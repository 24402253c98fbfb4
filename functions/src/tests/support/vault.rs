//! Secrets Manager, as an operator changes it.

use fakes::world::shared_test_moto;
use serde_json::{Value, json};

/// A new secret: its name.
pub async fn create(values: &Value) -> String {
    let name = format!("secret-{}", uuid::Uuid::new_v4().simple());
    call("CreateSecret", "Name", &name, values).await;
    name
}

pub async fn put(name: &str, values: &Value) {
    call("PutSecretValue", "SecretId", name, values).await;
}

#[expect(clippy::disallowed_methods, reason = "an operator changes the secret")]
async fn call(action: &str, named: &str, name: &str, values: &Value) {
    let body = json!({ named: name, "SecretString": values.to_string(), "ClientRequestToken": uuid::Uuid::new_v4() });
    let scope = "local/20260101/us-east-1/secretsmanager/aws4_request";
    let answer = reqwest::Client::builder()
        .build()
        .unwrap()
        .post(shared_test_moto().await.unwrap().endpoint())
        .header("x-amz-target", format!("secretsmanager.{action}"))
        .header("content-type", "application/x-amz-json-1.1")
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=local"))
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}
