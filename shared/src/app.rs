//! What is built once per cold start.

use crate::config::Config;
use crate::domain::World;
use crate::error::{Cause, Error, Result};

/// The running product, as the edge sees it.
pub type App = World;

/// A function serves one event at a time; the second connection is the heartbeat's.
const CONNECTIONS: usize = 2;

impl App {
    /// Reads the environment. Nothing is connected to yet.
    pub async fn start() -> Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "the environment is read here and nowhere else")]
        let config = Config::read(|name| std::env::var(name).ok()).map_err(|problems| {
            Error::internal("The configuration is not complete.").because(Cause::codes(problems.0.join(" ")))
        })?;
        Self::new(config, CONNECTIONS).await
    }
}
