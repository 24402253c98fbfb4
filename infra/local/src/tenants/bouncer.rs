//! PgBouncer between the product and Postgres, as it pools by transaction: what one transaction leaves behind on the session,
//! somebody else's transaction finds.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use fakes::world::process::{Signal, Supervised};
use fakes::world::{Cluster, Home, free_port};
use tokio::net::TcpStream;

use crate::up::variables::APP_ROLE;
use crate::{Problem, Result};

const PATIENCE: Duration = Duration::from_secs(20);
/// From here on it knows which session has which prepared statement.
const KNOWS_STATEMENTS: (u32, u32) = (1, 21);

/// A running pooler. It stops when dropped.
pub struct Bouncer {
    pub port: u16,
    pub version: String,
    /// Sessions with Postgres, which all clients share.
    pub sessions: u32,
    server: Supervised,
    folder: PathBuf,
}

impl Bouncer {
    pub async fn start(home: &Home, cluster: &Cluster, password: &str) -> Result<Self> {
        let program = find()?;
        let version = version(&program)?;
        // An older one mixes up prepared statements as soon as there are two sessions: with one, all are where they were made.
        // It is also the sharpest test: every transaction comes after somebody else's.
        let knows = parsed(&version).is_some_and(|version| version >= KNOWS_STATEMENTS);
        let sessions = if knows { 2 } else { 1 };
        let port = free_port()?;

        let folder = home.database.join(format!("bouncer-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|e| failed(&folder, &e))?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).map_err(|e| failed(&folder, &e))?;
        let users = folder.join("users.txt");
        let statements = if knows { "max_prepared_statements = 1000\n" } else { "" };
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\npool_mode = transaction\n\
             default_pool_size = {sessions}\nmax_client_conn = 200\nserver_lifetime = 86400\nserver_idle_timeout = 0\n\
             log_connections = 0\nlog_disconnections = 0\nlog_stats = 0\n{statements}",
            cluster.port,
            users.display()
        );
        let file = folder.join("pgbouncer.ini");
        fs::write(&file, settings).map_err(|e| failed(&file, &e))?;
        fs::write(&users, format!("\"{APP_ROLE}\" \"{password}\"\n")).map_err(|e| failed(&users, &e))?;
        // It refuses to run as root, as Postgres does.
        for path in [&folder, &file, &users] {
            home.give_to_postgres(path)?;
        }

        let mut command = Command::new(program);
        command.arg(&file).current_dir(&folder);
        let log = home.log("pgbouncer")?;
        let server = Supervised::spawn(&command, Signal::Terminate, home.postgres_account, &log)?;
        let mut bouncer = Self { port, version, sessions, server, folder };
        bouncer.wait_until_ready().await?;
        Ok(bouncer)
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            if self.server.exited().is_some() || started.elapsed() > PATIENCE {
                return Err(Problem(format!("PgBouncer did not start; its log says:\n{}", self.server.log_tail())));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    pub async fn stop(&mut self) {
        self.server.stop().await;
        let _gone = fs::remove_dir_all(&self.folder);
    }
}

/// On the path, or where Debian puts it.
fn find() -> Result<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "where programs are is the machine's business, not the product's")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")]);
    let found = folders.map(|folder| folder.join("pgbouncer")).find(|program| program.is_file());
    found.ok_or_else(|| Problem("There is no PgBouncer here: install it (Debian: `apt install pgbouncer`).".to_owned()))
}

/// Such as `1.18.0`.
fn version(program: &Path) -> Result<String> {
    let output = Command::new(program).arg("--version").output();
    let output = output.map_err(|e| Problem(format!("Could not start {}: {e}.", program.display())))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.lines().next().and_then(|line| line.strip_prefix("PgBouncer "));
    version.map(str::to_owned).ok_or_else(|| Problem(format!("{} does not say its version: {text}", program.display())))
}

fn parsed(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

fn failed(path: &Path, error: &std::io::Error) -> Problem {
    Problem(format!("Could not write {}: {error}.", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(parsed("1.9.0") < Some(KNOWS_STATEMENTS) && parsed("1.24.1") > Some(KNOWS_STATEMENTS));
        assert_eq!(parsed("none"), None);
    }
}
