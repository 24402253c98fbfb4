//! One `sam local invoke`, exactly as it is typed.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use super::Sam;
use super::template::Function;
use crate::answers::Expected;
use crate::{Problem, Result};

/// SAM's own start and the container's, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);
/// Between the metadata of a streamed answer and its body.
const PRELUDE_END: &str = "\0\0\0\0\0\0\0\0";

impl Sam {
    /// SAM, with this engine and without anybody's credentials: with some it asks AWS first.
    pub(super) fn command(&self) -> std::process::Command {
        let mut command = self.engine.command(&self.program);
        command.current_dir(&self.home.root);
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"] {
            command.env_remove(name);
        }
        command.envs([("AWS_DEFAULT_REGION", "us-east-1"), ("SAM_CLI_TELEMETRY", "0")]);
        command
    }

    /// What the function answers to its sample event, if that is what it should.
    pub(super) async fn invoke(&self, function: &Function, expected: &Expected) -> Result<String> {
        let log = self.home.log("sam")?;
        let log = std::fs::File::options().create(true).append(true).open(&log);
        let log = log.map_err(|e| Problem(format!("Could not write .local/logs/sam.log: {e}.")))?;
        let event = format!("infra/events/{}.json", function.binary);
        let mut command = Command::from(self.command());
        command.args(["local", "invoke", &function.resource, "-e", &event]);
        command.stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output()).await;
        let output = output.map_err(|_| Problem(format!("no answer within {} s", PATIENCE.as_secs())))?;
        let output = output.map_err(|e| Problem(format!("SAM does not start: {e}")))?;
        if !output.status.success() {
            return Err(Problem(format!("SAM ended with {}", output.status)));
        }
        let (document, streamed) = answer(&String::from_utf8_lossy(&output.stdout))?;
        expected.compare(&function.binary, &document, streamed)
    }
}

/// SAM's emulator hands a streamed answer out as one piece.
fn answer(said: &str) -> Result<(Value, Option<usize>)> {
    let (document, body) = match said.split_once(PRELUDE_END) {
        Some((prelude, body)) => (prelude, Some(body.trim_end().len())),
        None => (said, None),
    };
    let shown: String = document.chars().take(200).collect();
    let document = serde_json::from_str(document.trim());
    document.map(|document| (document, body)).map_err(|_| Problem(format!("answered what is not JSON: {shown}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_whole_or_metadata_and_a_body() {
        assert_eq!(answer("{\"statusCode\":200}\n").unwrap(), (json!({"statusCode": 200}), None));
        let streamed = format!("{{\"statusCode\":401}}{PRELUDE_END}data: x\n");
        assert_eq!(answer(&streamed).unwrap(), (json!({"statusCode": 401}), Some(7)));
        assert!(answer("").is_err() && answer("Traceback").is_err());
    }
}
