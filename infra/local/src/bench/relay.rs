//! Stands between a function and Postgres and hears what is said: each statement, how long its answer took, and how often the function
//! waited for one. It costs time of its own, so nothing else is measured through it.
//!
//! Protocol: <https://www.postgresql.org/docs/current/protocol-message-formats.html>. Every `Query` and every `Sync` is answered by one
//! `ReadyForQuery`; a client waits once for all it has sent before the first of those answers came.

mod session;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fakes::server::lock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::{Problem, Result};
use session::Session;

/// What was said on all connections together.
#[derive(Debug, Default, Clone)]
pub struct Traffic {
    /// Times a client waited for the server.
    pub round_trips: usize,
    /// Those that were run and answered.
    pub statements: Vec<Statement>,
    /// What was sent, so that it can be sent again: of one connection; of several at once it is a medley.
    pub flights: Vec<Flight>,
}

#[derive(Debug, Clone)]
pub struct Statement {
    /// `module::function`, or its first word.
    pub name: String,
    pub sql: String,
    pub took: Duration,
}

/// What was sent before the client waited, and how many `ReadyForQuery` answer it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Flight {
    pub bytes: Vec<u8>,
    pub answers: usize,
    is_waited_for: bool,
}

impl Traffic {
    pub fn count(&self, name: &str) -> usize {
        self.statements.iter().filter(|statement| statement.name == name).count()
    }

    /// How often each was run.
    pub fn by_name(&self) -> BTreeMap<&str, usize> {
        let mut all = BTreeMap::new();
        for statement in &self.statements {
            *all.entry(statement.name.as_str()).or_default() += 1;
        }
        all
    }

    /// How long each took in all; the longest first.
    pub fn by_time(&self) -> Vec<(&str, Duration)> {
        let mut all: BTreeMap<&str, Duration> = BTreeMap::new();
        for statement in &self.statements {
            *all.entry(&statement.name).or_default() += statement.took;
        }
        let mut all: Vec<_> = all.into_iter().collect();
        all.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
        all
    }

    /// The text of the statement of this name.
    pub fn sql(&self, name: &str) -> Result<&str> {
        let found = self.statements.iter().find(|statement| statement.name == name);
        let found = found.map(|statement| statement.sql.as_str());
        found.ok_or_else(|| Problem(format!("Nobody said {name}, but {:?}.", self.by_name())))
    }
}

#[derive(Default)]
struct Heard {
    traffic: Traffic,
    /// `Parse` messages, ever.
    prepared: Vec<Vec<u8>>,
}

/// It stops when dropped.
pub struct Relay {
    pub port: u16,
    heard: Arc<Mutex<Heard>>,
    server: JoinHandle<()>,
}

impl Relay {
    /// In front of the server at this port of this machine.
    pub async fn start(to: u16) -> Result<Self> {
        let failed = |e: std::io::Error| Problem(format!("The relay did not start: {e}."));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let heard = Arc::<Mutex<Heard>>::default();
        let all = heard.clone();
        let server = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await {
                    between(client, server, &all);
                }
            }
        });
        Ok(Self { port, heard, server })
    }

    /// The same variables, by way of the relay.
    pub fn instead_of(&self, postgres: u16, variables: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut variables = variables.clone();
        if let Some(url) = variables.get_mut("DATABASE_URL") {
            *url = url.replace(&format!(":{postgres}/"), &format!(":{}/", self.port));
        }
        variables
    }

    /// What was said since this was asked last.
    pub fn take(&self) -> Traffic {
        std::mem::take(&mut lock(&self.heard).traffic)
    }

    /// Every statement that was ever prepared, as it was sent.
    pub fn prepared(&self) -> Vec<Vec<u8>> {
        lock(&self.heard).prepared.clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// One connection. Both directions end by themselves when it does.
fn between(client: TcpStream, server: TcpStream, heard: &Arc<Mutex<Heard>>) {
    let _slower_without = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let session = Arc::new(Mutex::new(Session::new(heard.clone())));
    tokio::spawn(carry(from_client, to_server, session.clone(), Session::asked));
    tokio::spawn(carry(from_server, to_client, session, Session::answered));
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    session: Arc<Mutex<Session>>,
    hear: fn(&mut Session, &[u8]),
) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        hear(&mut lock(&session), &buffer[..read]);
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    let _gone_already = to.shutdown().await;
}

#[cfg(test)]
mod tests {
    use shared::App;
    use shared::model::UserId;
    use shared::store::users;

    use super::*;
    use crate::world::Ground;

    #[tokio::test]
    async fn what_an_advisor_reads_is_waited_for_once_and_what_they_write_twice() {
        let mut ground = Ground::lay("relay", 1).await.unwrap();
        let relay = Relay::start(ground.ports.postgres).await.unwrap();
        ground.variables = relay.instead_of(ground.ports.postgres, &ground.variables);
        let app = App::new(ground.config().unwrap(), 1).await.unwrap();
        let read = async || {
            let mut db = app.db().await.unwrap();
            let tenant = db.tenant(UserId(1)).await.unwrap();
            assert!(users::get(&tenant).await.unwrap().is_none());
        };
        let write = async || {
            let mut db = app.db().await.unwrap();
            let tenant = db.tenant(UserId(1)).await.unwrap();
            assert!(!users::put_time_zone(&tenant, "UTC").await.unwrap());
            tenant.commit().await.unwrap();
        };

        // The first of each connects and prepares. Of several the least counts: one that had to rest for a second is asked first
        // whether it is still there.
        let (mut reading, mut writing) = (usize::MAX, usize::MAX);
        for _ in 0..5 {
            read().await;
            let said = relay.take();
            assert_eq!(said.count("users::get"), 1, "{:?}", said.by_name());
            reading = reading.min(said.round_trips);
            write().await;
            let said = relay.take();
            assert_eq!(said.count("commit"), 1, "{:?}", said.by_name());
            writing = writing.min(said.round_trips);
        }
        assert_eq!((reading, writing), (1, 2));
    }
}
