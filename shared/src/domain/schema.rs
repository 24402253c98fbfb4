//! The schema, brought up to date by whoever owns it; and the functions' login, let in by the same.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::World;
use crate::error::{Error, Result};
use crate::store::migrate;

pub use crate::store::migrate::Step;

/// Applies all that is missing.
pub async fn up(world: &World) -> Result<Vec<Step>> {
    let owner = owner(world).await?;
    let steps = migrate::up(owner.expose_secret()).await?;
    let_in(world, &owner).await?;
    Ok(steps)
}

/// The same, by whoever may be older than the database: a release that is taken back asks the code before it.
pub async fn catch_up(world: &World) -> Result<()> {
    let owner = owner(world).await?;
    migrate::catch_up(owner.expose_secret()).await?;
    let_in(world, &owner).await
}

/// Takes the newest `count` back.
pub async fn down(world: &World, count: usize) -> Result<Vec<Step>> {
    migrate::down(owner(world).await?.expose_secret(), count).await
}

pub async fn history(world: &World) -> Result<Vec<Step>> {
    migrate::history(owner(world).await?.expose_secret()).await
}

/// The address of the database with the owner's login in it, as it is now: RDS changes it every week.
async fn owner(world: &World) -> Result<SecretString> {
    let url = world.config.database_owner_url()?;
    let Some(id) = &world.config.database_owner_secret_id else { return Ok(url.into()) };
    let login = world.vault.login(id).await?;
    let wrong = || Error::internal("DATABASE_OWNER_URL cannot be understood.");
    let mut url = Url::parse(url).map_err(|_| wrong())?;
    url.set_username(&login.username).map_err(|()| wrong())?;
    url.set_password(Some(login.password.expose_secret())).map_err(|()| wrong())?;
    Ok(String::from(url).into())
}

/// A database that was made a moment ago knows nobody but its owner. Where the functions' login has a secret of its own, it is
/// made, or given the password that stands there.
async fn let_in(world: &World, owner: &SecretString) -> Result<()> {
    let Some(id) = &world.config.database_secret_id else { return Ok(()) };
    let login = world.vault.login(id).await?;
    migrate::let_in(owner.expose_secret(), &login.username, &login.password).await
}
