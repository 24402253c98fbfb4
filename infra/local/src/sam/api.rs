//! `sam local start-api`, and some calls through it.

use std::time::{Duration, Instant};

use fakes::world::free_port;
use fakes::world::process::{Signal, Supervised};

use super::Sam;
use crate::terminal::say;
use crate::{Problem, Result, http_client};

const PATIENCE: Duration = Duration::from_secs(90);
/// Where a frontend under development is; preflights ask for it.
const ORIGIN: &str = "http://localhost:5173";
/// One of each kind: open, with the database, a page, with a parameter, for a session, written to, and one nobody has.
const CALLS: &[(&str, &str, u16)] = &[
    ("GET", "/health", 200),
    ("GET", "/ready", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/console", 200),
    ("GET", "/api/tasks", 401),
    ("GET", "/api/tasks/0199b0c4-7d5e-7000-8000-000000000001", 401),
    ("OPTIONS", "/api/tasks", 200),
    ("GET", "/nowhere", 404),
];

impl Sam {
    pub(super) async fn call_api(&self) -> Result<()> {
        let port = free_port()?;
        let mut command = self.command();
        command.args(["local", "start-api", "--warm-containers", "LAZY", "--port", &port.to_string()]);
        let mut server = Supervised::spawn(&command, Signal::Terminate, None, &self.home.log("sam")?)?;
        let outcome = self.call_through(port, &mut server).await;
        server.stop().await;
        outcome
    }

    async fn call_through(&self, port: u16, server: &mut Supervised) -> Result<()> {
        let started = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if server.exited().is_some() || started.elapsed() > PATIENCE {
                return Err(Problem(format!("did not start:\n{}", server.log_tail())));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let client = http_client::client()?;
        for (method, path, expected) in CALLS {
            let method = method.parse().map_err(|_| Problem(format!("{method} is no method")))?;
            let began = Instant::now();
            let request = client.request(method, format!("http://127.0.0.1:{port}{path}")).timeout(PATIENCE);
            let request = request.header("origin", ORIGIN).header("access-control-request-method", "GET");
            let response = http_client::send(request).await?;
            let status = response.status().as_u16();
            if status != *expected {
                let body = response.text().await.unwrap_or_default();
                return Err(Problem(format!("{path} answered {status}, not {expected}: {body}")));
            }
            let seconds = began.elapsed().as_secs_f64();
            say(format_args!("  ✓ start-api: {path:<56} answered {status:<17} {seconds:>5.1} s"));
        }
        Ok(())
    }
}
