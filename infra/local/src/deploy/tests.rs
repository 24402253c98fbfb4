//! Releases to stacks that moto plays.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fakes::world::{Home, install, shared_test_moto};
use serde_json::json;
use uuid::Uuid;

use super::lambda::{Architecture, LIVE, Lambda, deployed};
use super::package::{self, pack};
use super::rehearsal::{ROLE, answer_next, make_ready, make_stack};
use super::release::{Note, Release, verdict};
use super::rollback;

/// A stack in a region of its own, and the code that is to go there.
struct Rehearsal {
    moto: String,
    region: &'static str,
    lambda: Lambda,
    stack: String,
    functions: Vec<String>,
    code: PathBuf,
}

impl Rehearsal {
    async fn new(region: &'static str, functions: &[&str]) -> Self {
        let moto = shared_test_moto().await.unwrap().endpoint();
        make_ready(&moto).await.unwrap();
        let functions: Vec<String> = functions.iter().map(|name| (*name).to_owned()).collect();
        let (lambda, stack) = (Lambda::local(&moto, region), format!("stack-{}", Uuid::new_v4().simple()));
        make_stack(&lambda, &stack, &functions, Architecture::X86_64).await.unwrap();
        let code = std::env::temp_dir().join(&stack);
        for name in &functions {
            write_binary(&code, name, "first");
        }
        Self { moto, region, lambda, stack, functions, code }
    }

    async fn migrations_answer(&self, answer: serde_json::Value) {
        answer_next(&self.moto, self.region, &[answer]).await.unwrap();
    }

    async fn release(&self) -> crate::Result<Vec<String>> {
        let stack = self.lambda.look(&self.stack, &self.functions).await?;
        let mut released = Release { lambda: &self.lambda, stack, code: self.code.clone() }.run().await?;
        released.sort();
        Ok(released)
    }

    /// The version behind `live`, and whether its code is that of the binary now.
    async fn live(&self, name: &str) -> (String, bool) {
        let alias = self.lambda.client.get_alias().function_name(deployed(&self.stack, name)).name(LIVE).send().await;
        let version = alias.unwrap().function_version().unwrap().to_owned();
        let settings = self.lambda.client.get_function_configuration().function_name(deployed(&self.stack, name));
        let settings = settings.qualifier(&version).send().await.unwrap();
        let hash = pack(&self.code, name, Architecture::X86_64).unwrap().hash;
        (version, settings.code_sha256() == Some(hash.as_str()))
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        let _left_for_the_system = fs::remove_dir_all(&self.code);
    }
}

/// An ELF file for this machine's kind, with a header and nothing to run.
fn write_binary(code: &Path, name: &str, content: &str) {
    let folder = code.join(name);
    fs::create_dir_all(&folder).unwrap();
    let mut binary = vec![0; 64];
    binary[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    // Kind, processor and version; then the sizes of the header itself, of a program header and of a section header.
    for (place, value) in [(16, 2), (18, 0x3e), (20, 1), (52, 64), (54, 56), (58, 64)] {
        binary[place] = value;
    }
    binary.extend(format!("{name} {content}").bytes());
    fs::write(folder.join("bootstrap"), binary).unwrap();
}

fn now_live(version: &str) -> (String, bool) {
    (version.to_owned(), true)
}

#[tokio::test]
async fn a_release_sends_what_changed_and_can_be_taken_back() {
    let stack = Rehearsal::new("eu-west-1", &["ops-migrate", "tasks-get", "tasks-list"]).await;

    stack.migrations_answer(json!({ "migrations": [{ "version": 18 }] })).await;
    assert_eq!(stack.release().await.unwrap(), ["ops-migrate", "tasks-get", "tasks-list"]);
    for name in &stack.functions {
        assert_eq!(stack.live(name).await, now_live("2"), "{name}");
    }

    stack.migrations_answer(json!({ "migrations": [] })).await;
    assert!(stack.release().await.unwrap().is_empty(), "the same code is not sent again");

    write_binary(&stack.code, "tasks-get", "second");
    stack.migrations_answer(json!({ "migrations": [] })).await;
    assert_eq!(stack.release().await.unwrap(), ["tasks-get"]);
    assert_eq!(stack.live("tasks-get").await, now_live("3"));
    assert_eq!(stack.live("tasks-list").await, now_live("2"));

    rollback::run(&stack.lambda, &stack.stack, &stack.functions).await.unwrap();
    assert_eq!(stack.live("tasks-get").await, ("2".to_owned(), false), "what was live before");
    assert_eq!(stack.live("tasks-list").await, now_live("2"), "it was not of that release");

    stack.migrations_answer(json!({ "migrations": [] })).await;
    assert_eq!(stack.release().await.unwrap(), ["tasks-get"], "and it can be released again");
}

#[tokio::test]
async fn nothing_goes_live_when_the_migrations_fail() {
    let stack = Rehearsal::new("eu-west-2", &["ops-migrate", "tasks-get"]).await;

    stack.migrations_answer(json!({ "errorType": "Error", "errorMessage": "relation \"x\" does not exist" })).await;
    let why = stack.release().await.unwrap_err().0;

    assert!(why.contains("relation \"x\" does not exist") && why.contains("No other function was released"), "{why}");
    assert_eq!(stack.live("ops-migrate").await, now_live("2"), "the migrations are the new ones");
    assert_eq!(stack.live("tasks-get").await, ("1".to_owned(), false));

    stack.migrations_answer(json!({ "migrations": [] })).await;
    assert_eq!(stack.release().await.unwrap(), ["tasks-get"]);
}

#[tokio::test]
async fn a_release_that_stopped_goes_on_and_is_taken_back_as_one() {
    let stack = Rehearsal::new("eu-west-3", &["ops-migrate", "tasks-get"]).await;
    stack.migrations_answer(json!("nothing of the kind")).await;
    stack.release().await.unwrap_err();

    stack.migrations_answer(json!({ "migrations": [] })).await;
    stack.release().await.unwrap();
    rollback::run(&stack.lambda, &stack.stack, &stack.functions).await.unwrap();

    for name in &stack.functions {
        assert_eq!(stack.live(name).await, ("1".to_owned(), false), "{name}");
    }
}

#[tokio::test]
async fn a_function_the_stack_does_not_have_stops_everything_before_it_begins() {
    let mut stack = Rehearsal::new("ca-central-1", &["ops-migrate", "tasks-get"]).await;
    stack.functions.push("tasks-list".to_owned());
    write_binary(&stack.code, "tasks-list", "first");

    let why = stack.release().await.unwrap_err().0;

    assert!(why.contains("tasks-list") && why.contains("sam deploy"), "{why}");
    assert_eq!(stack.live("tasks-get").await, ("1".to_owned(), false));
}

/// What people type who do not have this program.
#[tokio::test]
async fn cargo_lambda_deploy_makes_releases_too() {
    const REGION: &str = "ap-south-1";
    let home = Home::find().unwrap();
    let program = tokio::task::spawn_blocking({
        let home = home.clone();
        move || install::cargo_lambda(&home, &|line| tracing::info!("{line}"))
    });
    let program = program.await.unwrap().unwrap();
    let stack = Rehearsal::new(REGION, &[]).await;
    let name = deployed(&stack.stack, "tasks-get");
    let release = |content: &'static str| {
        write_binary(&stack.code, "tasks-get", content);
        let mut command = Command::new(&program);
        command.args(["lambda", "deploy", "--binary-name", "tasks-get", "--alias", LIVE, "--role", ROLE]);
        command.arg("--lambda-dir").arg(&stack.code).args(["--endpoint-url", &stack.moto, "--region", REGION, &name]);
        command.envs([("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local"), ("AWS_REGION", REGION)]);
        command.current_dir(&home.root);
        async move {
            let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    };
    let live = async || {
        let alias = stack.lambda.client.get_alias().function_name(&name).name(LIVE).send().await.unwrap();
        let version = alias.function_version().unwrap().to_owned();
        let code = stack.lambda.client.get_function_configuration().function_name(&name).qualifier(&version);
        (version, code.send().await.unwrap().code_sha256().unwrap().to_owned())
    };

    release("first").await;
    let first = live().await;
    release("second").await;
    let second = live().await;

    assert_eq!((first.0.as_str(), second.0.as_str()), ("1", "2"));
    assert_ne!(first.1, second.1, "the code behind the alias is the new one");
    let newest = stack.lambda.client.get_function_configuration().function_name(&name).send().await.unwrap();
    assert_eq!(newest.code_sha256(), Some(second.1.as_str()));
}

#[test]
fn the_same_binary_makes_the_same_package() {
    let (one, other) = (package::of(b"binary").unwrap(), package::of(b"binary").unwrap());

    assert_eq!((one.zip, one.hash), (other.zip, other.hash.clone()));
    assert_ne!(package::of(b"another").unwrap().hash, other.hash);
}

#[test]
fn code_for_another_processor_is_not_sent() {
    let code = std::env::temp_dir().join(format!("code-{}", Uuid::new_v4().simple()));
    write_binary(&code, "tasks-get", "first");

    assert!(pack(&code, "tasks-get", Architecture::X86_64).is_ok());
    let refused = |outcome: crate::Result<package::Package>| outcome.err().map(|problem| problem.0).unwrap_or_default();
    assert!(refused(pack(&code, "tasks-get", Architecture::Arm64)).contains("--arm64"));
    assert!(refused(pack(&code, "tasks-list", Architecture::X86_64)).contains("cargo lambda build"));
    fs::remove_dir_all(code).unwrap();
}

#[test]
fn only_a_list_of_migrations_is_a_success() {
    let newest =
        br#"{"migrations":[{"version":3,"name":"a","applied":true},{"version":18,"name":"b","applied":true}]}"#;
    assert_eq!(verdict(None, newest).unwrap(), "18");
    assert_eq!(verdict(Some("Unhandled"), br#"{"errorMessage":"no database"}"#).unwrap_err(), "no database");
    assert!(verdict(Some("Unhandled"), br#"{"migrations":[]}"#).is_err());
    assert!(verdict(None, br#"{"ok":true}"#).is_err());
    assert!(verdict(None, b"").is_err());
}

#[test]
fn a_note_can_be_read_again() {
    let note = Note { release: "2026-11-26T12:00:00Z/0a1b2c3d".to_owned(), before: "7".to_owned() };

    assert_eq!(Note::read(&note.write()), Some(note));
    assert_eq!(Note::read("taken back: release 2026-11-26T12:00:00Z/0a1b2c3d"), None);
    assert_eq!(Note::read(""), None);
}
