//! One process of a release binary, under the emulated Lambda runtime.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use fakes::world::Home;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::Bench;
use super::proc::{self, Memory};
use crate::runtime_api::{Outcome, RuntimeApi, Streamed};
use crate::{Problem, Result};

const PATIENCE: Duration = Duration::from_secs(120);

/// A running one. It is killed when dropped.
pub struct Function {
    name: String,
    runtime: RuntimeApi,
    child: Child,
    pub pid: u32,
    began: Instant,
}

/// What it made of an event.
pub struct Answered {
    pub document: Value,
    pub streamed: Option<Streamed>,
    /// When the event was handed to the runtime.
    pub asked: Instant,
    /// From then to the end of the answer.
    pub took: Duration,
}

impl Function {
    pub async fn start(bench: &Bench, name: &str, variables: &BTreeMap<String, String>) -> Result<Self> {
        Self::start_binary(bench, name, &bench.binaries.join(name), variables).await
    }

    /// Any binary that speaks to the Runtime API.
    pub async fn start_binary(
        bench: &Bench,
        name: &str,
        binary: &Path,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self> {
        Self::spawn(&bench.home, name, binary, variables).await
    }

    pub async fn spawn(home: &Home, name: &str, binary: &Path, variables: &BTreeMap<String, String>) -> Result<Self> {
        let runtime = RuntimeApi::start(name, PATIENCE).await?;
        let failed = |e: std::io::Error| Problem(format!("Could not start {}: {e}.", binary.display()));
        let log = File::options().create(true).append(true).open(home.log("bench")?).map_err(failed)?;
        let mut command = Command::new(binary);
        command
            .env_clear()
            .envs(variables)
            .env("AWS_LAMBDA_RUNTIME_API", &runtime.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "local")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}"))
            .stdin(Stdio::null())
            .stderr(log.try_clone().map_err(failed)?)
            .stdout(log)
            .kill_on_drop(true);
        let began = Instant::now();
        let child = command.spawn().map_err(failed)?;
        let pid = child.id().unwrap_or_default();
        Ok(Self { name: name.to_owned(), runtime, child, pid, began })
    }

    /// From its start until it asked for its first event.
    pub async fn ready(&mut self) -> Result<Duration> {
        let began = self.began;
        tokio::select! {
            asked = tokio::time::timeout(PATIENCE, self.runtime.asked()) => match asked {
                Ok(Some(asked)) => Ok(asked.duration_since(began)),
                _ => Err(Problem(format!("{} does not ask for events: see .local/logs/bench.log.", self.name))),
            },
            status = self.child.wait() => {
                Err(Problem(format!("{} ended ({status:?}): see .local/logs/bench.log.", self.name)))
            }
        }
    }

    /// Hands it an event and waits for the end of its answer.
    pub async fn invoke(&self, event: Value) -> Result<Answered> {
        let asked = Instant::now();
        match self.runtime.invoke(event, PATIENCE).await {
            Some(Outcome::Answered { document, streamed }) => {
                Ok(Answered { document, streamed, asked, took: asked.elapsed() })
            }
            Some(Outcome::Failed(why)) => Err(Problem(format!("{} failed: {why}", self.name))),
            None => Err(Problem(format!("{} did not answer: see .local/logs/bench.log.", self.name))),
        }
    }

    /// The same, of a route that has to answer with this status.
    pub async fn call(&self, event: Value, status: u16) -> Result<Answered> {
        let answered = self.invoke(event).await?;
        if answered.document["statusCode"] == status {
            return Ok(answered);
        }
        Err(Problem(format!("{} answered {} and not {status}", self.name, answered.document)))
    }

    pub fn since_start(&self) -> Duration {
        self.began.elapsed()
    }

    /// Nanoseconds on a processor since its start.
    pub fn cpu_ns(&self) -> u64 {
        proc::cpu_ns(self.pid)
    }

    pub fn memory(&self) -> Memory {
        proc::memory(self.pid)
    }

    pub async fn kill(mut self) {
        let _gone_already = self.child.kill().await;
    }
}

/// A request of the signed-in advisor's browser, as API Gateway hands it to a function: the function's sample with these in it.
pub fn request(bench: &Bench, name: &str, cookies: &str, body: Option<&Value>) -> Result<Value> {
    let mut event = sample(bench, name)?;
    event["headers"]["Cookie"] = json!(cookies);
    event["multiValueHeaders"]["Cookie"] = json!([cookies]);
    if let Some(body) = body {
        event["body"] = json!(body.to_string());
    }
    Ok(event)
}

/// The function's sample event.
pub fn sample(bench: &Bench, name: &str) -> Result<Value> {
    let path = bench.home.root.join(format!("infra/events/{name}.json"));
    let text = std::fs::read_to_string(&path).ok();
    let event = text.and_then(|text| serde_json::from_str(&text).ok());
    event.ok_or_else(|| Problem(format!("{} is no event.", path.display())))
}
