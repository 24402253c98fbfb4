//! A world for the functions' own binaries: a database, queue and secret of its own, the demo practice played by stand-ins,
//! and the variables that lead there.

use std::collections::BTreeMap;

use fakes::world::home::Home;
use fakes::world::{free_port, shared_test_cluster, shared_test_moto};
use shared::config::Config;
use shared::store::migrate;

use crate::up::ports::Ports;
use crate::up::variables::{APP_ROLE, LOGIN_SECRET, QUEUE, SECRET, Variables};
use crate::up::{VISIBILITY, database, stand_ins, state};
use crate::{Problem, Result, aws};

/// It stops when dropped.
pub struct World {
    pub ports: Ports,
    /// For a process of the product, on this machine.
    pub variables: BTreeMap<String, String>,
    _stand_ins: stand_ins::Running,
}

/// Starts one. `gateway` is where the product believes to be reached.
pub async fn start(gateway: u16) -> Result<World> {
    let cluster = shared_test_cluster().await?;
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
    let secret = |name: &str| secrets.get(name).map(String::as_str).unwrap_or_default();

    let owner_url = cluster.fresh_database(None).await?;
    migrate::up(&owner_url).await.map_err(|e| database::in_words(&e))?;
    let name = owner_url.rsplit('/').next().unwrap_or_default();
    cluster.execute(name, &database::let_in(secret("DATABASE_PASSWORD"))).await?;
    aws::create_queue(&aws::sqs(&moto.endpoint()), QUEUE, VISIBILITY).await?;
    aws::create_secret(&moto.endpoint(), SECRET, &secrets).await?;
    let login = [("username", APP_ROLE), ("password", secret("DATABASE_PASSWORD"))];
    let login = login.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    aws::create_secret(&moto.endpoint(), LOGIN_SECRET, &login).await?;

    let of_stand_ins = Variables::of_stand_ins(ports);
    let config = Config::read(|name| of_stand_ins.get(name)).map_err(|problems| Problem(problems.to_string()))?;
    let clients = stand_ins::Clients {
        config: &config,
        google_secret: secret("GOOGLE_OAUTH_CLIENT_SECRET"),
        hubspot_secret: secret("HUBSPOT_CLIENT_SECRET"),
    };
    let (running, _) = stand_ins::start(of_stand_ins.stand_ins, None, ports, &clients, None).await?;

    let mut variables = of_stand_ins.decided();
    variables.insert("DATABASE_URL".to_owned(), format!("postgresql://{APP_ROLE}@127.0.0.1:{}/{name}", ports.postgres));
    variables.insert("DATABASE_OWNER_URL".to_owned(), owner_url);
    variables.insert("DATABASE_SECRET_ID".to_owned(), LOGIN_SECRET.to_owned());
    for (name, value) in [("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local"), ("APP_ENV", "test")] {
        variables.insert(name.to_owned(), value.to_owned());
    }
    Ok(World { ports, variables, _stand_ins: running })
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
