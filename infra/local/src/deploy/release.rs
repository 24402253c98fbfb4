//! One release: what changed is found, the migrations run, and then function by function goes live.

use std::path::PathBuf;

use aws_lc_rs::digest::{Context, SHA256};
use futures::{StreamExt, stream};
use jiff::Unit;
use serde_json::{Value, json};

use super::lambda::{AT_ONCE, Function, Lambda, Stack};
use super::package::{self, Package};
use crate::clock::now;
use crate::terminal::{say, step};
use crate::{Problem, Result};

const MIGRATE: &str = "ops-migrate";

pub struct Release<'a> {
    pub lambda: &'a Lambda,
    pub stack: Stack,
    /// The folder with `<function>/bootstrap`.
    pub code: PathBuf,
}

/// What is written beside the alias, so that a release can be taken back by anybody, from anywhere.
#[derive(Debug, PartialEq, Eq)]
pub struct Note {
    pub release: String,
    /// The version that was live before it.
    pub before: String,
}

impl Note {
    pub fn write(&self) -> String {
        format!("release {} after version {}", self.release, self.before)
    }

    pub fn read(text: &str) -> Option<Self> {
        let (release, before) = text.strip_prefix("release ")?.split_once(" after version ")?;
        Some(Self { release: release.to_owned(), before: before.to_owned() })
    }
}

impl Release<'_> {
    /// The names of the functions that went live.
    pub async fn run(self) -> Result<Vec<String>> {
        let (changed, id) = step("Packages", async {
            let (changed, content) = self.changed().await?;
            let detail =
                format!("{} changed, {} as they are", changed.len(), self.stack.functions.len() - changed.len());
            Ok(((changed, self.id(&content)), detail))
        })
        .await?;
        let (first, then): (Vec<_>, Vec<_>) = changed.into_iter().partition(|function| function.name == MIGRATE);

        let mut live = Vec::new();
        if self.stack.functions.iter().any(|function| function.name == MIGRATE) {
            for function in &first {
                live.push(self.put_live(function, &id).await?.0);
            }
            self.migrate().await?;
        }
        let total = then.len();
        let releases = stream::iter(&then).map(|function| self.put_live(function, &id));
        let mut releases = std::pin::pin!(releases.buffer_unordered(AT_ONCE));
        let mut failure = None;
        while let Some(outcome) = releases.next().await {
            match outcome {
                Ok((name, said)) => {
                    live.push(name);
                    say(format_args!("  ✓ {:>3}/{total} {said}", live.len() - first.len()));
                }
                Err(problem) => {
                    failure = Some(problem);
                    break;
                }
            }
        }
        let back = format!("cargo dev deploy {} --rollback", self.stack.name);
        match failure {
            Some(Problem(why)) => Err(Problem(format!(
                "{why}\nStopped; {} functions are released. The same command goes on where this one stopped, \
                 `{back}` takes all of it back.",
                live.len()
            ))),
            None if live.is_empty() => {
                say("Nothing to release: all of it is live.");
                Ok(live)
            }
            None => {
                say(format_args!("Released {} functions as {id}. Take it back: {back}", live.len()));
                Ok(live)
            }
        }
    }

    /// Those whose code is not what is live, and what the whole release consists of in a few letters.
    async fn changed(&self) -> Result<(Vec<Function>, String)> {
        let (mut changed, mut content) = (Vec::new(), Context::new(&SHA256));
        let pack = |function: Function| async {
            let package = self.pack(function.name.clone()).await?;
            Ok::<_, Problem>((function, package.hash))
        };
        let mut packed = std::pin::pin!(stream::iter(self.stack.functions.clone()).map(pack).buffered(2));
        while let Some(outcome) = packed.next().await {
            let (function, hash) = outcome?;
            content.update(hash.as_bytes());
            changed.extend((function.live.is_none() || function.hash != hash).then_some(function));
        }
        let content: String = content.finish().as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Ok((changed, content))
    }

    /// When it began and what it consists of. One that was broken off goes on under its name, and so is taken back whole.
    fn id(&self, content: &str) -> String {
        let lives = self.stack.functions.iter().filter_map(|function| function.live.as_ref());
        let newest = lives.filter_map(|live| Note::read(&live.note)).map(|note| note.release).max();
        newest.filter(|release| release.ends_with(&format!("/{content}"))).unwrap_or_else(|| {
            let began = now().round(Unit::Second).unwrap_or_else(|_| now());
            format!("{began}/{content}")
        })
    }

    /// Packed again when it is sent: all at once would take some hundred megabytes.
    async fn pack(&self, name: String) -> Result<Package> {
        let (code, architecture) = (self.code.clone(), self.stack.architecture);
        let work = tokio::task::spawn_blocking(move || package::pack(&code, &name, architecture));
        work.await.map_err(|e| Problem(format!("Packing broke off: {e}.")))?
    }

    async fn put_live(&self, function: &Function, id: &str) -> Result<(String, String)> {
        let (stack, name) = (&self.stack.name, &function.name);
        let package = self.pack(name.clone()).await?;
        let version = self.lambda.send(stack, name, &package).await?;
        let before = function.live.as_ref().map_or("none", |live| &live.version);
        let note = Note { release: id.to_owned(), before: before.to_owned() };
        self.lambda.point(stack, function, &version, &note.write()).await?;
        Ok((name.clone(), format!("{name:<30} version {version}, before it {before}")))
    }

    /// The schema first: new code may need it, and old code gets along with it (migrations/README.md).
    async fn migrate(&self) -> Result<()> {
        step("Migrations", async {
            let (error, answer) = self.lambda.call(&self.stack.name, MIGRATE, &json!({ "action": "up" })).await?;
            let applied = verdict(error.as_deref(), &answer).map_err(|why| {
                Problem(format!(
                    "The migrations failed: {why}. No other function was released; they go on with the code they have. \
                     The log of {}-{MIGRATE} has the rest; mend the migration and run the same command again.",
                    self.stack.name
                ))
            })?;
            Ok(((), format!("the schema is at migration {applied}")))
        })
        .await
    }
}

/// The newest migration, or why not. Only a list of migrations is a success.
pub fn verdict(error: Option<&str>, answer: &[u8]) -> std::result::Result<String, String> {
    let said: Value = serde_json::from_slice(answer).unwrap_or_default();
    let message = said["errorMessage"].as_str().map(str::to_owned);
    match (error, said["migrations"].as_array()) {
        (None, Some(steps)) => {
            let newest = steps.iter().filter_map(|step| step["version"].as_i64()).max();
            Ok(newest.map_or_else(|| "0".to_owned(), |version| version.to_string()))
        }
        (Some(kind), _) => Err(message.unwrap_or_else(|| format!("the function ended with {kind}"))),
        (None, None) => Err(message.unwrap_or_else(|| "ops-migrate answered something else".to_owned())),
    }
}
