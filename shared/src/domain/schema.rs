//! The schema, brought up to date by whoever owns it; and the functions' login, let in by the same.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::World;
use crate::clients::secrets::Login;
use crate::error::{Error, Result};
use crate::store::migrate;

pub use crate::store::migrate::Step;

/// Applies all that is missing.
pub async fn up(world: &World) -> Result<Vec<Step>> {
    let owner = owner(world).await?;
    let steps = migrate::up(owner.expose_secret()).await?;
    functions_in(world, &owner).await?;
    Ok(steps)
}

/// The same, by whoever may be older than the database: a release that is taken back asks the code before it.
pub async fn catch_up(world: &World) -> Result<()> {
    let owner = owner(world).await?;
    migrate::catch_up(owner.expose_secret()).await?;
    functions_in(world, &owner).await
}

/// Takes the newest `count` back.
pub async fn down(world: &World, count: usize) -> Result<Vec<Step>> {
    migrate::down(owner(world).await?.expose_secret(), count).await
}

pub async fn history(world: &World) -> Result<Vec<Step>> {
    migrate::history(owner(world).await?.expose_secret()).await
}

/// Makes a login of the functions, or gives it this password.
pub async fn let_in(world: &World, login: &Login) -> Result<()> {
    migrate::let_in(owner(world).await?.expose_secret(), &login.username, &login.password).await
}

/// Whether the database takes this login, and it may do what the functions do.
pub async fn try_login(world: &World, login: &Login) -> Result<()> {
    migrate::try_login(address(world, login)?.expose_secret()).await
}

/// The address of the database with the owner's login in it, as it is now: RDS changes it every week.
async fn owner(world: &World) -> Result<SecretString> {
    match &world.config.database_owner_secret_id {
        Some(id) => address(world, &world.vault.login(id).await?),
        None => Ok(world.config.database_owner_url()?.into()),
    }
}

/// The database itself, by another login.
fn address(world: &World, login: &Login) -> Result<SecretString> {
    let wrong = || Error::internal("DATABASE_OWNER_URL cannot be understood.");
    let mut url = Url::parse(world.config.database_owner_url()?).map_err(|_| wrong())?;
    url.set_username(&login.username).map_err(|()| wrong())?;
    url.set_password(Some(login.password.expose_secret())).map_err(|()| wrong())?;
    Ok(String::from(url).into())
}

/// A database that was made a moment ago knows nobody but its owner. Where the functions' login has a secret of its own, it is
/// made, or given the password that stands there.
async fn functions_in(world: &World, owner: &SecretString) -> Result<()> {
    let Some(id) = &world.config.database_secret_id else { return Ok(()) };
    let login = world.vault.login(id).await?;
    migrate::let_in(owner.expose_secret(), &login.username, &login.password).await
}
