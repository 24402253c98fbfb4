//! Postgres as it is set up for production: what is committed is on the disk, and what is asked for is in memory.

use fakes::world::{Cluster, Home, install, postgres};

use crate::{Problem, Result};

/// A cluster of this bench's own. It stops when dropped; [`Durable::stop`] also removes its files.
pub struct Durable {
    pub cluster: Cluster,
    folder: std::path::PathBuf,
}

impl Durable {
    /// With these settings, each `name=value`, beside the safe defaults.
    pub async fn start(home: &Home, name: &str, settings: &[&str]) -> Result<Self> {
        let installed = {
            let home = home.clone();
            let work = tokio::task::spawn_blocking(move || install::world(&home, &|_| ()));
            work.await.map_err(|e| Problem(format!("The installation broke off: {e}.")))??
        };
        let folder = home.database.join(format!("bench-{name}-{}", std::process::id()));
        let options = postgres::Options {
            dir: folder.clone(),
            port: None,
            durable: true,
            settings: settings.iter().map(|setting| (*setting).to_owned()).collect(),
            log: home.log("bench-postgres")?,
        };
        Ok(Self { cluster: Cluster::start(&installed, &options).await?, folder })
    }

    pub async fn stop(mut self) {
        self.cluster.stop().await;
        let _what_is_left_is_in_the_way_of_nobody = std::fs::remove_dir_all(&self.folder);
    }
}
