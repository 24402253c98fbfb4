//! moto's server: SQS and Secrets Manager (and what else of AWS it knows) on 127.0.0.1, kept in memory.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;

use super::home::Home;
use super::install::{self, Installed};
use super::process::{Signal, Supervised};
use super::{Problem, Result, free_port, port, port_owner_message};

const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. It stops when dropped, and forgets everything.
#[derive(Debug)]
pub struct Moto {
    pub port: u16,
    server: Supervised,
}

impl Moto {
    /// Starts the server on `port`, or on a free one, and waits until it answers.
    pub async fn start(installed: &Installed, port: Option<u16>, log: &Path) -> Result<Self> {
        let port = match port {
            Some(port) if port::is_free(port) => port,
            Some(port) => return Err(Problem(port_owner_message(port))),
            None => free_port()?,
        };
        let mut command = Command::new(&installed.python);
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
        let mut moto = Self { port, server: Supervised::spawn(&command, Signal::Terminate, None, log)? };
        moto.wait_until_ready().await?;
        Ok(moto)
    }

    /// `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL`. Any credentials will do.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub async fn stop(&mut self) {
        self.server.stop().await;
    }

    /// Whether the server has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.server.exited().is_some()
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let started = Instant::now();
        while !answers(self.port).await {
            if self.server.exited().is_some() {
                return Err(Problem(format!("moto ended right away; its log says:\n{}", self.server.log_tail())));
            }
            if started.elapsed() > PATIENCE {
                return Err(Problem(format!(
                    "moto did not answer within a minute; its log says:\n{}",
                    self.server.log_tail()
                )));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

async fn answers(port: u16) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(b"GET /moto-api/ HTTP/1.0\r\nHost: localhost\r\n\r\n").await?;
        let mut start = [0; 12];
        stream.read_exact(&mut start).await?;
        std::io::Result::Ok(start.ends_with(b" 200"))
    };
    tokio::time::timeout(Duration::from_secs(2), ask).await.is_ok_and(|answer| answer.unwrap_or(false))
}

/// The server of this test process, on a free port: started when first asked for, gone with the process.
pub async fn shared_test_moto() -> Result<&'static Moto> {
    static MOTO: OnceCell<Moto> = OnceCell::const_new();
    MOTO.get_or_try_init(|| async {
        let home = Home::find()?;
        let installed = install::world(&home, &|line| tracing::info!("{line}"))?;
        let log: PathBuf = home.log("test-moto")?;
        Moto::start(&installed, None, &log).await
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_shared_server_answers_everybody_on_one_port() {
        let (one, other) = tokio::join!(shared_test_moto(), shared_test_moto());

        assert_eq!(one.unwrap().endpoint(), other.unwrap().endpoint());
        assert!(answers(shared_test_moto().await.unwrap().port).await);
    }
}
