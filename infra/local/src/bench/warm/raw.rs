//! What a function has said to Postgres for one request, said again by a client that does nothing else: the same messages, byte by
//! byte, waited for as often. No function that asks for the same can be faster.

use std::time::{Duration, Instant};

use bytes::BytesMut;
use postgres_protocol::authentication::sasl::{ChannelBinding, ScramSha256};
use postgres_protocol::message::{backend, frontend};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_postgres::fallible_iterator::FallibleIterator;

use crate::bench::relay::Flight;
use crate::{Problem, Result};

/// A connection with everything prepared that the recording needs.
pub struct Raw {
    stream: TcpStream,
    read: BytesMut,
    flights: Vec<Flight>,
}

/// As whom, and where.
pub struct Login<'a> {
    pub port: u16,
    pub role: &'a str,
    pub password: &'a str,
    pub database: &'a str,
}

impl Raw {
    /// With these `Parse` messages said already.
    pub async fn connect(login: &Login<'_>, prepared: &[Vec<u8>], flights: Vec<Flight>) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", login.port)).await.map_err(|e| broken(&e))?;
        stream.set_nodelay(true).map_err(|e| broken(&e))?;
        let mut raw = Self { stream, read: BytesMut::new(), flights };
        raw.log_in(login.role, login.password, login.database).await?;
        for parse in prepared {
            let mut bytes = BytesMut::from(&parse[..]);
            frontend::sync(&mut bytes);
            raw.send(&bytes).await?;
            raw.until_ready(1).await?;
        }
        Ok(raw)
    }

    /// Says it all again.
    pub async fn again(&mut self) -> Result<Duration> {
        let began = Instant::now();
        for flight in std::mem::take(&mut self.flights) {
            self.send(&flight.bytes).await?;
            self.until_ready(flight.answers).await?;
            self.flights.push(flight);
        }
        Ok(began.elapsed())
    }

    async fn log_in(&mut self, role: &str, password: &str, database: &str) -> Result<()> {
        let mut bytes = BytesMut::new();
        frontend::startup_message([("user", role), ("database", database)], &mut bytes).map_err(|e| broken(&e))?;
        self.send(&bytes).await?;
        let mut scram = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
        loop {
            let mut reply = BytesMut::new();
            match self.next().await? {
                backend::Message::AuthenticationSasl(body) => {
                    let known = body.mechanisms().any(|name| Ok(name == "SCRAM-SHA-256")).unwrap_or(false);
                    if !known {
                        return Err(Problem("Postgres wants another way to log in.".to_owned()));
                    }
                    frontend::sasl_initial_response("SCRAM-SHA-256", scram.message(), &mut reply)
                        .map_err(|e| broken(&e))?;
                }
                backend::Message::AuthenticationSaslContinue(body) => {
                    scram.update(body.data()).map_err(|e| broken(&e))?;
                    frontend::sasl_response(scram.message(), &mut reply).map_err(|e| broken(&e))?;
                }
                backend::Message::AuthenticationSaslFinal(body) => scram.finish(body.data()).map_err(|e| broken(&e))?,
                backend::Message::ErrorResponse(_) => return Err(Problem("Postgres refused the log-in.".to_owned())),
                backend::Message::ReadyForQuery(_) => return Ok(()),
                _ => {}
            }
            self.send(&reply).await?;
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).await.map_err(|e| broken(&e))
    }

    /// Reads until so many answers are complete.
    async fn until_ready(&mut self, answers: usize) -> Result<()> {
        let mut left = answers;
        while left > 0 {
            match self.next().await? {
                backend::Message::ReadyForQuery(_) => left -= 1,
                backend::Message::ErrorResponse(body) => {
                    let mut fields = body.fields();
                    let mut said = String::new();
                    while let Ok(Some(field)) = fields.next() {
                        if field.type_() == b'M' {
                            said = String::from_utf8_lossy(field.value_bytes()).into_owned();
                        }
                    }
                    return Err(Problem(format!("Postgres refused what was said again: {said}.")));
                }
                _ => {}
            }
        }
        Ok(())
    }

    async fn next(&mut self) -> Result<backend::Message> {
        loop {
            if let Some(message) = backend::Message::parse(&mut self.read).map_err(|e| broken(&e))? {
                return Ok(message);
            }
            self.read.reserve(8 * 1024);
            if self.stream.read_buf(&mut self.read).await.map_err(|e| broken(&e))? == 0 {
                return Err(Problem("Postgres has closed the connection.".to_owned()));
            }
        }
    }
}

fn broken(error: &dyn std::fmt::Display) -> Problem {
    Problem(format!("The raw connection to Postgres broke: {error}."))
}
