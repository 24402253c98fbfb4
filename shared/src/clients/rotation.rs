//! Secrets Manager's side of a rotation: the versions of one secret, and which of them is called what.

use aws_sdk_secretsmanager::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::secrets::{CURRENT, Login};
use crate::error::{Error, Kind, Result, aws};

const PENDING: &str = "AWSPENDING";

/// A login whose secret is being changed.
pub struct Rotation<'a> {
    pub(super) client: &'a Client,
    pub(super) id: &'a str,
    /// The name of the new version.
    pub(super) token: &'a str,
}

impl Rotation<'_> {
    /// The version that counts.
    pub async fn current(&self) -> Result<Login> {
        let wanted = self.client.get_secret_value().secret_id(self.id).version_stage(CURRENT);
        let answer = wanted.send().await.map_err(|error| failed(aws(&error)))?;
        Login::read(&answer.secret_string.unwrap_or_default().into())
    }

    /// The new version, when it is there.
    pub async fn pending(&self) -> Result<Option<Login>> {
        let wanted = self.client.get_secret_value().secret_id(self.id).version_id(self.token).version_stage(PENDING);
        match wanted.send().await {
            Ok(answer) => Login::read(&answer.secret_string.unwrap_or_default().into()).map(Some),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_not_found_exception()) => Ok(None),
            Err(error) => Err(failed(aws(&error))),
        }
    }

    /// Keeps the new version beside the one that counts.
    pub async fn propose(&self, login: &Login) -> Result<()> {
        let mut values = login.beside.clone();
        values.insert("username".into(), login.username.clone().into());
        values.insert("password".into(), login.password.expose_secret().into());
        let text = SecretString::from(Value::from(Map::from_iter(values)).to_string());
        let put = self.client.put_secret_value().secret_id(self.id).client_request_token(self.token);
        let put = put.secret_string(text.expose_secret()).version_stages(PENDING);
        put.send().await.map_err(|error| failed(aws(&error)))?;
        Ok(())
    }

    /// From now on the new version counts.
    pub async fn finish(&self) -> Result<()> {
        let about = self.client.describe_secret().secret_id(self.id).send().await;
        let versions = about.map_err(|error| failed(aws(&error)))?.version_ids_to_stages.unwrap_or_default();
        let counts = |stages: &Vec<String>| stages.iter().any(|stage| stage == CURRENT);
        let before = versions.iter().find(|(_, stages)| counts(stages)).map(|(version, _)| version.as_str());
        if before == Some(self.token) {
            return Ok(());
        }
        let moving = self.client.update_secret_version_stage().secret_id(self.id).version_stage(CURRENT);
        let moving = moving.move_to_version_id(self.token).set_remove_from_version_id(before.map(str::to_owned));
        moving.send().await.map_err(|error| failed(aws(&error)))?;
        Ok(())
    }
}

fn failed(cause: crate::error::Cause) -> Error {
    Error::new(Kind::Unavailable, "Secrets Manager did not change a login to the database.").because(cause)
}
