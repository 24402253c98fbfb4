//! The functions' login to the database, changed while they work.
//!
//! Two roles take turns, so that there is no moment in which nobody is let in: the one whose password is in the secret stays as
//! it is, the other gets a new password, and then the secret names that one. Whoever still knows the first is let in until the
//! rotation after this one; whoever is refused reads the secret again.

use serde::Deserialize;

use super::{World, accounts, schema};
use crate::clients::secrets::Login;
use crate::error::{Error, Result};

/// The role beside the first.
const SECOND: &str = "_b";

/// The four steps in which Secrets Manager asks, as it calls them. Each may be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Step {
    #[serde(rename = "createSecret")]
    Create,
    #[serde(rename = "setSecret")]
    Set,
    #[serde(rename = "testSecret")]
    Test,
    #[serde(rename = "finishSecret")]
    Finish,
}

/// One step of making the version `token` of the secret `id` the one that counts.
pub async fn rotate(world: &World, step: Step, id: &str, token: &str) -> Result<()> {
    if world.config.database_secret_id.as_deref() != Some(id) {
        return Err(Error::invalid("SecretId", "is not the functions' login to the database."));
    }
    let rotation = world.vault.rotation(id, token).await;
    let pending =
        async { rotation.pending().await?.ok_or_else(|| Error::internal("The new login has no password yet.")) };
    match step {
        Step::Create if rotation.pending().await?.is_some() => Ok(()),
        Step::Create => {
            let current = rotation.current().await?;
            let password = accounts::random_token()?.into();
            rotation.propose(&Login { username: other(&current.username), password, ..current }).await
        }
        Step::Set => schema::let_in(world, &pending.await?).await,
        Step::Test => schema::try_login(world, &pending.await?).await,
        Step::Finish => rotation.finish().await,
    }
}

/// Whose turn it is.
fn other(role: &str) -> String {
    role.strip_suffix(SECOND).map_or_else(|| format!("{role}{SECOND}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_roles_take_turns() {
        assert_eq!(other("fa_service"), "fa_service_b");
        assert_eq!(other("fa_service_b"), "fa_service");
    }
}
