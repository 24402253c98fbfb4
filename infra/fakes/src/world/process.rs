//! Children that stop when we stop, also when we are killed.
//!
//! Each child runs beside a small shell that holds the other end of a pipe of ours. However this process ends, the
//! kernel closes the pipe, and the shell passes the child its signal. The child has a process group of its own, so a
//! Ctrl-C at the terminal reaches only us and the order of stopping stays ours.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::home::Account;
use super::{Problem, Result, file_problem};

/// `$0` is the signal. The watcher gives the child ten seconds before it kills it.
const SHELL: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
{
    read -r closed <&3
    kill -s "$0" "$child"
    for second in 1 2 3 4 5 6 7 8 9 10; do sleep 1; kill -0 "$child" || exit 0; done
    kill -s KILL "$child"
} 2>/dev/null &
watcher=$!
wait "$child"
status=$?
kill "$watcher" 2>/dev/null
exit "$status"
"#;

const POLL: Duration = Duration::from_millis(20);

/// How a child is asked to end.
#[derive(Clone, Copy, Debug)]
pub enum Signal {
    /// Postgres's fast shutdown.
    Interrupt,
    Terminate,
}

/// A running child. Dropping it lets it stop by itself; [`Supervised::stop`] also waits.
#[derive(Debug)]
pub struct Supervised {
    shell: Child,
    lifeline: Option<ChildStdin>,
    log: PathBuf,
}

impl Supervised {
    /// Starts `command` (its program, arguments, environment and folder) with its output appended to `log`.
    pub fn spawn(command: &Command, signal: Signal, account: Option<Account>, log: &Path) -> Result<Self> {
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .and_then(|file| file.try_clone().map(|second| (file, second)))
            .map_err(|e| file_problem("write", log, &e))?;

        let mut shell = Command::new("sh");
        shell.arg("-c").arg(SHELL).arg(match signal {
            Signal::Interrupt => "INT",
            Signal::Terminate => "TERM",
        });
        shell.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            shell.current_dir(folder);
        }
        if let Some(Account { uid, gid }) = account {
            shell.uid(uid).gid(gid);
        }
        shell.process_group(0).stdin(Stdio::piped()).stdout(output.0).stderr(output.1);

        let mut shell =
            shell.spawn().map_err(|e| Problem(format!("Could not start {}: {e}.", command.get_program().display())))?;
        let lifeline = shell.stdin.take();
        Ok(Self { shell, lifeline, log: log.to_owned() })
    }

    /// Runs `command` to its end. Blocks.
    pub fn run(command: &Command, account: Option<Account>, log: &Path) -> Result<ExitStatus> {
        let mut child = Self::spawn(command, Signal::Terminate, account, log)?;
        // `Child::wait` would close the pipe, and so end the child.
        loop {
            if let Some(status) = child.exited() {
                return Ok(status);
            }
            std::thread::sleep(POLL);
        }
    }

    /// How the child ended, if it has.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.shell.try_wait().ok().flatten()
    }

    /// The process group of the child and its shell.
    pub fn group(&self) -> u32 {
        self.shell.id()
    }

    /// The end of what the child wrote, for an error message.
    pub fn log_tail(&self) -> String {
        tail(&self.log)
    }

    /// Asks the child to end and waits until it has: up to ten seconds by itself, then by force.
    pub async fn stop(&mut self) {
        drop(self.lifeline.take());
        while self.exited().is_none() {
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // Collects the shell if it has ended already; otherwise it is adopted and collected by the system.
        let _ended = self.exited();
    }
}

/// The last lines of a log.
pub fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(6)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn folder() -> PathBuf {
        let folder = std::env::temp_dir().join(format!("supervised-{}", uuid::Uuid::new_v4().simple()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn is_alive(pid: &str) -> bool {
        Command::new("kill").args(["-0", pid]).stderr(Stdio::null()).status().unwrap().success()
    }

    async fn pid_in(file: &Path) -> String {
        let started = Instant::now();
        loop {
            match fs::read_to_string(file) {
                Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
                _ => assert!(started.elapsed() < Duration::from_secs(10), "the child never started"),
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn sleeper(pid_file: &Path) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("echo $$ > {}; exec sleep 300", pid_file.display()));
        command
    }

    #[tokio::test]
    async fn stop_waits_until_the_child_is_gone() {
        let folder = folder();
        let mut child =
            Supervised::spawn(&sleeper(&folder.join("pid")), Signal::Terminate, None, &folder.join("log")).unwrap();
        let pid = pid_in(&folder.join("pid")).await;
        assert!(is_alive(&pid));

        child.stop().await;

        assert!(!is_alive(&pid));
        fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn a_child_outlives_neither_its_handle_nor_a_killed_parent() {
        let folder = folder();
        let child =
            Supervised::spawn(&sleeper(&folder.join("pid")), Signal::Terminate, None, &folder.join("log")).unwrap();
        let pid = pid_in(&folder.join("pid")).await;

        // What the kernel does to the pipe when the parent is killed.
        drop(child);

        let started = Instant::now();
        while is_alive(&pid) {
            assert!(started.elapsed() < Duration::from_secs(10), "the child is still there");
            tokio::time::sleep(POLL).await;
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_exit_status_and_the_output_are_the_childs() {
        let folder = folder();
        let mut command = Command::new("sh");
        command.args(["-c", "echo said; echo more >&2; exit 7"]);

        let status = Supervised::run(&command, None, &folder.join("log")).unwrap();

        assert_eq!(status.code(), Some(7));
        assert_eq!(tail(&folder.join("log")), "said\nmore");
        fs::remove_dir_all(folder).unwrap();
    }
}
