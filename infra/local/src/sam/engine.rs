//! The Docker engine that runs the containers: one that is there, or one of our own where that was asked for.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fakes::world::home::Home;
use fakes::world::process::{Signal, Supervised};

use crate::{Problem, Result};

const PATIENCE: Duration = Duration::from_secs(30);

pub struct Engine {
    /// Of our own engine.
    socket: Option<PathBuf>,
    daemon: Option<Supervised>,
}

impl Engine {
    /// The engine `docker` talks to. Nothing is started that was not asked for: an engine runs as root.
    pub async fn find(home: &Home, may_start: bool) -> Result<Self> {
        let there = Self { socket: None, daemon: None };
        match there.version() {
            Ok(_) => Ok(there),
            Err(_) if may_start => Self::start(home).await,
            Err(Problem(why)) => Err(Problem(format!(
                "No Docker engine answers ({why}). Install one (Debian: `apt install docker.io`) and start it, or let this \
                 command run one of its own, as root, until it ends: `cargo dev sam --start-engine`."
            ))),
        }
    }

    async fn start(home: &Home) -> Result<Self> {
        let folder = home.local.join("docker");
        let failed = |e: std::io::Error| Problem(format!("Could not write {}: {e}.", folder.display()));
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let socket = folder.join("engine.sock");
        let mut command = Command::new("dockerd");
        command.arg("--host").arg(format!("unix://{}", socket.display()));
        for (option, name) in [("--data-root", "data"), ("--exec-root", "run"), ("--pidfile", "engine.pid")] {
            command.arg(option).arg(folder.join(name));
        }
        let log = home.log("docker")?;
        let mut daemon = Supervised::spawn(&command, Signal::Terminate, None, &log)?;
        let started = Instant::now();
        let mut engine = Self { socket: Some(socket), daemon: None };
        loop {
            if engine.version().is_ok() {
                engine.daemon = Some(daemon);
                return Ok(engine);
            }
            let ended = daemon.exited().is_some();
            if ended || started.elapsed() > PATIENCE {
                return Err(Problem(format!(
                    "The Docker engine did not start (it has to be root's, and needs a kernel that lets it); the end of \
                     {} says:\n{}",
                    log.display(),
                    daemon.log_tail()
                )));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// `docker`, and what else talks to the engine.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some(socket) = &self.socket {
            command.env("DOCKER_HOST", format!("unix://{}", socket.display()));
        }
        command.stdin(Stdio::null());
        command
    }

    pub fn version(&self) -> Result<String> {
        self.ask(&["version", "--format", "{{.Server.Version}}"])
    }

    /// The host's address in the containers' network, or the name Docker Desktop gives the host.
    pub fn host(&self) -> Host {
        let format = "{{with index .IPAM.Config 0}}{{.Gateway}} {{.Subnet}}{{end}}";
        let bridge = self.ask(&["network", "inspect", "bridge", "--format", format]).ok();
        // In Docker Desktop the bridge is another machine's, and its own relay passes on to loopback.
        let address = bridge.as_deref().and_then(gateway);
        let ours = address.filter(|address| std::net::TcpListener::bind((*address, 0)).is_ok());
        ours.map_or(Host::Named("host.docker.internal"), Host::Bridge)
    }

    /// What `docker` says to one question.
    pub fn ask(&self, arguments: &[&str]) -> Result<String> {
        let output = self
            .command("docker")
            .args(arguments)
            .output()
            .map_err(|e| Problem(format!("`docker` does not start: {e}")))?;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(said(&output.stdout)) } else { Err(Problem(said(&output.stderr))) }
    }

    /// Stops the engine if it is our own.
    pub async fn stop(mut self) {
        if let Some(daemon) = &mut self.daemon {
            daemon.stop().await;
        }
    }
}

/// What the engine calls the gateway of its network or, where it does not say, the network's first address.
fn gateway(said: &str) -> Option<IpAddr> {
    let mut words = said.split_whitespace();
    let first = words.next()?;
    if let Ok(address) = first.parse() {
        return Some(address);
    }
    let (network, _) = words.next().unwrap_or(first).split_once('/')?;
    let [a, b, c, d] = network.parse::<Ipv4Addr>().ok()?.octets();
    Some(Ipv4Addr::new(a, b, c, d.checked_add(1)?).into())
}

/// As whom a container knows this machine.
pub enum Host {
    /// An address of this machine at which somebody has to listen.
    Bridge(IpAddr),
    Named(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bridges_address_is_what_the_engine_says_or_the_networks_first() {
        let address = |text: &str| Some(text.parse::<IpAddr>().unwrap());

        assert_eq!(gateway("172.18.0.3 172.18.0.0/16"), address("172.18.0.3"));
        assert_eq!(gateway("172.17.0.0/16"), address("172.17.0.1"));
        assert_eq!(gateway("nothing"), None);
        assert_eq!(gateway(""), None);
    }
}
