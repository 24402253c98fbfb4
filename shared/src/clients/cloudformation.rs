//! CloudFormation: the answer of a custom resource, put where CloudFormation waits for it.

use reqwest::Method;
use serde::Serialize;

use super::http::Client;
use crate::error::Result;

/// What became of what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    Success,
    Failed,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Answer<'a> {
    pub status: Status,
    /// A sentence for the operator; CloudFormation shows it beside the resource.
    pub reason: &'a str,
    pub physical_resource_id: &'a str,
    pub stack_id: &'a str,
    pub request_id: &'a str,
    pub logical_resource_id: &'a str,
}

/// The address is signed for a request that says nothing about the kind of its body.
pub async fn answer(http: &Client, url: &str, answer: &Answer<'_>) -> Result<()> {
    let body = serde_json::to_vec(answer)?;
    http.request(Method::PUT, url).bytes(body).retrying().send_empty("cloudformation.answer").await
}
