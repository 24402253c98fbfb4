//! What Lambda is asked and told.

use std::fmt;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::client::Waiters;
use aws_sdk_lambda::config::StalledStreamProtectionConfig;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::Architecture as Processor;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use url::Url;

use super::package::Package;
use crate::{Problem, Result};

/// The alias behind which everything is called.
pub const LIVE: &str = "live";
/// Lambda lets its settings be asked and changed some fifteen times a second.
pub const AT_ONCE: usize = 8;
/// A function may work for a quarter of an hour, as ops-migrate may.
const LONGEST_CALL: Duration = Duration::from_secs(15 * 60 + 30);
const LONGEST_UPDATE: Duration = Duration::from_secs(300);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Architecture {
    X86_64,
    Arm64,
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        })
    }
}

/// The functions of a stack, as they are.
pub struct Stack {
    pub name: String,
    pub functions: Vec<Function>,
    pub architecture: Architecture,
}

#[derive(Clone, Debug)]
pub struct Function {
    /// `tasks-get`.
    pub name: String,
    /// Of what is live, or of the newest code where nothing is live yet.
    pub hash: String,
    /// What the alias points to; `None` without one.
    pub live: Option<Live>,
    processor: Option<Processor>,
}

#[derive(Clone, Debug)]
pub struct Live {
    pub version: String,
    /// The last release's note; see `release::Note`.
    pub note: String,
}

pub struct Lambda {
    pub client: Client,
}

impl Lambda {
    /// With the credentials and region of the person who runs this.
    pub async fn from_environment(endpoint: Option<&Url>) -> Result<Self> {
        let config = aws_config::defaults(BehaviorVersion::latest()).load().await;
        if config.region().is_none() {
            return Err(Problem("No region is set: give AWS_REGION, or AWS_PROFILE with one.".to_owned()));
        }
        let mut builder = Self::patient(aws_sdk_lambda::config::Builder::from(&config));
        builder.set_endpoint_url(endpoint.map(Url::to_string));
        Ok(Self { client: Client::from_conf(builder.build()) })
    }

    /// Of an AWS on this machine, which takes any credentials.
    pub fn local(endpoint: &str, region: &'static str) -> Self {
        let builder = aws_sdk_lambda::config::Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .endpoint_url(endpoint)
            .credentials_provider(aws_sdk_lambda::config::Credentials::new("local", "local", None, None, "local"));
        Self { client: Client::from_conf(Self::patient(builder).build()) }
    }

    fn patient(builder: aws_sdk_lambda::config::Builder) -> aws_sdk_lambda::config::Builder {
        builder
            .timeout_config(TimeoutConfig::builder().connect_timeout(Duration::from_secs(10)).build())
            .retry_config(RetryConfig::standard().with_max_attempts(6))
            // Nothing flows while a migration works.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
    }

    /// Looks at all functions of a stack, before anything is changed.
    pub async fn look(&self, stack: &str, names: &[String]) -> Result<Stack> {
        let looks = stream::iter(names).map(|name| self.function(stack, name));
        let functions: Vec<_> = looks.buffered(AT_ONCE).try_collect().await?;
        let is_arm = |function: &&Function| function.processor == Some(Processor::Arm64);
        let arm = functions.iter().filter(is_arm).count();
        if arm != 0 && arm != functions.len() {
            return Err(Problem(format!(
                "{stack} has {arm} functions for arm64 and {} for x86_64: bring them to one with `sam deploy`.",
                functions.len() - arm
            )));
        }
        let architecture = if arm == 0 { Architecture::X86_64 } else { Architecture::Arm64 };
        Ok(Stack { name: stack.to_owned(), functions, architecture })
    }

    async fn function(&self, stack: &str, name: &str) -> Result<Function> {
        let deployed = deployed(stack, name);
        let alias = self.client.get_alias().function_name(&deployed).name(LIVE).send().await;
        let live = match alias {
            Ok(alias) => {
                let shared = alias.routing_config().and_then(|routing| routing.additional_version_weights());
                if shared.is_some_and(|weights| !weights.is_empty()) {
                    return Err(Problem(format!(
                        "{deployed} is in the middle of a gradual deployment: wait until CodeDeploy has finished it."
                    )));
                }
                let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
                Some(Live { version: text(alias.function_version()), note: text(alias.description()) })
            }
            Err(error) if error.code() == Some("ResourceNotFoundException") => None,
            Err(error) => return Err(refused(&deployed, &error)),
        };
        let settings = self
            .client
            .get_function_configuration()
            .function_name(&deployed)
            .set_qualifier(live.as_ref().map(|live| live.version.clone()))
            .send()
            .await
            .map_err(|error| refused(&deployed, &error))?;
        Ok(Function {
            name: name.to_owned(),
            hash: settings.code_sha256().unwrap_or_default().to_owned(),
            live,
            processor: settings.architectures().first().cloned(),
        })
    }

    /// Sends the code and waits until its version can be called: the version.
    pub async fn send(&self, stack: &str, name: &str, package: &Package) -> Result<String> {
        let deployed = deployed(stack, name);
        let sent = self
            .client
            .update_function_code()
            .function_name(&deployed)
            .zip_file(Blob::new(package.zip.clone()))
            .publish(true)
            .send()
            .await
            .map_err(|error| refused(&deployed, &error))?;
        let version = sent.version().unwrap_or_default().to_owned();
        if sent.code_sha256() != Some(package.hash.as_str()) {
            return Err(Problem(format!("{deployed}: what arrived is not what was sent; run the same command again.")));
        }
        self.client
            .wait_until_published_version_active()
            .function_name(&deployed)
            .qualifier(&version)
            .wait(LONGEST_UPDATE)
            .await
            .map_err(|e| {
                Problem(format!("{deployed}: version {version} does not get ready: {}.", DisplayErrorContext(e)))
            })?;
        Ok(version)
    }

    /// Points `live` to a version, with a note.
    pub async fn point(&self, stack: &str, function: &Function, version: &str, note: &str) -> Result<()> {
        let deployed = deployed(stack, &function.name);
        if function.live.is_some() {
            let update = self.client.update_alias().function_name(&deployed).name(LIVE);
            let update = update.function_version(version).description(note).send().await;
            return update.map(drop).map_err(|error| refused(&deployed, &error));
        }
        let create = self.client.create_alias().function_name(&deployed).name(LIVE);
        let create = create.function_version(version).description(note).send().await;
        create.map(drop).map_err(|error| refused(&deployed, &error))
    }

    /// Calls what is live, once: the answer, and how it failed if it did.
    pub async fn call(&self, stack: &str, name: &str, event: &Value) -> Result<(Option<String>, Vec<u8>)> {
        let deployed = deployed(stack, name);
        let patience = TimeoutConfig::builder().operation_timeout(LONGEST_CALL).build();
        let once =
            aws_sdk_lambda::config::Builder::new().retry_config(RetryConfig::disabled()).timeout_config(patience);
        let called = self
            .client
            .invoke()
            .function_name(&deployed)
            .qualifier(LIVE)
            .payload(Blob::new(event.to_string()))
            .customize()
            .config_override(once)
            .send()
            .await
            .map_err(|error| refused(&deployed, &error))?;
        let answer = called.payload().map(|payload| payload.as_ref().to_vec()).unwrap_or_default();
        Ok((called.function_error().map(str::to_owned), answer))
    }
}

pub fn deployed(stack: &str, name: &str) -> String {
    format!("{stack}-{name}")
}

/// What Lambda did not want, and what to do.
fn refused<E>(deployed: &str, error: &E) -> Problem
where
    E: std::error::Error + ProvideErrorMetadata,
{
    let said = DisplayErrorContext(error);
    Problem(match error.code() {
        Some("ResourceNotFoundException") => {
            format!(
                "There is no function {deployed} here: `sam deploy` makes what template.yaml has; check stack and region."
            )
        }
        Some("ResourceConflictException") => {
            format!("{deployed} is being changed by somebody else: run the same command again in a minute.")
        }
        Some("AccessDeniedException" | "UnrecognizedClientException" | "ExpiredTokenException") => {
            format!("AWS does not let these credentials do that to {deployed}: {said}.")
        }
        _ => format!("Lambda refused something about {deployed}: {said}."),
    })
}
