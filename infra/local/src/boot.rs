//! `cargo dev boot`: every Lambda binary starts under an emulated runtime and answers its sample event.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use fakes::world::home::Home;
use fakes::world::process::{Signal, Supervised, tail};
use fakes::world::{free_port, shared_test_cluster, shared_test_moto};
use serde_json::Value;
use shared::config::Config;
use shared::store::migrate;

use crate::aws;
use crate::runtime_api::{Outcome, RuntimeApi};
use crate::terminal::{say, step};
use crate::up::ports::Ports;
use crate::up::variables::{APP_ROLE, QUEUE, SECRET, Variables};
use crate::up::{VISIBILITY, database, stand_ins, state};
use crate::{Problem, Result};

/// How long one function may take from its start to its answer. A development build is slow to load.
const PATIENCE: Duration = Duration::from_secs(30);

/// Boots all functions, or those named.
pub async fn run(wanted: &[String]) -> Result<()> {
    let home = Home::find()?;
    let names = names(&home, wanted)?;
    step("Binaries", async { build(&home).await.map(|()| ((), format!("{} functions", names.len()))) }).await?;
    let (world, variables) = step("World", async {
        let started = start_world().await?;
        Ok((started, "a new database, queue, secret and practice".to_owned()))
    })
    .await?;

    let mut failed = Vec::new();
    for name in &names {
        let started = Instant::now();
        let outcome = boot(&home, name, &variables).await;
        let milliseconds = started.elapsed().as_millis();
        match outcome {
            Ok(answer) => say(format_args!("  ✓ {name:<28} {answer:<40} {milliseconds:>6} ms")),
            Err(problem) => {
                say(format_args!("  ✗ {name:<28} {problem}"));
                failed.push(name.as_str());
            }
        }
    }
    drop(world);
    if failed.is_empty() {
        say(format_args!("All {} functions answered.", names.len()));
        Ok(())
    } else {
        let log = home.local.join("logs/boot.log");
        Err(Problem(format!(
            "{} of {} did not answer ({}): see {}.",
            failed.len(),
            names.len(),
            failed.join(", "),
            log.display()
        )))
    }
}

/// The binaries listed in `functions/Cargo.toml`.
fn names(home: &Home, wanted: &[String]) -> Result<Vec<String>> {
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

async fn build(home: &Home) -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--package", "functions", "--bins"]).current_dir(&home.root);
    let log = home.log("boot-build")?;
    let work = tokio::task::spawn_blocking(move || Supervised::run(&cargo, None, &log).map(|status| (status, log)));
    let (status, log) = work.await.map_err(|e| Problem(format!("The build broke off: {e}.")))??;
    if status.success() { Ok(()) } else { Err(Problem(format!("The functions do not build:\n{}", tail(&log)))) }
}

/// A world of its own beside the one of `cargo dev`, and the variables that lead to it.
async fn start_world() -> Result<(stand_ins::Running, BTreeMap<String, String>)> {
    let cluster = shared_test_cluster().await?;
    let moto = shared_test_moto().await?;
    let ports = Ports {
        gateway: free_port()?,
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

    let variables = Variables::of_stand_ins(ports);
    let config = Config::read(|name| variables.get(name)).map_err(|problems| Problem(problems.to_string()))?;
    let clients = stand_ins::Clients {
        config: &config,
        google_secret: secret("GOOGLE_OAUTH_CLIENT_SECRET"),
        hubspot_secret: secret("HUBSPOT_CLIENT_SECRET"),
    };
    let (running, _) = stand_ins::start(variables.stand_ins, None, ports, &clients, None).await?;

    let mut all = variables.decided();
    all.insert("DATABASE_URL".to_owned(), format!("postgresql://{APP_ROLE}@127.0.0.1:{}/{name}", ports.postgres));
    all.insert("DATABASE_OWNER_URL".to_owned(), owner_url);
    for (name, value) in [("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local"), ("APP_ENV", "test")] {
        all.insert(name.to_owned(), value.to_owned());
    }
    Ok((running, all))
}

/// Starts one binary, waits for what it makes of its event, and says so in a few words.
async fn boot(home: &Home, name: &str, variables: &BTreeMap<String, String>) -> Result<String> {
    let event = sample(&home.root.join(format!("infra/events/{name}.json")))?;
    let runtime = RuntimeApi::start(name, PATIENCE).await?;
    let target = std::env::current_exe().ok();
    let folder =
        target.as_deref().and_then(Path::parent).map_or_else(|| home.root.join("target/debug"), Path::to_owned);

    let mut command = Command::new(folder.join(name));
    command
        .current_dir(&home.root)
        .envs(variables)
        .env("AWS_LAMBDA_RUNTIME_API", &runtime.address)
        .env("AWS_LAMBDA_FUNCTION_NAME", name)
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "local")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}"));
    let mut function = Supervised::spawn(&command, Signal::Terminate, None, &home.log("boot")?)?;
    let outcome = tokio::select! {
        outcome = runtime.invoke(event, PATIENCE) => outcome,
        () = ended(&mut function) => None,
    };
    function.stop().await;
    match outcome {
        Some(Outcome::Answered { document, streamed }) => describe(&document, streamed),
        Some(Outcome::Failed(error)) => Err(Problem(format!("failed: {error}"))),
        None => Err(Problem("ended or fell silent without an answer".to_owned())),
    }
}

async fn ended(function: &mut Supervised) {
    while function.exited().is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn sample(path: &Path) -> Result<Value> {
    let text =
        std::fs::read_to_string(path).map_err(|_| Problem(format!("has no sample event: write {}", path.display())))?;
    serde_json::from_str(&text).map_err(|e| Problem(format!("has a sample event that is not JSON: {e}")))
}

/// An HTTP answer by its status, of which 500 and above are failures; another answer by its text.
fn describe(document: &Value, streamed: Option<usize>) -> Result<String> {
    let Some(status) = document.get("statusCode").and_then(Value::as_u64) else {
        let text: String = document.to_string().chars().take(40).collect();
        return Ok(format!("answered {text}"));
    };
    if status >= 500 {
        return Err(Problem(format!("answered {status}: {}", document["body"].as_str().unwrap_or_default())));
    }
    Ok(match streamed {
        Some(bytes) => format!("answered {status}, streamed {bytes} bytes"),
        None => format!("answered {status}"),
    })
}
