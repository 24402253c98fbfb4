//! What a run of the product stands on that is not `cargo dev`: a database, queue and secrets of its own, the providers played by
//! stand-ins, and the variables that lead there.

use std::collections::BTreeMap;

use fakes::world::home::Home;
use fakes::world::{Cluster, free_port, shared_test_cluster, shared_test_moto};
use shared::config::Config;
use shared::store::migrate;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use crate::up::ports::Ports;
use crate::up::stand_ins::{Contents, Running};
use crate::up::variables::{APP_ROLE, LOGIN_SECRET, QUEUE, SECRET, Variables};
use crate::up::{VISIBILITY, database, stand_ins, state};
use crate::{Problem, Result, aws};

/// A database, a queue and secrets that nobody else has.
pub struct Ground {
    pub ports: Ports,
    /// Also among the variables: nothing is read from Secrets Manager.
    pub secrets: BTreeMap<String, String>,
    /// The superuser's.
    pub owner_url: String,
    pub sqs: aws_sdk_sqs::Client,
    /// For a process of the product, on this machine.
    pub variables: BTreeMap<String, String>,
}

impl Ground {
    /// In this process's own cluster, which forgets everything when its power fails. The queue's name begins with `name`; the
    /// product believes to be reached at the port `gateway`.
    pub async fn lay(name: &str, gateway: u16) -> Result<Self> {
        Self::lay_on(shared_test_cluster().await?, name, gateway).await
    }

    pub async fn lay_on(cluster: &Cluster, name: &str, gateway: u16) -> Result<Self> {
        let moto = shared_test_moto().await?;
        let ports = Ports {
            gateway,
            google: free_port()?,
            hubspot: free_port()?,
            openai: free_port()?,
            postgres: cluster.port,
            moto: moto.port,
        };
        let secrets = state::new_secrets();
        let owner_url = cluster.fresh_database(None).await?;
        migrate::up(&owner_url).await.map_err(|e| database::in_words(&e))?;
        let database = owner_url.rsplit('/').next().unwrap_or_default();
        let password = secrets.get("DATABASE_PASSWORD").map(String::as_str).unwrap_or_default();
        cluster.execute(database, &database::let_in(password)).await?;
        let sqs = aws::sqs(&moto.endpoint());
        let queue_url = aws::create_queue(&sqs, &format!("{name}-{}", Uuid::new_v4().simple()), VISIBILITY).await?;

        let mut variables = Variables::of_stand_ins(ports).decided();
        variables.remove("SECRETS_ID");
        variables.extend(secrets.clone());
        variables.extend(
            [
                ("APP_ENV", "test".to_owned()),
                ("DATABASE_URL", format!("postgresql://{APP_ROLE}@127.0.0.1:{}/{database}", ports.postgres)),
                ("TASK_QUEUE_URL", queue_url),
                ("AWS_ACCESS_KEY_ID", "local".to_owned()),
                ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        Ok(Self { ports, secrets, owner_url, sqs, variables })
    }

    pub fn set(&mut self, variables: &[(&str, &str)]) {
        self.variables.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    }

    /// Lets everybody ask as much as they like, and reads only what is told to have happened.
    pub fn unlimited(&mut self) {
        self.set(&[
            ("RATE_LIMIT_PER_MINUTE", "0"),
            ("MODEL_REQUESTS_PER_DAY", "1000000"),
            ("MODEL_TOKENS_PER_DAY", "1000000000"),
            ("SYNC_INTERVAL", "86400"),
        ]);
    }

    pub fn secret(&self, name: &str) -> &str {
        self.secrets.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Of the name with which a process logs in.
    pub fn database_name(&self) -> &str {
        self.owner_url.rsplit('/').next().unwrap_or_default()
    }

    /// The variables as the product reads them.
    pub fn config(&self) -> Result<Config> {
        Config::read(|name| self.variables.get(name).cloned()).map_err(|problems| Problem(problems.to_string()))
    }

    /// Starts the providers.
    pub async fn stand_ins(&self, contents: Contents) -> Result<Running> {
        let config = self.config()?;
        let clients = stand_ins::Clients {
            config: &config,
            google_secret: self.secret("GOOGLE_OAUTH_CLIENT_SECRET"),
            hubspot_secret: self.secret("HUBSPOT_CLIENT_SECRET"),
        };
        let which = Variables::of_stand_ins(self.ports).stand_ins;
        Ok(stand_ins::start_with(which, None, self.ports, &clients, contents).await?.0)
    }

    /// Sees everybody's rows.
    pub async fn database(&self) -> Result<Client> {
        let (database, connection) = tokio_postgres::connect(&self.owner_url, NoTls)
            .await
            .map_err(|e| Problem(format!("Could not look into the database: {e}.")))?;
        tokio::spawn(connection);
        Ok(database)
    }
}

/// A world for the functions' own binaries as they are deployed: their secrets are in Secrets Manager. It stops when dropped.
pub struct World {
    pub ports: Ports,
    /// For a process of the product, on this machine.
    pub variables: BTreeMap<String, String>,
    _stand_ins: Running,
}

/// Starts one, with the demo practice. `gateway` is where the product believes to be reached.
pub async fn start(gateway: u16) -> Result<World> {
    let mut ground = Ground::lay(QUEUE, gateway).await?;
    let moto = shared_test_moto().await?;
    aws::create_secret(&moto.endpoint(), SECRET, &ground.secrets).await?;
    let login = [("username", APP_ROLE), ("password", ground.secret("DATABASE_PASSWORD"))];
    let login = login.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    aws::create_secret(&moto.endpoint(), LOGIN_SECRET, &login).await?;
    let stand_ins = ground.stand_ins(Contents::demo()).await?;

    let owner_url = ground.owner_url.clone();
    ground.variables.retain(|name, _| !ground.secrets.contains_key(name));
    ground.set(&[("SECRETS_ID", SECRET), ("DATABASE_SECRET_ID", LOGIN_SECRET), ("DATABASE_OWNER_URL", &owner_url)]);
    Ok(World { ports: ground.ports, variables: ground.variables, _stand_ins: stand_ins })
}

impl World {
    /// The variables of a process that sees this machine under another name.
    pub fn variables_from(&self, host: &str) -> BTreeMap<String, String> {
        let seen = |value: &String| value.replace("127.0.0.1", host);
        self.variables.iter().map(|(name, value)| (name.clone(), seen(value))).collect()
    }
}

/// The binaries listed in `functions/Cargo.toml`, or those of them that are wanted.
pub fn functions(home: &Home, wanted: &[String]) -> Result<Vec<String>> {
    let path = home.root.join("functions/Cargo.toml");
    let unreadable = |e: String| Problem(format!("Could not read {}: {e}.", path.display()));
    let text = std::fs::read_to_string(&path).map_err(|e| unreadable(e.to_string()))?;
    let manifest: toml::Table = text.parse().map_err(|e: toml::de::Error| unreadable(e.to_string()))?;
    let listed = manifest.get("bin").and_then(toml::Value::as_array).into_iter().flatten();
    let all: Vec<String> = listed.filter_map(|bin| Some(bin.get("name")?.as_str()?.to_owned())).collect();
    match wanted.iter().find(|name| !all.contains(name)) {
        Some(unknown) => Err(Problem(format!("There is no function `{unknown}`: functions/Cargo.toml lists them."))),
        None if wanted.is_empty() => Ok(all),
        None => Ok(wanted.to_vec()),
    }
}
