//! What AWS's clients are made of, put together when the first of them is needed: many functions answer without any, and to read
//! the machine's certificates takes longer than all else a function does at its start.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use tokio::sync::OnceCell;

use crate::config::Config;

pub struct Aws {
    region: String,
    /// Whatever stands in for AWS.
    endpoint: Option<String>,
    sdk: OnceCell<SdkConfig>,
}

impl Aws {
    pub fn new(config: &Config) -> Self {
        let (region, endpoint) = (config.aws_region.clone(), config.aws_endpoint_url.clone());
        Self { region, endpoint, sdk: OnceCell::new() }
    }

    pub async fn sdk(&self) -> &SdkConfig {
        self.sdk.get_or_init(|| self.load()).await
    }

    /// By hand, so that a stand-in's address is honoured and nothing is looked up that Lambda does not need.
    async fn load(&self) -> SdkConfig {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            // Secrets Manager, at a cold start. Left to itself, the SDK waits for ever.
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(2))
                    .operation_attempt_timeout(Duration::from_secs(3))
                    .operation_timeout(Duration::from_secs(5))
                    .build(),
            )
            .retry_config(RetryConfig::standard().with_max_attempts(2))
            .app_name(AppName::new("financial-advisor").unwrap_or_else(|_| unreachable!("the name is valid")));
        if let Some(url) = &self.endpoint {
            // Whatever stands in for AWS does not look at who signs.
            let nobody = aws_sdk_sqs::config::Credentials::new("local", "local", None, None, "local");
            loader = loader.endpoint_url(url).credentials_provider(nobody);
        }
        loader.load().await
    }
}
