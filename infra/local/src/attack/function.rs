//! One process of `webhooks-hubspot`, under the emulated Lambda runtime.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fakes::world::Home;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::clock::now;
use crate::runtime_api::{Outcome, RuntimeApi};
use crate::{Problem, Result};

pub const NAME: &str = "webhooks-hubspot";
/// HubSpot waits no longer.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// A development build is slow to load.
const START: Duration = Duration::from_secs(30);

/// How deliveries are made and where they go.
pub struct Sender {
    pub binary: PathBuf,
    pub log: PathBuf,
    /// A request as API Gateway hands it on.
    pub sample: Value,
    pub secret: String,
    /// The address that is signed.
    pub uri: String,
}

impl Sender {
    /// Builds the function.
    pub async fn prepare(home: &Home, secret: String, uri: String) -> Result<Self> {
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--quiet", "--package", "functions", "--bin", NAME]).current_dir(&home.root);
        let status = cargo.status().await.map_err(|e| Problem(format!("Could not start cargo: {e}.")))?;
        if !status.success() {
            return Err(Problem(format!("{NAME} does not build.")));
        }
        let path = home.root.join(format!("infra/events/{NAME}.json"));
        let sample = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let sample = sample.ok_or_else(|| Problem(format!("{} is no event.", path.display())))?;
        let binary = home.root.join("target/debug").join(NAME);
        Ok(Self { binary, log: home.log("attack")?, sample, secret, uri })
    }

    /// Signed just now.
    fn event(&self, body: &str) -> Value {
        let sent = now().as_millisecond().to_string();
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        let tag = hmac::sign(&key, format!("POST{}{body}{sent}", self.uri).as_bytes());
        let headers = [
            ("Content-Type", "application/json".to_owned()),
            ("X-HubSpot-Request-Timestamp", sent),
            ("X-HubSpot-Signature-v3", BASE64_STANDARD.encode(tag)),
        ];
        let mut event = self.sample.clone();
        event["headers"] = headers.iter().cloned().collect::<BTreeMap<_, _>>().into_iter().collect();
        event["multiValueHeaders"] = headers.iter().map(|(name, value)| ((*name).to_owned(), json!([value]))).collect();
        event["body"] = json!(body);
        event
    }
}

/// A process. It is killed when dropped.
pub struct Function<'a> {
    sender: &'a Sender,
    runtime: RuntimeApi,
    child: Child,
}

impl<'a> Function<'a> {
    pub async fn start(sender: &'a Sender, variables: &BTreeMap<String, String>) -> Result<Self> {
        let runtime = RuntimeApi::start(NAME, START).await?;
        let failed = |e: std::io::Error| Problem(format!("Could not start {}: {e}.", sender.binary.display()));
        let log = File::options().create(true).append(true).open(&sender.log).map_err(failed)?;
        let child = Command::new(&sender.binary)
            .envs(variables)
            .env("AWS_LAMBDA_RUNTIME_API", &runtime.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", NAME)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "local")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{NAME}"))
            .stderr(log.try_clone().map_err(failed)?)
            .stdout(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        Ok(Self { sender, runtime, child })
    }

    /// The status it answers, and after how long; nothing when no answer came before HubSpot lost its patience.
    pub async fn deliver(&self, body: &str, patience: Duration) -> Option<(u64, Duration)> {
        let begun = Instant::now();
        match self.runtime.invoke(self.sender.event(body), patience).await? {
            Outcome::Answered { document, .. } => Some((document["statusCode"].as_u64()?, begun.elapsed())),
            Outcome::Failed(_) => None,
        }
    }

    /// At once, in the middle of whatever it does.
    pub async fn kill(mut self) {
        let _gone_already = self.child.kill().await;
    }
}
