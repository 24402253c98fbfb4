//! One function as a process of its own, under the emulated Lambda runtime: it can be killed, stopped and resumed.

use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::sync::watch;

use super::options::Options;
use super::world::World;
use crate::runtime_api::{Outcome, RuntimeApi};
use crate::{Problem, Result};

/// Of a thousand writes, how many find their worker standing still just before it begins them, and as many just after: what no
/// signal from outside hits often enough. It keeps a worker busy for minutes where leases are long, and where a guard is missing
/// few tasks have to be enough.
fn stands_still(options: &Options) -> u16 {
    match (options.without, options.scale > 0.5) {
        (Some(_), _) => 100,
        (None, true) => 3,
        (None, false) => 15,
    }
}

/// Dropping it kills it.
pub struct Process {
    pid: u32,
    runtime: RuntimeApi,
    /// Milliseconds by which its clock is wrong.
    clock: PathBuf,
    gone: watch::Receiver<bool>,
    kill: watch::Sender<bool>,
    /// Nobody waits for its answers any more.
    left: watch::Sender<bool>,
}

impl Process {
    /// `timeout` is how long it is told it has for an event, and has.
    pub async fn spawn(world: &World, binary: &str, timeout: Duration) -> Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let runtime = RuntimeApi::start(binary, timeout).await?;
        let folder = world.binaries.folder.join("clocks");
        let failed = |e: std::io::Error| Problem(format!("Could not start {binary}: {e}."));
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let clock = folder.join(number.to_string());
        let log = File::options().create(true).append(true).open(world.binaries.log()).map_err(failed)?;

        let mut command = Command::new(world.binaries.folder.join(binary));
        command
            .envs(&world.variables)
            .env("AWS_LAMBDA_RUNTIME_API", &runtime.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", binary)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "local")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{binary}"))
            .env("CHAOS_SCALE", world.options.scale.to_string())
            .env("CHAOS_CLOCK", &clock)
            .env("CHAOS_STAND_STILL", stands_still(&world.options).to_string())
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log)
            // A Ctrl-C at the terminal is ours alone.
            .process_group(0)
            .kill_on_drop(true);
        if let Some(guard) = world.options.without {
            command.env("CHAOS_WITHOUT", guard.name());
        }
        let mut child = command.spawn().map_err(failed)?;
        let pid = child.id().unwrap_or_default();
        let (kill, mut killed) = watch::channel(false);
        let (ended, gone) = watch::channel(false);
        let file = clock.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = child.wait() => {}
                // Also when whoever could ask for it is gone.
                () = asked(&mut killed) => { let _ended_before = child.kill().await; }
            }
            ended.send_replace(true);
            let _never_moved = std::fs::remove_file(file);
        });
        Ok(Self { pid, runtime, clock, gone, kill, left: watch::channel(false).0 })
    }

    /// What it makes of an event; `None` when it died over it, took too long or was left alone with it.
    pub async fn invoke(&self, event: Value, patience: Duration) -> Option<Outcome> {
        tokio::select! {
            outcome = self.runtime.invoke(event, patience) => outcome,
            () = self.gone() => None,
            () = self.left() => None,
        }
    }

    async fn left(&self) {
        asked(&mut self.left.subscribe()).await;
    }

    /// Whoever waits for it is told that it is gone, and it goes on by itself.
    pub fn leave(&self) {
        self.left.send_replace(true);
    }

    async fn gone(&self) {
        asked(&mut self.gone.clone()).await;
    }

    pub fn is_gone(&self) -> bool {
        *self.gone.borrow()
    }

    pub fn is_idle(&self) -> bool {
        self.runtime.is_idle()
    }

    /// SIGKILL.
    pub fn kill(&self) {
        self.kill.send_replace(true);
    }

    /// `STOP` or `CONT`.
    pub async fn signal(&self, name: &str) {
        if !self.is_gone() {
            let _gone =
                Command::new("kill").args(["-s", name, &self.pid.to_string()]).stderr(Stdio::null()).status().await;
        }
    }

    /// From now on its clock is wrong by so much.
    pub fn move_clock(&self, milliseconds: i64) {
        let _kept_right = std::fs::write(&self.clock, milliseconds.to_string());
    }
}

/// Until it is so, or nobody can say so any more.
async fn asked(whether: &mut watch::Receiver<bool>) {
    let _nobody_left = whether.wait_for(|yes| *yes).await;
}
