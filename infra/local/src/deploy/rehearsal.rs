//! A release that nobody notices: an AWS on this machine, in which the stack's functions are made as `sam deploy` makes
//! them, takes what is in target/lambda; once, once more, and back.

use fakes::world::{Home, shared_test_moto};
use serde_json::{Value, json};

use super::lambda::{Architecture, LIVE, Lambda, deployed};
use super::package::Package;
use super::release::Release;
use super::{Options, build, package, rollback};
use crate::terminal::say;
use crate::{Problem, Result, http_client, world};

/// Regions of moto know nothing of each other: each rehearsal has one.
const REGION: &str = "eu-north-1";
pub const ROLE: &str = "arn:aws:iam::123456789012:role/function";

pub async fn run(home: &Home, options: &Options) -> Result<()> {
    let architecture = if cfg!(target_arch = "aarch64") { Architecture::Arm64 } else { Architecture::X86_64 };
    if !options.no_build {
        build(home, architecture).await?;
    }
    let functions = world::functions(home, &options.only)?;
    let moto = shared_test_moto().await?.endpoint();
    let lambda = Lambda::local(&moto, REGION);
    make_ready(&moto).await?;
    make_stack(&lambda, &options.stack, &functions, architecture).await?;
    answer_next(&moto, REGION, &[json!({ "migrations": [] }), json!({ "migrations": [] })]).await?;
    for title in ["The first release", "The same again"] {
        say(format_args!("{title}:"));
        let stack = lambda.look(&options.stack, &functions).await?;
        Release { lambda: &lambda, stack, code: home.root.join("target/lambda") }.run().await?;
    }
    say("And back:");
    rollback::run(&lambda, &options.stack, &functions).await
}

/// The functions as they are after `sam deploy`: with some code, published, and `live` in front of it.
pub async fn make_stack(lambda: &Lambda, stack: &str, functions: &[String], architecture: Architecture) -> Result<()> {
    let Package { zip, .. } = package::of(b"what sam deploy has sent")?;
    let processor = match architecture {
        Architecture::Arm64 => aws_sdk_lambda::types::Architecture::Arm64,
        Architecture::X86_64 => aws_sdk_lambda::types::Architecture::X8664,
    };
    for name in functions {
        let failed = |e: String| Problem(format!("moto refused to make {name}: {e}."));
        let code = aws_sdk_lambda::types::FunctionCode::builder();
        let made = lambda
            .client
            .create_function()
            .function_name(deployed(stack, name))
            .runtime(aws_sdk_lambda::types::Runtime::Providedal2023)
            .handler("bootstrap")
            .architectures(processor.clone())
            .role(ROLE)
            .code(code.zip_file(aws_sdk_lambda::primitives::Blob::new(zip.clone())).build())
            .publish(true)
            .send()
            .await
            .map_err(|e| failed(aws_sdk_lambda::error::DisplayErrorContext(e).to_string()))?;
        let alias = lambda.client.create_alias().function_name(deployed(stack, name)).name(LIVE);
        let alias = alias.function_version(made.version().unwrap_or("1")).send().await;
        alias.map_err(|e| failed(aws_sdk_lambda::error::DisplayErrorContext(e).to_string()))?;
    }
    Ok(())
}

/// The functions' role; and moto answers calls itself, with what it is told to, instead of running the function in a
/// container. Before the functions are made: it keeps both kinds apart.
pub async fn make_ready(moto: &str) -> Result<()> {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole",
    }] });
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("Action", "CreateRole"), ("Version", "2010-05-08"), ("RoleName", "function")])
        .append_pair("AssumeRolePolicyDocument", &trust.to_string())
        .finish();
    let scope = "local/20260101/us-east-1/iam/aws4_request";
    let request = http_client::client()?
        .post(moto)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=local"))
        .body(form);
    let status = http_client::send(request).await?.status();
    // One that is there already is fine.
    if !status.is_success() && status != http::StatusCode::CONFLICT {
        return Err(Problem(format!("moto refused to make the functions' role: {status}.")));
    }
    tell(moto, "config", &json!({ "lambda": { "use_docker": false } })).await
}

/// What the next calls are answered with.
pub async fn answer_next(moto: &str, region: &str, answers: &[Value]) -> Result<()> {
    let answers: Vec<String> = answers.iter().map(Value::to_string).collect();
    tell(moto, "static/lambda-simple/response", &json!({ "region": region, "results": answers })).await
}

async fn tell(moto: &str, path: &str, what: &Value) -> Result<()> {
    let request = http_client::client()?.post(format!("{moto}/moto-api/{path}"));
    let request = request.header("content-type", "application/json").body(what.to_string());
    let status = http_client::send(request).await?.status();
    if status.is_success() { Ok(()) } else { Err(Problem(format!("moto did not take its orders: {status}."))) }
}
