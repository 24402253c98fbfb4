//! A wire to Postgres that counts: round trips, and each statement with how long its answer took. It costs time of its own, so
//! nothing else is measured through it.

use std::collections::{HashMap, VecDeque};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fakes::server::lock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use crate::{Problem, Result};

/// What went over it.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    /// Times a client spoke after the server had answered.
    pub round_trips: usize,
    pub statements: Vec<Statement>,
}

#[derive(Debug, Clone)]
pub struct Statement {
    /// `module::function`, or how its text begins.
    pub name: String,
    pub took: Duration,
}

impl Traffic {
    pub fn count(&self, begins: &str) -> usize {
        self.statements.iter().filter(|statement| statement.name.to_lowercase().starts_with(begins)).count()
    }

    /// By name: how often, and how long together; the longest first.
    pub fn by_name(&self) -> Vec<(String, usize, Duration)> {
        let mut all: HashMap<&str, (usize, Duration)> = HashMap::new();
        for statement in &self.statements {
            let one = all.entry(&statement.name).or_default();
            *one = (one.0 + 1, one.1 + statement.took);
        }
        let mut all: Vec<_> = all.into_iter().map(|(name, (many, took))| (name.to_owned(), many, took)).collect();
        all.sort_by_key(|(_, _, took)| std::cmp::Reverse(*took));
        all
    }
}

/// A running one. It stops when dropped.
pub struct Relay {
    pub port: u16,
    traffic: Arc<Mutex<Traffic>>,
    server: tokio::task::JoinHandle<()>,
}

impl Relay {
    pub async fn start(to: u16) -> Result<Self> {
        let failed = |e: std::io::Error| Problem(format!("The wire to Postgres could not be laid: {e}."));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let traffic = Arc::new(Mutex::new(Traffic::default()));
        let counted = traffic.clone();
        let server = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await else { continue };
                let _slower_without = (client.set_nodelay(true), server.set_nodelay(true));
                let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
                let wire = Arc::new(Mutex::new(Wire { traffic: counted.clone(), ..Wire::default() }));
                tokio::spawn(pass(from_client, to_server, wire.clone(), Wire::asked));
                tokio::spawn(pass(from_server, to_client, wire, Wire::answered));
            }
        });
        Ok(Self { port, traffic, server })
    }

    /// What went over it since it was last asked.
    pub fn traffic(&self) -> Traffic {
        std::mem::take(&mut *lock(&self.traffic))
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, wire: Arc<Mutex<Wire>>, see: fn(&mut Wire, &[u8])) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        see(&mut lock(&wire), &buffer[..read]);
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// One connection as its messages tell of it.
#[derive(Default)]
struct Wire {
    traffic: Arc<Mutex<Traffic>>,
    from_client: Vec<u8>,
    from_server: Vec<u8>,
    started: bool,
    /// The answer to the question for TLS is one letter.
    letter: bool,
    server_spoke: bool,
    /// Of prepared statements, by the client's name for them.
    names: HashMap<Vec<u8>, String>,
    /// What was asked for and not answered, each up to where the server says that it is ready again.
    pending: VecDeque<(Instant, Option<String>)>,
    /// Since the last of those.
    bound: Option<String>,
}

impl Wire {
    fn asked(&mut self, bytes: &[u8]) {
        if self.started && std::mem::take(&mut self.server_spoke) {
            lock(&self.traffic).round_trips += 1;
        }
        self.from_client.extend_from_slice(bytes);
        loop {
            if !self.started {
                let Some(message) = cut(&mut self.from_client, 0) else { return };
                // The length, then the number of the request: of one for TLS, or of the protocol.
                self.letter = message.get(4..8) == Some(&[0x04, 0xd2, 0x16, 0x2f]);
                self.started = !self.letter;
                continue;
            }
            let Some(message) = cut(&mut self.from_client, 1) else { return };
            self.message(message[0], &message[5..]);
        }
    }

    fn message(&mut self, kind: u8, body: &[u8]) {
        match kind {
            b'P' => {
                let (name, rest) = text(body);
                self.names.insert(name.to_vec(), named(text(rest).0));
            }
            b'B' => {
                let (_, rest) = text(body);
                self.bound = Some(self.names.get(text(rest).0).cloned().unwrap_or_default());
            }
            b'Q' => self.pending.push_back((Instant::now(), Some(named(text(body).0)))),
            b'S' => {
                let bound = self.bound.take();
                self.pending.push_back((Instant::now(), bound));
            }
            _ => {}
        }
    }

    fn answered(&mut self, bytes: &[u8]) {
        self.server_spoke = true;
        self.from_server.extend_from_slice(bytes);
        if std::mem::take(&mut self.letter) {
            self.from_server.remove(0);
        }
        while let Some(message) = cut(&mut self.from_server, 1) {
            if message[0] == b'Z'
                && let Some((asked, Some(name))) = self.pending.pop_front()
            {
                lock(&self.traffic).statements.push(Statement { name, took: asked.elapsed() });
            }
        }
    }
}

/// Takes the first message, whose length stands after `head` bytes.
fn cut(buffer: &mut Vec<u8>, head: usize) -> Option<Vec<u8>> {
    let length: [u8; 4] = buffer.get(head..head + 4)?.try_into().ok()?;
    let whole = head + u32::from_be_bytes(length) as usize;
    (buffer.len() >= whole).then(|| buffer.drain(..whole).collect())
}

/// Up to the next zero, and what comes after it.
fn text(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    (&bytes[..end], bytes.get(end + 1..).unwrap_or_default())
}

fn named(sql: &[u8]) -> String {
    let sql = String::from_utf8_lossy(sql);
    let first = sql.lines().next().unwrap_or_default();
    first.strip_prefix("-- ").unwrap_or(first).chars().take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: &str, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [kind.as_bytes(), &length, body].concat()
    }

    #[test]
    fn what_is_sent_together_is_one_round_trip_of_several_statements() {
        let mut wire = Wire::default();
        wire.asked(&message("", &[0x04, 0xd2, 0x16, 0x2f]));
        wire.answered(b"N");
        wire.asked(&message("", &[0, 3, 0, 0]));
        wire.answered(&message("Z", b"I"));

        wire.asked(&[message("P", b"s1\0-- tasks::claim\nselect 1\0\0\0"), message("S", b"")].concat());
        wire.answered(&message("Z", b"I"));
        wire.asked(&[message("Q", b"BEGIN\0"), message("B", b"\0s1\0"), message("S", b"")].concat());
        wire.answered(&message("Z", b"T")[..3]);
        wire.answered(&[&message("Z", b"T")[3..], &message("Z", b"T")].concat());

        let traffic = lock(&wire.traffic).clone();
        let names: Vec<&str> = traffic.statements.iter().map(|statement| statement.name.as_str()).collect();
        assert_eq!((traffic.round_trips, names), (2, vec!["BEGIN", "tasks::claim"]));
        assert_eq!((traffic.count("begin"), traffic.by_name().len()), (1, 2));
    }
}
