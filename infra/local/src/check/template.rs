//! What is deployed, looked at by AWS's own tools and by a scanner.

use std::path::PathBuf;
use std::process::Command;

use fakes::world::Home;

use super::{Check, Tools};

/// How many resources a stack may have: CloudFormation's 500, less room for fifteen functions.
const MOST: &str = "425";
/// Runs SAM's transform as CloudFormation does.
const TRANSFORM: &str = include_str!("transform.py");

pub(super) fn checks(home: &Home, tools: &Tools) -> [Check; 4] {
    let sams = |name: &str| {
        let mut command = Command::new(tools.sam.with_file_name(name));
        // It wants a region, and calls nobody there.
        command.env("AWS_DEFAULT_REGION", "us-east-1").env("SAM_CLI_TELEMETRY", "0");
        command
    };
    let mut lint = Command::new(&tools.linter);
    lint.args(templates(home));
    let mut validate = sams("sam");
    validate.args(["validate", "--lint", "--template-file", "template.yaml"]);
    // How many resources CloudFormation will see, which a test in Rust only estimates.
    let mut transform = sams("python");
    transform.args(["-c", TRANSFORM, MOST]).args(templates(home));
    // What is excused, and why, stands in `.checkov.yaml` and beside the resources.
    let mut scan = Command::new(&tools.checkov);
    scan.args(["--config-file", ".checkov.yaml"]).env("LOG_LEVEL", "ERROR");

    [
        Check { name: "cfn-lint", command: lint, advice: "correct the template where it points." },
        Check { name: "sam validate --lint", command: validate, advice: "correct template.yaml where it points." },
        Check {
            name: "SAM's transform",
            command: transform,
            advice: "correct what SAM refuses; where there are too many resources, move some into a stack of their own.",
        },
        Check {
            name: "checkov",
            command: scan,
            advice: "correct what it names, or excuse it where it stands (Metadata, checkov) with the reason.",
        },
    ]
}

/// `template.yaml` and the nested stacks.
pub fn templates(home: &Home) -> Vec<PathBuf> {
    let nested = std::fs::read_dir(home.root.join("infra/aws")).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> =
        nested.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "yaml")).collect();
    files.push(home.root.join("template.yaml"));
    files
}
