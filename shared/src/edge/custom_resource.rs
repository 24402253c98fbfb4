//! CloudFormation's custom resources: asked by an event, answered at an address in it. Whatever happens an answer goes there:
//! without one a deployment stands still until CloudFormation gives up.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures::FutureExt;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::App;
use crate::clients::cloudformation::{self, Answer, Status};
use crate::error::{Error, Kind, Result};

/// What is left of the function's time when the work has to be given up.
const TO_SAY_SO: Duration = Duration::from_secs(15);
/// Of a reason; the whole answer may have 4,096 bytes.
const LONGEST: usize = 1_000;

/// What CloudFormation asks.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomResource {
    request_type: RequestType,
    /// Whoever has it may answer in our place.
    #[serde(rename = "ResponseURL")]
    response_url: SecretString,
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
    physical_resource_id: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
enum RequestType {
    Create,
    Update,
    Delete,
}

impl CustomResource {
    /// The event as CloudFormation's, if it is one.
    pub fn of(event: &Value) -> Result<Option<Self>> {
        if event.get("ResponseURL").is_none() {
            return Ok(None);
        }
        let wrong = || Error::invalid("event", "is not a custom resource's.");
        serde_json::from_value(event.clone()).map(Some).map_err(|_| wrong())
    }

    /// Does the work, unless the resource is to go, and answers.
    pub async fn serve(self, app: &App, work: impl Future<Output = Result<()>>) -> Result<Value> {
        self.check_address(app.config.env.is_deployed())?;
        let outcome = match self.request_type {
            RequestType::Delete => Ok(()),
            RequestType::Create | RequestType::Update => in_time(app.http.ends(), work).await,
        };
        let reason = match &outcome {
            Ok(()) => "Done.".to_owned(),
            Err(error) => said(error),
        };
        let answer = Answer {
            status: if outcome.is_ok() { Status::Success } else { Status::Failed },
            reason: &reason,
            // One for all versions: another would have CloudFormation delete the one before.
            physical_resource_id: self.physical_resource_id.as_deref().unwrap_or(&self.logical_resource_id),
            stack_id: &self.stack_id,
            request_id: &self.request_id,
            logical_resource_id: &self.logical_resource_id,
        };
        cloudformation::answer(&app.http, self.response_url.expose_secret(), &answer).await?;

        outcome.map(|()| json!({ "answered": "SUCCESS" }))
    }

    /// An event can be made by anybody who may invoke the function; an answer goes to storage of Amazon's only.
    fn check_address(&self, deployed: bool) -> Result<()> {
        let url = Url::parse(self.response_url.expose_secret()).ok();
        let ours = url.is_some_and(|url| {
            let host = url.host_str().unwrap_or_default();
            url.scheme() == "https" && (host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn"))
        });
        if ours || !deployed { Ok(()) } else { Err(Error::invalid("ResponseURL", "is not an address of Amazon's.")) }
    }
}

/// A panic is one failure among others, and work that does not end is one, too.
async fn in_time(ends: Option<Instant>, work: impl Future<Output = Result<()>>) -> Result<()> {
    let work = AssertUnwindSafe(work).catch_unwind();
    let ended = match ends {
        Some(ends) => {
            let left = ends.saturating_duration_since(Instant::now()).saturating_sub(TO_SAY_SO);
            let late = || Error::new(Kind::Unavailable, "It took longer than the function may take.");
            tokio::time::timeout(left, work).await.map_err(|_| late())?
        }
        None => work.await,
    };
    ended.unwrap_or_else(|_| Err(Error::internal("Something went wrong on our side.")))
}

/// For the operator: the sentence, and the words that are fit for a log.
fn said(error: &Error) -> String {
    let words = error.cause_words().map(|words| format!(" ({words})")).unwrap_or_default();
    format!("{}{words}", error.detail).chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(url: &str) -> CustomResource {
        let event = json!({
            "RequestType": "Create", "ResponseURL": url, "StackId": "s", "RequestId": "r", "LogicalResourceId": "Schema",
        });
        CustomResource::of(&event).unwrap().unwrap()
    }

    #[test]
    fn deployed_an_answer_goes_to_amazon_only() {
        let storage = "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/x?Signature=y";
        assert!(asked(storage).check_address(true).is_ok());
        for elsewhere in [
            "https://example.com/",
            "http://bucket.s3.amazonaws.com/x",
            "https://amazonaws.com.example/",
            "https://xamazonaws.com/",
            "",
        ] {
            assert!(asked(elsewhere).check_address(true).is_err(), "{elsewhere}");
        }
        assert!(asked("http://127.0.0.1:9/").check_address(false).is_ok());
    }

    #[test]
    fn what_is_not_cloudformations_is_left_to_others() {
        assert!(CustomResource::of(&json!({ "action": "up" })).unwrap().is_none());
        assert!(CustomResource::of(&json!({ "ResponseURL": "https://x", "RequestType": "Dance" })).is_err());
    }
}
