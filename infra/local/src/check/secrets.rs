//! Secrets that stand in a file: `detect-secrets` over all that git tracks. What it finds is either explained here or refused.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use fakes::world::Home;
use serde_json::Value;

use crate::terminal::complain;
use crate::{Problem, Result};

/// Not ours: bundled programs and lists of digests.
const LEFT_OUT: [&str; 3] = ["Cargo.lock", "/docs/assets/", "check/secrets.rs"];

/// What looks like a secret and is none: its SHA-1, as detect-secrets names it, and what it is. In another file or of another
/// value it would be found again.
const EXPLAINED: &[(&str, &str)] = &[
    ("5c9b6be97ef11eeb1c4faab62aed582b731f6ca8", "the hash of an action, in an example of the API's description"),
    (
        "9daa7138cc1228c1f78660b6fb9c911feea456be",
        "a made-up address in hexadecimal, in a test of the search for canaries",
    ),
    ("7edeb25dbf5304b4c9fb7e6106ce870dcd16b1f0", "a canary"),
    ("9c9fb340d5da3ddb2ef67c477a32c23a2c7ad880", "a canary"),
    ("e7f3303bbaacc22da59ee39398a20979afba4b40", "a canary"),
    ("a344b890b0dbf86ad8aa8748cc413d5a15495240", "a canary"),
    ("a4c8d0d7c5550a21d79b54efe6fe67bb71359303", "a canary"),
    ("99b468bceaeab8de840b31b4a4b898cc6388e084", "a canary"),
    ("068d234d19a1b325e6adc27fef2be07670c42cb4", "a canary"),
    ("b214f706bb602c1cc2adc5c6165e73622305f4bb", "the id of an API that does not exist, in all sample events"),
    ("086d34051b7bc7f6ca419e3eef7fdca37123be1f", "a cookie that says of itself that it is a sample"),
    ("7528029d848a2456aaed618ee5c489fe8c6def45", "a sample push in base64: Ada's address and a number"),
    ("bdac45cbda1dd35cba8882f1d74543780b110d5a", "a signature that says of itself, in base64, that it is none"),
    ("943e8eb8d86e3bb6710501f4d9f3da2f246bb48f", "the digest of a sample message"),
    ("e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4", "the word `secret`, in tests"),
    ("00643da78e44fd430b3a8e1a8257937a565df3e5", "HubSpot's own documentation: the secret of its example"),
    ("cd2386d9abc85ab84021eed3353af866a630382d", "a signature with that secret"),
    ("4e329c87792dc850f826a11b075d5175e122ce92", "a signature with that secret"),
    ("5f975b2495a485113183858f4e56be44b35b347c", "HubSpot's own documentation: a signature"),
    ("3c3b274d119ff5a5ec6c1e215c1cb794d9973ac1", "an address with the password SECRET, in attacks on links"),
    ("0008997b84a1752108378cda03255efe2ad3bc2d", "names of AWS's managed policies"),
    ("e58f7dc67295a4a46dd894d61ae4cc74e6e251ca", "a place in the template"),
    ("c20ed379221e470b9376e178e0cf2fabf91d97e9", "a place in the template"),
    ("5ffe533b830f08a0326348a9160afafc8ada44db", "the template's word that RDS makes the owner's password"),
    ("0a23a8887a8302bd205831ce7497d2ed5923dfef", "the name of what a role may do"),
    ("e61f0b82d520cbdd65897ae0d86dc5094e2f5a2d", "the name of a way to sign in to the database"),
    ("b63bf00edb07af6ffba7f7ceb7ed573a913271f7", "the name of what a role may do"),
    ("1ca44c212ca11001056046dee0d18206eac14bcb", "the name of what a role may do"),
    ("7bfab66d307c824a52622af284a0bd486d6525e3", "the name of what a role may do"),
    ("439fe7dd755065227c0bc0cb66889b52adfd82ce", "the name of what a role may do"),
    ("60edd91293aa81235b7036619affc5e29286df13", "a receipt that says of itself, in base64, that it is nobody's"),
    ("b65930c88b203176842b17b80892e3cfa7589712", "the same"),
    ("52bfbd92f9d0ac584b10e501b0de58e54162f979", "the name of a secret, in a sample event"),
];

/// Refuses what is not explained, and explanations of what is not there any more.
pub fn look(home: &Home, detect_secrets: &Path) -> Result<()> {
    let tracked = output(Command::new("git").args(["ls-files"]).current_dir(&home.root))?;
    let files: Vec<&str> = tracked.lines().filter(|file| !LEFT_OUT.iter().any(|out| file.contains(out))).collect();
    let found = output(Command::new(detect_secrets).arg("scan").args(files).current_dir(&home.root))?;
    let problems = problems(&found)?;
    for problem in &problems {
        complain(format_args!("  ✗ {problem}"));
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Problem("`secrets` failed: take the secret out of the file and out of use, or explain in infra/local/src/check/secrets.rs why it is none.".into()))
    }
}

fn problems(scan: &str) -> Result<Vec<String>> {
    let scan: Value =
        serde_json::from_str(scan).map_err(|e| Problem(format!("detect-secrets answered no JSON: {e}.")))?;
    let mut missing: BTreeSet<&str> = EXPLAINED.iter().map(|(hash, _)| *hash).collect();
    let mut problems = Vec::new();
    for (file, found) in scan["results"].as_object().into_iter().flatten() {
        for one in found.as_array().into_iter().flatten() {
            let hash = one["hashed_secret"].as_str().unwrap_or_default();
            missing.remove(hash);
            if !EXPLAINED.iter().any(|(explained, _)| *explained == hash) {
                let (line, kind) = (&one["line_number"], one["type"].as_str().unwrap_or_default());
                problems.push(format!("{file}:{line} looks like a secret ({kind}, {hash})"));
            }
        }
    }
    problems.extend(
        missing.into_iter().map(|hash| format!("nothing has the digest {hash} any more: remove its explanation")),
    );
    Ok(problems)
}

fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().display().to_string();
    let output = command.output().map_err(|e| Problem(format!("Could not start {program}: {e}.")))?;
    if !output.status.success() {
        return Err(Problem(format!("{program} failed: {}", String::from_utf8_lossy(&output.stderr))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_explained_is_named_and_so_is_what_is_explained_for_nothing() {
        let entry = |hash: &str| json!([{ "type": "AWS Access Key", "hashed_secret": hash, "line_number": 7 }]);
        let all: serde_json::Map<String, Value> =
            EXPLAINED.iter().map(|(hash, _)| ((*hash).to_owned(), entry(hash))).collect();
        let said = |results: Value| problems(&json!({ "results": results }).to_string()).unwrap();
        assert_eq!(said(Value::Object(all.clone())), Vec::<String>::new());

        let mut planted = all.clone();
        planted.insert("a.rs".into(), entry("da39a3ee"));
        assert_eq!(said(Value::Object(planted)), ["a.rs:7 looks like a secret (AWS Access Key, da39a3ee)"]);

        let mut fewer = all;
        fewer.remove(EXPLAINED[0].0);
        assert!(said(Value::Object(fewer))[0].starts_with("nothing has the digest"));
    }
}
