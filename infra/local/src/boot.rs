//! `cargo dev boot`: every Lambda binary starts under an emulated runtime and answers its sample event.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use fakes::world::free_port;
use fakes::world::home::Home;
use fakes::world::process::{Signal, Supervised};
use serde_json::Value;

use crate::answers::Expected;
use crate::runtime_api::{Outcome, RuntimeApi};
use crate::terminal::{say, step};
use crate::{Problem, Result, binaries, world};

/// How long one function may take from its start to its answer. A development build is slow to load.
const PATIENCE: Duration = Duration::from_secs(30);

/// Boots all functions, or those named.
pub async fn run(wanted: &[String]) -> Result<()> {
    let home = Home::find()?;
    let names = world::functions(&home, wanted)?;
    step("Binaries", async { binaries::build(&home).await.map(|()| ((), format!("{} functions", names.len()))) })
        .await?;
    let world = step("World", async {
        let started = world::start(free_port()?).await?;
        Ok((started, "a new database, queue, secret and practice".to_owned()))
    })
    .await?;
    let expected = Expected::read(&home)?;

    let mut failed = Vec::new();
    for name in &names {
        let started = Instant::now();
        let outcome = boot(&home, name, &world.variables, &expected).await;
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

/// Starts one binary, waits for what it makes of its event, and says so in a few words.
async fn boot(home: &Home, name: &str, variables: &BTreeMap<String, String>, expected: &Expected) -> Result<String> {
    let event = sample(&home.root.join(format!("infra/events/{name}.json")))?;
    let runtime = RuntimeApi::start(name, PATIENCE).await?;
    let mut command = Command::new(binaries::folder(home).join(name));
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
        Some(Outcome::Answered { document, streamed }) => {
            expected.compare(name, &document, streamed.map(|streamed| streamed.bytes()))
        }
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
