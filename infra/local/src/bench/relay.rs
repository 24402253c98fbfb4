//! A man in the middle of a connection to Postgres, who counts: statements, and how often the client waited for the server.
//!
//! Reads the frontend protocol (<https://www.postgresql.org/docs/current/protocol-message-formats.html>): every `Query` and every
//! `Sync` is answered by one `ReadyForQuery`. A client waits once for all it has sent before the first of those answers came. Whoever
//! comes through it has to come with `sslmode=disable`: else it begins by asking for TLS, in another way.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use fakes::server::lock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::{Problem, Result};

/// Of all connections through it together, since [`Relay::reset`].
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Times a client waited for the server.
    pub round_trips: u64,
    /// Statements that were run: simple queries, and executions of prepared ones.
    pub statements: u64,
    /// Statements that were prepared.
    pub prepared: u64,
}

/// What a client has said, so that it can be said again.
#[derive(Debug, Default, Clone)]
pub struct Recording {
    /// The statements it prepared, ever: their `Parse` messages.
    pub prepared: Vec<Vec<u8>>,
    /// Since [`Relay::reset`].
    pub flights: Vec<Flight>,
}

/// What was sent before the client waited, and how many `ReadyForQuery` answer it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Flight {
    pub bytes: Vec<u8>,
    pub answers: usize,
    is_waited_for: bool,
}

#[derive(Default)]
struct Heard {
    counts: Counts,
    recording: Recording,
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
        let failed = |e: std::io::Error| Problem(format!("Could not listen: {e}."));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let heard = Arc::<Mutex<Heard>>::default();
        let all = heard.clone();
        let server = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await {
                    between(client, server, &all);
                }
            }
        });
        Ok(Self { port, heard, server })
    }

    pub fn counts(&self) -> Counts {
        lock(&self.heard).counts.clone()
    }

    /// Of one connection; of several at once it is a medley.
    pub fn recording(&self) -> Recording {
        lock(&self.heard).recording.clone()
    }

    pub fn reset(&self) {
        let mut heard = lock(&self.heard);
        heard.counts = Counts::default();
        heard.recording.flights.clear();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn between(client: TcpStream, server: TcpStream, heard: &Arc<Mutex<Heard>>) {
    let _slower = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let session = Arc::new(Mutex::new(Session::default()));
    let (asked, heard) = (session.clone(), heard.clone());
    tokio::spawn(carry(from_client, to_server, Messages::after_startup(), move |kind, body| {
        lock(&asked).said(kind, body, &mut lock(&heard));
    }));
    tokio::spawn(carry(from_server, to_client, Messages::default(), move |kind, _| lock(&session).answered(kind)));
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut messages: Messages,
    mut heard: impl FnMut(u8, &[u8]),
) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match from.read(&mut buffer).await {
            Ok(read) if read > 0 => {
                messages.take(&buffer[..read], &mut heard);
                if to.write_all(&buffer[..read]).await.is_err() {
                    return;
                }
            }
            _ => {
                let _gone_as_well = to.shutdown().await;
                return;
            }
        }
    }
}

/// What one side says, cut into messages.
#[derive(Default)]
struct Messages {
    held: Vec<u8>,
    /// The first message of a client has no type.
    at_startup: bool,
}

impl Messages {
    fn after_startup() -> Self {
        Self { held: Vec::new(), at_startup: true }
    }

    fn take(&mut self, bytes: &[u8], heard: &mut impl FnMut(u8, &[u8])) {
        self.held.extend_from_slice(bytes);
        let mut at = 0;
        loop {
            let head = usize::from(!self.at_startup);
            let Some(length) = self.held.get(at + head..at + head + 4) else { break };
            let length = usize::try_from(u32::from_be_bytes([length[0], length[1], length[2], length[3]])).unwrap_or(4);
            let end = at + head + length.max(4);
            if end > self.held.len() {
                break;
            }
            if !self.at_startup {
                heard(self.held[at], &self.held[at + 5..end]);
            }
            self.at_startup = false;
            at = end;
        }
        self.held.drain(..at);
    }
}

/// What one connection is waiting for.
#[derive(Default)]
struct Session {
    /// For each `ReadyForQuery` to come, whether anybody waits for it.
    outstanding: VecDeque<bool>,
    is_ready: bool,
}

impl Session {
    fn said(&mut self, kind: u8, body: &[u8], heard: &mut Heard) {
        let message = message(kind, body);
        let Heard { counts, recording } = heard;
        match kind {
            b'Q' => {
                counts.statements += 1;
                // Sent when a transaction is dropped, and not waited for.
                self.sends(&message, Some(!body.starts_with(b"rollback\0")), heard);
            }
            b'S' => self.sends(&message, Some(true), heard),
            b'E' => {
                counts.statements += 1;
                self.sends(&message, None, heard);
            }
            b'P' => {
                counts.prepared += 1;
                recording.prepared.push(message);
            }
            b'B' => self.sends(&message, None, heard),
            _ => {}
        }
    }

    /// `waits`: whether it has an answer by itself, and that is waited for.
    fn sends(&mut self, message: &[u8], waits: Option<bool>, heard: &mut Heard) {
        let flights = &mut heard.recording.flights;
        let is_new = !self.outstanding.contains(&true) && flights.last().is_none_or(|last| last.is_waited_for);
        if is_new {
            flights.push(Flight::default());
        }
        if waits == Some(true) && !self.outstanding.contains(&true) {
            heard.counts.round_trips += 1;
        }
        if let Some(flight) = flights.last_mut() {
            flight.bytes.extend_from_slice(message);
            flight.answers += usize::from(waits.is_some());
            flight.is_waited_for |= waits == Some(true);
        }
        self.outstanding.extend(waits);
    }

    fn answered(&mut self, kind: u8) {
        if kind == b'Z' {
            // The first one ends the log-in, which nobody asked for by a query.
            if self.is_ready {
                self.outstanding.pop_front();
            }
            self.is_ready = true;
        }
    }
}

/// As it is on the wire.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    [&[kind], &length.to_be_bytes()[..], body].concat()
}

#[cfg(test)]
mod tests {
    use shared::App;
    use shared::model::UserId;
    use shared::store::users;

    use super::*;
    use crate::up::variables::APP_ROLE;
    use crate::world::Ground;

    #[test]
    fn what_is_sent_together_is_waited_for_once() {
        let (mut session, mut heard) = (Session::default(), Heard::default());
        session.answered(b'Z');

        for (kind, body) in [(b'Q', &b"begin\0"[..]), (b'B', b""), (b'E', b""), (b'S', b"")] {
            session.said(kind, body, &mut heard);
        }
        session.answered(b'Z');
        session.answered(b'Z');
        session.said(b'Q', b"rollback\0", &mut heard);
        session.said(b'E', b"", &mut heard);
        session.said(b'S', b"", &mut heard);

        assert_eq!(heard.counts, Counts { round_trips: 2, statements: 4, prepared: 0 });
        let answers: Vec<_> = heard.recording.flights.iter().map(|flight| flight.answers).collect();
        assert_eq!(answers, [2, 2], "the second begins with what nobody waited for");
    }

    #[test]
    fn messages_are_found_however_they_are_cut() {
        let mut bytes = vec![0, 0, 0, 8, 1, 2, 3, 4];
        bytes.extend(b"Q\0\0\0\x0bselect\0");
        bytes.extend(b"S\0\0\0\x04");
        for cut in 1..bytes.len() {
            let (mut messages, mut heard) = (Messages::after_startup(), Vec::new());
            for part in [&bytes[..cut], &bytes[cut..]] {
                messages.take(part, &mut |kind, body| heard.push((kind, body.to_vec())));
            }
            assert_eq!(heard, [(b'Q', b"select\0".to_vec()), (b'S', Vec::new())], "cut at {cut}");
        }
    }

    #[tokio::test]
    async fn what_an_advisor_reads_is_waited_for_once_and_what_they_write_twice() {
        let mut ground = Ground::lay("relay", 1).await.unwrap();
        let relay = Relay::start(ground.ports.postgres).await.unwrap();
        let url =
            format!("postgresql://{APP_ROLE}@127.0.0.1:{}/{}?sslmode=disable", relay.port, ground.database_name());
        ground.set(&[("DATABASE_URL", &url)]);
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
        // The first of each connects and prepares.
        read().await;
        write().await;
        relay.reset();
        read().await;
        assert_eq!(relay.counts().round_trips, 1, "{:?}", relay.counts());
        relay.reset();
        write().await;
        assert_eq!(relay.counts().round_trips, 2, "{:?}", relay.counts());
    }
}
